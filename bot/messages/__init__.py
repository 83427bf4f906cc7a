"""Values -> text and blocks, and every word people read (``locale/``).

Pure, and the only room that may import ``slack_sdk.models``. What Slack allows stands in `limits.py`.
"""
