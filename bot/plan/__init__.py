"""Who is owed what, when, and why, as functions of values: no clock, no database, no Slack.

`delivery` acts on the answers; the command line and `/paper subscriptions` show them.
"""
