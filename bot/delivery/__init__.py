"""Sees that what is owed is sent once: lay out, write down, claim, send, confirm, look before sending again.

It is *given* an outbox and a poster (`outbox.py` says what they must do) and imports neither the store nor a Slack
client. `due.py` writes down what is owed, `send.py` sends it, `pace.py` says how long is waited.
"""
