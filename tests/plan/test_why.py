"""Which gate stops a paper on its way to a channel, and with which moments."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.plan.subscription import Subscription
from bot.plan.why import Considered, Gate, Here, Message, Read, Subject, Walk, in_order, nobodys, walk, walks

FRIDAY = date(2024, 4, 12)


def at(hour: int, minute: int = 0, day: int = 12) -> datetime:
    return datetime(2024, 4, day, hour, minute, tzinfo=UTC)


def paper(number: int, *tags: str, withdrawn: bool = False) -> StoredEntry:
    return StoredEntry(number, f"k{number}", "vault", FRIDAY, number, Entry(f"Paper {number}", tags=tags), withdrawn)


MOE, LLM, GONE = paper(1, "moe"), paper(2, "llm"), paper(3, "moe", withdrawn=True)
DAY = Subject(
    "vault",
    FRIDAY,
    StoredDigest("vault", FRIDAY, "", (MOE, LLM, GONE)),
    documents=(Read("a.md", at(6)),),
    changed_at=at(6),
    ready_at=at(6, 10),
    settled_at=at(6),
    settles_at=at(6, 10),
)
ENTRY = replace(DAY, entry=MOE)
SUB = Subscription(1, "T1", "C1", "vault", "tag:moe", time(9), since=FRIDAY)
NOON = at(12)
WINDOW = timedelta(days=14)
LOOKED = Considered(at(6))


def message(number: int, entry_id: int | None = 1, *, line: str | None = None, **changed: object) -> Message:
    standing = Message(
        number, entry_id, line, "posted", "post", 1, None, at(9), at(9), at(9, 1), f"https://slack.test/p{number}"
    )
    return replace(standing, **changed)  # type: ignore[arg-type]


def pending(number: int, entry_id: int | None = 1, **changed: object) -> Message:
    return message(number, entry_id, **{"state": "pending", "attempts": 0, "posted_at": None, "where": None, **changed})


def there(*messages: Message, query: str | None = "tag:moe", **changed: object) -> Here:
    return Here({1: query}, messages, **changed)  # type: ignore[arg-type]


def walked(
    asked: Subject = ENTRY,
    sub: Subscription | None = SUB,
    here: Here = Here(),  # noqa: B008  a value
    considered: Considered | None = None,
    now: datetime = NOON,
) -> Walk:
    """The walk by one subscription, or in a channel that has none."""
    orders = [(sub, considered)] if sub else []
    found = walks(asked, orders, here, now, edit_window=WINDOW)
    return in_order(found or [nobodys(asked, now, subscribed=False)])[0]


def verdict(*args: object, **kwargs: object) -> tuple[str, str, dict[str, object]]:
    gate = walked(*args, **kwargs).verdict  # type: ignore[arg-type]
    return gate.name, gate.outcome, dict(gate.facts)


def test_a_day_nobody_wrote_stops_before_it_was_read():
    assert verdict(Subject("vault", FRIDAY, None)) == ("nothing_read", "stopped", {"source": "vault"})


def test_a_document_that_never_could_be_read_is_named_with_its_error_and_since_when():
    unread = Read("b.md", at(5), "line 1: expected a date", at(5, 1))
    name, outcome, facts = verdict(Subject("vault", FRIDAY, None, unread=(unread,)))
    assert (name, outcome) == ("nothing_readable", "stopped")
    assert (facts["uri"], facts["error"], facts["since"]) == ("b.md", "line 1: expected a date", at(5, 1))


def test_a_document_that_cannot_be_read_any_more_stops_nothing():
    asked = replace(ENTRY, documents=(Read("a.md", at(6), "broken", at(7)),))
    way = walked(asked)
    assert Gate("read_before", "noted", {"uri": "a.md", "error": "broken", "since": at(7)}) in way.gates
    assert way.verdict.name == "due"


@pytest.mark.parametrize(
    ("settles_at", "gate", "outcome"),
    [(at(12, 5), "settling", "waiting"), (at(11), "settling_over", "waiting"), (None, "settling_unread", "unknown")],
)
def test_a_day_that_settles_waits_for_that(settles_at: datetime | None, gate: str, outcome: str):
    asked = replace(ENTRY, ready_at=None, settled_at=None, settles_at=settles_at)
    assert verdict(asked)[:2] == (gate, outcome)


def test_what_the_curator_took_out_is_not_posted():
    asked = replace(DAY, entry=GONE, withdrawn_at=at(8))
    assert verdict(asked) == ("withdrawn", "stopped", {"at": at(8)})


def test_a_day_whose_papers_were_all_taken_out_is_not_posted():
    asked = replace(DAY, digest=StoredDigest("vault", FRIDAY, "", (GONE,)))
    assert verdict(asked)[:2] == ("all_withdrawn", "stopped")


@pytest.mark.parametrize(
    ("since", "gate"), [(None, "since_open"), (date(2024, 4, 13), "since"), (FRIDAY, "due"), (date(2024, 4, 1), "due")]
)
def test_a_day_before_the_subscription_is_stopped(since: date | None, gate: str):
    assert verdict(sub=replace(SUB, since=since))[0] == gate


@pytest.mark.parametrize(
    ("asked", "query", "gate", "outcome"),
    [
        (ENTRY, "tag:llm", "query_not", "stopped"),
        (DAY, "tag:vision", "query_none", "stopped"),
        (DAY, "tag:moe", "due", "waiting"),
        (ENTRY, "", "due", "waiting"),
    ],
)
def test_what_the_query_does_not_match_is_stopped(asked: Subject, query: str, gate: str, outcome: str):
    assert verdict(asked, replace(SUB, query=query))[:2] == (gate, outcome)


def test_of_a_day_the_papers_that_match_are_counted_without_those_taken_out():
    facts = next(gate.facts for gate in walked(DAY).gates if gate.name == "query_some")
    assert (facts["count"], facts["all"]) == (1, 2)


@pytest.mark.parametrize(
    ("until", "gate", "outcome"),
    [(None, "paused", "stopped"), (at(13), "paused_until", "waiting"), (at(11), "due", "waiting")],
)
def test_a_pause_stops_it_until_it_ends(until: datetime | None, gate: str, outcome: str):
    assert verdict(sub=replace(SUB, paused="chat", paused_until=until))[:2] == (gate, outcome)


def test_a_closed_channel_stops_it_with_the_reason_and_since_when():
    here = Here(closed_reason="slack.channel error=is_archived", closed_at=at(10))
    assert verdict(here=here) == ("closed", "stopped", {"reason": "slack.channel error=is_archived", "at": at(10)})


def test_what_another_subscription_brought_does_not_come_twice():
    here = there(message(1), query="moe")
    gate = walk(ENTRY, SUB, here, None, NOON, edit_window=WINDOW).verdict
    assert (gate.name, gate.outcome, gate.facts) == ("carried_elsewhere", "stopped", {"by": "moe"})


def test_a_day_of_which_another_subscription_brought_some_still_comes():
    here = Here({1: "moe"}, (message(1),))
    gates = [gate.name for gate in walk(DAY, replace(SUB, query=""), here, None, NOON, edit_window=WINDOW).gates]
    assert gates[-1] == "due"


def test_what_is_stopped_is_not_due_as_well():
    assert [gate.name for gate in walked(sub=replace(SUB, paused="chat")).gates][-1] == "hour"


def test_its_hour_is_told_where_it_has_not_come():
    sub = replace(SUB, zone="Asia/Seoul", at=time(22))
    assert verdict(sub=sub) == ("hour", "waiting", {"at": at(13)})
    assert verdict(sub=sub, now=at(13))[0] == "due"


def test_a_weekday_that_is_not_the_subscriptions_is_waited_over():
    sub = replace(SUB, at=None, days=frozenset({0}))
    assert verdict(sub=sub) == ("arrival", "waiting", {"at": at(0, day=15)})


def test_quiet_hours_are_told_apart_from_the_hour():
    sub = replace(SUB, at=None, quiet=(time(6), time(13)))
    assert verdict(sub=sub) == ("quiet", "waiting", {"from": time(6), "to": time(13), "until": at(13)})
    assert verdict(sub=sub, now=at(13))[0] == "due"


def test_what_was_written_down_and_has_not_begun_is_held_by_quiet_hours_too():
    sub = replace(SUB, quiet=(time(11), time(13)))
    assert verdict(sub=sub, here=there(pending(1)))[:2] == ("quiet", "waiting")
    assert verdict(sub=sub, here=there(message(1), pending(2)))[0] == "turn", "what has begun goes on"


def test_a_day_that_was_passed_over_never_comes():
    assert verdict(considered=Considered(None))[:2] == ("passed_over", "stopped")


def test_a_late_paper_waits_until_it_has_settled_and_then_comes_whatever_the_hour():
    sub = replace(SUB, at=time(9))
    changed = replace(ENTRY, changed_at=at(11, 55), settles_at=at(12, 5))
    name, outcome, facts = verdict(changed, sub, considered=LOOKED)
    assert (name, outcome, facts["until"]) == ("settling_again", "waiting", at(12, 5))
    settled = replace(changed, settled_at=at(11, 55))
    way = walked(settled, sub, considered=LOOKED, now=at(12, 6))
    assert Gate("arrival", "passed", {"at": at(11, 55)}) in way.gates
    assert way.verdict.name == "due"


def test_what_changes_before_its_hour_waits_for_nothing_more_than_the_hour():
    changed = replace(ENTRY, changed_at=at(11, 55), settles_at=at(12, 5))
    assert verdict(changed)[0] == "due"


def test_a_late_paper_is_not_in_a_line_that_does_not_name_it():
    here = Here({2: "tag:moe"}, (message(1, None, line="query:tag:moe"),))
    assert verdict(here=here, considered=LOOKED)[0] == "considered"


def test_a_late_paper_of_an_old_day_does_not_come():
    late = replace(ENTRY, changed_at=at(12, day=30), settled_at=at(12, day=30))
    assert verdict(late, considered=LOOKED, now=at(13, day=30)) == ("too_old", "stopped", {"at": at(6, 10)})


def test_what_was_looked_at_and_not_written_down_is_not_known():
    assert verdict(considered=LOOKED) == ("considered", "unknown", {"at": at(6)})


def test_what_is_posted_delivers_with_its_place_and_moment():
    way = walked(here=there(message(1), message(2)), considered=LOOKED)
    assert way.delivers
    assert way.verdict.name == "posted"
    assert way.verdict.facts["where"] == "https://slack.test/p1"
    assert (way.verdict.facts["count"], way.verdict.facts["all"]) == (2, 2)


@pytest.mark.parametrize(
    "sub",
    [replace(SUB, since=date(2024, 5, 1)), replace(SUB, paused="chat"), replace(SUB, query="tag:moe", at=time(23))],
    ids=["older than the subscription", "paused since", "before its hour"],
)
def test_what_is_posted_is_there_whatever_would_stop_it_now(sub: Subscription):
    assert walked(sub=sub, here=there(message(1), closed_reason="archived", closed_at=at(11))).verdict.name == "posted"


@pytest.mark.parametrize(
    ("changed", "gate", "outcome"),
    [
        ({}, "turn", "waiting"),
        ({"error": "slack.busy", "attempts": 2}, "tried", "waiting"),
        ({"state": "claimed", "attempts": 1}, "sending", "unknown"),
        ({"state": "unknown", "attempts": 1, "error": "slack.unclear"}, "unsure", "unknown"),
        ({"state": "refused", "attempts": 1, "error": "slack.message"}, "refused", "stopped"),
        ({"op": "update", "posted_at": at(9)}, "update_turn", "waiting"),
        ({"op": "delete", "posted_at": at(9), "error": "x"}, "removal_tried", "waiting"),
    ],
)
def test_a_message_that_is_not_there_yet_says_why(changed: dict[str, object], gate: str, outcome: str):
    way = walked(here=there(message(1), pending(2, **changed), pending(3)))
    assert (way.verdict.name, way.verdict.outcome, way.verdict.facts["id"]) == (gate, outcome, 2)


def test_of_several_messages_the_one_a_person_must_see_to_is_told():
    here = there(pending(1), pending(2, state="unknown"), pending(3, state="refused"))
    assert verdict(here=here)[2]["id"] == 3


def test_the_next_try_is_never_in_the_past():
    assert verdict(here=there(pending(1, next_at=at(1))))[2]["next"] == NOON


def test_messages_that_wait_in_a_closed_channel_wait_for_it_to_open():
    way = walked(here=there(message(1), pending(2), closed_reason="archived", closed_at=at(11)))
    assert [gate.name for gate in way.gates][-2:] == ["posted_some", "closed"], "there is no next turn to tell"


def test_a_paper_without_a_message_of_its_own_stands_in_the_days_line():
    way = walked(here=there(message(1, None, line="query:tag:moe")))
    assert way.delivers
    assert [gate.name for gate in way.gates][-2:] == ["in_the_line", "posted"]


def test_a_paper_does_not_answer_for_another():
    here = Here({1: "tag:moe", 2: "tag:moe"}, (message(1, 2), pending(2, 1)))
    assert verdict(here=here)[0] == "turn"
    assert verdict(replace(DAY, entry=LLM), replace(SUB, query="tag:moe"), here)[0] == "posted"


def test_a_change_that_settles_is_told_beside_what_stands_there():
    asked = replace(ENTRY, changed_at=at(11, 58), settles_at=at(12, 8))
    way = walked(asked, here=there(message(1)))
    assert way.delivers
    assert way.gates[-1].name == "change_settling"


def test_what_the_curator_took_out_later_stands_there_marked():
    asked = replace(ENTRY, entry=replace(MOE, withdrawn=True), withdrawn_at=at(10))
    way = walked(asked, here=there(message(1)))
    assert way.delivers
    assert Gate("withdrawn", "noted", {"at": at(10)}) in way.gates


def test_what_no_document_holds_any_more_names_none():
    assert walked(replace(ENTRY, documents=())).gates[0] == Gate("read_once", "passed", {"source": "vault"})


def test_a_channel_without_a_subscription_gets_nothing():
    assert verdict(sub=None)[:2] == ("unsubscribed", "stopped")


def test_a_channel_that_follows_other_sources_gets_nothing_of_this_one():
    gate = nobodys(ENTRY, NOON, subscribed=True).verdict
    assert (gate.name, gate.outcome, gate.facts) == ("unfollowed", "stopped", {"source": "vault"})


def test_what_somebody_posted_is_there_without_a_subscription():
    way = walked(sub=None, here=there(message(1), query=""))
    assert way.delivers
    assert "by_hand" in [gate.name for gate in way.gates]


def test_the_channels_answer_is_the_first_subscription_that_delivers_else_the_one_that_gets_furthest():
    older, other, mine = (
        replace(SUB, since=date(2024, 5, 1)),
        replace(SUB, id=2, query="tag:llm"),
        replace(SUB, id=3, query="moe"),
    )
    here = there(message(1), query="moe")
    asked = replace(ENTRY, entry=replace(MOE, entry=replace(MOE.entry, title="moe")))

    def first(*subs: Subscription, here: Here) -> int | None:
        found = walks(asked, [(sub, None) for sub in subs], here, NOON, edit_window=WINDOW)
        assert len(found) == len(subs)
        best = in_order(found)[0].subscription
        return best and best.id

    assert first(older, other, mine, here=here) == 3
    refused = there(pending(1, state="refused"), query="moe")
    assert first(replace(other, query="tag:moe"), mine, here=refused) == 3, "nor does another hide what was refused"
    assert first(older, other, here=Here()) == 2
