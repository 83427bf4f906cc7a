"""Paperround: a curator's daily digest of research papers, carried to Slack and found again.

Where things live, who may import whom: one room to the left of the next.

    errors <- digest <- search <- plan <- messages <- delivery <- sources, store <- slack <- wiring, schedule, cli
"""

__version__ = "0.4.0"
