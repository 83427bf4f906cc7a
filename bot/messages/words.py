"""Every word of ours that people read, by symbolic key, in the language asked for (``locale/*.po``)."""

import gettext
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from io import BytesIO

from bot.plan.hours import is_zone, zone_of

LANGS = ("en", "ko")
_Day = date  # which is a method below


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

        if first == last:
            return format_date(first, format="medium", locale=self.lang)
        return format_interval(first, last, skeleton="yMMMd", locale=self.lang)

    def weekday(self, number: int) -> str:
        """A weekday's short name, Monday 0."""
        from babel.dates import get_day_names

        return str(get_day_names("abbreviated", locale=self.lang)[number])

    def moment(self, when: datetime, zone: str) -> str:
        """A moment in a zone and in UTC, so that nobody has to know where the other one is."""
        from babel.dates import format_date

        there, utc = when.astimezone(zone_of(zone)), when.astimezone(UTC)
        day = format_date(there, format="full", locale=self.lang)
        if zone == "UTC" or not is_zone(zone):
            return self.t("time.utc", date=day, time=f"{utc:%H:%M}")
        return self.t("time.zone", date=day, time=f"{there:%H:%M}", zone=zone, utc=f"{utc:%Y-%m-%d %H:%M}")

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
