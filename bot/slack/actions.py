"""Clicks: turning a page, a result's menu, taking back what was shared."""

from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt import Ack, App, BoltContext, Respond

from bot.digest.model import StoredEntry
from bot.errors import RequestRefusedError
from bot.messages import actions as ids
from bot.messages import results
from bot.messages.content import Content
from bot.messages.words import words_for
from bot.slack.answer import latest, page
from bot.slack.asker import asker_of
from bot.slack.desk import Asker, Desk

Listener = Callable[..., None]


def register(app: App, desk: Desk) -> None:
    """Answer every button and menu that `messages` lays out."""
    listeners: dict[str, Listener] = {
        ids.PAGE_PREV: turn_page,
        ids.PAGE_NEXT: turn_page,
        ids.MENU: choose,
        ids.TAKE_BACK: take_back,
        ids.LATEST: show_latest,
    }
    for action_id, listener in listeners.items():
        app.action(action_id)(partial(listener, desk=desk))


def turn_page(
    ack: Ack, respond: Respond, body: dict[str, Any], action: dict[str, Any], context: BoltContext, *, desk: Desk
) -> None:
    """Rewrite the same message with another page of its pool."""
    ack()
    asker = asker_of(context, body, desk)
    pool_id, number = ids.read_page(action["value"])
    _rewrite(respond, page(pool_id, number, asker, desk))


def show_latest(ack: Ack, respond: Respond, body: dict[str, Any], context: BoltContext, *, desk: Desk) -> None:
    """Rewrite "nothing today" with the latest day."""
    ack()
    _rewrite(respond, latest(asker_of(context, body, desk), desk))


def choose(
    ack: Ack, respond: Respond, body: dict[str, Any], action: dict[str, Any], context: BoltContext, *, desk: Desk
) -> None:
    """A result's menu: the whole commentary for oneself, or the paper for everybody."""
    ack()
    asker = asker_of(context, body, desk)
    what, entry_id = ids.read_menu(action["selected_option"]["value"])
    entry = next(iter(desk.digests.load_entries([entry_id])), None)
    if entry is None:
        raise RequestRefusedError("entry.gone")
    if what == "share":
        _share(entry, asker, respond, _thread(body), desk)
    else:
        for content in results.commentary(entry, asker.words):
            respond(text=content.text, blocks=list(content.blocks), replace_original=False, **_quiet(_thread(body)))


def _share(entry: StoredEntry, asker: Asker, respond: Respond, thread_ts: str | None, desk: Desk) -> None:
    content = results.shared(entry, asker.user, words_for(desk.language))
    # By the click's own address: that works where the bot is no member, and Slack's rules let it delete it later.
    respond(
        text=content.text,
        blocks=list(content.blocks),
        response_type="in_channel",
        replace_original=False,
        **_quiet(thread_ts),
    )


def take_back(
    ack: Ack, respond: Respond, body: dict[str, Any], action: dict[str, Any], context: BoltContext, *, desk: Desk
) -> None:
    """Delete a shared paper, for the one who shared it."""
    ack()
    if action["value"] != context.user_id:
        raise RequestRefusedError("share.not_yours")
    respond(delete_original=True)


def _rewrite(respond: Respond, content: Content) -> None:
    respond(text=content.text, blocks=list(content.blocks), replace_original=True, **_quiet(None))


def _quiet(thread_ts: str | None) -> dict[str, Any]:
    """No link previews; in the thread where there is one."""
    return {"unfurl_links": False, "unfurl_media": False} | ({"thread_ts": thread_ts} if thread_ts else {})


def _thread(body: dict[str, Any]) -> str | None:
    found = (body.get("container") or {}).get("thread_ts")
    return str(found) if found else None
