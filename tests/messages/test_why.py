"""Why in words: the answer first, then every gate with its moments, in the subscription's zone and in UTC."""

import ast
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

import bot.plan.why as plan_why
from bot.messages import why as messages_why
from bot.messages.limits import PRIVATE_TEXT, units
from bot.messages.why import why, why_text
from bot.plan.subscription import Subscription
from bot.plan.why import Answer, Gate, Walk

DAY = date(2024, 4, 12)
NINE = datetime(2024, 4, 12, tzinfo=UTC)  # in Seoul
SUB = Subscription(1, "T1", "C1", "vault", "tag:moe", time(9), zone="Asia/Seoul")
READ = Gate("read", facts={"source": "vault", "at": NINE, "uri": "240412 Rho.md"})
FACTS = {
    "source": "vault", "at": NINE, "until": NINE, "since": NINE, "uri": "a.md", "error": "slack.busy",
    "query": "tag:moe", "by": "tag:moe", "count": 1, "all": 2, "why": "chat",
    "reason": "slack.channel error=is_archived", "from": time(22), "to": time(7),
    "where": "https://slack.test/p1", "next": NINE, "attempts": 3, "id": 7,
}  # fmt: skip


def walk(*gates: Gate, sub: Subscription | None = SUB) -> Walk:
    return Walk(sub, (READ, *gates))


def names_in_plan() -> set[str]:
    """The names of all gates that are made, those put together of two parts in every way."""
    tree = ast.parse(Path(plan_why.__file__).read_text(encoding="utf-8"))
    made = [node.args[0] for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Gate"]
    whole = {
        str(part.value)
        for name in made
        if not any(isinstance(part, ast.JoinedStr) for part in ast.walk(name))
        for part in ast.walk(name)
        if isinstance(part, ast.Constant) and part.value != "passed"
    }
    settling = {
        first + last for first in ("settling", "settling_again", "change_settling") for last in ("", "_over", "_unread")
    }
    return (
        whole
        | settling
        | set(plan_why._PASSED_OVER.values())
        | {first + last for first in ("", "update_", "removal_") for last in ("turn", "tried", "refused")}
    )


def test_every_gate_has_words():
    names = names_in_plan()
    assert len(names) > 40
    assert names - messages_why._SAID.keys() == set()


@pytest.mark.parametrize("outcome", ["passed", "noted", "waiting", "stopped", "unknown"])
@pytest.mark.parametrize("name", sorted(messages_why._SAID))
def test_every_gate_is_a_message_that_slack_takes(name, outcome, words, check):
    gate = Gate(name, outcome, FACTS)
    content = why(Answer(DAY, "Rho-1 <!channel>", (walk(gate), walk(gate, sub=None)), (DAY,)), words)
    check(content)
    assert "{" not in content.text


@pytest.mark.parametrize("name", sorted({name.removesuffix("_not") for name in messages_why._SAID}))
def test_no_gate_leaves_a_value_out(name, words):
    for outcome in ("passed", "waiting"):
        said = why_text(Answer(DAY, None, (walk(Gate(name, outcome, FACTS)),)), words)
        assert " ?" not in said.replace(" ? ", " "), said


def test_the_answer_comes_first_then_every_gate_in_order(en):
    hour = Gate("hour", "waiting", {"at": NINE})
    lines = why_text(Answer(DAY, "Rho-1", (walk(Gate("not_paused"), hour),)), en).splitlines()
    assert lines == [
        "“Rho-1” (Friday, April 12, 2024): will be posted here.",
        "  … It is due: Friday, April 12, 2024 at 9:00 AM (Seoul).",
        "  ✓ Read from vault (240412 Rho.md); last changed Friday, April 12, 2024 at 9:00 AM (Seoul).",
        "  ✓ The subscription is not paused.",
    ]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("passed", "posted here."),
        ("waiting", "will be posted here."),
        ("stopped", "not posted here."),
        ("unknown", "not certain."),
    ],
)
def test_the_heading_says_it_in_a_word(outcome, said, en):
    content = why(Answer(DAY, None, (walk(Gate("closed", outcome, FACTS)),)), en)
    assert content.text.startswith(f"Friday, April 12, 2024: {said}\n")


def test_what_the_curator_took_out_is_told_without_a_check_mark(en):
    gone, posted = Gate("withdrawn", "noted", {"at": NINE}), Gate("posted", facts=FACTS)
    lines = why_text(Answer(DAY, None, (walk(gone, posted),)), en).splitlines()
    assert lines[0] == "Friday, April 12, 2024: posted here; withdrawn by the curator."
    assert lines[2].startswith("  – The curator withdrew it: ")


@pytest.mark.parametrize(
    ("name", "outcome"), [("update_turn", "waiting"), ("update_refused", "stopped"), ("removal_turn", "waiting")]
)
def test_what_stands_there_is_there_whatever_becomes_of_its_changes(name, outcome, en):
    said = why_text(Answer(DAY, None, (walk(Gate("posted", facts=FACTS), Gate(name, outcome, FACTS)),)), en)
    assert said.startswith("Friday, April 12, 2024: posted here; a later change is not shown yet.\n")


def test_every_other_subscription_is_told_with_the_gate_that_stopped_it(en):
    other = walk(Gate("open"), Gate("query_not", "stopped", {"query": "tag:llm"}), sub=replace(SUB, query="tag:llm"))
    said = why_text(Answer(DAY, "Rho-1", (walk(Gate("posted", facts=FACTS)), other)), en)
    assert "By the subscription to “tag:llm”\n  ✗ It does not match “tag:llm”." in said


def test_what_stopped_every_subscription_is_told_once(en):
    stop = Gate("nothing_read", "stopped", {"source": "vault"})
    said = why_text(Answer(DAY, None, (Walk(SUB, (stop,)), Walk(replace(SUB, id=2), (stop,)))), en)
    assert said.count("vault has no papers for that day") == 1


def test_slacks_answer_is_told_in_words(en, ko):
    gate = Gate("unsure", "unknown", FACTS | {"error": "slack.unclear error=ReadTimeout"})
    answer = Answer(DAY, None, (walk(gate),))
    assert "The connection to Slack broke (ReadTimeout)" in why_text(answer, en)
    assert "연결이 끊겼습니다(ReadTimeout)" in why_text(answer, ko)


def test_why_a_channel_is_closed_is_told_with_what_helps(en):
    gate = Gate("closed", "stopped", FACTS | {"reason": "slack.channel error=is_archived"})
    said = why_text(Answer(DAY, None, (walk(gate),)), en)
    assert "the channel is archived (is_archived). Unarchive the channel" in said


def test_an_answer_of_slacks_without_words_is_told_as_it_is(en):
    gate = Gate("refused", "stopped", FACTS | {"error": "parent refused"})
    assert "rejected message 7: parent refused" in why_text(Answer(DAY, None, (walk(gate),)), en)


def test_the_place_can_be_followed(words, rich_leaves):
    content = why(Answer(DAY, None, (walk(Gate("posted", facts=FACTS)),)), words)
    assert {"type": "link", "url": "https://slack.test/p1"}.items() <= next(
        leaf for leaf in rich_leaves(content) if leaf["type"] == "link"
    ).items()


def test_many_subscriptions_stay_below_what_slack_takes(words, check):
    stopped = walk(Gate("query_not", "stopped", {"query": "x" * 500}), sub=replace(SUB, query="y" * 500))
    content = why(Answer(DAY, "T" * 900, (stopped,) * 80), words)
    check(content)
    assert units(content.text) < PRIVATE_TEXT


def test_a_paper_nobody_read_is_said_back(words, check):
    check(messages_why.no_paper("<!here> x", words))
