"""What tells one content of a message from another."""

import hashlib
import json
import re

from bot.messages.content import Content

_SPACE = re.compile(r"(\\[^nrt])|(?:\\[nrt]|\s)+")
"""Of JSON, where a backslash is written as two: the n of a formula's ``\\nu`` ends no line."""


def content_hash(content: Content) -> str:
    """The same for contents that differ in nothing but white space: nobody is shown such a change."""
    payload = json.dumps([content.text, content.blocks], ensure_ascii=False, sort_keys=True)
    return hashlib.blake2b(_SPACE.sub(lambda found: found[1] or " ", payload).encode(), digest_size=16).hexdigest()
