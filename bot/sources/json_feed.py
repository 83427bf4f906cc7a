"""JSON Feed, versions 1.0 and 1.1 (jsonfeed.org): its posts, named as feedparser names those of other feeds."""

import json
from typing import Any

_VERSION = "https://jsonfeed.org/version/"


def is_json(body: bytes) -> bool:
    """Whether the answer is JSON and no XML."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read_json_feed(body: bytes) -> tuple[list[Any], str]:
    """The posts, and the address of what the feed is about. A post that is no object is kept as it is.

    Raises ValueError, with the reason, for JSON that is no feed.
    """
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as exc:
        raise ValueError("this is no JSON that can be read") from exc
    version = feed.get("version") if isinstance(feed, dict) else None
    if not isinstance(version, str) or not version.startswith((_VERSION, _VERSION.replace("https", "http"))):
        raise ValueError("this is no RSS, Atom or JSON feed")
    posts = feed.get("items")
    if not isinstance(posts, list):
        raise ValueError("this JSON Feed has no items")
    return [_post(post) if isinstance(post, dict) else post for post in posts], _words(feed.get("home_page_url"))


def _post(item: dict[str, Any]) -> dict[str, Any]:
    link = _words(item.get("url"))
    named = item.get("id")
    post: dict[str, Any] = {
        "id": str(named) if isinstance(named, int | float) else _words(named),
        "title": _words(item.get("title")),
        "link": link or _words(item.get("external_url")),
    }
    for key, kind in (("content_html", "text/html"), ("content_text", "text/plain"), ("summary", "text/plain")):
        if _words(item.get(key)):
            post["content"] = [{"value": item[key], "type": kind}]
            break
    for key, name in (("date_published", "published"), ("date_modified", "updated")):
        if _words(item.get(key)):
            post[name] = item[key]
    return post


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""
