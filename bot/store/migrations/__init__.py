"""The steps that bring an older database up to date, one file a step in ``versions/``, never edited once released.

A step's name begins with its number; `bot.store.database.migrate` takes the highest for the newest without asking
Alembic. Draft one with ``alembic.autogenerate`` against `bot.store.tables`, then read it: a test compares the outcome.
"""
