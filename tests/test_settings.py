"""What the operator may choose, and what they are told when they choose wrongly."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, SubscriptionSettings, load_for_slack, load_settings, no_sources, slack_tokens

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with none of this machine's settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("PAPERROUND_CONFIG", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL", "SLACK_SIGNING_SECRET"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").mkdir()
    return tmp_path


def write(folder: Path, config: str) -> None:
    (folder / "config" / "paperround.toml").write_text(config, encoding="utf-8")


def test_the_config_file_lists_every_key_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "config" / "paperround.toml").read_text(encoding="utf-8")
    written = tomllib.loads(text)
    monkeypatch.setenv("PAPERROUND_CONFIG", str(ROOT / "config" / "paperround.toml"))
    settings = load_settings()
    for name, field in Settings.model_fields.items():
        if name.startswith("slack_") or name == "source":
            continue
        value = getattr(settings, name)
        if name == "subscription":
            assert value == ()
            for key in SubscriptionSettings.model_fields:
                assert re.search(rf"^# {key} = ", text, re.MULTILINE), f"subscription.{key} is not shown"
            continue
        assert value == field.default, name
        keys = type(value).model_fields if hasattr(type(value), "model_fields") else {}
        assert set(keys) == (set(written[name]) if keys else set())
        assert keys or name in written


def test_every_problem_is_told_at_once_with_its_remedy(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = '[[subscription]]\nchannel = "#papers"\nsource = "valt"\nzone = "Mars"\nquery = "since:soon"\n'
    source = '[[source]]\nname = "vault"\nfolder = "v"\n'
    write(elsewhere, f'langauge = "ko"\n[delivery]\npace = "soon"\n{source}{order}')
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    monkeypatch.setenv("PAPERROUND_SPEED", "fast")
    with pytest.raises(SettingsError) as caught:
        load_for_slack()
    problems = "\n".join(caught.value.problems)
    words = ("langauge", "delivery.pace", "10m", "[[subscription]] 1, zone", "Asia/Seoul", "speed", "PAPERROUND_SPEED")
    for word in (*words, "since:soon", "'valt'", "SLACK_APP_TOKEN"):
        assert word in problems
    assert len(caught.value.problems) == 7
    assert "secret" not in problems


def test_a_subscription_without_any_source_is_told_before_it_is_owed_anything(elsewhere: Path) -> None:
    write(elsewhere, '[[subscription]]\nchannel = "#papers"\n')
    with pytest.raises(SettingsError, match="nothing to follow"):
        load_settings()


def test_the_environment_wins_over_the_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(elsewhere, 'language = "en"\n[delivery]\npace = "1s"\n')
    monkeypatch.setenv("PAPERROUND_LANGUAGE", "ko")
    monkeypatch.setenv("PAPERROUND_DELIVERY__PACE", "2s")
    settings = load_settings()
    assert (settings.language, settings.delivery.pace.total_seconds()) == ("ko", 2)


def test_a_dotenv_file_gives_the_tokens_and_may_hold_other_programs_variables(elsewhere: Path) -> None:
    (elsewhere / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\nOTHER=x\n", encoding="utf-8")
    assert slack_tokens(load_settings()) == ("xoxb-1", "xapp-1")


@pytest.mark.parametrize("given", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
def test_one_token_of_two_is_an_error_that_names_the_other(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(given, "xoxb-secret" if "BOT" in given else "xapp-secret")
    with pytest.raises(SettingsError) as caught:
        slack_tokens(load_settings())
    assert "SLACK_APP_TOKEN" in str(caught.value)
    assert "SLACK_BOT_TOKEN" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_swapped_tokens_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xapp-secret")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xoxb-secret")
    with pytest.raises(SettingsError, match="swapped"):
        slack_tokens(load_settings())


def test_tokens_are_hidden_wherever_settings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-secret")
    settings = load_settings()
    shown: list[Any] = [repr(settings), str(settings), settings.model_dump()]
    assert "xoxb-secret" not in str(shown)


def test_a_named_config_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_CONFIG", "nowhere.toml")
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings()


def test_toml_that_does_not_parse_is_told_with_its_place(elsewhere: Path) -> None:
    write(elsewhere, 'language = "en\n')
    with pytest.raises(SettingsError, match="line 1"):
        load_settings()


def test_a_subscription_of_an_unknown_source_names_the_ones_there_are(elsewhere: Path) -> None:
    write(elsewhere, '[[source]]\nname = "vault"\nfolder = "v"\n[[subscription]]\nchannel = "#p"\nsource = "valt"\n')
    with pytest.raises(SettingsError, match="vault"):
        load_settings()


def test_a_source_is_a_folder_or_a_feed_and_not_both(elsewhere: Path) -> None:
    write(elsewhere, '[[source]]\nname = "vault"\nfolder = "v"\nfeed = "https://digest.example/feed"\n')
    with pytest.raises(SettingsError, match="either"):
        load_settings()


VAULT = '[[source]]\nname = "vault"\nfolder = "v"\n'


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('quiet = "22-7"', ["[[subscription]] 1, quiet", "'22-7' are no quiet hours", "'22:00-07:00'"]),
        ('quiet = "07:00-7am"', ["[[subscription]] 1, quiet", "end where they begin", "write two hours"]),
        (
            'at = "23:30"\nquiet = "22:00-07:00"',
            ["[[subscription]] 1:", "'23:30' lies inside", "'22:00-07:00'", "move one"],
        ),
        ('at = "22:00"\nquiet = "22:00-07:00"', ["'22:00' lies inside"]),
        ('at = "on arrival"\nsay_when_empty = true', ["[[subscription]] 1:", "needs an hour", "give `at` one"]),
        ('say_when_empty = "perhaps"', ["[[subscription]] 1, say_when_empty"]),
    ],
)
def test_hours_that_do_not_fit_are_told_with_their_remedy(elsewhere: Path, written: str, says: list[str]) -> None:
    write(elsewhere, f'{VAULT}[[subscription]]\nchannel = "#papers"\n{written}\n')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (problem,) = caught.value.problems
    for words in (*says, "correct it in"):
        assert words in problem


@pytest.mark.parametrize(
    "written",
    [
        pytest.param('at = "07:00"\nquiet = "22:00-07:00"', id="as they end"),
        pytest.param('at = "on arrival"\nquiet = "22시~7시"', id="on arrival"),
        pytest.param('at = "9시"\nsay_when_empty = true', id="say when empty"),
    ],
)
def test_hours_that_fit_are_taken(elsewhere: Path, written: str) -> None:
    write(elsewhere, f'{VAULT}[[subscription]]\nchannel = "#papers"\n{written}\n')
    assert len(load_settings().subscription) == 1


@pytest.mark.parametrize(
    ("key", "wrong", "says"),
    [
        ("burst", "0", "greater than or equal to 1"),
        ("burst", "6", "less than or equal to 5"),
        ("team_cap", "0", "greater than or equal to 1"),
        ("edit_window", '"-1d"', "greater than or equal to"),
        ("edit_window", '"a fortnight"', "'10m'"),
        ("catch_up", "0", "greater than or equal to 1"),
        ("when_unsure", '"guess"', "'wait', 'resend' or 'skip'"),
        ("unsure_after", '"soon"', "'10m'"),
    ],
)
def test_a_wrong_value_of_delivery_is_told_with_its_key_and_remedy(
    elsewhere: Path, key: str, wrong: str, says: str
) -> None:
    write(elsewhere, f"[delivery]\n{key} = {wrong}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (problem,) = caught.value.problems
    for words in (f"delivery.{key}: ", says, f"PAPERROUND_DELIVERY__{key.upper()}"):
        assert words in problem


def test_nothing_is_decided_before_it_was_looked_for(elsewhere: Path) -> None:
    write(elsewhere, '[delivery]\nsettling = "5s"\nunsure_after = "5s"\n')
    with pytest.raises(SettingsError, match=r"^delivery: unsure_after must be longer than settling"):
        load_settings()


def test_edits_may_be_left_alone_altogether(elsewhere: Path) -> None:
    write(elsewhere, '[delivery]\nedit_window = "0s"\n')
    assert load_settings().delivery.edit_window == timedelta(0)


# Traps of a first set-up


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_as_windows_editor_saves_it_is_read(elsewhere: Path, encoding: str) -> None:
    (elsewhere / "config" / "paperround.toml").write_text('[[source]]\nname = "글"\nfolder = "v"\n', encoding=encoding)
    (elsewhere / ".env").write_text("SLACK_BOT_TOKEN=xoxb-1\nSLACK_APP_TOKEN=xapp-1\n", encoding="utf-8-sig")
    settings, tokens = load_for_slack()
    assert settings.source[0].name == "글"
    assert tokens == ("xoxb-1", "xapp-1")


@pytest.mark.parametrize("name", ["config/paperround.toml", ".env"])
def test_a_file_in_another_encoding_is_named(elsewhere: Path, name: str) -> None:
    (elsewhere / name).write_bytes("language = '글'".encode("cp949"))
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (problem,) = caught.value.problems
    assert problem.startswith(str(elsewhere / name))
    assert "UTF-8" in problem


def test_a_tilde_is_the_home_folder_wherever_a_path_may_be(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(elsewhere / "home"))
    write(
        elsewhere,
        'database_url = "sqlite:///~/p.db"\nglossary = "~/g.tsv"\n'
        '[[source]]\nname = "v"\nfolder = "~/vault"\n[sandbox]\njournal = "~/j.jsonl"\n',
    )
    settings = load_settings()
    assert settings.source[0].folder == elsewhere / "home/vault"
    assert settings.database_url == f"sqlite:///{elsewhere}/home/p.db"
    assert settings.glossary == f"{elsewhere}/home/g.tsv"
    assert settings.sandbox.journal == elsewhere / "home/j.jsonl"
    (elsewhere / "home").mkdir()
    (elsewhere / "home/p.toml").write_text('language = "ko"\n')
    monkeypatch.setenv("PAPERROUND_CONFIG", "~/p.toml")
    assert load_settings().language == "ko"


WRONG = [
    ('[source]\nname = "s"\nfolder = "d"', ["source:", "[[source]]"]),
    ('source = "~/vault"', ["source:", "[[source]]"]),
    ('source = ["~/vault"]', ["[[source]] 1:", "[[source]] in two"]),
    ('[subscription]\nchannel = "#a"', ["subscription:", "[[subscription]]"]),
    ('[[delivery]]\npace = "1s"', ["delivery:", "[delivery] once"]),
    ("reading = 5", ["reading:", "[reading]"]),
    ('[[sources]]\nname = "s"', ["sources:", "did you mean [[source]]?"]),
    ('[[source]]\nname = "s"\nfoldr = "d"\nfolder = "d"', ["foldr", "did you mean folder?"]),
    ('[[source]]\nname = "s"\nfolder = "d"\nlanguage = "ko"', ["language stands above the first [section]"]),
    ('[[source]]\nname = "s"\nfolder = "d"\nlangauge = "ko"', ["did you mean language?"]),
    ('pace = "1s"', ["pace belongs below [delivery]"]),
    ('[[source]]\nname = 5\nfolder = "d"', ['name = "5"']),
    ('[[source]]\nname = "s"\nfolder = true', ['folder = "true"']),
    ('[[source]]\nname = "s"\nfolder = ["d"]', ["one text in quotes"]),
    ('[[source]]\nname = "s"\nfolder = "d"\nignore = "*.md"', ['ignore = ["…", "…"]']),
    ('[[source]]\nname = "s"\nfolder = "d"\nignore = [1]', ['ignore = ["1"]']),
    ('[[source]]\nname = "s"\nfeed = "https://a.example"\nignore = ["x"]', ["a feed has none"]),
    ('[[source]]\nname = "s"\nfeed = "https://a.example"\nonly_when = "x"', ["only_when", "a feed has none"]),
    ('[[source]]\nname = "s"\nfeed = "a.example/feed"', ["http:// or https://"]),
    ('[[source]]\nname = "s"\nfolder = "~nobody-here/x"', ["~nobody-here"]),
    ('[source]\nname = "a"\n[source]\nname = "b"', ["line 3", "[[source]]"]),
    ('[[source]]\nname = "s"\nfolder = "C:\\Users\\me"', ["line 3", "single quotes"]),
    ("[[source]]\nname = “s”", ["line 2", "straight quotation marks"]),
    ("[[source]]\nname = vault", ["line 2", "in quotes"]),
    ("language: ko", ["line 1", "write = between"]),
    ("a = " + "[" * 3000, ["brackets stand within brackets", "close each ["]),
    ('[reading]\nevery = "0s"', ["reading.every: must be greater than 0s"]),
    ('[reading]\nmax_bytes = "5MB"', ["reading.max_bytes: must be a valid integer; "]),
    (
        '[[source]]\nname = "s"\nfolder = "d"\n[[subscription]]\nchannel = "#a"\ndays = [1]',
        ['days.0: must be text in quotes: days = ["1"]'],
    ),
]


@pytest.mark.parametrize(("written", "says"), WRONG)
def test_a_wrong_shape_is_told_in_words_that_say_what_to_write(elsewhere: Path, written: str, says: list[str]) -> None:
    write(elsewhere, written)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (problem,) = caught.value.problems
    for words in says:
        assert words in problem
    assert not re.search(r"tuple|Input should|dictionary|valid string|timedelta|constrained|PAPERROUND_S", problem)
    assert "paperround.toml" in problem


def test_without_a_source_the_file_that_was_looked_for_is_named(elsewhere: Path) -> None:
    words = no_sources(load_settings())
    assert f"{elsewhere}/config/paperround.toml is not there" in words
    assert "[[source]]" in words
    write(elsewhere, 'language = "en"')
    assert f"{elsewhere}/config/paperround.toml names none" in no_sources(load_settings())
    write(elsewhere, '[[source]]\nname = "s"\nfolder = "d"\n')
    assert no_sources(load_settings()) == ""
