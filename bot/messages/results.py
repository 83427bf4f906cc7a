"""Private answers: what was found, a whole day, one paper, its commentary; and what is shared with everybody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from slack_sdk.models.blocks import RichTextElement

from bot.digest.inline import readable_line
from bot.digest.model import StoredDigest, StoredEntry
from bot.messages import actions, blocks, paper, richtext
from bot.messages.content import Block, Content
from bot.messages.limits import BLOCKS, ELLIPSIS, PRIVATE_TEXT, TEXT, VALUE, clean, cut, is_seen, longest, units, weight
from bot.messages.mrkdwn import escape, link, safe_url
from bot.messages.query import describe
from bot.messages.richtext import Leaf, user_leaf
from bot.messages.words import Words
from bot.search.engine import CLOSE
from bot.search.grammar import Query
from bot.search.reading import Understood
from bot.search.related import Related
from bot.search.snippet import Snippet
from bot.search.times import Time

PAGE = 10
ALSO_ON = 5
TURN = 4  # Slack takes five answers to a click; one is left for saying what went wrong
_TITLE_SAID = 160  # of a title in the text of a page with ten papers, which must stay below what may be rewritten
# By weight, of what a page of ten shows of each: all of it together stays below what Slack takes (PRIVATE_TEXT).
_TITLE, _WHY, _PEOPLE, _TAGS, _THREAD = 250, 195, 150, 150, 200
_NOTE = 200  # of what was understood, over a page of ten papers
_NEAR = 5
_BLOCK = 2900

_Button = tuple[str, str, str]
"""An action id, a label, a value."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that was found, and what is known about it beyond its entry."""

    entry: StoredEntry
    snippet: Snippet | None = None
    thread: str | None = None
    """The address of its thread, where it was posted and the reader may look."""
    also_on: tuple[date, ...] = ()
    saved: bool = False
    """The one reader of the answer saved it."""
    near: Related | None = None
    """What it shares with another paper, where it is shown for that."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked for, what it was taken for, and how much was found."""

    query: Query
    exact: int = 0
    """How many papers match."""
    more: bool = False
    """There are more than these."""
    about: int = 0
    """Nearly how many match, where not all was looked at and these are the first of them; 0 where they were counted."""
    close: int = 0
    """How many come close; they follow those that match."""
    understood: Understood = field(default_factory=Understood)
    literal: str = ""
    """The query that takes no word for another, where the present one does."""
    usual: str = ""
    """The query with the usual spelling of words that may be slips, where it has any."""
    nearest: Sequence[str] = ()
    """What could be typed instead, where nothing matches."""


@dataclass(frozen=True, slots=True)
class Shorter:
    """A query with one of its terms left out, and how many papers match it."""

    text: str
    total: int
    more: bool = False


def results(hits: Sequence[Hit], looked: Looked, *, page: int, pool_id: str, words: Words) -> Content:
    """One page of what was found, what matches before what comes close; buttons rewrite it with another page."""
    first = (page - 1) * PAGE
    exact = hits[: max(0, looked.exact - first)]
    parts = [_Part(exact), _Part(hits[len(exact) :], close_heading(looked.close, words))]
    return _page(
        _heading(looked, words),
        parts,
        looked.exact + looked.close,
        page,
        pool_id,
        words,
        notes=_notes(looked, words),
        offers=[button for button in (_usually(looked, words), _exactly(looked, words)) if button],
    )


def _heading(looked: Looked, words: Words) -> str:
    query = _quoted(cut(_flat(looked.query.text), 100))
    if not looked.exact:
        return words.t("results.heading_none", query=query)
    if looked.more:
        return words.t("results.heading_more", query=query, count=f"{looked.about or looked.exact:,}+")
    if looked.about:
        return words.t("results.heading_about", query=query, count=f"{_rounded(looked.about):,}")
    return words.n("results.heading", looked.exact, query=query)


def _rounded(count: int) -> int:
    """To two digits: an estimate says no more."""
    return round(count, 2 - len(str(count)))


def _notes(looked: Looked, words: Words) -> list[str]:
    notes = [taken_for(looked.understood, words, looked.query.times)]
    if looked.about:
        notes.append(words.n("results.listed", looked.exact) if looked.exact else words.t("results.unread"))
    if not looked.exact and not looked.understood.replaced:  # else that line would say what was not meant
        notes.append(words.t("nothing.understood", query=cut(describe(looked.query.tree, words), _NOTE)))
    offers = _offers(looked.nearest, words)[:_NEAR]
    if offers:
        notes.append(" ".join([words.t("nothing.nearest"), ", ".join(f"/paper {cut(offer, 40)}" for offer in offers)]))
    return [note for note in notes if note]


def close_heading(count: int, words: Words) -> str:
    """Over so many close matches. There are never more than the nearest ones."""
    if count < CLOSE:
        return words.n("results.close", count)
    return words.t("results.close_most", count=count)


def taken_for(understood: Understood, words: Words, times: Sequence[Time] = ()) -> str:
    """One line that says what words were taken for, or may be meant for; empty where each was taken as it is."""
    said = (
        ("results.corrected", understood.corrected, "→"),
        ("results.turned", understood.turned, "→"),
        ("results.translated", understood.translated, "="),
    )
    lines = [
        words.t(key, pairs=cut(", ".join(f"{_flat(typed)} {mark} {_flat(meant)}" for typed, meant in pairs), _NOTE))
        for key, pairs, mark in said
        if pairs
    ]
    if times:
        said_of = ", ".join(f"{_flat(time.typed)} = {_time(time, words)}" for time in times)
        lines.insert(0, words.t("results.times", pairs=cut(said_of, _NOTE)))
    if understood.usual:
        meant = ", ".join(_flat(usual) for _, usual in understood.usual)
        lines.append(words.t("results.usual", words=cut(meant, _NOTE)))
    return " · ".join(lines)


def _time(time: Time, words: Words) -> str:
    """The days of a time, and that it was looked for as a word too."""
    if time.first and time.last:
        days = words.span(time.first, time.last)
    elif time.first:
        days = words.t("query.since", day=words.span(time.first, time.first))
    else:
        last = time.last or date.max
        days = words.t("query.until", day=words.span(last, last))
    return words.t("results.time_or_word", days=days) if time.word else days


def _exactly(looked: Looked, words: Words) -> _Button | None:
    """To look for the words as they were typed."""
    return _literally(looked.query, looked.understood, looked.literal, words)


def _literally(query: Query, understood: Understood, literal: str, words: Words) -> _Button | None:
    taken = [*understood.replaced, *(time.typed for time in query.times)]
    typed = _flat(" ".join(sorted(taken, key=query.text.find)))
    return _search(literal, words.t("results.exactly", query=cut(typed, 40)))


def _usually(looked: Looked, words: Words) -> _Button | None:
    """To look for the usual spelling."""
    meant = " ".join(usual for _, usual in looked.understood.usual)
    return _search(looked.usual, words.t("results.usually", query=cut(_flat(meant), 40)))


def _search(text: str, label: str) -> _Button | None:
    """A button that looks for a text, where it fits into one."""
    wanted = clean(text)
    return (actions.SEARCH, label, wanted) if is_seen(wanted) and units(wanted) <= VALUE else None


def day_view(day: date, hits: Sequence[Hit], *, total: int, page: int, pool_id: str, words: Words) -> Content:
    """One page of a whole day, for one person."""
    line = words.n("day.heading", total, date=words.date(day))
    return _page(line, [_Part(hits)], total, page, pool_id, words, day=day)


def saved(hits: Sequence[Hit], *, total: int, page: int, pool_id: str, words: Words) -> Content:
    """One page of what a person saved; how to save, where that is nothing."""
    if not total:
        said = words.t("saved.none")
        return Content(escape(said), (_line(said),))
    return _page(words.n("saved.heading", total), [_Part(hits)], total, page, pool_id, words)


def save_changed(entry: StoredEntry, words: Words, *, is_saved: bool, was_saved: bool) -> Content:
    """What a press on "save" or "saved" in a paper's menu did, and its contrary, one press away."""
    title = paper.title(entry.entry, words, 100)
    if is_saved:
        said = words.t("saved.already", title=title) if was_saved else words.t("saved.done", title=title)
    else:
        said = words.t("saved.dropped", title=title) if was_saved else words.t("saved.was_not", title=title)
    contrary: tuple[actions.Choice, str] = (
        ("drop", words.t("menu.saved")) if is_saved else ("save", words.t("menu.save"))
    )
    button = (actions.MARK, contrary[1], actions.menu_value(contrary[0], entry.id))
    return Content(escape(said), (_line(said), blocks.buttons(button)))


def one(hit: Hit, words: Words, heading: str = "") -> Content:
    """A single paper: the one under the heading, or a random one."""
    return _page(heading or words.t("random.heading"), [_Part([hit])], 1, 1, "", words)


def related(subject: StoredEntry | StoredDigest, hits: Sequence[Hit], words: Words) -> Content:
    """The papers nearest to one, or to a day's, each with what they share."""
    if not hits:
        said = related_none(subject, words)
        return Content(escape(said), (_line(said),))
    return _page(related_heading(subject, words), [_Part(hits)], len(hits), 1, "", words)


def related_heading(subject: StoredEntry | StoredDigest, words: Words) -> str:
    if isinstance(subject, StoredDigest):
        return words.t("related.heading_day", date=words.date(subject.day))
    return words.t("related.heading", title=paper.title(subject.entry, words, 100))


def related_none(subject: StoredEntry | StoredDigest, words: Words) -> str:
    if isinstance(subject, StoredDigest):
        return words.t("related.none_day", date=words.date(subject.day))
    return words.t("related.none", title=paper.title(subject.entry, words, 100))


def no_paper(asked: str, words: Words) -> Content:
    """No paper is the one that was asked about."""
    said = no_paper_text(asked, words)
    return Content(escape(said), (_line(said),))


def no_paper_text(asked: str, words: Words) -> str:
    return words.t("related.no_paper", asked=cut(_flat(asked), 200))


@dataclass(frozen=True, slots=True)
class _Part:
    """Some of the papers on a page, and the words over them."""

    hits: Sequence[Hit]
    heading: str = ""


def _page(
    line: str,
    parts: Sequence[_Part],
    total: int,
    page: int,
    pool_id: str,
    words: Words,
    *,
    day: date | None = None,
    notes: Sequence[str] = (),
    offers: Sequence[_Button] = (),
) -> Content:
    """Parts under a heading. A ``day`` that the heading names is not repeated, and neither is one that all share."""
    pages = max(1, -(-total // PAGE))
    days = {hit.entry.day for part in parts for hit in part.hits}
    if day is None and len(days) == 1 and total > 1:
        [day] = days
        notes = [*notes, words.date(day)]
    if pages > 1:
        notes = [*notes, words.t("results.page", page=page, pages=pages)]
    made: list[Block] = [blocks.header(line)]
    lines = [escape(line), *map(escape, notes)]
    for note in notes:
        made += _small(note)
    for offer in offers:  # a block each: they have one action id
        made.append(blocks.buttons(offer))
        lines.append(escape(offer[1]))
    parts = [part for part in parts if part.hits]
    shown = sum(len(part.hits) for part in parts)
    used = units("\n".join([*lines, *(escape(part.heading) for part in parts)]))
    room = (TEXT - used) // max(1, shown) - 1
    done = (page - 1) * PAGE
    for part in parts:
        if part.heading:
            made += _small(part.heading)
            lines.append(escape(part.heading))
        for number, hit in enumerate(part.hits, done + 1):
            shown_number = number if total > 1 else None
            made += _hit_blocks(hit, shown_number, words, day)
            lines.append(_hit_text(hit, shown_number, words, room, day))
        done += len(part.hits)
    turns = []
    if page > 1:
        turns.append((actions.PAGE_PREV, words.t("results.previous"), actions.page_value(pool_id, page - 1)))
    if page < pages:
        turns.append((actions.PAGE_NEXT, words.t("results.next"), actions.page_value(pool_id, page + 1)))
    if turns:
        made.append(blocks.buttons(*turns))
    return Content("\n".join(lines), tuple(made))


def _hit_blocks(hit: Hit, number: int | None, words: Words, day: date | None) -> list[Block]:
    """A result with its menu, which stands beside its place in the archive; where that is known, beside its people."""
    entry = hit.entry.entry
    leaves = [Leaf(f"{number}. ")] if number else []
    leaves.append(paper.title_leaf(entry, words, _TITLE))
    why = _why(hit, words)
    if why:
        leaves += [Leaf("\n"), *why]
    about = [cut(paper.authors(entry, words), _PEOPLE), cut(paper.tags(entry), _TAGS)]
    where = _where(hit, words, day)
    choices = blocks.menu_choices(words, has_words=paper.has_words(entry), saved=hit.saved)
    shown = richtext.block([richtext.section(leaves)])
    if not where and any(map(is_seen, about)):
        return [shown, blocks.plain_menu(" · ".join(filter(is_seen, about)), hit.entry.id, choices)]
    return [shown, *_small(*about), blocks.menu(where or words.date(hit.entry.day), hit.entry.id, choices)]


def _why(hit: Hit, words: Words) -> list[Leaf]:
    """The place that matched, the match in bold; else the line a channel would see.

    Title, tags and, where they are few, authors are shown anyway: where only they match, that line says more.
    """
    leaves = list(paper.gist(hit.entry.entry, words)) if hit.near is None else _shared(hit.near, words)
    shown = ["title", "tags"]
    if cut(paper.authors(hit.entry.entry, words), _PEOPLE) == paper.authors(hit.entry.entry, words):
        shown.append("authors")
    if hit.snippet is not None and hit.snippet.field not in shown:
        found = [Leaf(_snippet_line(text), bold=matched) for text, matched in hit.snippet.pieces]
        label = [Leaf(words.t("results.remark") + " ", italic=True)] if hit.snippet.field == "remarks" else []
        leaves = [*label, *found] if is_seen("".join(leaf.text for leaf in found)) else leaves
    text = "".join(leaf.text for leaf in leaves)
    if weight(text) <= _WHY:
        return leaves
    return [*richtext.split_leaves(leaves, longest(text, _WHY - 1))[0], Leaf(ELLIPSIS)]


def _snippet_line(text: str) -> str:
    """A piece of a snippet in one line; a formula that is whole in it is readable."""
    return clean(readable_line(text)).replace("\n", " ")


def _shared(near: Related, words: Words) -> list[Leaf]:
    said = shared_text(near, words)
    return [Leaf(said)] if said else []


def shared_text(near: Related, words: Words) -> str:
    """What brings a paper near, in words: links between notes, shared words and tags."""
    names = [*near.words, *(f"#{tag}" for tag in near.tags)]
    shown = ", ".join(cut(_flat(name), 40) for name in names if is_seen(name))
    said = [words.t("related.named")] if near.named else []
    said += [words.t("related.naming")] if near.naming else []
    said += [words.t("related.shares", names=shown)] if shown else []
    return " · ".join(said)


def _where(hit: Hit, words: Words, day: date | None) -> str:
    """When the paper was carried, where that is not ``day``, and where it can be talked about: in Slack's markup."""
    said = [words.date(hit.entry.day)] if hit.entry.day != day else []
    others = _also_on(hit, words)
    if others:
        said.append(others)
    thread = safe_url(hit.thread) if hit.thread else None
    if thread and weight(thread) <= _THREAD:
        said.append(f"<{escape(thread)}|{escape(words.t('results.thread'))}>")
    return " · ".join(said)


def _also_on(hit: Hit, words: Words) -> str:
    others = [day for day in hit.also_on if day != hit.entry.day]
    if not others:
        return ""
    days = ", ".join(f"{day:%Y-%m-%d}" for day in others[:ALSO_ON])
    return words.t("results.also_on", days=days) + (" …" if len(others) > ALSO_ON else "")


def _hit_text(hit: Hit, number: int | None, words: Words, room: int, known: date | None) -> str:
    """A result in words: title, day, people and tags, and of the matching place as much as there is room for."""
    entry = hit.entry.entry
    title = paper.title(entry, words, _TITLE_SAID)
    head = (f"{number}. " if number else "") + link(paper.title_leaf(entry, words).link, title)
    if units(head) > room // 2:
        head = (f"{number}. " if number else "") + escape(title)
    day = "" if hit.entry.day == known else words.date(hit.entry.day)
    about = " · ".join(
        part for part in (day, paper.authors(entry, words), paper.tags(entry), _also_on(hit, words)) if part
    )
    why = " ".join("".join(leaf.text for leaf in _why(hit, words)).split())
    said = " — ".join(part for part in (about, why) if part)
    return f"{head} · {escape(cut(said, room - units(head) - 3))}" if said else head


def nothing_found(
    query: Query,
    nearest: Sequence[str],
    words: Words,
    shorter: Shorter | None = None,
    *,
    unread: bool = False,
    literal: str = "",
) -> Content:
    """No match: what was understood, what is nearest to it among what there is, and what would be found with less.

    ``literal`` is the query that takes no word for a time, where this one does.
    ``unread`` says that not all that may match was looked at.
    """
    understood = words.t("nothing.understood", query=describe(query.tree, words))
    if unread:
        understood = f"{understood}. {words.t('results.unread')}"
    said = [words.t("nothing.heading"), understood]
    found = [[Leaf(said[0], bold=True)], [Leaf(understood)]]
    elements: list[RichTextElement] = []
    offers = _offers(nearest, words)[:10]
    if offers:
        said += [words.t("nothing.nearest"), *(f"/paper {offer}" for offer in offers)]
        elements.append(richtext.lines(*found, [Leaf(words.t("nothing.nearest"))]))
        elements.append(richtext.bullets([[Leaf(f"/paper {offer}", code=True)] for offer in offers]))
    else:
        said.append(words.t("nothing.advice"))
        elements.append(richtext.lines(*found, [Leaf(words.t("nothing.advice"))]))
    made: list[Block] = [richtext.block(elements)]
    if shorter and units(clean(shorter.text)) <= VALUE:
        count = f"{shorter.total:,}" + ("+" if shorter.more else "")
        said.append(words.t("nothing.shorter", query=_quoted(cut(_flat(shorter.text), 200)), count=count))
        label = words.t("nothing.try_shorter", query=_quoted(cut(_flat(shorter.text), 40)), count=count)
        made += [*_small(said[-1]), blocks.buttons((actions.SEARCH, label, clean(shorter.text)))]
    if button := _literally(query, Understood(), literal, words):
        said.append(button[1])
        made.append(blocks.buttons(button))
    return Content("\n".join(map(escape, said)), tuple(made))


def _quoted(query: str) -> str:
    """A query in quotation marks, where it has none of its own."""
    return f"“{query}”" if {'"', "“", "”"}.isdisjoint(query) else query


def _flat(text: str) -> str:
    return " ".join(clean(text).split())


def _offers(nearest: Sequence[str], words: Words) -> list[str]:
    return [cut(words.typed(_flat(offer)), 100) for offer in nearest if is_seen(offer)]


def no_today(latest: date | None, words: Words) -> Content:
    """Nothing for today yet; the latest day is one press away."""
    if latest is None:
        return empty_archive(words)
    said = words.t("today.none", latest=words.date(latest))
    show = blocks.buttons((actions.LATEST, words.t("today.show_latest"), "latest"))
    return Content(escape(said), (_line(said), show))


def no_day(day: date, words: Words, before: date | None = None, after: date | None = None) -> Content:
    """No digest on that day; the nearest days that have one."""
    said = [words.t("day.none", date=words.date(day))]
    if before:
        said.append(words.t("day.before", date=words.date(before), typed=f"/paper {before.isoformat()}"))
    if after:
        said.append(words.t("day.after", date=words.date(after), typed=f"/paper {after.isoformat()}"))
    return Content(escape("\n".join(said)), (_line("\n".join(said)),))


def empty_archive(words: Words) -> Content:
    """Nothing was ever read: what has to be done, and by whom."""
    said = words.t("archive.empty")
    return Content(escape(said), (_line(said),))


def commentary(entry: StoredEntry, words: Words) -> tuple[Content, ...]:
    """Everything there is to read of a paper, for one person: one message, more only where it is very long."""
    head, lines = paper.heading(entry, words)
    passages = paper.whole(entry.entry, words)
    if not paper.has_words(entry.entry):
        passages = [*passages, richtext.plain_passage(words.t("commentary.none"))]
    room = PRIVATE_TEXT - units("\n".join(lines)) - 100
    messages: list[list[tuple[richtext.Passage, ...]]] = [[]]
    used = count = 0
    for part in richtext.fill(passages, _BLOCK):
        long = sum(passage.weight for passage in part)
        many = 2 * len(part)  # a label and a text each, at most
        if messages[-1] and (used + long > room or count + many > BLOCKS - 5):
            messages.append([])
            used = count = 0
        messages[-1].append(part)
        used += long
        count += many
    return tuple(
        _whole(number, len(messages), message, head, lines, entry, words) for number, message in enumerate(messages, 1)
    )


def commentary_turn(entry: StoredEntry, words: Words, after: int = 0) -> tuple[Content, ...]:
    """As many messages of a paper's `commentary` as one click may give; the last has a button where there are more.

    ``after`` so many that were shown; nothing where there are no more.
    """
    messages = commentary(entry, words)
    turn, left = messages[after : after + TURN], len(messages) - after - TURN
    if left <= 0:
        return turn
    button = (actions.MORE, words.n("commentary.more", left), actions.more_value(entry.id, after + TURN))
    return (*turn[:-1], Content(turn[-1].text, (*turn[-1].blocks, blocks.buttons(button))))


def _whole(
    number: int,
    total: int,
    parts: Sequence[Sequence[richtext.Passage]],
    head: Sequence[Block],
    lines: Sequence[str],
    entry: StoredEntry,
    words: Words,
) -> Content:
    mark = words.t("part.of", label="", number=number, total=total).strip() if total > 1 else ""
    if number == 1:
        made = [*head, *_small(words.date(entry.day), mark)]
        said = [*lines, words.date(entry.day)]
    else:
        title = paper.title(entry.entry, words, 120)
        made, said = [*_small(title, mark)], [escape(title)]
    for part in parts:
        made += paper.body_blocks(part, _BLOCK)
    said += [mark] if mark else []
    return Content("\n".join([*said, "", "\n\n".join(richtext.said(part) for part in parts)]), tuple(made))


def shared(entry: StoredEntry, user_id: str, words: Words) -> Content:
    """A paper that a person shows to everybody, by name; they can take it back."""
    made, lines = paper.card(entry, words)
    by = richtext.woven(words.t("shared.by", user=richtext.place("user")), {"user": user_leaf(user_id)})
    when = words.date(entry.day)
    take_back = blocks.buttons((actions.TAKE_BACK, words.t("shared.take_back"), user_id))
    text = "\n".join(["".join(leaf.said for leaf in by), *lines, when])
    return Content(text, (richtext.block([richtext.section(by)]), *made, *_small(when), take_back))


def _line(said: str) -> Block:
    return richtext.block([richtext.section([Leaf(said)])])


def _small(*lines: str) -> Iterable[Block]:
    made = blocks.small(*lines)
    return [made] if made else []
