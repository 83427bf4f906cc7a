"""How much one entry may hold."""

from bot.errors import DigestFormatError

ENTRY_PARTS = 10_000
"""Paragraphs, authors, links and tags. The longest entries people write have some hundreds of them; the bot's own
process, which answers people meanwhile, takes over and stores what is below it within a moment."""


def check_parts(count: int) -> None:
    """Raises `DigestFormatError` for an entry of more parts than anybody writes or reads."""
    if count > ENTRY_PARTS:
        raise DigestFormatError(1, f"an entry of at most {ENTRY_PARTS:,} paragraphs, links and tags; split it", "more")
