"""What the operator may choose: `config/paperround.toml`, overridden by the environment.

Every wrong or missing key is reported at once, each with its remedy; tokens never appear in any output.
"""

import os
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SettingsSourceError

from bot.errors import QueryError, SettingsError
from bot.misconfigured import problem_of, read_text, toml_hint, without_kinds
from bot.plan.hours import is_quiet, parse_at, parse_days, parse_quiet
from bot.plan.subscription import Layout

CONFIG = Path("config/paperround.toml")
DOTENV = ".env"
SLACK_API_URL = "https://slack.com/api/"
_OTHER_NAMES = ("PAPERROUND_CORPUS", "PAPERROUND_NO_SKIPS")  # what tests and benches are told


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError(f"no time zone is called {name!r}; write an IANA name such as 'Asia/Seoul'") from exc
    return name


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _span(value: object) -> timedelta:
    """``"10m"``, ``"2s"``, ``"1h"``, ``"14d"``; a bare number is seconds."""
    if isinstance(value, timedelta):
        return value
    text = str(value).strip().lower()
    number, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    try:
        seconds = float(number) * _UNITS[unit]
        return timedelta(seconds=seconds)
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"{value!r} is no span of time; write for example '10m', '2s' or '1h'") from exc


def _expanded(path: str) -> str:
    """The path with its ``~``. Raises ValueError for the home of somebody who is not known here."""
    if not path.startswith("~"):
        return path
    full = os.path.expanduser(path)
    if full.startswith("~"):
        raise ValueError(f"no home folder is known for {path.partition('/')[0]!r}; write the whole path")
    return full


def _expanded_url(url: str) -> str:
    """``sqlite:///~/papers.db`` with its ``~``."""
    scheme, mark, path = url.partition(":///")
    return f"{scheme}{mark}{_expanded(path)}" if scheme.startswith("sqlite") else url


Folder = Annotated[Path, AfterValidator(lambda path: Path(_expanded(str(path))))]
Zone = Annotated[str, AfterValidator(_zone)]
Span = Annotated[timedelta, PlainValidator(_span), Field(ge=timedelta(0))]


def _query(text: str) -> str:
    if text.strip():
        from bot.search.grammar import parse_order  # most starts have no query to read

        try:
            parse_order(text, today=date.min.replace(year=2000))
        except QueryError as exc:
            raise ValueError(f"{text!r} cannot be read at character {exc.position + 1}, {exc.found!r}") from exc
    return " ".join(text.split())


Query = Annotated[str, AfterValidator(_query)]
At = Annotated[str, AfterValidator(lambda text: (parse_at(text), text)[1])]
Quiet = Annotated[str, AfterValidator(lambda text: (parse_quiet(text), text)[1])]
Days = Annotated[str | list[str], AfterValidator(lambda days: (parse_days(days), days)[1])]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class SourceSettings(_Section):
    """One place that digests come from: a folder or a feed."""

    name: str = Field(min_length=1)
    folder: Folder | None = None
    feed: str | None = Field(default=None, pattern=r"^https?://")
    settle: Span | None = None
    ignore: tuple[str, ...] = ()
    only_when: str = Field(default="", max_length=100)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.folder is None) == (self.feed is None):
            raise ValueError('give a source either `folder = "…"` or `feed = "https://…"`')
        if self.ignore and self.folder is None:
            raise ValueError("ignore names files of a folder; a feed has none")
        if self.only_when and self.folder is None:
            raise ValueError("only_when names a property of notes in a folder; a feed has none")
        return self


class SubscriptionSettings(_Section):
    """A channel's standing order."""

    channel: str = Field(min_length=2)
    source: str | None = None
    query: Query = ""
    at: At = "09:00"
    days: Days = "every day"
    zone: Zone = "UTC"
    layout: Layout | None = None
    quiet: Quiet = ""
    say_when_empty: bool = False

    @model_validator(mode="after")
    def _hours_fit(self) -> Self:
        at, quiet = parse_at(self.at), parse_quiet(self.quiet)
        if at is not None and quiet is not None and is_quiet(quiet, at):
            raise ValueError(f"at {self.at!r} lies inside the quiet hours {self.quiet!r}; move one of them")
        if at is None and self.say_when_empty:
            raise ValueError("say_when_empty needs an hour to say it at; give `at` one, or leave it out")
        return self


class ReadingSettings(_Section):
    every: Annotated[Span, Field(gt=timedelta(0))] = timedelta(seconds=5)
    max_bytes: int = Field(default=5_000_000, gt=0)


class DeliverySettings(_Section):
    plan_every: Span = timedelta(seconds=2)
    send_every: Annotated[Span, Field(gt=timedelta(0))] = timedelta(seconds=0.25)
    pace: Span = timedelta(seconds=1)
    settling: Span = timedelta(seconds=3)
    timeout: Annotated[Span, Field(gt=timedelta(0))] = timedelta(seconds=10)
    senders: int = Field(default=4, ge=1, le=512)
    burst: int = Field(default=1, ge=1, le=5)
    team_cap: int = Field(default=240, ge=1)
    papers_up_to: int = Field(default=15, ge=0)
    parts: int = Field(default=20, ge=0)
    edit_window: Span = timedelta(days=14)
    catch_up: int = Field(default=5, ge=1)
    when_unsure: Literal["wait", "resend", "skip"] = "wait"
    unsure_after: Span = timedelta(hours=1)
    operator_channel: str = ""

    @model_validator(mode="after")
    def _looks_before_it_decides(self) -> Self:
        if self.unsure_after <= self.settling:
            raise ValueError("unsure_after must be longer than settling: what arrived is looked for only then")
        return self


class SandboxSettings(_Section):
    port: int = Field(default=8765, ge=0, le=65535)
    journal: Folder = Path("data/sandbox.jsonl")
    settle: Span = timedelta(seconds=2)


class _TomlFile(TomlConfigSettingsSource):
    """The settings file, in whichever way an editor has saved it."""

    def _read_file(self, file_path: Any) -> dict[str, Any]:
        text = read_text(Path(file_path))
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as exc:
            hint = toml_hint(text, str(exc))
            raise ValueError(f"{exc}; {hint}" if hint else str(exc)) from exc
        except RecursionError:
            raise ValueError("brackets stand within brackets too many times; close each [ with a ]") from None


class _KnownDotEnv(DotEnvSettingsSource):
    """`.env` may hold other programs' variables too: only ours are read, the rest is none of our business."""

    __call__ = EnvSettingsSource.__call__


class Settings(BaseSettings):
    """Everything the bot is told from outside. Build it with `load_settings`."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="PAPERROUND_",
        env_nested_delimiter="__",
        env_file=DOTENV,
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        validate_default=True,
        hide_input_in_errors=True,
    )

    database_url: Annotated[str, AfterValidator(_expanded_url)] = "sqlite:///data/paperround.db"
    language: Literal["en", "ko"] = "en"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    speed: float = Field(default=1.0, gt=0, le=1000)
    glossary: Annotated[str, AfterValidator(_expanded)] = "config/glossary.tsv"
    source: tuple[SourceSettings, ...] = ()
    subscription: tuple[SubscriptionSettings, ...] = ()
    reading: ReadingSettings = ReadingSettings()
    delivery: DeliverySettings = DeliverySettings()
    sandbox: SandboxSettings = SandboxSettings()

    slack_bot_token: SecretStr | None = Field(default=None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(default=None, validation_alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(default=None, validation_alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field(default=SLACK_API_URL, validation_alias="SLACK_API_URL", pattern=r"^https?://")

    @model_validator(mode="after")
    def _sources_are_known(self) -> Self:
        problems = _source_problems(
            [source.name for source in self.source], [(order.channel, order.source) for order in self.subscription]
        )
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = _TomlFile(settings_cls, config_path())
        return init_settings, env_settings, _KnownDotEnv(settings_cls), toml


def _source_problems(names: Sequence[str], orders: Iterable[tuple[str, str | None]]) -> list[str]:
    """What does not fit between the sources there are and the sources that subscriptions follow."""
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = [f"two sources are called {name!r}; give each its own name" for name in twice]
    for channel, source in orders:
        if not names:
            problems.append(f"the subscription of {channel} has nothing to follow; name a [[source]]")
        elif source is not None and source not in names:
            known = ", ".join(names)
            problems.append(f"the subscription of {channel} follows {source!r}, which is no [[source]] of: {known}")
    return problems


def config_path() -> Path:
    """The settings file: ``PAPERROUND_CONFIG``, else `config/paperround.toml` below the current folder."""
    return Path(os.environ.get("PAPERROUND_CONFIG") or CONFIG).expanduser()


def no_sources(settings: "Settings") -> str:
    """Where no source is named: which file was looked for, and what to write there; empty where one is."""
    if settings.source:
        return ""
    path = config_path().absolute()
    looked = f"{path} names none" if path.is_file() else f"the settings file {path} is not there"
    return (
        f"No source of digests: {looked}. Write there, for example:\n\n"
        '    [[source]]\n    name = "vault"\n    folder = "/home/me/vault"\n\n'
        "or start in the folder that holds config/paperround.toml, or name the file with PAPERROUND_CONFIG."
    )


def strange_names() -> list[str]:
    """Of each variable that begins as ours do and that nothing reads, a word; one that was mistyped changes nothing."""
    known = {"PAPERROUND_CONFIG", *_OTHER_NAMES, *(f"PAPERROUND_{name}".upper() for name in _variables())}
    strange = sorted(
        name for name in map(str.upper, os.environ) if name.startswith("PAPERROUND_") and name not in known
    )
    return [f"{name}: no setting has this name, it changes nothing{_meant(name, known)}" for name in strange]


def _variables() -> set[str]:
    """Of each setting that a variable may give, what follows ``PAPERROUND_``, in small letters."""
    names: set[str] = set()
    for name, field in Settings.model_fields.items():
        section = field.annotation
        inner = section.model_fields if isinstance(section, type) and issubclass(section, BaseModel) else {}
        names |= {name, *(f"{name}__{key}" for key in inner)}
    return names


def _meant(name: str, known: Iterable[str]) -> str:
    ours = "PAPERROUND_"  # what all of them share would make any two alike
    near = get_close_matches(name.removeprefix(ours), sorted(one.removeprefix(ours) for one in known), n=1)
    return f"; did you mean {ours}{near[0]}?" if near else ""


def load_settings(**overrides: Any) -> Settings:
    """The settings of this run; ``overrides`` win over the environment, the environment over the file.

    Raises SettingsError with every problem and its remedy.
    """
    path = config_path()
    if os.environ.get("PAPERROUND_CONFIG") and not path.is_file():
        raise SettingsError([f"PAPERROUND_CONFIG names {path}, which is no file; correct it or leave it out"])
    try:
        _check_dotenv()
        return Settings(**overrides)
    except ValidationError as exc:
        problems = [problem_of(error, Settings, _remedy(tuple(error["loc"]))) for error in _distinct(exc)]
        if all(error["loc"] for error in exc.errors()):  # what belongs together was not looked at yet
            problems += [f"{problem}; correct it in {path}" for problem in _written_problems(path)]
        raise SettingsError(problems) from exc
    except SettingsSourceError as exc:  # JSON in an environment variable that does not parse
        raise SettingsError([f"{exc.__cause__ or exc}; correct it in the environment"]) from exc
    except (ValueError, OSError) as exc:  # TOML that does not parse, or a file that cannot be read
        why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
        raise SettingsError([f"{path.absolute()}: {why}; correct it there"]) from exc


def _check_dotenv() -> None:
    try:
        if Path(DOTENV).is_file():
            Path(DOTENV).read_bytes().decode("utf-8-sig")
    except (ValueError, OSError) as exc:
        why = (exc.strerror if isinstance(exc, OSError) else None) or "it is not UTF-8; save it as UTF-8"
        raise SettingsError([f"{Path(DOTENV).absolute()}: {why}"]) from exc


def _distinct(exc: ValidationError) -> list[Any]:
    """The errors, each place once: a union of kinds has one for each kind. The one furthest in the value says most."""
    first: dict[Any, Any] = {}
    for error in exc.errors():
        loc = error["loc"]
        place = tuple(takewhile(lambda part: part in without_kinds((part,)), loc))
        if place not in first or len(loc) > len(first[place]["loc"]) > len(place):
            first[place] = error
    return list(first.values())


def _written_problems(path: Path) -> list[str]:
    """Of a file with other mistakes too: the sources that do not fit together, as far as they can be read."""
    written = tomllib.loads(read_text(path)) if path.is_file() else {}
    sources, orders = (
        [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        for rows in (written.get("source"), written.get("subscription"))
    )
    if not isinstance(written.get("source", []), list):
        return []  # that is the mistake
    names = [str(source.get("name")) for source in sources]
    return _source_problems(names, [(str(order.get("channel")), order.get("source")) for order in orders])


def _remedy(parts: tuple[int | str, ...]) -> str:
    if parts and str(parts[0]).startswith("SLACK_"):
        return "set it in the environment or in .env"
    name = "PAPERROUND_" + "__".join(str(part) for part in parts).upper()
    if name in os.environ:
        return f"correct {name} in the environment"
    # A list of sections has no variable of its own, nor has a key that is none.
    has_name = bool(parts) and "__".join(map(str, parts)) in _variables() - {"source", "subscription"}
    return f"correct it in {config_path()} or set {name}" if has_name else f"correct it in {config_path()}"


class _Tokens(BaseSettings):
    """Only what `slack_tokens` needs, for when the rest cannot be read."""

    model_config = SettingsConfigDict(
        extra="ignore", env_file=DOTENV, env_file_encoding="utf-8-sig", env_ignore_empty=True
    )

    slack_bot_token: SecretStr | None = Field(default=None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(default=None, validation_alias="SLACK_APP_TOKEN")


def load_for_slack(**overrides: Any) -> tuple[Settings, tuple[str, str] | None]:
    """The settings and the tokens (None where neither is set). Raises SettingsError with the problems of both."""
    problems: list[str] = []
    settings = tokens = None
    try:
        settings = load_settings(**overrides)
    except SettingsError as exc:
        problems += exc.problems
    try:
        tokens = slack_tokens(settings or _Tokens())
    except SettingsError as exc:
        problems += exc.problems
    if settings is None or problems:
        raise SettingsError(problems)
    return settings, tokens


def slack_tokens(settings: Settings | _Tokens) -> tuple[str, str] | None:
    """The bot token and the app token, None where neither is set.

    Raises SettingsError where one of them is missing, or they are swapped.
    """
    tokens = {"SLACK_BOT_TOKEN": settings.slack_bot_token, "SLACK_APP_TOKEN": settings.slack_app_token}
    missing = [name for name, token in tokens.items() if token is None]
    if len(missing) == 2:
        return None
    if missing:
        given = next(name for name in tokens if name not in missing)
        raise SettingsError(
            [f"{missing[0]}: missing while {given} is set; set both (README: Connecting Slack) or neither"]
        )
    bot, app = (token.get_secret_value() for token in tokens.values() if token is not None)
    if bot.startswith("xapp-") or app.startswith("xoxb-"):
        raise SettingsError(
            ["SLACK_BOT_TOKEN begins with xoxb- and SLACK_APP_TOKEN with xapp-; these look swapped: exchange them"]
        )
    return bot, app
