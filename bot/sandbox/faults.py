"""Switches that make the stand-in misbehave, as networks and Slack itself do.

Three sorts: one that waits for a call of the Web API, one that acts at once on the workspace, and one that stands until
it is cleared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bot.sandbox.workspace import App, SlackError, Workspace

CALL_KINDS = {
    "drop": "the call is carried out, then the line is cut without an answer",
    "drop_before": "the line is cut and nothing is done",
    "cut": "the call is carried out, then the line is cut in the middle of the answer",
    "delay": "the answer comes `seconds` late; `after_commit` (default true) says whether the call is done at once",
    "ratelimited": "HTTP 429 with `retry_after` (default 1); nothing is done",
    "http_500": "HTTP 500 without JSON; `commit` (default false) says whether the call was carried out",
    "http_503": "HTTP 503 without JSON; `commit` (default false) says whether the call was carried out",
    "internal_error": "nothing is done",
    "fatal_error": "the call is carried out, the answer says it was not",
    "error": "any `error` by name; `commit` (default false) says whether the call was carried out",
}
STANDING_KINDS = {
    "drop_metadata": "messages are kept without their metadata",
    "no_paging": "every list comes whole, whatever `limit` says",
    "short_pages": "a page holds at most `limit` (default 1) items",
    "every_socket": "an envelope goes to every connection, not to one",
    "duplicate_events": "every event is delivered twice",
    "reorder_events": "of two events the later comes first; one that stays alone comes after a second",
    "unreadable_history": "no channel's (or not `channel`'s) messages and threads can be read: `error` (default "
    "missing_scope; ratelimited comes with `retry_after`)",
    "edit_window": "the app may change a message for `seconds` (default 0) only, then edit_window_closed",
    "unthread": "a reply whose parent was deleted is taken all the same, and stands in the channel",
    "history_limit": "reading history as an app outside the Marketplace may: once a minute, 15 messages",
}
NOW_KINDS = {
    "revoke": "the app's tokens stop counting, with `error` (default token_revoked); `app` where there are several",
    "drop_scope": "the app loses `scope`",
    "archive": "`channel` is archived",
    "unarchive": "`channel` comes back",
    "rename": "`channel` gets another `name`",
    "convert": "`channel` becomes private, or public with `public` true, by `who`",
    "change_id": "`channel` gets the id `to`",
    "uninstall": "the app is removed: its tokens meet account_inactive; `app` where there are several",
    "delete_message": "message `ts` of `channel` is deleted",
    "remove_member": "`who` leaves `channel`",
    "disconnect": "every connection is told to go, with `reason` (default refresh_requested)",
    "close_sockets": "every connection is cut without a word",
}


@dataclass(slots=True)
class Fault:
    """A switch that is on.

    ``count`` is how often it still acts (0: until cleared), ``after`` how many calls pass first.
    """

    kind: str
    method: str | None = None
    channel: str | None = None
    count: int = 1
    after: int = 0
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def commits(self) -> bool:
        """Whether the call is carried out although it goes wrong."""
        if self.kind in ("drop", "cut", "fatal_error"):
            return True
        if self.kind == "delay":
            return bool(self.values.get("after_commit", True))
        return bool(self.values.get("commit", False))

    def shown(self) -> dict[str, Any]:
        """As GET /faults lists it."""
        named = {"method": self.method, "channel": self.channel}
        return {"kind": self.kind, **{k: v for k, v in named.items() if v}, "count": self.count, **self.values}


class Faults:
    """The switches that are on, oldest first."""

    def __init__(self) -> None:
        self._calls: list[Fault] = []
        self._standing: dict[str, Fault] = {}

    def add(self, fault: Fault) -> None:
        """Switch on. Raises ValueError for a kind nobody knows."""
        if fault.kind in STANDING_KINDS:
            self._standing[fault.kind] = fault
        elif fault.kind in CALL_KINDS:
            self._calls.append(fault)
        else:
            known = ", ".join([*CALL_KINDS, *STANDING_KINDS, *NOW_KINDS])
            raise ValueError(f"unknown fault {fault.kind!r}; there are {known}")

    def clear(self, kind: str | None = None) -> None:
        """Switch everything off, or everything of a kind."""
        self._calls[:] = [fault for fault in self._calls if kind not in (None, fault.kind)]
        self._standing = {name: fault for name, fault in self._standing.items() if kind not in (None, name)}

    def shown(self) -> list[dict[str, Any]]:
        """All that are on."""
        return [fault.shown() for fault in (*self._calls, *self._standing.values())]

    def standing(self, kind: str) -> Fault | None:
        """The standing switch of this kind, where it is on."""
        return self._standing.get(kind)

    def take(self, method: str, channel: str | None) -> Fault | None:
        """The switch that this call meets, counted down."""
        for fault in self._calls:
            if fault.method is not None and not fnmatchcase(method, fault.method):
                continue
            if fault.channel is not None and fault.channel != channel:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.count == 1:
                self._calls.remove(fault)
            elif fault.count > 1:
                fault.count -= 1
            return fault
        return None


def app_meant(workspace: Workspace, values: Mapping[str, Any]) -> App:
    """The app a switch names, the first where it names none. Raises app_not_found."""
    app = workspace.apps.get(values.get("app") or next(iter(workspace.apps)))
    if app is None:
        raise SlackError("app_not_found")
    return app


def act_now(workspace: Workspace, kind: str, values: Mapping[str, Any], now: float) -> None:
    """Do one of `NOW_KINDS` that concerns the workspace. Raises SlackError for what does not exist."""
    if kind in ("revoke", "uninstall", "drop_scope"):
        app = app_meant(workspace, values)
        if kind == "drop_scope":
            app.scopes[:] = [scope for scope in app.scopes if scope != values.get("scope")]
        else:
            usual = "account_inactive" if kind == "uninstall" else "token_revoked"
            app.revoked = str(values.get("error", usual))
        return
    channel = workspace.channels.get(str(values.get("channel")))
    if channel is None:
        raise SlackError("channel_not_found")
    if kind in ("archive", "unarchive"):
        workspace.archive(channel, kind == "archive", now)
    elif kind == "rename":
        workspace.rename(channel, str(values["name"]), now)
    elif kind == "convert":
        workspace.convert(channel, not values.get("public", False), str(values.get("who") or channel.creator), now)
    elif kind == "change_id":
        workspace.renumber(channel, str(values["to"]), now)
    elif kind == "delete_message":
        workspace.delete(channel, str(values["ts"]), now)
    elif kind == "remove_member":
        workspace.leave(channel, str(values["who"]), now)
