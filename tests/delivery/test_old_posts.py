"""What stands in a channel changes with the curator's words alone: no setting and no upgrade edits an old post."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.delivery.outbox import Place
from bot.delivery.told import Told
from bot.digest.document import Document, content_hash
from bot.digest.model import Digest, Entry, Paragraph
from bot.plan.subscription import Layout
from bot.schedule import plan_deliveries
from bot.settings import DeliverySettings, Settings, SourceSettings
from bot.slack.client import Identity
from bot.wiring import Bot, Workspace, build

DAY = date(2024, 4, 12)
TEAM, HERE = "T1", "C1"
NOW = datetime(2024, 4, 12, 12, tzinfo=UTC)
TWO = (
    Entry(
        "JetMoE",
        ("Yikang Shen",),
        ("https://arxiv.org/abs/2404.07413",),
        ("An abstract.",),
        (Paragraph("쌉니다.", "ko"),),
    ),
    Entry(
        "Rho-1",
        ("Zhenghao Lin",),
        ("https://arxiv.org/abs/2404.07965",),
        ("An abstract.",),
        (Paragraph("Good.", "en"),),
    ),
)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Channel:
    """A bot with a subscription, and what its channel holds: by key, the text."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.texts: dict[str, str] = {}
        self.edits: list[str] = []
        self.bot = self.start()
        self.bot.outbox.entered(TEAM, HERE, "papers", False)
        self.bot.subscriptions.add(TEAM, HERE, "vault")

    def start(self, **settings: Any) -> Bot:
        self.bot = build(
            Settings(
                database_url=f"sqlite:///{self.folder}/old.db",
                source=(SourceSettings(name="vault", folder=self.folder),),
                **settings,
            ),
            clock=self.clock,
        )
        return self.bot

    def restart(self, **settings: Any) -> None:
        self.bot.engine.dispose()
        self.start(**settings)
        self.bot.outbox.keep_language(self.bot.settings.language)

    def write(self, *entries: Entry) -> None:
        data = repr(entries).encode()
        document = Document(uri=f"{DAY}.txt", name=f"{DAY}.txt", data=data, hash=content_hash(data))
        self.bot.digests.save("vault", [(document, Digest(DAY, "", entries, "print"))], self.clock())
        self.bot.digests.settle("vault", timedelta(0), self.clock())
        self.bot.subscriptions.fix_since(["vault"], self.clock())

    def deliver(self) -> None:
        nobody: Any = None
        here = Workspace(Identity(TEAM, "Paper Club", "U1", "B1"), nobody, nobody, nobody, "")
        plan_deliveries(self.bot, here, Told())
        for _ in range(200):
            now = self.clock() + timedelta(minutes=1)
            claim = self.bot.outbox.claim_next("test", now, now + timedelta(minutes=1))
            if claim is None:
                return
            if claim.op != "post":
                self.edits.append(self.texts[claim.key])
            self.texts[claim.key] = claim.content.text
            self.bot.outbox.confirm(claim, claim.target_ts or f"{len(self.texts)}.000001", now, now)
        raise AssertionError("it never ends")


@pytest.fixture
def channel(tmp_path: Path) -> Iterator[Channel]:
    made = Channel(tmp_path)
    made.write(*TWO)
    made.deliver()
    assert any("JetMoE" in text for text in made.texts.values())
    yield made
    made.bot.engine.dispose()


@pytest.mark.parametrize(
    "settings",
    [
        {"language": "ko"},
        {"delivery": DeliverySettings(papers_up_to=1)},
        {"delivery": DeliverySettings(parts=2)},
        {"language": "ko", "delivery": DeliverySettings(papers_up_to=1, parts=1)},
    ],
    ids=["language", "papers up to", "parts", "all"],
)
def test_a_setting_edits_nothing_and_an_edit_only_what_changed(channel: Channel, settings: dict[str, Any]) -> None:
    channel.restart(**settings)
    channel.deliver()
    assert channel.edits == []
    channel.write(TWO[0], replace(TWO[1], title="Rho-1, revised"))
    channel.deliver()
    assert len(channel.edits) >= 1
    assert all("JetMoE" not in text and "쌉니다" not in text for text in channel.edits)
    assert any("revised" in text for text in channel.texts.values())
    assert not any("월" in text for text in channel.texts.values()), "what was begun in English goes on in English"


def test_what_comes_later_to_a_day_has_the_days_language(channel: Channel) -> None:
    channel.restart(language="ko")
    channel.write(*TWO, Entry("A third", (), ("https://arxiv.org/abs/2404.00003",), ("Another abstract.",)))
    channel.deliver()
    third = [text for text in channel.texts.values() if "A third" in text or "Another abstract" in text]
    assert third
    assert all("초록" not in text for text in third)
    assert all("papers" in text for text in channel.edits), "the day's own line counts one more"


@pytest.mark.parametrize("layout", ["list", "brief"])
def test_another_layout_or_zone_is_for_days_to_come(channel: Channel, layout: Layout) -> None:
    with channel.bot.engine.begin() as connection:
        table = sa.table("subscription", sa.column("layout"), sa.column("zone"))
        connection.execute(sa.update(table).values(layout=layout, zone="Asia/Seoul"))
    before = dict(channel.texts)
    channel.deliver()
    assert channel.edits == []
    channel.write(TWO[0], replace(TWO[1], title="Rho-1, revised"))
    channel.deliver()
    assert channel.texts.keys() == before.keys(), "it stays a message per paper"


def test_other_words_of_a_new_version_edit_no_paper_that_did_not_change(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.messages import paper

    real: Callable[..., str] = paper.authors
    monkeypatch.setattr(paper, "authors", lambda entry, words: "by " + real(entry, words))
    channel.restart()
    channel.write(TWO[0], replace(TWO[1], title="Rho-1, revised"))
    channel.deliver()
    assert all("JetMoE" not in text for text in channel.edits)
    assert any("by Zhenghao Lin" in text for text in channel.texts.values()), "the one that changed is made anew"
    assert not any("by Yikang" in text for text in channel.texts.values())


def test_an_edition_from_before_languages_were_kept_has_the_one_of_the_next_start(channel: Channel) -> None:
    with channel.bot.engine.begin() as connection:
        connection.execute(sa.text("UPDATE edition SET lang = NULL"))
    channel.restart()
    channel.restart(language="ko")
    channel.write(TWO[0], replace(TWO[1], title="Rho-1, revised"))
    channel.deliver()
    edition = channel.bot.outbox.edition(Place(TEAM, HERE), "vault", DAY, "")
    assert edition is not None
    assert edition.lang == "en"
    assert not any("월" in text for text in channel.texts.values())
