"""What Slack does not tell is never kept as if it had, and nobody waits for it long."""

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
import sqlalchemy as sa
from slack_sdk import WebClient

from bot.doctor import _subscriptions
from bot.messages.standing import subscription_text
from bot.messages.words import words_for
from bot.slack.records import standings

Office = Any

TEAM, PAPERS = "T0PAPERS01", "C0PAPERS01"


def test_a_failing_look_up_of_a_person_makes_no_subscription(office: Office, days: Callable[[], None]) -> None:
    days()
    office.sandbox.fault("error", "users.info", count=5, error="internal_error")
    text = office.typed("jiwoo", "/paper subscribe")["text"]
    assert "Slack did not give your time zone" in text
    assert "try again" in text
    assert office.bot.subscriptions.all() == []
    assert office.sandbox.messages("papers") == [], "nothing was announced"
    office.sandbox.clear_faults()
    office.typed("jiwoo", "/paper subscribe")
    [sub] = office.bot.subscriptions.all()
    assert sub.zone == "Asia/Seoul"


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [("drop_scope", {"scope": "users:read"}, "users:read"), ("error", {"error": "unknown_method"}, "in the config")],
)
def test_what_cannot_be_known_is_refused_with_its_remedy(
    kind: str, values: dict[str, str], says: str, office: Office
) -> None:
    method = {"method": "users.info", "count": 0} if kind == "error" else {}
    office.sandbox.fault(kind, **method, **values)
    assert says in office.typed("emma", "/paper subscribe tag:moe")["text"]
    assert office.bot.subscriptions.all() == []


@pytest.mark.parametrize("zone", ["Mars/Olympus", ""])
def test_a_zone_this_machine_does_not_know_is_no_utc(zone: str, office: Office) -> None:
    users = office.sandbox.workspace.users
    users["U0EMMA0001"] = replace(users["U0EMMA0001"], tz=zone)
    text = office.typed("emma", "/paper subscribe")["text"]
    assert "is not known to the bot’s server" in text
    assert zone in text
    assert office.bot.subscriptions.all() == []


def test_a_pause_that_is_counted_from_a_guess_is_refused(office: Office) -> None:
    office.bot.subscriptions.add(TEAM, PAPERS, "vault")
    office.sandbox.fault("error", "users.info", count=0, error="internal_error")
    assert "Slack did not give" in office.typed("emma", "/paper pause 2w")["text"]
    assert "paused" in office.typed("emma", "/paper pause")["text"]


def test_a_look_up_that_hangs_delays_no_answer_and_its_failure_is_remembered(
    office: Office, days: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    days()
    go_on, asked = Event(), []
    users_info = WebClient.users_info

    def hangs(self: WebClient, *, user: str, **more: Any) -> Any:
        asked.append(user)
        go_on.wait(30)
        return users_info(self, user=user, **more)

    monkeypatch.setattr(WebClient, "users_info", hangs)
    try:
        began = time.monotonic()
        person = office.workspace.directory.person("U0JIWOO001")
        assert time.monotonic() - began < 2, "half a second, on a busy machine too"
        assert (person.zone, person.doubt.code) == ("UTC", "person.unknown")
        began = time.monotonic()
        assert office.workspace.directory.person("U0JIWOO001").doubt is not None
        assert time.monotonic() - began < 0.4, "nobody waits twice"
        assert asked == ["U0JIWOO001"]
    finally:
        go_on.set()
    for _ in range(500):
        if _known(office) is not None:
            break
        Event().wait(0.01)
    assert _known(office).zone == "Asia/Seoul", "what came late counts"


def _known(office: Office) -> Any:
    person = office.workspace.directory.person("U0JIWOO001", anew=True)
    return person if person.doubt is None else None


def broken(office: Office, **values: str) -> None:
    """A second subscription, after a good one, as a database from another machine may hold it."""
    office.bot.subscriptions.add(TEAM, PAPERS, "vault", "tag:rlhf", zone="Asia/Seoul")
    bad = office.bot.subscriptions.add(TEAM, PAPERS, "vault", "tag:moe", zone="Asia/Seoul")
    with office.bot.engine.begin() as connection:
        table = sa.table("subscription", sa.column("id"), *(sa.column(name) for name in values))
        connection.execute(sa.update(table).where(table.c.id == bad.id).values(values))
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())


@pytest.mark.parametrize(
    ("values", "says"),
    [({"zone": "US/Pacific-New"}, "US/Pacific-New"), ({"days": ""}, "no day of the week"), ({"query": "tga:x"}, "tga")],
)
def test_one_bad_row_hides_no_other(
    values: dict[str, str], says: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    broken(office, **values)
    text = office.typed("emma", "/paper subscriptions")["text"]
    assert "tag:rlhf" in text
    assert "Broken: " in text
    assert says in text
    now, records = office.bot.clock(), office.workspace.desk.records
    shown = [
        subscription_text(item, "#papers", words_for(None), now)
        for item in standings(office.bot.subscriptions.all(), records, now)
    ]
    assert ["Broken" in line for line in shown] == [False, True]
    [check] = _subscriptions(office.bot)
    assert not check.ok
    assert says in f"{check.found} {check.remedy}"


def test_a_row_with_an_unknown_zone_can_be_asked_about_paused_and_ended(
    office: Office, days: Callable[[], None]
) -> None:
    days()
    broken(office, zone="US/Pacific-New")
    assert "US/Pacific-New" in office.typed("emma", "/paper why 2404.07413")["text"]
    office.typed("emma", "/paper pause tag:moe 2w")
    assert [bool(sub.paused) for sub in office.bot.subscriptions.all()] == [False, True]
    office.typed("emma", "/paper resume tag:moe")
    office.typed("emma", "/paper unsubscribe tag:moe")
    assert [sub.query for sub in office.bot.subscriptions.all()] == ["tag:rlhf"]
