"""Clicks: turning a page, a result's menu, taking back what was shared, ending a subscription."""

from re import Pattern

from slack_bolt import App

from bot.digest.model import StoredEntry
from bot.errors import RequestRefusedError
from bot.messages import actions as ids
from bot.messages import results
from bot.messages.content import Content
from bot.messages.words import words_for
from bot.search.grammar import parse_look_up
from bot.slack import remarks, standing
from bot.slack.answer import find, latest, mark, page, related
from bot.slack.asker import Asked
from bot.slack.desk import Desk
from bot.slack.reply import delete, reply
from bot.slack.shown import with_mark
from bot.slack.work import Listener, Work


def register(app: App, work: Work) -> None:
    """Answer every button and menu that `messages` lays out."""
    listeners: dict[str | Pattern[str], Listener] = {
        ids.PAGE_PREV: turn_page,
        ids.PAGE_NEXT: turn_page,
        ids.any_of(ids.MENU): choose,
        ids.MORE: read_on,
        ids.TAKE_BACK: take_back,
        ids.MARK: mark_again,
        ids.LATEST: show_latest,
        ids.SEARCH: search,
        ids.any_of(ids.END): end_subscription,
        ids.END_REMARKS: end_remarks,
    }
    for action_id, listener in listeners.items():
        app.action(action_id)(work.later(_readable(listener)))


def _readable(listener: Listener) -> Listener:
    """A value that no builder of ours wrote, or none at all, is answered in words."""

    def listen(asked: Asked, desk: Desk) -> None:
        try:
            _value(asked)
            listener(asked, desk)
        except ids.UnreadableError as exc:
            raise RequestRefusedError("click.unreadable") from exc

    return listen


def unknown(asked: Asked, desk: Desk) -> None:
    """A button, menu or shortcut of another version, or of nobody's."""
    if asked.body.get("response_url"):
        raise RequestRefusedError("click.unreadable")


def _value(asked: Asked) -> str:
    """What the button, or the choice in the menu, carries. Raises UnreadableError."""
    option = asked.payload.get("selected_option")
    value = option.get("value") if isinstance(option, dict) else asked.payload.get("value")
    if not isinstance(value, str):
        raise ids.UnreadableError("no value")
    return value


def turn_page(asked: Asked, desk: Desk) -> None:
    """Rewrite the same message with another page of its pool."""
    pool_id, number = ids.read_page(_value(asked))
    reply(asked, desk, page(pool_id, number, asked.asker, desk), replace=True)


def show_latest(asked: Asked, desk: Desk) -> None:
    """Rewrite "nothing today" with the latest day."""
    reply(asked, desk, latest(asked.asker, desk), replace=True)


def search(asked: Asked, desk: Desk) -> None:
    """Rewrite the same message with what another query finds."""
    query = parse_look_up(_value(asked), today=asked.asker.today(desk.clock()))
    reply(asked, desk, find(query, asked.asker, desk), replace=True)


def choose(asked: Asked, desk: Desk) -> None:
    """A result's menu: commentary, related papers, a bookmark for oneself, or the paper for everybody."""
    what, entry_id = ids.read_menu(_value(asked))
    entry = _entry(entry_id, desk)
    if what == "share":
        # By the click's own address: that works where the bot is no member, and Slack's rules let it delete it later.
        reply(asked, desk, results.shared(entry, asked.asker.user, words_for(desk.language)), everybody=True)
    elif what in ("save", "drop"):
        said = mark(entry, asked.asker, desk, is_saved=what == "save")
        _show_mark(entry_id, asked, desk, is_saved=what == "save")
        reply(asked, desk, said)
    elif what == "related":
        reply(asked, desk, related(entry, asked.asker, desk))
    else:
        _show(entry, 0, asked, desk)


def _show_mark(entry_id: int, asked: Asked, desk: Desk, *, is_saved: bool) -> None:
    """Let the menu that was used offer the contrary from now on, where nobody else reads the answer."""
    shown = desk.shown.load(asked.payload.get("block_id")) if asked.asker.alone else None
    if shown is not None:
        reply(asked, desk, with_mark(shown, entry_id, asked.asker.words, is_saved=is_saved), replace=True)


def mark_again(asked: Asked, desk: Desk) -> None:
    """Rewrite what saving or dropping a paper did with what its contrary does."""
    what, entry_id = ids.read_menu(_value(asked))
    reply(asked, desk, mark(_entry(entry_id, desk), asked.asker, desk, is_saved=what == "save"), replace=True)


def read_on(asked: Asked, desk: Desk) -> None:
    """More of a commentary that is longer than one click may show."""
    entry_id, after = ids.read_more(_value(asked))
    _show(_entry(entry_id, desk), after, asked, desk)


def _show(entry: StoredEntry, after: int, asked: Asked, desk: Desk) -> None:
    turn = results.commentary_turn(entry, asked.asker.words, after)
    if not turn:  # it was made shorter since
        raise RequestRefusedError("result.expired")
    for content in turn:
        reply(asked, desk, content)


def _entry(entry_id: int, desk: Desk) -> StoredEntry:
    entry = next(iter(desk.digests.load_entries([entry_id])), None)
    if entry is None:
        raise RequestRefusedError("entry.gone")
    return entry


def take_back(asked: Asked, desk: Desk) -> None:
    """Delete a shared paper, for the one who shared it."""
    if _value(asked) != asked.asker.user:
        raise RequestRefusedError("share.not_yours")
    delete(asked, desk)


def end_subscription(asked: Asked, desk: Desk) -> None:
    """End the one that was meant; the channel is told, and the question goes."""
    _done(standing.end(ids.read_end(_value(asked)), asked.asker, desk), asked, desk)


def end_remarks(asked: Asked, desk: Desk) -> None:
    """Keep no remarks any more; the channel is told, and the question goes."""
    _done(remarks.end(asked.asker, desk), asked, desk)


def _done(content: Content | None, asked: Asked, desk: Desk) -> None:
    if content is None:
        delete(asked, desk)
    else:
        reply(asked, desk, content, replace=True)
