"""A stand-in Slack workspace in a process of its own, on loopback only.

It imports nothing of the bot's, nor slack_sdk nor slack_bolt: it must be able to disagree with the bot.

    workspace.py    people, channels, messages, and who may do what: pure; every accepted change goes through it
    text.py blocks.py drafts.py    what Slack accepts as a message and what it keeps of it: pure
    rates.py events.py faults.py    how often, who hears of it, what goes wrong: pure
    methods.py      the Web API's methods; a new one goes there, with its tier, and comes with the feature that uses it
    web_api.py socket_mode.py responses.py    HTTP, WebSocket, response URLs
    people.py page_api.py page/    what people do, and the page in the browser where they do it
    journal.py server.py visitor.py    keeping, running, and hands for tests
"""
