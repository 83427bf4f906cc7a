"""Says a thing in the log once, and not at every tick, for as long as it stays the same."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import BotError, StoreUnavailableError

log = logging.getLogger(__name__)


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

    def said(self, subject: object) -> object:
        """What was last said of the subject; None where all is well with it."""
        return self._said.get(subject)


@contextmanager
def reported(told: Told, subject: object, what: str, remedy: str, **fields: object) -> Iterator[None]:
    """Of a tick: let one part of it fail without stopping the others.

    It is an ERROR in the log, once while it fails the same way; ``subject`` is this part's alone within a tick. Passes
    StoreUnavailableError on, which would fail all the others too.
    """
    try:
        yield
    except StoreUnavailableError:
        raise
    except Exception as exc:  # of the tick: one bad subscription must not stop the others
        # Of our own errors only the code: their values may hold the words of a query.
        reason, trace = (exc.code, None) if isinstance(exc, BotError) else (type(exc).__name__, exc)
        if told.is_news(subject, reason):
            named = " ".join(f"{name}={value}" for name, value in fields.items())
            log.error("%s %s reason=%s; %s", what, named, reason, remedy, exc_info=trace)
    else:
        told.is_news(subject, None)
