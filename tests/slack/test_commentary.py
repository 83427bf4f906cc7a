"""A commentary is read whole, however long it is: Slack takes five answers to one click."""

from datetime import date
from typing import Any

from bot.digest.model import Entry, Paragraph

Office = Any

PARAGRAPHS = 130  # of a thousand characters: far more than five messages


def test_the_longest_commentary_is_read_to_its_end_click_by_click(office: Office, caplog: Any) -> None:
    paragraphs = tuple(Paragraph(f"mark{n:03}. " + "word " * 198, "en") for n in range(PARAGRAPHS))
    office.read(date(2024, 4, 12), Entry("A Very Long Story", commentary=paragraphs, tags=("moe",)))
    answer = office.typed("emma", "/paper tag:moe")
    option = next(block["accessory"] for block in answer["blocks"] if block.get("accessory"))["options"][0]["value"]
    click = {
        "action_id": f"results.menu.{option.partition(':')[2]}",
        "ephemeral_id": answer["id"],
        "selected_option": option,
    }
    shown = 1
    clicks = 0
    while click:
        assert office.sandbox.act("emma", "papers", **click)["ok"]
        clicks += 1
        parts = office.sandbox.wait_for(lambda shown=shown: _turn(office, shown))
        shown += len(parts)
        more = [each for part in parts for each in _more(part)]
        assert more == _more(parts[-1]), "only the last goes on"
        click = {"action_id": "commentary.more", "ephemeral_id": parts[-1]["id"]} if more else {}
    assert clicks > 2
    text = "".join(str(message["blocks"]) for message in office.sandbox.ephemerals("emma"))
    assert [n for n in range(PARAGRAPHS) if f"mark{n:03}" not in text] == []
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def _more(message: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return [button for row in rows for button in row if button["action_id"] == "commentary.more"]


def _turn(office: Office, shown: int) -> list[dict[str, Any]]:
    """All that a click gave, once its last part is there: the one that goes on, or that is the last of all."""
    parts = office.sandbox.ephemerals("emma")[shown:]
    number, total = _part(parts[-1]) if parts else (0, 1)
    return parts if parts and (number == total or _more(parts[-1])) else []


def _part(message: dict[str, Any]) -> tuple[int, int]:
    number, _, total = next(
        line for line in message["text"].split("\n") if "/" in line and line[0].isdigit()
    ).partition("/")
    return int(number), int(total)


def test_more_of_what_is_no_longer_so_long_says_so(office: Office) -> None:
    long = tuple(Paragraph(f"mark{n:03}. " + "word " * 198, "en") for n in range(PARAGRAPHS))
    office.read(date(2024, 4, 12), Entry("A Very Long Story", commentary=long, tags=("moe",)))
    answer = office.typed("emma", "/paper tag:moe")
    option = next(block["accessory"] for block in answer["blocks"] if block.get("accessory"))["options"][0]["value"]
    menu = f"results.menu.{option.partition(':')[2]}"
    office.sandbox.act("emma", "papers", menu, ephemeral_id=answer["id"], selected_option=option)
    parts = office.sandbox.wait_for(lambda: _turn(office, 1))
    office.read(date(2024, 4, 12), Entry("A Very Long Story", commentary=long[:1], tags=("moe",)))
    office.sandbox.act("emma", "papers", "commentary.more", ephemeral_id=parts[-1]["id"])
    said = office.sandbox.wait_for(lambda: office.sandbox.ephemerals("emma")[5:])[0]["text"]
    assert "search again" in said
