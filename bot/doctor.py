"""Examines everything the bot depends on, one check at a time; no fault stops the next check."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.environment import without_credentials
from bot.errors import BotError, DeliveryRefusedError, SettingsError
from bot.messages.errors import error_text
from bot.messages.words import words_for
from bot.settings import load_settings, no_sources, slack_tokens, strange_names
from bot.slack.failures import Failure
from bot.sources.reading import Source
from bot.sources.status import is_harmless
from bot.store.database import shown_url, try_writing
from bot.store.deliveries import DeliveryRow
from bot.store.socket_states import SocketStates
from bot.wiring import Bot, build, connect

SHORTLY = timedelta(seconds=30)
"""For so long a lost connection is nothing that a person has to see to."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``remedy`` says what to do; where it is ``ok`` all the same, what may be done."""

    what: str
    ok: bool
    found: str
    remedy: str = ""


def examine() -> list[Check]:
    """Look at the settings, the store, the sources, and, where tokens are set, at Slack."""
    try:
        settings = load_settings()
    except SettingsError as exc:
        return [Check("settings", False, problem.partition(";")[0], _remedy(problem)) for problem in exc.problems]
    checks = [Check("settings", True, f"sources: {len(settings.source)}, subscriptions: {len(settings.subscription)}")]
    checks += [
        Check("settings", False, name.partition(";")[0], _remedy(name) or "remove it") for name in strange_names()
    ]
    try:
        bot = build(settings, changing=False)
    except BotError as exc:
        words = error_text(exc, words_for(None))
        problem, _, remedy = words.partition("; ")
        return [*checks, Check("store", False, problem, remedy)]
    return [*checks, *_store(bot), *_drafts(bot), *_deliveries(bot), *_subscriptions(bot), *_sources(bot), *_slack(bot)]


def _remedy(problem: str) -> str:
    return problem.partition(";")[2].strip()


def _store(bot: Bot) -> Iterator[Check]:
    if bot.engine.url.database is None:
        if problem := _unwritable(bot):
            yield Check("store", False, problem, "correct database_url, or give the right to write there")
        else:
            yield Check("store", True, f"none yet; the first start makes {shown_url(bot.settings.database_url)}")
    else:
        yield Check("store", True, f"{bot.digests.count()} entries in {bot.engine.url.render_as_string()}")
        try:
            try_writing(bot.engine)
        except BotError as exc:
            yield Check("disk", False, exc.code, error_text(exc, words_for(None)))
        if problem := _unwritable(bot):
            yield Check("store", False, problem, "give whoever runs the bot the right to write there")
    configured = {source.name for source in bot.sources}
    for failure in bot.digests.failures():
        if failure.source not in configured and not failure.uri.startswith("feed:"):
            noted = f"{failure.error} (since {failure.when:%Y-%m-%d %H:%M} UTC)"
            yield Check(
                f"document {failure.source}:{failure.uri}", True, noted, "nothing: its source is no longer named"
            )


def _unwritable(bot: Bot) -> str:
    """Why the database cannot be written; empty where it can, or where it is not a file."""
    from bot.store.database import writing_fault

    return writing_fault(bot.settings.database_url)


SHOWN = 5
"""Drafts that are named."""


def _drafts(bot: Bot) -> Iterator[Check]:
    """Notes that are held back, which is no fault."""
    by_source: dict[str, list[str]] = {}
    for source, uri, why in bot.digests.drafts():
        by_source.setdefault(source, []).append(f"{uri} ({why})")
    for source, named in by_source.items():
        more = f", and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
        yield Check(f"drafts {source}", True, f"{len(named)} held back: {', '.join(named[:SHOWN])}{more}")


def _deliveries(bot: Bot) -> Iterator[Check]:
    refused = bot.outbox.rows(state="refused", limit=1000)
    if refused:
        remedy = "`paperround deliveries --state refused` says why; what Slack refused is not tried again"
        yield Check("deliveries refused", False, _summary(refused), remedy)
    unknown = bot.outbox.rows(state="unknown", limit=1000)
    if not unknown:
        return
    # Where nobody decides after unsure_after, a person has to.
    delivery, now = bot.settings.delivery, bot.clock()
    waits_since = min(row.claimed_at or now for row in unknown)
    for_a_person = delivery.when_unsure == "wait" and now - waits_since > delivery.unsure_after
    remedy = "nothing to do yet: the bot looks in the channel whether they arrived"
    if for_a_person:
        remedy = "look whether they are in the channel, then `paperround deliveries retry ID` or `skip ID`"
    yield Check("deliveries unknown", not for_a_person, _summary(unknown), remedy)


def _summary(rows: Sequence[DeliveryRow]) -> str:
    channels = ", ".join(sorted({row.place.channel for row in rows}))
    return f"{len(rows)} in {channels}: {rows[0].error}"


def _subscriptions(bot: Bot) -> Iterator[Check]:
    """Those that can never post as they are stored."""
    from bot.slack.records import fault_of

    for sub in bot.subscriptions.all():
        fault = fault_of(sub)
        if fault is not None:
            yield Check(f"subscription {sub.id}", False, str(fault), error_text(fault, words_for(None)))


def _sources(bot: Bot) -> Iterator[Check]:
    """Each source with what a look yields, and each of its documents that a person should mend."""
    from bot.environment import environment_problems

    if not bot.sources:
        yield Check("sources", False, "none", no_sources(bot.settings))
    for problem in environment_problems([source.feed for source in bot.settings.source if source.feed]):
        yield Check("environment", False, problem.partition(";")[0], _remedy(problem) or problem)
    for source in bot.sources:
        try:
            yield from _source(bot, source)
        except BotError as exc:
            yield Check(f"source {source.name}", False, error_text(exc, words_for(None)), _UNREACHABLE)
        except Exception as exc:  # one source must not hide the others
            found = f"it cannot be examined ({type(exc).__name__})"
            yield Check(f"source {source.name}", False, found, "report this with what `paperround ingest` says of it")


_UNREACHABLE = "correct the source in the config, or make it reachable; nothing is withdrawn meanwhile"


def _source(bot: Bot, source: Source) -> Iterator[Check]:
    from bot.source_status import examine_source
    from bot.store.source_states import SourceStates

    what = f"source {source.name}"
    status, report, faults = examine_source(source, bot.digests, SourceStates(bot.engine), bot.clock())
    example = f", for example {status.example.uri}: {status.example.why}" if status.example else ""
    changed = len(report.read) + len(report.failed)
    found = f"{status.readable} documents read, {changed} new or changed"
    if status.state == "nothing" and status.example is None:
        yield Check(what, False, "nothing is in it that could be a digest", _EMPTY)
    elif status.state == "nothing":
        yield Check(what, False, f"nothing usable in {status.unreadable} documents{example}", _NOTHING)
    elif status.state == "waiting":
        yield Check(what, True, f"all of it is left for a later look, for example {(*report.waiting, *report.away)[0]}")
    else:
        yield Check(what, True, found)
    if report.away:
        noted = f"{len(report.away)} files are in the cloud and not on this machine, for example {report.away[0]}"
        yield Check(
            f"documents {source.name}",
            True,
            noted,
            "nothing of them is withdrawn; have them kept on this machine to read them",
        )
    harmless = [fault for fault in faults if is_harmless(fault)]
    for fault in faults:
        if is_harmless(fault) or (status.state == "nothing" and fault == status.example):
            continue
        remedy = "correct the document; its last good entries are kept" if fault.held else _CORRECT
        yield Check(f"document {source.name}:{fault.uri}", False, fault.why, remedy)
    if harmless:
        noted = f"{len(harmless)} files are no digests, for example {harmless[0].uri}: {harmless[0].why}"
        yield Check(f"documents {source.name}", True, noted, "nothing, or list them under ignore of this source")


_CORRECT = "correct the document, or list it under ignore of this source where it is no digest"
_EMPTY = "see whether its place is right: a folder needs .md, .txt or .html files, a feed needs posts"
_NOTHING = "`paperround parse` shows how a document is understood, README (What a digest looks like) what can be read"


def _slack(bot: Bot) -> Iterator[Check]:
    try:
        tokens = slack_tokens(bot.settings)
    except SettingsError as exc:
        yield Check("token", False, "one of two", str(exc))
        return
    if tokens is None:
        yield Check("token", True, "none set: `paperround run --or-sandbox` uses the stand-in workspace")
        return
    yield from _workspace(bot, *tokens)
    yield from _sockets(bot)


def _refused(what: str, exc: BotError, remedy: str, bot: Bot) -> Check:
    """A token that Slack does not take, or a Slack that cannot be asked."""
    if isinstance(exc, DeliveryRefusedError) or exc.code in (Failure.INSTALL.value, Failure.SCOPE.value):
        return Check(what, False, str(exc.values.get("error", exc.code)), remedy)
    found = f"Slack cannot be asked at {without_credentials(bot.settings.slack_api_url)}"
    return Check(what, False, found, "check the network and SLACK_API_URL, then look again")


def _sockets(bot: Bot) -> Iterator[Check]:
    """What the bots that run on this machine say of their connections."""
    for state in SocketStates(bot.settings.database_url).load():
        found = f"{'connected' if state.connected else 'not connected'} since {state.since:%Y-%m-%d %H:%M:%S} UTC"
        found += f": {state.reason}" if state.reason else ""
        lost_for = bot.clock() - state.since
        remedy = "the bot connects again by itself; if it does not, check the network, the app-level token and its log"
        yield Check(f"socket of process {state.pid}", state.connected or lost_for < SHORTLY, found, remedy)


def _workspace(bot: Bot, bot_token: str, app_token: str) -> Iterator[Check]:
    from bot.slack.client import try_socket
    from bot.slack.scopes import BOT_SCOPES

    try:
        workspace = connect(bot, bot_token)
    except BotError as exc:
        yield _refused("bot token", exc, "install the app again and copy its Bot User OAuth Token", bot)
        return
    identity = workspace.identity
    yield Check("bot token", True, f"{identity.team_name} ({identity.team})")
    missing = sorted(BOT_SCOPES.keys() - identity.scopes) if identity.scopes else []
    for scope in missing:
        remedy = f"without it the bot cannot {BOT_SCOPES[scope]}: add it to the app and install it again"
        yield Check(f"scope {scope}", False, "missing", remedy)
    if not missing:
        yield Check("scopes", True, f"all {len(BOT_SCOPES)}" if identity.scopes else "not told by the server")
    try:
        try_socket(app_token, bot.settings.slack_api_url, bot.clock())
        yield Check("app token", True, "opens a socket")
    except BotError as exc:
        yield Check(
            "app token", False, exc.code, "make an app-level token with connections:write and set SLACK_APP_TOKEN"
        )
    wanted = {order.channel for order in bot.settings.subscription}
    wanted |= {sub.channel for sub in bot.subscriptions.all(identity.team)}
    for name in sorted(wanted):
        try:
            channel = workspace.directory.named(name)
        except BotError as exc:
            yield Check(f"channel {name}", False, exc.code, "try again when Slack can be reached")
            continue
        if channel is None:
            yield Check(f"channel {name}", False, "not to be seen", "correct its name, or invite the bot to it")
        elif not channel.is_member:
            yield Check(
                f"channel {name}", False, "the bot is no member", "invite the bot, or start it: it joins public ones"
            )
        else:
            yield Check(f"channel {name}", True, channel.id)
