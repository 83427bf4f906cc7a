"""Examines everything the bot depends on, one check at a time; no fault stops the next check."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.environment import without_credentials
from bot.errors import BotError, DeliveryRefusedError, SettingsError
from bot.messages.errors import error_text
from bot.messages.words import words_for
from bot.settings import load_settings, no_sources, slack_tokens, strange_names
from bot.slack.failures import Failure
from bot.store.database import try_writing
from bot.wiring import Bot, build, connect


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``remedy`` says what to do where it is not ``ok``."""

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
        return [*checks, Check("store", False, exc.code, words)]
    return [*checks, *_store(bot), *_deliveries(bot), *_subscriptions(bot), *_sources(bot), *_slack(bot)]


def _remedy(problem: str) -> str:
    return problem.partition(";")[2].strip()


def _store(bot: Bot) -> Iterator[Check]:
    if bot.engine.url.database is None:
        yield Check("store", True, f"none yet; the first start makes {bot.settings.database_url}")
    else:
        yield Check("store", True, f"{bot.digests.count()} entries in {bot.engine.url.render_as_string()}")
        try:
            try_writing(bot.engine)
        except BotError as exc:
            yield Check("disk", False, exc.code, error_text(exc, words_for(None)))
    configured = {source.name for source in bot.sources}
    for source, uri, error, when in bot.digests.failures():
        if source not in configured or uri.startswith("feed:"):
            continue  # nobody reads it any more; or the source's own check says it
        remedy = "correct the document; its last good entries are kept"
        yield Check(f"document {source}:{uri}", False, f"{error} (since {when:%Y-%m-%d %H:%M} UTC)", remedy)


def _deliveries(bot: Bot) -> Iterator[Check]:
    for state, remedy in (
        ("refused", "`paperround deliveries --state refused` says why; what Slack refused is not tried again"),
        ("unknown", "nothing: the bot looks in the channel whether they arrived; `paperround deliveries` shows them"),
    ):
        rows = bot.outbox.rows(state=state, limit=1000)
        if rows:
            channels = ", ".join(sorted({row.place.channel for row in rows}))
            yield Check(f"deliveries {state}", False, f"{len(rows)} in {channels}: {rows[0].error}", remedy)


def _subscriptions(bot: Bot) -> Iterator[Check]:
    """Those that can never post as they are stored."""
    from bot.slack.records import fault_of

    for sub in bot.subscriptions.all():
        fault = fault_of(sub)
        if fault is not None:
            yield Check(f"subscription {sub.id}", False, str(fault), error_text(fault, words_for(None)))


def _sources(bot: Bot) -> Iterator[Check]:
    if not bot.sources:
        yield Check("sources", False, "none", no_sources(bot.settings))
    for source in bot.sources:
        known = bot.digests.known(source.name)
        try:
            reading = source.fetch(known, bot.clock())
        except BotError as exc:
            remedy = "correct the source in the config, or make it reachable; nothing is withdrawn meanwhile"
            yield Check(f"source {source.name}", False, error_text(exc, words_for(None)), remedy)
            continue
        waiting = len(reading.documents)
        yield Check(f"source {source.name}", True, f"{len(known)} documents read, {waiting} new or changed")
        for refused in reading.refused:
            yield Check(f"document {source.name}:{refused.uri}", False, refused.code, refused.words)


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


def _refused(what: str, exc: BotError, remedy: str, bot: Bot) -> Check:
    """A token that Slack does not take, or a Slack that cannot be asked."""
    if isinstance(exc, DeliveryRefusedError) or exc.code in (Failure.INSTALL.value, Failure.SCOPE.value):
        return Check(what, False, str(exc.values.get("error", exc.code)), remedy)
    found = f"Slack cannot be asked at {without_credentials(bot.settings.slack_api_url)}"
    return Check(what, False, found, "check the network and SLACK_API_URL, then look again")


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
