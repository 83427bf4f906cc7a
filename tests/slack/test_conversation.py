"""What people say to the bot by mention and in direct messages, and where the answer stands."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from bot.delivery.told import Told
from bot.digest.model import Entry
from bot.schedule import plan_deliveries
from bot.search.command import Find, Latest, parse_command
from bot.search.conversation import Greeting, asked_in_thread, only_paper, parse_message
from bot.slack.asker import bare, mend_surrogates, plain

Office = Any
Message = dict[str, Any]

TODAY = date(2024, 4, 12)
RHO = "https://arxiv.org/abs/2404.07965"


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("<@U0PAPERBOT> tag:<http://cs.CL|cs.CL>", "tag:cs.CL"),
        ("<@U0PAPERBOT|paperround> <http://x.ai|x.ai>", "x.ai"),
        ("author:<mailto:ada@x.org|ada@x.org>", "author:ada@x.org"),
        ("<http://arxiv.org/abs/2404.07965|arxiv.org/abs/2404.07965>", "arxiv.org/abs/2404.07965"),
        ("<https://arxiv.org/abs/2404.07965>", "https://arxiv.org/abs/2404.07965"),
        ("<https://arxiv.org/abs/2404.07965|Rho>", "https://arxiv.org/abs/2404.07965"),
        ("<tel:01012345678|010-1234-5678>", "010-1234-5678"),
        ("<#C0MOE00001|moe> <!here>", "#moe"),
        ("`tag:moe`", "tag:moe"),
        ("```tag:moe -tag:vision```", "tag:moe -tag:vision"),
        ("*tag:moe* training", "tag:moe training"),
        ("*_tag:moe_* ~x~", "tag:moe x"),
        ("-`tag:moe` (*rho*)", "-tag:moe (rho)"),
        ("tag:moe :pray: :+1::skin-tone-3:", "tag:moe"),
        (":fire: moe 🙏🏽", "moe"),
        ("tag:vision* snake_case_name a*b", "tag:vision* snake_case_name a*b"),
        ("x &lt; y &amp;amp;", "x < y &amp;"),
        ("🦙", "🦙"),
        ("*", "*"),
    ],
)
def test_what_is_read_is_what_was_typed(stored: str, typed: str) -> None:
    assert plain(stored) == typed


def test_a_text_that_is_no_query_costs_nothing() -> None:
    long = "*a " * 20_000
    assert bare(long) == long.strip()


def test_half_a_character_is_replaced_wherever_it_stands() -> None:
    broken = {"event": {"text": "moe \ud83d", "blocks": ["\udc00"]}, "n": 1}
    assert mend_surrogates(broken) == {"event": {"text": "moe \ufffd", "blocks": ["\ufffd"]}, "n": 1}


@pytest.mark.parametrize("typed", ["hi", "Hello!", "hey paperround", "안녕하세요~", "Good morning 🙂", "hi there"])
def test_a_greeting_is_one(typed: str) -> None:
    assert parse_message(bare(typed), today=TODAY) == Greeting()


@pytest.mark.parametrize("typed", ["thanks", "Thank you!", "고마워요", "감사합니다 :pray:"])
def test_thanks_are_thanks(typed: str) -> None:
    assert parse_message(bare(typed), today=TODAY) == Greeting(thanks=True)


@pytest.mark.parametrize("typed", ["", "hello world models", "thanks to attention", "help", "tag:hi"])
def test_all_else_is_a_command_as_after_a_slash(typed: str) -> None:
    assert parse_message(typed, today=TODAY) == parse_command(typed, today=TODAY)


@pytest.mark.parametrize(
    "typed",
    [
        "what do you think about https://arxiv.org/abs/2404.07965?",
        "이 논문 어때요? arxiv.org/abs/2404.07965",
        "(https://arxiv.org/abs/2404.07965v2), also https://arxiv.org/pdf/2404.07965",
        "see https://x.ai/blog and https://arxiv.org/abs/2404.07965!",
    ],
)
def test_a_sentence_with_one_papers_link_is_about_that_paper(typed: str) -> None:
    link = only_paper(typed)
    assert link is not None
    assert "2404.07965" in link
    command = parse_message(typed, today=TODAY)
    assert isinstance(command, Find)
    assert command.query.text == link


@pytest.mark.parametrize(
    "typed",
    [f"tag:moe {RHO}", f"{RHO} or https://arxiv.org/abs/2404.07413", "https://x.ai/blog moe", "moe", "-author:gou"],
)
def test_a_query_and_two_papers_are_no_such_sentence(typed: str) -> None:
    assert only_paper(typed) is None


@pytest.mark.parametrize(
    ("typed", "what"),
    [
        ("related", "related"),
        ("관련 논문", "related"),
        ("Why?", "why"),
        ("왜?", "why"),
        ("save", "save"),
        ("저장", "save"),
        ("commentary", "commentary"),
        ("해설", "commentary"),
        ("", "paper"),
        ("why rho-1", None),
        ("tag:moe", None),
        ("saved", None),
    ],
)
def test_in_a_papers_thread_a_verb_needs_no_paper(typed: str, what: str | None) -> None:
    assert asked_in_thread(typed) == what


def test_nothing_said_elsewhere_is_the_latest_day() -> None:
    assert parse_message("", today=TODAY) == Latest()


def said_by_the_bot(office: Office, channel: str, user: str = "emma") -> list[Message]:
    return [message for message in office.sandbox.messages(channel, user) if message.get("bot_id")]


def told(office: Office, channel: str, text: str, user: str = "emma", thread_ts: str | None = None) -> Message:
    """What the bot says to it."""
    before = len(said_by_the_bot(office, channel, user))
    office.sandbox.send(user, channel, text, thread_ts)
    answers: list[Message] = office.sandbox.wait_for(lambda: said_by_the_bot(office, channel, user)[before:])
    return answers[-1]


def test_in_a_direct_message_answers_stand_in_the_conversation(office: Office, days: Callable[[], None]) -> None:
    days()
    channel = office.sandbox.dm("emma", "paperround")
    answer = told(office, channel, "tag:moe")
    assert "JetMoE" in answer["text"]
    assert answer.get("thread_ts") is None
    below = told(office, channel, "tag:pretraining", thread_ts=answer["ts"])
    assert below["thread_ts"] == answer["ts"], "who writes in a thread is answered there"


def test_a_greeting_gets_a_greeting(office: Office, days: Callable[[], None]) -> None:
    days()
    assert told(office, office.sandbox.dm("emma", "paperround"), "hi!")["text"].startswith("Hello!")
    assert told(office, office.sandbox.dm("jiwoo", "paperround"), "안녕하세요", "jiwoo")["text"].startswith(
        "안녕하세요!"
    )
    assert "welcome" in told(office, "papers", "@paperround thanks")["text"]


def test_a_papers_link_in_a_sentence_shows_that_paper(office: Office, days: Callable[[], None]) -> None:
    days()
    text = told(office, office.sandbox.dm("emma", "paperround"), f"have you seen {RHO} yet?")["text"]
    assert "Rho-1" in text
    assert "JetMoE" not in text


@pytest.mark.parametrize("typed", ["tag:cs.CL", "`tag:cs.CL` :pray:", "*tag:cs.CL*", "title:x.ai"])
def test_words_that_look_like_addresses_are_found(typed: str, office: Office) -> None:
    office.read(TODAY, Entry("Grok of x.ai", tags=("cs.CL",)), Entry("Another"))
    text = told(office, "papers", f"@paperround {typed}")["text"]
    assert "Grok" in text
    assert "Another" not in text
    assert any("<http://" in message["text"] for message in office.sandbox.messages("papers")) or "`" in typed


@pytest.fixture
def thread(office: Office, days: Callable[[], None]) -> str:
    """JetMoE stands in #papers with its replies. Gives its thread."""
    days()
    office.bot.subscriptions.add("T0PAPERS01", "C0PAPERS01", "vault")
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    plan_deliveries(office.bot, office.workspace, Told())
    for turn in range(20):
        now = office.bot.clock() + turn * timedelta(seconds=10)
        claim = office.bot.outbox.claim_next("test", now, now + timedelta(minutes=1))
        if claim:
            office.bot.outbox.confirm(claim, office.workspace.poster.post(claim), now, now)
    card = next(m for m in said_by_the_bot(office, "papers") if "JetMoE" in m["text"] and m.get("thread_ts") == m["ts"])
    return str(card["ts"])


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("why?", "posted here"),
        ("commentary", "Experts in attention too"),
        ("related", "JetMoE"),
        ("", "JetMoE"),
    ],
)
def test_a_mention_in_a_papers_thread_is_about_that_paper(typed: str, says: str, office: Office, thread: str) -> None:
    answer = told(office, "papers", f"@paperround {typed}", thread_ts=thread)
    assert says in answer["text"]
    assert answer["thread_ts"] == thread


def test_saving_in_a_papers_thread_is_told_to_the_person_alone(office: Office, thread: str) -> None:
    before = len(said_by_the_bot(office, "papers"))
    office.sandbox.send("emma", "papers", "@paperround save", thread)
    [seen] = office.sandbox.wait_for(lambda: office.sandbox.ephemerals("emma"))
    assert seen["text"].startswith("Saved: JetMoE")
    assert seen["thread_ts"] == thread
    assert len(said_by_the_bot(office, "papers")) == before
    assert len(office.workspace.desk.saved.papers("T0PAPERS01", "U0EMMA0001")) == 1


def test_a_verb_in_another_thread_needs_its_paper(office: Office, days: Callable[[], None]) -> None:
    days()
    question = office.sandbox.send("emma", "papers", "just talking")["ts"]
    assert told(office, "papers", "@paperround why", thread_ts=question)["text"].startswith(
        "Add the paper or the date you mean:"
    )


@pytest.mark.parametrize(
    ("typed", "says"), [("why rho-1", "This channel has no subscriptions."), ("why rho-9", "Nothing found")]
)
def test_why_takes_a_title_as_related_does(typed: str, says: str, office: Office, days: Callable[[], None]) -> None:
    days()
    assert says in office.typed("emma", f"/paper {typed}")["text"]


def test_a_verb_before_a_paper_works_after_a_slash_too(office: Office, days: Callable[[], None]) -> None:
    days()
    assert office.typed("emma", "/paper save 2404.07965")["text"].startswith("Saved: Rho-1")
    assert office.typed("emma", "/paper unsave 2404.07965")["text"].startswith("No longer saved")
    assert "노이즈" in office.typed("emma", "/paper commentary 2404.07965")["text"]
    assert "2404.99999" in office.typed("emma", "/paper save 2404.99999")["text"]
