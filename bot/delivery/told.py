"""Says a thing in the log once, and not at every tick, for as long as it stays the same."""


class Told:
    """What was last said of each subject. Each subject is one thread's at a time."""

    def __init__(self) -> None:
        self._said: dict[object, object] = {}

    def is_news(self, subject: object, what: object) -> bool:
        """Whether this differs from what was last said of the subject; None says that all is well with it."""
        before = self._said.pop(subject, None)
        if what is not None:
            self._said[subject] = what
        return what != before
