"""Reads what is sent to the stand-in, up to a limit."""

import json
import re
from typing import Any

from starlette.requests import Request

MAX_BODY = 4 * 2**20
"""Bytes; Slack itself takes a tenth of it."""

MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)
"""What a request of another shape than expected ends in."""

_HALF_ESCAPES = re.compile(r"\\u[dD][89a-fA-F]")


async def read_body(request: Request) -> bytes:
    """The body of a request. Raises ValueError where it is too large, without reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ValueError("the body is too large")
    return bytes(body)


def load_json(text: str | bytes) -> Any:
    """What JSON says, with U+FFFD for each half of a surrogate pair: no answer could encode one.

    Raises ValueError and RecursionError.
    """
    text = text if isinstance(text, str) else text.decode(json.detect_encoding(text))
    value = json.loads(text)
    if not _HALF_ESCAPES.search(text):
        return value
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.loads(whole)
