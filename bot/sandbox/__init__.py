"""A stand-in Slack workspace in a process of its own, on loopback only.

It imports nothing of the bot's, nor slack_sdk nor slack_bolt: it must be able to disagree with the bot.
"""
