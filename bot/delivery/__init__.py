"""Sees that what is owed is sent once: lay out, write down, claim, send, confirm, look before sending again.

It is *given* an outbox and a poster (`outbox.py` says what they must do) and imports neither the store nor a Slack
client. `due.py` writes down what is owed and `revise.py` what has to change, both by `editions.py`; `send.py` has it
sent, `step.py` does it for one message, `recall.py` knows what stood there before; `pace.py` says how long is waited.
"""
