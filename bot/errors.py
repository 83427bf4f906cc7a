"""Everything that can go wrong and has a name: one class for each thing the caller does next.

An error carries a ``code`` and the values that belong to it; the words people read stand in `messages`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self


class BotError(Exception):
    """The root of every error this program raises on purpose."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        values = " ".join(f"{name}={value}" for name, value in self.values.items())
        return f"{self.code} {values}".rstrip()


class SettingsError(BotError):
    """The settings cannot be used. Print every problem with its remedy and exit 2."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("settings", count=len(problems))
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


class DigestFormatError(BotError):
    """This text is not a digest. Skip the document and say which line."""

    def __init__(self, line: int, expected: str, found: str) -> None:
        super().__init__("digest.format", line=line, expected=expected, found=found)
        self.line = line
        self.expected = expected
        self.found = found

    def __reduce__(self) -> tuple[type[Self], tuple[int, str, str]]:
        return type(self), (self.line, self.expected, self.found)

    def __str__(self) -> str:
        return f"line {self.line}: expected {self.expected}, got {self.found!r}"


class UndatedError(DigestFormatError):
    """This text names no day, and its source gives none. Skip the document and say where a date may be written."""


class UnlikelyDayError(DigestFormatError):
    """This text's day is too long ago or too far ahead. Skip the document; by another clock it may be right."""


class SourceUnavailableError(BotError):
    """The folder or feed cannot be reached now. Try at the next tick; withdraw nothing."""


class StoreUnavailableError(BotError):
    """The database cannot be used (newer version, full disk, locked). Say so with the remedy; change nothing."""


class QueryError(BotError):
    """The typed text cannot be read. Tell the person who typed it, with the place.

    ``position`` counts characters from 0 in what was typed; ``nearest`` is the nearest right word, if there is one,
    and ``choices`` are all of them, where there are few.
    """

    def __init__(
        self,
        code: str,
        *,
        position: int = 0,
        found: str = "",
        nearest: str | None = None,
        choices: Sequence[str] = (),
    ) -> None:
        super().__init__(code, position=position, found=found, nearest=nearest)
        self.position = position
        self.found = found
        self.nearest = nearest
        self.choices = tuple(choices)


class RequestRefusedError(BotError):
    """What a person asked for cannot be done here. Tell them why and what they can do."""


class DeliveryRefusedError(BotError):
    """Slack said no and will keep saying no. Stop, and tell the operator."""


class ChannelClosedError(DeliveryRefusedError):
    """Slack takes nothing more from us in this channel. Stop the whole channel, with the reason."""


class PayloadRefusedError(DeliveryRefusedError):
    """Slack cannot read this message, and the fault is ours. Send its words alone, once, and report it."""


class MessageGoneError(DeliveryRefusedError):
    """The message, or the one it replies to, is not in the channel any more. Send anew what still matters of it."""


class DeliveryDeferredError(BotError):
    """Slack said not yet. Try again, no sooner than ``retry_at``."""

    def __init__(self, code: str, *, retry_at: datetime, **values: object) -> None:
        super().__init__(code, retry_at=retry_at, **values)
        self.retry_at = retry_at


class DeliveryUnknownError(BotError):
    """The line dropped after we sent. Look before sending again."""
