"""The steps that bring an older database up to date, one file a step in ``versions/``, never edited once released.

A step's name begins with its number; `bot.store.database.migrate` takes the highest for the newest without asking
Alembic. Draft one with ``alembic.autogenerate`` against `bot.store.tables`, then read it: a test compares the outcome.
"""

from pathlib import Path


def revisions(scripts: Path | None = None) -> list[str]:
    """The names of all versions, oldest first, read off the file names: no step is imported."""
    versions = (scripts or Path(__file__).parent) / "versions"
    return sorted(path.name.partition("_")[0] for path in versions.glob("[0-9]*_*.py"))
