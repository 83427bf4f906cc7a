"""Digests of every kind, Slack's rules as a checker, and every builder with something rich to show."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot import errors as bot_errors
from bot.digest.model import Entry, Paragraph, StoredDigest, StoredEntry
from bot.messages import errors, help, notes, results, standing
from bot.messages.content import Content
from bot.messages.day import lay_out
from bot.messages.words import LANGS, Words
from bot.plan.subscription import Subscription
from bot.search.grammar import parse_query
from bot.search.reading import Understood
from bot.search.related import Related

DAY = date(2024, 4, 12)


@dataclass(frozen=True)
class Piece:
    """What a snippet has, as `search` gives it."""

    field: str
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Count:
    tag: str
    entries: int
    first: date = date(2023, 8, 1)
    last: date = DAY
    aliases: tuple[str, ...] = ()


# --- Slack's rules (slack-platform, sections 1 and 2) -----------------------------------------------------------------


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def leaves(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every leaf of a rich_text block, in order."""
    for element in block.get("elements", []):
        if element["type"].startswith("rich_text"):
            yield from leaves(element)
        else:
            yield element


# What the text of a message may hold: escaped words, people, links.
_MARKUP = re.compile(r"(?:[^&<>]|&(?:amp|lt|gt);|<@[UW][A-Z0-9]+>|<https?://[^\s<>|]+\|[^<>]*>)*+")


def check_content(content: Content, *, text: int = 3500) -> None:
    """Fail where Slack would refuse the message, or where outside text could be interpreted."""
    blocks = content.blocks
    assert content.text.strip(), "text says nothing"
    assert units(content.text) <= text, f"text has {units(content.text)} units"
    assert _MARKUP.fullmatch(content.text), content.text
    assert not re.search(r"@(here|channel|everyone)", content.text, re.IGNORECASE)
    assert 1 <= len(blocks) <= 50
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(ids) == len(set(ids))
    json.dumps(blocks).encode()
    parsed = Block.parse_all(list(blocks))
    assert len(parsed) == len(blocks)
    for block in parsed:
        block.validate_json()
    assert [block["type"] for block in blocks].count("table") == (blocks[-1]["type"] == "table")
    assert sum(_check_block(block) for block in blocks) < 12_000


def _check_block(block: dict[str, Any]) -> int:
    match block["type"]:
        case "header":
            assert set(block) <= {"type", "text", "block_id"}
            return _check_text(block["text"], 150, "plain_text")
        case "section":
            used = _check_text(block["text"], 3000)
            for option in block.get("accessory", {}).get("options", []):
                assert units(option["value"]) <= 150
                used += _check_text(option["text"], 75, "plain_text")
            assert len(block.get("accessory", {}).get("options", [0])) in range(1, 6)
            return used
        case "context":
            assert 1 <= len(block["elements"]) <= 10
            return sum(_check_text(element, 3000) for element in block["elements"])
        case "actions":
            assert 1 <= len(block["elements"]) <= 25
            actions = [element["action_id"] for element in block["elements"]]
            assert len(actions) == len(set(actions))
            for element in block["elements"]:
                assert units(element["value"]) <= 2000
            return sum(_check_text(element["text"], 75, "plain_text") for element in block["elements"])
        case "rich_text":
            assert block["elements"]
            return _check_rich(block)
        case "image":
            assert block["image_url"].startswith("https://")
            assert 1 <= units(block["alt_text"]) <= 2000
            return units(block["alt_text"]) + units(block["image_url"])
        case "divider":
            return 0
        case "table":
            rows = block["rows"]
            assert 1 <= len(rows) <= 100
            assert 1 <= len(rows[0]) <= 20
            assert all(len(row) == len(rows[0]) == len(block["column_settings"]) for row in rows)
            return sum(_check_rich(cell) for row in rows for cell in row)
        case other:
            pytest.fail(f"no message of ours has a {other} block")


def _check_rich(element: dict[str, Any]) -> int:
    used = 0
    assert element["elements"], f"empty {element['type']}"
    for child in element["elements"]:
        match child["type"]:
            case "rich_text_section" | "rich_text_quote" | "rich_text_preformatted":
                used += _check_rich(child)
            case "rich_text_list":
                assert child["style"] in ("bullet", "ordered")
                assert {item["type"] for item in child["elements"]} == {"rich_text_section"}
                assert child.get("indent", 0) in range(9)
                used += _check_rich(child)
            case "text":
                assert child["text"]
                used += units(child["text"])
            case "link":
                assert child["text"]
                assert re.fullmatch(r"https?://[^\s<>|\"]+", child["url"], re.IGNORECASE)
                assert units(child["url"]) <= 3000
                used += units(child["text"])
            case "user":
                assert re.fullmatch(r"[UW][A-Z0-9]+", child["user_id"])
            case "date":
                assert child["timestamp"] > 0
                assert child["fallback"]
                assert re.fullmatch(r"\{date_short_pretty\}( at)? \{time\}", child["format"])
                used += units(child["fallback"])
            case other:
                pytest.fail(f"no leaf of ours is a {other}")
        assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff]", child.get("text", ""))
    return used


def _check_text(text: dict[str, Any], most: int, kind: str | None = None) -> int:
    assert text["type"] in ("plain_text", "mrkdwn")
    assert kind in (None, text["type"])
    assert 1 <= units(text["text"]) <= most
    if text["type"] == "mrkdwn":
        assert text["verbatim"] is True
        assert "<!" not in text["text"]
    else:
        assert text["emoji"] is False
    return units(text["text"])


@pytest.fixture(scope="session")
def check() -> Callable[..., None]:
    return check_content


@pytest.fixture(scope="session")
def shown() -> Callable[[Content], str]:
    """Everything a person sees of a message, in order, without styles."""

    def visible(content: Content) -> str:
        said: list[str] = []
        for block in content.blocks:
            match block["type"]:
                case "rich_text":
                    said += [_flat(element) for element in block["elements"]]
                case "context":
                    said.append(" ".join(element["text"] for element in block["elements"]))
                case "header" | "section":
                    said.append(block["text"]["text"])
                case "actions":
                    said.append(" ".join(element["text"]["text"] for element in block["elements"]))
        return "\n".join(said)

    return visible


def _flat(element: dict[str, Any]) -> str:
    if element["type"] == "rich_text_list":
        return "\n".join(_flat(item) for item in element["elements"])
    return "".join(leaf.get("text", leaf.get("user_id", leaf.get("fallback", ""))) for leaf in leaves(element))


@pytest.fixture(scope="session")
def rich_leaves() -> Callable[[Content], list[dict[str, Any]]]:
    """The leaves of a message's rich text."""
    return lambda content: [leaf for block in content.blocks if block["type"] == "rich_text" for leaf in leaves(block)]


@pytest.fixture(params=LANGS)
def words(request: pytest.FixtureRequest) -> Words:
    return Words(request.param)


@pytest.fixture(scope="session")
def en() -> Words:
    return Words("en")


@pytest.fixture(scope="session")
def ko() -> Words:
    return Words("ko")


# --- digests of every kind --------------------------------------------------------------------------------------------

# What curators, feeds and mischief put into text: markup of two languages, calls, halves of characters, other scripts.
_ODD = [
    "<!channel>", "@here", "@everyone", "<@U0123ABC>", "*bold*", "**bold**", "_it_", "`code`", "~no~", "&amp;",
    "<b>", "$x_i$", "https://a.example/x?y=1&z=<2>|3", "[label](https://b.example/)",
    "[bad](javascript:alert(1))", "[[note]]", "\n- item\n- item", "\n1. one\n2. two", "\n> quote",
    "\n```\ncode\n```", "👩‍👩‍👧", "🇰🇷🇰🇷", "e\u0301", "각", "שלום", "مرحبا", "\u202e", "\x00", "\x07",
    "\ud800", "한국어 문장입니다.이어서", "A sentence. Another.", " ", "\n\n", "\t", "\u200b", "|", ">", "#tag",
    ":smile:", "\\", "\r\n",
]  # fmt: skip
odd_text = st.lists(
    st.one_of(st.sampled_from(_ODD), st.text(max_size=20), st.text(st.characters(codec=None), max_size=5)), max_size=12
).map("".join)
long_text = st.builds(
    lambda piece, times: (piece or "x") * times,
    st.one_of(odd_text, st.sampled_from(_ODD)),
    st.sampled_from([1, 3, 50, 400]),
)
some_text = st.one_of(odd_text, odd_text, long_text)
links = st.one_of(
    st.sampled_from(
        ["https://arxiv.org/abs/2404.07965", "javascript:alert(1)", "http://", "https://x|y>z w", "ftp://a/b", ""]
    ),
    odd_text.map(lambda text: "https://host.example/" + text),
    st.integers(2900, 3100).map(lambda length: "https://host.example/" + "a" * length),
)
paragraphs = st.builds(Paragraph, text=some_text, lang=st.sampled_from(["ko", "en"]))
entries = st.builds(
    Entry,
    title=some_text,
    authors=st.lists(some_text, max_size=7).map(tuple),
    links=st.lists(links, max_size=8).map(tuple),
    abstract=st.lists(some_text, max_size=4).map(tuple),
    commentary=st.lists(st.builds(Paragraph, text=some_text, lang=st.sampled_from(["ko", "en"])), max_size=6).map(
        tuple
    ),
    tags=st.lists(some_text, max_size=6).map(tuple),
)


def store(*given: Entry, title: str = "") -> StoredDigest:
    stored = tuple(
        StoredEntry(place + 1, f"key:{place}", "vault", DAY, place, entry) for place, entry in enumerate(given)
    )
    return StoredDigest("vault", DAY, title, stored)


digests = st.builds(lambda given, title: store(*given, title=title), st.lists(entries, max_size=5), some_text)


@pytest.fixture(scope="session")
def stored() -> Callable[..., StoredDigest]:
    """A digest of 12 April 2024 with these entries."""
    return store


@pytest.fixture(scope="session")
def any_entry() -> st.SearchStrategy[Entry]:
    return entries


@pytest.fixture(scope="session")
def any_digest() -> st.SearchStrategy[StoredDigest]:
    return digests


@pytest.fixture(scope="session")
def any_text() -> st.SearchStrategy[str]:
    return some_text


# --- every builder, with something rich to show -----------------------------------------------------------------------

RICH = Entry(
    title="HGRN2: Gated Linear RNNs with State Expansion",
    authors=("Zhen Qin", "Songlin Yang", "Weixuan Sun", "Xuyang Shen", "Dong Li", "Weigao Sun", "Yiran Zhong"),
    links=("https://arxiv.org/abs/2404.07904", "https://github.com/OpenNLPLab/HGRN2"),
    abstract=("A first sentence about $h_t$ and a*b. A second one, at https://example.org/a_b.", "A second paragraph."),
    commentary=(
        Paragraph("상태를 **외적**으로 넓힌 것이 핵심입니다.그래서 `선형` 어텐션과 만납니다.", "ko"),
        Paragraph("- 첫째는 [코드](https://github.com/OpenNLPLab/HGRN2)\n- 둘째는 $d^2$", "ko"),
        Paragraph("The state grows by an *outer product*. It meets linear attention there.", "en"),
    ),
    tags=("state-space-model", "llm"),
)
BARE = Entry("A title whose link was lost & found <again>")


def looked(query: str, **found: Any) -> results.Looked:
    return results.Looked(parse_query(query, today=DAY), **found)


def every_content(words: Words) -> dict[str, Content]:
    """Each thing a person may be shown, by name."""
    many = store(*[RICH, BARE] * 24, title="Weekend reading")
    entry = many.entries[0]
    snippet: Any = Piece("commentary", (("상태를 ", False), ("외적", True), ("으로 넓힌", False)))
    hit = results.Hit(entry, snippet, "https://team.slack.example/archives/C1/p1", (date(2024, 4, 11), DAY))
    hits = [hit, *(results.Hit(each) for each in many.entries[1:10])]
    on_arrival = Subscription(1, "T1", "C1", "vault", layout="list")
    at_nine = Subscription(
        2, "T1", "C1", "vault", "tag:moe -<!here>", time(9), frozenset(range(5)), "Asia/Seoul", created_by="U1ABCDEF"
    )
    by_config = Subscription(
        3, "T1", "C1", "vault", at=time(8, 30), days=frozenset({0, 2}), paused="chat", origin="config"
    )
    quiet = replace(at_nine, quiet=(time(22), time(7)), say_when_empty=True)
    first = datetime(2024, 4, 15, tzinfo=UTC)
    before = datetime(2024, 4, 13, tzinfo=UTC)
    typed = 'tag:moe (author:"kim'
    shown = {
        "results": results.results(hits, looked("tag:moe", exact=23), page=2, pool_id="p1", words=words),
        "results, one": results.results(hits[:1], looked("x", exact=1), page=1, pool_id="", words=words),
        "results, some close": results.results(
            hits, looked("moe <!here>", exact=1000, more=True, close=30), page=100, pool_id="p1", words=words
        ),
        "results, all close": results.results(
            hits,
            looked(
                "moe transfomer wjdfuf",
                close=12,
                understood=Understood((("transfomer", "transformer"),), (("wjdfuf", "정렬"),), (("모델", "model"),)),
                literal='moe "transfomer" "wjdfuf"',
                nearest=["tag:transformer"],
            ),
            page=1,
            pool_id="p1",
            words=words,
        ),
        "a day": results.day_view(DAY, hits, total=48, page=1, pool_id="p1", words=words),
        "one": results.one(hit, words),
        "nothing": results.nothing_found(
            parse_query(
                'tag:moes (a OR -"b c") title:x author:y since:2024-03 until:2024-04-01 has:abstract', today=DAY
            ),
            ["tag:moe", "moe"],
            words,
        ),
        "nothing, but with less": results.nothing_found(
            parse_query("xyzzy tag:moe", today=DAY), [], words, results.Shorter("tag:moe <!here>", 1000, more=True)
        ),
        "related": results.related(
            entry,
            [replace(each, near=Related(2, 1.0, ("상태 <b>", "state"), ("llm",), True, True)) for each in hits],
            words,
        ),
        "related to a day": results.related(
            many, [replace(each, near=Related(2, 1.0, ("b",))) for each in hits], words
        ),
        "related to nothing": results.related(entry, [], words),
        "related to a day with nothing": results.related(many, [], words),
        "no paper": results.no_paper("<!here>", words),
        "nothing near": results.nothing_found(parse_query("xyzzy", today=DAY), [], words),
        "no today": results.no_today(DAY, words),
        "no day": results.no_day(DAY, words, before=date(2024, 4, 11), after=date(2024, 4, 15)),
        "empty": results.empty_archive(words),
        "shared": results.shared(entry, "U1ABCDEF", words),
        "shared bare": results.shared(many.entries[1], "U1ABCDEF", words),
        "help": help.help_text(words),
        "tags": help.tags([Count(f"tag-{n}", n) for n in range(300, 0, -1)], words),
        "some tags": help.tags([Count("ssm", 3, aliases=("SSM", "state_<b>", "a", "b"))], words, "s", total=1200),
        "tags with": help.tags([Count("moe", 1)], words, "mo"),
        "no tags": help.tags([], words),
        "no tags with": help.tags([], words, "zz"),
        "subscribed": standing.subscribed(at_nine, "U1ABCDEF", first, words),
        "subscribed on arrival": standing.subscribed(on_arrival, "U1ABCDEF", None, words),
        "already": standing.already_subscribed(at_nine, first, words),
        "unsubscribed": standing.unsubscribed(at_nine, "U1ABCDEF", words),
        "stopped": standing.stopped(by_config, "config/paperround.toml", "U1ABCDEF", words),
        "paused": standing.paused(at_nine, None, "U1ABCDEF", words),
        "paused until": standing.paused(at_nine, first, "U1ABCDEF", words),
        "resumed by": standing.resumed(at_nine, first, words, "U1ABCDEF"),
        "resumed": standing.resumed(by_config, first, words),
        "subscriptions": standing.subscriptions(
            [
                standing.Standing(quiet, first, DAY, first, waiting=3),
                standing.Standing(on_arrival, None, None),
                standing.Standing(by_config, None, DAY),
                standing.Standing(replace(quiet, paused="chat", paused_until=first), first, DAY, first),
            ],
            words,
            before,
        ),
        "subscriptions of a closed channel": standing.subscriptions(
            [standing.Standing(at_nine, None, DAY, first, closed="slack.channel error=is_archived")], words, before
        ),
        "no subscriptions": standing.subscriptions([], words, before),
        "many subscriptions": standing.subscriptions([standing.Standing(quiet, first, DAY)] * 60, words, before),
        "missed": notes.missed_days([DAY], "", words),
        "many missed": notes.missed_days([date(2024, 4, day) for day in range(1, 31)], "tag:moe OR <!here>", words),
        "nothing came": notes.no_digest(DAY, "tag:moe", words),
        "closed": notes.channel_closed("papers", "slack.channel error=is_archived", words),
        "silent": notes.silent_source("vault", DAY, first, words),
        "query mistake": errors.describe(
            bot_errors.QueryError("query.unclosed_quote", position=16, found='"kim'), words, typed
        ),
        "query mistake with a near word": errors.describe(
            bot_errors.QueryError("query.unknown_field", position=0, found="tga", nearest="tag"), words, "tga:moe"
        ),
        "refused": errors.describe(bot_errors.RequestRefusedError("share.not_yours"), words),
        "unknown code": errors.describe(bot_errors.BotError("never.heard_of"), words),
        "unexpected": errors.unexpected("8f3a", words),
    }
    for place, content in enumerate(results.commentary(entry, words)):
        shown[f"commentary {place}"] = content
    shown["no commentary"] = results.commentary(many.entries[1], words)[0]
    for layout in ("papers", "list", "brief"):
        for place, message in enumerate(lay_out(many, many.entries[:47], layout, words)):
            shown[f"{layout} {place}"] = message.content
        some = tuple(replace(each, withdrawn=each.position % 2 == 0) for each in many.entries[:4])
        for place, message in enumerate(lay_out(replace(many, entries=some), some, layout, words)):
            shown[f"{layout} {place}, some withdrawn"] = message.content
    return shown


@pytest.fixture(scope="session")
def every() -> Callable[[Words], dict[str, Content]]:
    return every_content
