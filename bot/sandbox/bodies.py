"""Reads what is sent to the stand-in, up to a limit."""

from starlette.requests import Request

MAX_BODY = 4 * 2**20
"""Bytes; Slack itself takes a tenth of it."""

MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What a request of another shape than expected ends in."""


async def read_body(request: Request) -> bytes:
    """The body of a request. Raises ValueError where it is too large, without reading on."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ValueError("the body is too large")
    return bytes(body)
