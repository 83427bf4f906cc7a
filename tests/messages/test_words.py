"""The catalogues and the code that uses them know the same keys, and both languages say the same things."""

import ast
import re
import string
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

import bot
from bot.messages.words import LANGS, Words, words_for
from bot.search.command import parse_command

ROOT = Path(bot.__file__).parent
# Rooms whose dotted names are codes of errors, and not columns of tables or names of modules.
CODES = re.compile(
    r"(click|person|stranger|query|result|entry|share|subscription|channel|slack|digest|source|store|sandbox|delivery)\.[a-z_.]+"
)
NOT_CODES = ("messages", "sandbox", "migrations", "tables.py")


def catalogue(lang: str) -> Catalog:
    with files("bot.messages").joinpath("locale", f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang, abort_invalid=True)


def messages(lang: str) -> dict[str, Message]:
    found = {}
    for message in catalogue(lang):
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        if key:
            found[key] = message
    return found


def forms(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of ``words.t`` or ``words.n`` with its key."""
    for _, tree in trees(ROOT / "messages"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("t", "n"):
                key = node.args[0]
                if isinstance(key, ast.Constant):
                    yield key.value, node


def strings_in_code() -> set[str]:
    return {
        node.value
        for _, tree in trees(ROOT / "messages")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def error_codes() -> set[str]:
    """Every code an error may carry: dotted names in the rooms that raise them.

    A document that is refused brings its own words (``Refused``); its codes are keys of a table or given to that class.
    """
    codes: set[str] = set()
    for path, tree in trees(ROOT):
        if any(part in NOT_CODES for part in path.relative_to(ROOT).parts):
            continue
        refused: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Dict):
                refused |= {id(key) for key in node.keys if key is not None}
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("Refused", "_refused"):
                refused |= {id(arg) for arg in node.args}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODES.fullmatch(node.value):
                codes |= {node.value} if id(node) not in refused else set()
    return codes


def test_both_languages_have_the_same_keys():
    assert messages("en").keys() == messages("ko").keys()


@pytest.mark.parametrize("lang", LANGS)
def test_no_translation_is_missing(lang):
    for key, message in messages(lang).items():
        assert all(form.strip() for form in forms(message)), key
        assert not message.fuzzy, key
    assert not catalogue(lang).obsolete


def test_both_languages_have_the_same_places_for_values():
    korean = messages("ko")
    for key, message in messages("en").items():
        in_english = set().union(*(names(form) for form in forms(message)))
        in_korean = set().union(*(names(form) for form in forms(korean[key])))
        assert in_english == in_korean, key


@pytest.mark.parametrize("lang", LANGS)
def test_every_form_of_a_number_is_there(lang):
    wanted = catalogue(lang).num_plurals
    for key, message in messages(lang).items():
        if message.pluralizable:
            assert len(forms(message)) == wanted, key


def test_every_key_in_the_code_has_words_and_gets_its_values():
    known = messages("en")
    for key, call in calls():
        assert key in known, key
        given = {keyword.arg for keyword in call.keywords}
        if None not in given:
            wanted = set().union(*(names(form) for form in forms(known[key])))
            assert wanted <= given | ({"count"} if known[key].pluralizable else set()), key
        assert known[key].pluralizable == (call.func.attr == "n"), key


def test_every_key_is_used():
    used = strings_in_code()
    errors = {f"error.{code}" for code in error_codes()}
    assert {key for key in messages("en") if key not in used and key not in errors} == set()


def test_every_error_that_is_raised_anywhere_has_words():
    assert {code for code in error_codes() if f"error.{code}" not in messages("en")} == set()


@pytest.mark.parametrize(
    ("locale", "lang"),
    [("ko-KR", "ko"), ("ko", "ko"), ("ko_KR", "ko"), ("en-US", "en"), ("fr-FR", "en"), (None, "en"), ("", "en")],
)
def test_a_slack_locale_gives_its_language_or_english(locale, lang):
    assert words_for(locale).lang == lang


def test_a_key_without_words_is_a_fault(words):
    with pytest.raises(KeyError):
        words.t("no.such.key")


def test_a_number_takes_its_form():
    assert Words("en").n("day.heading", 1, date="D") == "D · 1 paper"
    assert Words("en").n("day.heading", 2, date="D") == "D · 2 papers"
    assert Words("ko").n("day.heading", 2, date="D") == "D · 논문 2편"


def test_values_are_never_read_as_places():
    assert "{0}{date}" in Words("en").t("day.none", date="{0}{date}")


def test_a_day_is_written_the_languages_way():
    assert Words("ko").date(date(2024, 4, 12)) == "2024년 4월 12일 금요일"
    assert Words("en").date(date(2024, 4, 12)) == "Friday, April 12, 2024"


def test_a_moment_is_told_in_its_zone_by_the_name_of_its_place():
    when = datetime(2024, 4, 12, 0, 30, tzinfo=UTC)
    assert Words("en").moment(when, "America/New_York") == "Thursday, April 11, 2024 at 8:30 PM (New York)"
    assert Words("ko").moment(when, "Asia/Seoul") == "2024년 4월 12일 금요일 오전 9시 30분(서울)"
    assert Words("en").moment(when, "UTC") == "Friday, April 12, 2024 at 12:30 AM (UTC)"
    assert Words("en").moment(when, "Mars/Olympus") == "Friday, April 12, 2024 at 12:30 AM (UTC)"


def test_utc_is_told_only_to_a_reader_whose_clock_differs():
    when, seoul = datetime(2024, 4, 12, 0, 30, tzinfo=UTC), timezone(timedelta(hours=9))
    there = "Friday, April 12, 2024 at 9:30 AM (Seoul"
    assert Words("en").moment(when, "Asia/Seoul", reader=seoul) == f"{there})"
    assert Words("en").moment(when, "Asia/Seoul", reader=UTC) == f"{there}; 2024-04-12 00:30 UTC)"
    assert Words("en").moment(when, "UTC", reader=seoul) == "Friday, April 12, 2024 at 12:30 AM (UTC)"


@pytest.mark.parametrize(
    ("at", "english", "korean"),
    [
        (time(0), "12:00 AM", "오전 12시"),
        (time(9, 5), "9:05 AM", "오전 9시 05분"),
        (time(12), "12:00 PM", "오후 12시"),
        (time(21, 30), "9:30 PM", "오후 9시 30분"),
    ],
)
def test_a_time_of_day_is_said_as_people_say_it(at, english, korean):
    assert (Words("en").time(at), Words("ko").time(at)) == (english, korean)


def test_some_days_in_a_row_are_said_as_one_span():
    days = date(2026, 11, 23), date(2026, 11, 29)
    assert Words("en").span(*days) == "23–29 Nov 2026"
    assert Words("ko").span(*days) == "2026년 11월 23일~29일"
    assert Words("en").span(days[0], days[0]) == "23 Nov 2026"
    assert Words("ko").span(days[0], days[0]) == "2026년 11월 23일"


@pytest.mark.parametrize(
    ("typed", "korean"),
    [
        ("tag:moe -author:gou", "태그:moe -저자:gou"),
        ("unsubscribe tag:moe", "구독 취소 태그:moe"),
        ('commentary "A tag: of war"', '해설 "A tag: of war"'),
        ("tags", "태그"),
    ],
)
def test_what_is_to_be_typed_is_offered_in_the_readers_language(typed, korean):
    assert Words("ko").typed(typed) == korean
    assert Words("en").typed(typed) == typed
    today = date(2024, 4, 12)
    as_typed, translated = (parse_command(text, today=today) for text in (typed, korean))
    assert type(as_typed) is type(translated), "it does the same"


def test_no_korean_word_leaves_its_particle_to_the_reader():
    """A particle depends on the last sound before it, which a value does not let us know."""
    unsure = re.compile(
        r"[을를은는이가과와]\([을를은는이가과와]\)|\(으\)로|\}[”’]?(을|를|은|는|이|가|과|와|으로|로)(?=[\s.,)]|$)"
    )
    found = {key: form for key, message in messages("ko").items() for form in forms(message) if unsure.search(form)}
    assert found == {}


def test_no_korean_message_offers_an_english_command():
    verbs, fields = (
        "tags?|resume|pause|unsubscribe|subscriptions?|saved?|help|related|why|commentary",
        "tag|author|since",
    )
    english = re.compile(rf"/paper ({verbs})\b|(?<![\w가-힣])({fields}|until):")
    found = {key: form for key, message in messages("ko").items() for form in forms(message) if english.search(form)}
    assert found == {}
