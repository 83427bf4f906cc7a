import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.server import WORKSPACE
from bot.sandbox.workspace import Change, SlackError, Workspace, read_workspace

NOW = 1_712_900_000.25
HOME, OPEN, SECRET = "C0HOME0001", "C0OPEN0001", "C0SECRET01"
ANNA, BORIS, READER = "U0ANNA0001", "U0BORIS001", "U0READER01"


def say(club: Workspace, text: str, channel: str = HOME, **more: Any) -> str:
    message = club.post(club.channels[channel], {"user": ANNA, "text": text, **more}, NOW)
    return str(message["ts"])


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(SlackError) as refused:
        act()
    return refused.value.error


def test_ids_of_messages_rise_even_within_one_moment(club: Workspace) -> None:
    first, second = say(club, "a"), say(club, "b")
    assert first == "1712900000.250000"
    assert second == "1712900000.250001"


def test_a_parent_counts_its_replies(club: Workspace) -> None:
    parent = say(club, "parent")
    say(club, "one", thread_ts=parent)
    last = club.post(club.channels[HOME], {"user": BORIS, "text": "two", "thread_ts": parent}, NOW)
    message = club.message(club.channels[HOME], parent)
    assert (message["reply_count"], message["reply_users"], message["latest_reply"]) == (2, [ANNA, BORIS], last["ts"])
    assert message["thread_ts"] == parent
    club.delete(club.channels[HOME], last["ts"], NOW)
    assert message["reply_count"] == 1


def test_a_thread_needs_its_parent(club: Workspace) -> None:
    parent = say(club, "parent")
    reply = say(club, "reply", thread_ts=parent)
    assert refusal(lambda: say(club, "x", thread_ts="1.000001")) == "thread_not_found"
    assert refusal(lambda: say(club, "x", thread_ts=reply)) == "cannot_reply_to_message"


def test_a_deleted_parent_leaves_a_tombstone_only_where_it_has_replies(club: Workspace) -> None:
    home = club.channels[HOME]
    alone, parent = say(club, "alone"), say(club, "parent")
    say(club, "reply", thread_ts=parent)
    club.delete(home, alone, NOW)
    club.delete(home, parent, NOW)
    assert alone not in home.messages
    assert home.messages[parent]["subtype"] == "tombstone"
    assert home.messages[parent]["reply_count"] == 1
    assert refusal(lambda: club.message(home, parent)) == "message_not_found"


def test_a_private_channel_does_not_exist_for_others(club: Workspace) -> None:
    assert refusal(lambda: club.channel(SECRET, BORIS)) == "channel_not_found"
    assert club.channel(SECRET, ANNA).name == "secret"
    assert SECRET not in [channel.id for channel in club.visible(BORIS)]


def test_two_people_have_one_direct_message(club: Workspace) -> None:
    opened, known = club.open([ANNA, READER], NOW)
    assert (opened.id[0], opened.is_im, known) == ("D", True, False)
    assert club.open([READER, ANNA], NOW) == (opened, True)
    group, _ = club.open([ANNA, BORIS, READER], NOW)
    assert (group.id[0], group.is_mpim) == ("G", True)


def test_joining_twice_is_joining_once_and_is_told_once(club: Workspace) -> None:
    place = club.channels[OPEN]
    assert club.join(place, READER, NOW) is True
    assert club.join(place, READER, NOW) is False
    assert [m["subtype"] for m in place.messages.values()] == ["channel_join"]
    assert refusal(lambda: club.join(club.channels["C0OLD00001"], BORIS, NOW)) == "is_archived"


def test_a_name_is_taken_once(club: Workspace) -> None:
    assert refusal(lambda: club.rename(club.channels[OPEN], "home", NOW)) == "name_taken"
    club.rename(club.channels[OPEN], "lobby", NOW)
    assert club.channels[OPEN].previous_names == ["open"]


def test_the_workspace_that_comes_with_it_can_be_read() -> None:
    workspace = read_workspace(WORKSPACE.read_text(encoding="utf-8"))
    assert {c.name for c in workspace.channels.values() if not c.is_private} == {"papers", "general", "random"}
    assert workspace.command("/paper") is not None


@pytest.mark.parametrize("text", ["", "[team]\nid = 'T'\nname = 'x'\n", "nonsense ="])
def test_a_workspace_file_that_lacks_something_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"lacks|Expected|Invalid"):
        read_workspace(text)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "reply", "edit", "delete", "join", "leave", "archive", "rename", "dm", "whisper"]),
        st.integers(0, 5),
    ),
    max_size=25,
)


def step(club: Workspace, what: str, number: int) -> None:
    home, now = club.channels[HOME], NOW + number
    stamps = [ts for ts, m in home.messages.items() if m.get("subtype") != "tombstone"]
    chosen = stamps[number % len(stamps)] if stamps else None
    if what == "say":
        say(club, f"say {number}")
    elif what == "reply" and chosen:
        say(club, f"reply {number}", thread_ts=home.messages[chosen].get("thread_ts", chosen))
    elif what == "edit" and chosen:
        club.replace(home, home.messages[chosen] | {"text": f"edit {number}"}, now)
    elif what == "delete" and chosen:
        club.delete(home, chosen, now)
    elif what == "join":
        club.join(club.channels[OPEN], READER, now)
    elif what == "leave":
        club.leave(club.channels[OPEN], READER, now)
    elif what == "rename":
        club.rename(club.channels[OPEN], f"open-{number}-{club.count}", now)
    elif what == "dm":
        club.open([ANNA, [BORIS, READER][number % 2]], now)
    elif what == "whisper":
        club.whisper(home, ANNA, {"user": READER, "text": "psst"}, now)


@given(STEPS)
def test_the_same_changes_make_the_same_workspace(steps: list[tuple[str, int]]) -> None:
    text = WORKSPACE.with_name("workspace.toml").read_text(encoding="utf-8")
    text = text.replace("C0PAPERS01", HOME).replace("C0GENERAL1", OPEN)
    text = text.replace("U0JIWOO001", ANNA).replace("U0EMMA0001", BORIS).replace("U0PAPERBOT", READER)
    first, second = read_workspace(text), read_workspace(text)
    lines: list[str] = []
    first.listeners.append(lambda change, _before: lines.append(json.dumps(change.line())))
    for what, number in steps:
        step(first, what, number)
    for line in lines:
        second.apply(Change.from_line(json.loads(line)))
    assert second.channels == first.channels
    assert second.ephemerals == first.ephemerals
    assert second.next_ts(0) == first.next_ts(0)
