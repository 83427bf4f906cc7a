"""A day from the curator's folder to the channel, and what people ask afterwards."""

import signal
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

TYPED = ("today", "latest", "어제", "help", "tags", "random", "노이즈", "nothing-like-this", "subscriptions", "")

CONFIG = """
[[source]]
name = "vault"
folder = "vault"
settle = "0s"

[[subscription]]
channel = "#papers"
at = "on arrival"
"""

DAY_ONE = """2024-04-12
Rho-1: Not All Tokens Are What You Need
(Zhenghao Lin, Zhibin Gou, Yeyun Gong)
https://arxiv.org/abs/2404.07965
Pretraining spends the same effort on every token. This one scores them first and skips the rest.
노이즈가 많은 토큰을 걸러내고 **배울 것이 남은** 토큰만 학습합니다. 데이터 선별을 토큰 단위로 한 셈이네요.
#pretraining #llm
JetMoE: Reaching Llama2 Performance with 0.1M Dollars
(Yikang Shen, Zhen Guo, Tianle Cai, Zengyi Qin)
https://arxiv.org/abs/2404.07413
An eight-billion mixture of experts, trained on public data for the price of a car.
전문가 혼합을 어텐션까지 넓혔습니다.
#moe #llm
"""

DAY_TWO = """2024-04-15
Megalodon: Efficient LLM Pretraining and Inference with Unlimited Context Length
(Xuezhe Ma, Xiaomeng Yang)
https://arxiv.org/abs/2404.08801
A gated moving average in place of full attention.
긴 문맥을 다루는 또 하나의 방법.
#long-context
"""


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages]


def test_a_file_dropped_into_the_folder_appears_as_posts_and_threads(
    start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    start_bot(CONFIG)
    (vault / "2024-04-12.txt").write_text(DAY_ONE, encoding="utf-8")
    messages = stand_in.wait_for(lambda: _whole(stand_in, 7), seconds=30)

    parents = [message for message in messages if not message.get("thread_ts") or message["thread_ts"] == message["ts"]]
    assert len(parents) == 3, "the day's line and two papers"
    assert "Rho-1" in parents[1]["text"]
    assert "JetMoE" in parents[2]["text"]
    replies = [message for message in messages if message.get("thread_ts") == parents[1]["ts"] != message["ts"]]
    assert "Pretraining spends" in replies[0]["text"], "the abstract first"
    assert "노이즈가 많은 토큰을" in replies[1]["text"], "then the commentary"


@pytest.mark.parametrize("stand_in", [1], indirect=True, ids=["real pace"])
def test_at_the_real_pace_a_day_comes_a_message_a_second_and_the_curators_changes_after_it(
    start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    bot = start_bot(CONFIG, PAPERROUND_SPEED="1")
    note = vault / "2024-04-12.txt"
    note.write_text(DAY_ONE, encoding="utf-8")
    first = stand_in.wait_for(lambda: _whole(stand_in, 7), seconds=60)
    late = DAY_TWO.split("\n", 1)[1]
    note.write_text(DAY_ONE.replace("어텐션까지", "어텐션 안까지") + late, encoding="utf-8")
    last = stand_in.wait_for(lambda: _whole(stand_in, 10), seconds=60)

    moments = sorted(float(message["ts"]) for message in last)
    assert min(later - one for one, later in pairwise(moments)) >= 0.9, "a message a second in a channel"
    assert [message["ts"] for message in first] == [message["ts"] for message in last][: len(first)]
    changed = [message["text"] for message in last if message.get("edited")]
    assert len(changed) == 3, "the day's line, the card with its gist, and the commentary"
    assert sum("어텐션 안까지" in text for text in changed) == 2
    assert "Megalodon" in last[-3]["text"]
    assert not [line for line in bot.log if "given back" in line], "Slack was never asked too fast"


def test_a_restart_in_the_middle_posts_the_rest_once(
    start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "2024-04-12.txt").write_text(DAY_ONE, encoding="utf-8")
    bot = start_bot(CONFIG)
    stand_in.wait_for(lambda: _whole(stand_in, 2), seconds=30)
    bot.stop(signal.SIGKILL)
    bot.start()
    messages = stand_in.wait_for(lambda: _whole(stand_in, 7), seconds=30)
    (vault / "2024-04-15.txt").write_text(DAY_TWO, encoding="utf-8")
    messages = stand_in.wait_for(lambda: _whole(stand_in, 11), seconds=30)
    assert len(set(texts(messages))) == len(messages) == 11, "nothing is said twice"


def test_people_ask_page_share_and_subscribe(start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "2024-04-12.txt").write_text(DAY_ONE, encoding="utf-8")
    bot = start_bot(CONFIG)
    stand_in.wait_for(lambda: _whole(stand_in, 7), seconds=30)

    stand_in.send("emma", "papers", "/paper tag:moe")
    answer = stand_in.wait_for(lambda: stand_in.ephemerals("emma"))[-1]
    assert "JetMoE" in answer["text"]
    assert "Rho-1" not in answer["text"]

    share = _share(answer)
    menu = f"results.menu.{share.partition(':')[2]}"
    stand_in.act("emma", "papers", menu, ephemeral_id=answer["id"], selected_option=share)
    shared = stand_in.wait_for(lambda: _whole(stand_in, 8))[-1]
    assert "JetMoE" in shared["text"]
    stand_in.act("emma", "papers", "shared.take_back", ts=shared["ts"])
    stand_in.wait_for(lambda: len(stand_in.messages("papers")) == 7)

    stand_in.send("jiwoo", "random", "/paper subscribe tag:moe")
    line = stand_in.wait_for(lambda: [m for m in stand_in.messages("random") if m.get("bot_id")])[0]
    assert "U0JIWOO001" in str(line["blocks"]) + line["text"]
    assert bot.command("subscriptions", "--json").stdout.count("tag:moe") == 1
    assert bot.stop(signal.SIGINT) == 0
    assert "Traceback" not in "".join(bot.log)


def _whole(stand_in: Any, count: int) -> list[dict[str, Any]]:
    """The bot's messages in #papers once there are so many, else nothing."""
    found = [message for message in stand_in.messages("papers") if message.get("bot_id")]
    return found if len(found) >= count else []


def _share(answer: dict[str, Any]) -> str:
    menus = [block["accessory"] for block in answer["blocks"] if block.get("accessory", {}).get("type") == "overflow"]
    options = [option["value"] for menu in menus for option in menu["options"]]
    return next(value for value in options if value.startswith("share:"))


def test_everything_typed_is_answered(start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "2024-04-12.txt").write_text(DAY_ONE, encoding="utf-8")
    start_bot(CONFIG)
    stand_in.wait_for(lambda: _whole(stand_in, 1), seconds=30)
    for count, typed in enumerate(TYPED, 1):
        stand_in.send("emma", "papers", f"/paper {typed}")
        assert stand_in.wait_for(lambda count=count: _private(stand_in, count), seconds=20)[-1]["text"], typed


def _private(stand_in: Any, count: int) -> list[dict[str, Any]]:
    found = stand_in.ephemerals("emma")
    return found if len(found) == count else []


def test_nothing_depends_on_our_stand_in(start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path) -> None:
    """Another server that speaks Slack's language: no metadata, every envelope to everybody, no pages, events twice."""
    for fault in ("drop_metadata", "no_paging", "every_socket", "duplicate_events"):
        stand_in.fault(fault, count=0)
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "2024-04-12.txt").write_text(DAY_ONE, encoding="utf-8")
    bot = start_bot(CONFIG)
    messages = stand_in.wait_for(lambda: _whole(stand_in, 7), seconds=30)
    assert len(set(texts(messages))) == len(messages) == 7
    stand_in.send("emma", "papers", "/paper tag:moe")
    assert "JetMoE" in stand_in.wait_for(lambda: stand_in.ephemerals("emma"))[-1]["text"]
    stand_in.send("emma", "papers", "@paperround 노이즈")
    stand_in.wait_for(lambda: _whole(stand_in, 8), seconds=20)
    stand_in.send("emma", "papers", "/paper help")
    stand_in.wait_for(lambda: _private(stand_in, 2), seconds=20)
    assert len(_whole(stand_in, 8)) == 8, "a mention that arrives twice is answered once"
    assert "Traceback" not in "".join(bot.log)


def test_what_people_write_in_a_papers_thread_finds_it_where_the_channel_asked_for_that(
    start_bot: Callable[..., Any], stand_in: Any, tmp_path: Path
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "2024-04-12.txt").write_text(DAY_ONE, encoding="utf-8")
    bot = start_bot(CONFIG)
    line, rho, *_ = stand_in.wait_for(lambda: _whole(stand_in, 7), seconds=30)
    jetmoe = next(message for message in _whole(stand_in, 7) if "JetMoE" in message["text"] and message is not line)

    stand_in.send("lena", "papers", "before anybody asked", thread_ts=jetmoe["ts"])
    stand_in.send("emma", "papers", "/paper remarks on")
    stand_in.wait_for(lambda: _whole(stand_in, 8), seconds=20)
    mine = stand_in.send("emma", "papers", "Is the throughput measured on one card?", thread_ts=jetmoe["ts"])["ts"]
    stand_in.send("jiwoo", "papers", "throughput throughout", thread_ts=line["ts"])
    stand_in.send("jiwoo", "papers", "throughput, said to nobody")
    shown = _ask(stand_in, "remark:throughput", until="In its thread: Is the throughput")
    assert "JetMoE" in shown
    assert "Rho-1" not in shown
    assert "Nothing found" in _ask(stand_in, "remark:before")

    stand_in.edit("emma", "papers", mine, "Is the latency measured on one card?")
    assert "JetMoE" in _ask(stand_in, "remark:latency", until="1 paper")
    assert "Nothing found" in _ask(stand_in, "remark:throughput")
    stand_in.delete("emma", "papers", mine)
    _ask(stand_in, "remark:latency", until="Nothing found")

    stand_in.send("jiwoo", "papers", "속도가 궁금합니다", thread_ts=rho["ts"])
    assert "Rho-1" in _ask(stand_in, "댓글:속도", until="1 paper")
    assert "Rho-1" in bot.command("search", "remark:속도").stdout
    assert _ask(stand_in, "remarks off").startswith("This deletes 1 stored remark ")
    stand_in.act("emma", "papers", "remarks.end", ephemeral_id=stand_in.ephemerals("emma")[-1]["id"])
    stand_in.wait_for(
        lambda: any("1 stored remark was deleted" in m["text"] for m in stand_in.messages("papers")), seconds=20
    )
    assert "Nothing found" in _ask(stand_in, "remark:속도")
    assert not [line for line in bot.log if any(said in line for said in ("throughput", "latency", "속도"))]
    assert "Traceback" not in "".join(bot.log)


def _ask(stand_in: Any, typed: str, until: str = "", seconds: float = 20) -> str:
    """What Emma reads after `/paper …`; asked again until it says ``until``, as events come when they come."""
    end = time.monotonic() + seconds
    while True:
        before = len(stand_in.ephemerals("emma"))
        stand_in.send("emma", "papers", f"/paper {typed}")
        [answer] = stand_in.wait_for(lambda before=before: stand_in.ephemerals("emma")[before:])
        if until in answer["text"] or time.monotonic() > end:
            assert until in answer["text"]
            return str(answer["text"])
