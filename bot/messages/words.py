"""Every word of ours that people read, by symbolic key, in the language asked for (``locale/*.po``)."""

import gettext
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from importlib.resources import files
from io import BytesIO

from bot.plan.hours import is_zone, zone_of

LANGS = ("en", "ko")
_SPANS = {"en": "en_GB", "ko": "ko"}  # "23–29 Nov 2026": the shortest form in which no day is taken for a month
_Day = date  # which is a method below
_Time = time  # as well
_KOREAN_VERBS = {
    "commentary": "해설",
    "find": "찾기",
    "help": "도움말",
    "latest": "최신",
    "pause": "일시정지",
    "random": "무작위",
    "related": "관련",
    "remarks": "댓글",
    "resume": "재개",
    "save": "저장",
    "saved": "저장",
    "subscribe": "구독",
    "subscriptions": "구독 목록",
    "tags": "태그",
    "today": "오늘",
    "unsubscribe": "구독 취소",
    "why": "왜",
}
_KOREAN_FIELDS = {
    "abstract": "초록",
    "author": "저자",
    "commentary": "해설",
    "day": "날짜",
    "has": "있음",
    "is": "상태",
    "remark": "댓글",
    "since": "부터",
    "source": "출처",
    "tag": "태그",
    "title": "제목",
    "until": "까지",
}
_FIELD = re.compile(rf"(?<![^\s(-])(?:{'|'.join(_KOREAN_FIELDS)}):")


class Words:
    """The words of one language. A key that is not in the catalogue is a KeyError: tests ask for every one."""

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGS else LANGS[0]

    def t(self, key: str, **values: object) -> str:
        """The words of a key, the values in their places."""
        return self._say(_catalogue(self.lang).gettext(key), key, values)

    def told(self, key: str, values: Mapping[str, object]) -> str:
        """As `t`, for values that come from far away: one that is missing is a question mark and no fault."""
        return self._say(_catalogue(self.lang).gettext(key), key, _Unsure(values))

    def n(self, key: str, count: int, **values: object) -> str:
        """The words of a key in the form that suits the number; ``{count}`` is that number."""
        return self._say(_catalogue(self.lang).ngettext(key, key, count), key, {"count": count, **values})

    def has(self, key: str) -> bool:
        """Whether the catalogue has words for it."""
        return _catalogue(self.lang).gettext(key) != key

    def date(self, day: date) -> str:
        """A day the way this language writes it, with its weekday."""
        from babel.dates import format_date  # 25 ms that a process which shows no day need not spend

        return format_date(day, format="full", locale=self.lang)

    def span(self, first: "_Day", last: "_Day") -> str:
        """Some days in a row the way this language writes them."""
        from babel.dates import format_date, format_interval

        locale = _SPANS[self.lang]
        if first == last:
            return format_date(first, format="long" if self.lang == "ko" else "medium", locale=locale)
        return format_interval(first, last, skeleton="yMMMd", locale=locale).replace("\u2009", " ")

    def weekday(self, number: int) -> str:
        """A weekday's short name, Monday 0."""
        from babel.dates import get_day_names

        return str(get_day_names("abbreviated", locale=self.lang)[number])

    def time(self, at: "_Time") -> str:
        """A time of day as people say it: 9:00 AM, 오전 9시."""
        if at.hour < 12:
            key = "time.am" if at.minute else "time.am_hour"
        else:
            key = "time.pm" if at.minute else "time.pm_hour"
        return self.t(key, hour=at.hour % 12 or 12, minute=f"{at:%M}")

    def zone(self, zone: str) -> str:
        """A time zone by its place: Seoul, 서울."""
        from babel.dates import get_timezone_location

        if not is_zone(zone):
            return zone
        return get_timezone_location(zone, locale=self.lang, return_city=True).rpartition("/")[2]

    def moment(self, when: datetime, zone: str, *, reader: tzinfo | None = None) -> str:
        """A moment in a zone; in UTC too for a ``reader`` whose clock differs from that zone's at the moment."""
        from babel.dates import format_date

        zone = zone if is_zone(zone) else "UTC"
        there = when.astimezone(zone_of(zone))
        values = {
            "date": format_date(there, format="full", locale=self.lang),
            "time": self.time(there.time()),
            "zone": self.zone(zone),
        }
        if reader is None or when.astimezone(reader).utcoffset() == there.utcoffset() or not there.utcoffset():
            return self.t("time.zone", **values)
        return self.t("time.zone_and_utc", **values, utc=f"{when.astimezone(UTC):%Y-%m-%d %H:%M}")

    def typed(self, text: str) -> str:
        """Something to type after ``/paper``, its verb and its fields in this language."""
        if self.lang != "ko":
            return text
        verb, blank, rest = text.partition(" ")
        text = f"{_KOREAN_VERBS.get(verb, verb)}{blank}{rest}" if blank or verb in _KOREAN_VERBS else text
        parts = text.split('"')
        parts[::2] = [_FIELD.sub(lambda found: f"{_KOREAN_FIELDS[found[0][:-1]]}:", part) for part in parts[::2]]
        return '"'.join(parts)  # what stands in quotation marks is no field

    def _say(self, words: str, key: str, values: Mapping[str, object]) -> str:
        if words == key:
            raise KeyError(f"{key} has no words in {self.lang}")
        return words.format_map(values)


class _Unsure(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "?"


def words_for(slack_locale: str | None) -> Words:
    """The words for a person by their Slack locale (``ko-KR``); English for anything we do not speak."""
    return Words((slack_locale or "").replace("_", "-").split("-")[0].lower())


@cache
def _catalogue(lang: str) -> gettext.GNUTranslations:
    """A language's catalogue, read from its .po file once a process."""
    from babel.messages.mofile import write_mo  # 40 ms, and only where somebody reads words
    from babel.messages.pofile import read_po

    with files("bot.messages").joinpath("locale", f"{lang}.po").open("rb") as file:
        catalogue = read_po(file, locale=lang)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
