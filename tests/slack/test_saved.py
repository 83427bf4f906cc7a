"""A person's bookmarks: saved from a menu, listed, looked among, taken off."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bot.digest.model import Entry

Office = Any

DAY = date(2024, 4, 12)


def choose(office: Office, answer: dict[str, Any], starts: str, user: str = "emma", nth: int = 0) -> str:
    """Press a choice in the menu of a paper. Returns what is said to it."""
    menus = [block["accessory"] for block in answer["blocks"] if block.get("accessory", {}).get("options")]
    value = next(o["value"] for o in menus[nth]["options"] if o["value"].startswith(starts))
    before = len(office.sandbox.ephemerals(user))
    office.sandbox.act(user, "papers", menus[nth]["action_id"], ephemeral_id=answer["id"], selected_option=value)
    said = office.sandbox.wait_for(lambda: office.sandbox.ephemerals(user)[before:])
    return str(said[-1]["text"])


def test_a_paper_is_saved_listed_looked_among_and_taken_off(office: Office, days: Callable[[], None]) -> None:
    days()
    assert "Save for later" in office.typed("emma", "/paper saved")["text"], "how to save the first one"
    found, older = office.typed("emma", "/paper tag:moe"), office.typed("emma", "/paper tag:moe")
    assert choose(office, found, "save:").startswith("Saved: JetMoE")
    assert choose(office, older, "save:").startswith("Already saved: ")
    listed, older = office.typed("emma", "/paper saved"), office.typed("emma", "/paper saved")
    assert listed["text"].startswith("1 saved paper\n")
    assert "JetMoE" in listed["text"]
    assert "JetMoE" in office.typed("emma", "/paper is:saved tag:moe")["text"]
    without = office.typed("emma", "/paper -is:saved since:2024-04-01")["text"]
    assert "Rho-1" in without
    assert "JetMoE" not in without
    assert "저장한 논문이 없습니다" in office.typed("jiwoo", "/paper 저장")["text"], "it is hers alone"
    assert "JetMoE" not in office.typed("jiwoo", "/paper 상태:저장")["text"]
    assert choose(office, listed, "drop:").startswith("No longer saved: JetMoE")
    assert choose(office, older, "drop:").startswith("Not saved before: ")
    assert "Save for later" in office.typed("emma", "/paper saved")["text"]


def test_what_was_saved_or_taken_off_is_undone_where_that_is_said(office: Office, days: Callable[[], None]) -> None:
    days()
    found = office.typed("emma", "/paper tag:moe")
    choose(office, found, "save:")
    for said, undone in (("Saved", "No longer saved"), ("No longer saved", "Saved"), ("Saved", "No longer saved")):
        last = office.sandbox.ephemerals("emma")[-1]
        assert last["text"].startswith(said)
        office.sandbox.act("emma", "papers", "saved.mark", ephemeral_id=last["id"])
        office.sandbox.wait_for(lambda text=undone: office.sandbox.ephemerals("emma")[-1]["text"].startswith(text))
    assert len(office.sandbox.ephemerals("emma")) == 2, "each answer in the place of the last"
    assert "Save for later" in office.typed("emma", "/paper saved")["text"]


def test_a_list_of_many_is_turned_as_it_was(office: Office) -> None:
    office.read(DAY, *(Entry(title=f"Paper number {n} of many") for n in range(12)))
    ids = [entry.id for entry in office.bot.digests.load_day(None, DAY).entries]
    desk = office.workspace.desk
    for entry_id in ids:
        desk.saved.save("T0PAPERS01", "U0EMMA0001", entry_id, office.bot.clock())
    answer = office.typed("emma", "/paper saved")
    assert answer["text"].startswith("12 saved papers\n")
    assert "Paper number 11 of" in next(line for line in answer["text"].split("\n") if line.startswith("1. "))
    desk.saved.drop("T0PAPERS01", "U0EMMA0001", ids[11])
    office.sandbox.act("emma", "papers", "results.page.next", ephemeral_id=answer["id"])
    text = office.sandbox.wait_for(lambda: _page_two(office))
    assert "11. " in text
    assert "Paper number 0 of" in text


def _page_two(office: Office) -> str:
    text = str(office.sandbox.ephemerals("emma")[-1]["text"])
    return text if "Page 2 of 2" in text else ""


def test_what_everybody_reads_does_not_tell_who_saved_what(office: Office, days: Callable[[], None]) -> None:
    days()
    choose(office, office.typed("emma", "/paper tag:moe"), "save:")
    assert "drop:" in str(office.typed("emma", "/paper tag:moe")["blocks"])
    office.sandbox.send("emma", "papers", "@paperround tag:moe")
    [said] = office.sandbox.wait_for(lambda: [m for m in office.sandbox.messages("papers") if m.get("bot_id")])
    assert "save:" in str(said["blocks"])
    assert "drop:" not in str(said["blocks"])


@pytest.mark.parametrize("typed", ["saved", "저장", "is:saved", "moe -is:saved"])
def test_what_everybody_would_read_is_refused(typed: str, office: Office, days: Callable[[], None]) -> None:
    days()
    choose(office, office.typed("emma", "/paper tag:moe"), "save:")
    office.sandbox.send("emma", "papers", f"@paperround {typed}")
    [said] = office.sandbox.wait_for(lambda: [m for m in office.sandbox.messages("papers") if m.get("bot_id")])
    assert "Saved papers are private" in said["text"]
    assert "JetMoE" not in str(said)


def test_a_subscription_cannot_follow_what_somebody_saved(office: Office) -> None:
    assert "A subscription cannot use “saved”" in office.typed("emma", "/paper subscribe is:saved")["text"]
    assert office.bot.subscriptions.in_channel("T0PAPERS01", "C0PAPERS01") == []


def test_in_a_direct_message_nobody_else_reads_along(office: Office, days: Callable[[], None]) -> None:
    days()
    choose(office, office.typed("emma", "/paper tag:moe"), "save:")
    place = office.sandbox.dm("emma", "paperround")
    office.sandbox.send("emma", place, "saved")
    said = office.sandbox.wait_for(lambda: [m for m in office.sandbox.messages(place, "emma") if m.get("bot_id")])
    assert "drop:" in str(said[-1]["blocks"])


def test_after_saving_the_menu_offers_to_take_it_off(office: Office, days: Callable[[], None]) -> None:
    days()
    answer = office.typed("emma", "/paper tag:moe")
    menu = next(block["accessory"] for block in answer["blocks"] if block.get("accessory"))
    save = next(option["value"] for option in menu["options"] if option["value"].startswith("save:"))

    def offers() -> dict[str, str]:
        seen = next(m for m in office.sandbox.ephemerals("emma") if m["id"] == answer["id"])
        shown = next(block["accessory"] for block in seen["blocks"] if block.get("accessory"))
        return {option["value"].split(":")[0]: option["text"]["text"] for option in shown["options"]}

    office.sandbox.act("emma", "papers", menu["action_id"], ephemeral_id=answer["id"], selected_option=save)
    office.sandbox.wait_for(lambda: "drop" in offers())
    assert "Unsave" in offers()["drop"]
    assert "save" not in offers()
    drop = save.replace("save", "drop")
    office.sandbox.act("emma", "papers", menu["action_id"], ephemeral_id=answer["id"], selected_option=drop)
    office.sandbox.wait_for(lambda: "save" in offers())
    assert office.workspace.desk.saved.papers("T0PAPERS01", "U0EMMA0001") == []
