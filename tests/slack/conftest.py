"""The Bolt app on a real desk (SQLite in a file) against the stand-in workspace, in one process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.digest.document import Document, content_hash
from bot.digest.model import Digest, Entry, Paragraph
from bot.sandbox.server import Running, running
from bot.settings import Settings, SourceSettings
from bot.slack.app import build_app
from bot.slack.asker import Asked
from bot.slack.desk import Asker
from bot.wiring import Bot, Workspace, build, connect

NOW = datetime(2024, 4, 12, 3, tzinfo=UTC)  # noon in Seoul

MOE = Entry(
    title="JetMoE: Reaching Llama2 Performance with 0.1M Dollars",
    authors=("Yikang Shen", "Zhen Guo"),
    links=("https://arxiv.org/abs/2404.07413",),
    abstract=("A mixture of experts for the price of a car.",),
    commentary=(Paragraph("전문가 혼합을 어텐션까지 넓혔습니다.", "ko"), Paragraph("Experts in attention too.", "en")),
    tags=("moe", "llm"),
)
RHO = Entry(
    title="Rho-1: Not All Tokens Are What You Need",
    authors=("Zhenghao Lin",),
    links=("https://arxiv.org/abs/2404.07965",),
    commentary=(Paragraph("노이즈가 많은 토큰을 걸러냅니다.", "ko"),),
    tags=("pretraining",),
)


@dataclass
class Office:
    """Everything a test about answering wants to touch."""

    bot: Bot
    workspace: Workspace
    sandbox: Running

    def read(self, day: date, *entries: Entry) -> None:
        """Have a day in the archive, complete since midnight."""
        data = repr(entries).encode()
        document = Document(uri=f"{day}.txt", name=f"{day}.txt", data=data, hash=content_hash(data))
        now = datetime(day.year, day.month, day.day, tzinfo=UTC)
        self.bot.digests.save("vault", [(document, Digest(day, "", entries, "print"))], now)
        self.bot.digests.settle("vault", timedelta(0), now + timedelta(seconds=1))

    def typed(self, user: str, text: str, channel: str = "papers") -> dict[str, object]:
        """What a person sees after typing it: the newest private answer, or what the channel is told in its place."""
        before = {message["ts"] for message in self._seen(user, channel)}
        assert self.sandbox.send(user, channel, text)["ok"]

        def new() -> list[dict[str, object]]:
            return [message for message in self._seen(user, channel) if message["ts"] not in before]

        return self.sandbox.wait_for(new)[-1]

    def whispered(self, user: str, text: str, channel: str = "papers") -> dict[str, object]:
        """As `typed`, where the person is to be told something alone, whatever the channel is told."""
        before = {message["id"] for message in self.sandbox.ephemerals(user)}
        assert self.sandbox.send(user, channel, text)["ok"]
        return self.sandbox.wait_for(lambda: [m for m in self.sandbox.ephemerals(user) if m["id"] not in before])[-1]

    def _seen(self, user: str, channel: str) -> list[dict[str, object]]:
        told = [m for m in self.sandbox.messages(channel, user) if m.get("bot_id") and not m.get("thread_ts")]
        return [*told, *self.sandbox.ephemerals(user)]

    def asked(self, typed: str = "", **body: object) -> Asked:
        """A command of Emma's in #papers as a listener gets it; the address to answer to is one nobody handed out."""
        asker = Asker("T0PAPERS01", "U0EMMA0001", "C0PAPERS01", "en-US", "America/New_York", in_public="event" in body)
        address = f"{self.sandbox.url}/response/T0PAPERS01/never"
        return Asked(asker, {"text": typed, "response_url": address, **body}, {})


@pytest.fixture
def office(tmp_path: Path, open_socket: Callable[[App, str], SocketModeHandler]) -> Iterator[Office]:
    with running(speed=0) as sandbox:
        settings = Settings(
            database_url=f"sqlite:///{tmp_path}/office.db",
            source=(SourceSettings(name="vault", folder=tmp_path),),
            SLACK_API_URL=sandbox.api_url,
        )
        bot = build(settings, clock=lambda: NOW)
        workspace = connect(bot, sandbox.bot_token)
        open_socket(build_app(workspace.desk, workspace.identity), sandbox.app_token)
        sandbox.wait_connected()
        yield Office(bot, workspace, sandbox)
        bot.engine.dispose()


@pytest.fixture
def days(office: Office) -> Callable[[], None]:
    """Two days in the archive."""

    def read() -> None:
        office.read(date(2024, 4, 11), RHO)
        office.read(date(2024, 4, 12), MOE)

    return read
