"""A person's hands on a running stand-in, for tests and scripts.

Blocking, and with nothing but the standard library.
"""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

T = TypeVar("T")
Told = dict[str, Any]


class Visitor:
    """Talks to the page's own addresses of a stand-in. Users and channels are named by id or name."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.api_url = f"{self.url}/api/"

    def send(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Told:
        """Type something; for a command, waits for its acknowledgement. The answer has ``ok``."""
        return self._post("/page/send", {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts})

    def edit(self, user: str, channel: str, ts: str, text: str) -> Told:
        """Change what one said."""
        return self._post("/page/edit", {"user": user, "channel": channel, "ts": ts, "text": text})

    def delete(self, user: str, channel: str, ts: str) -> Told:
        """Take back what one said."""
        return self._post("/page/delete", {"user": user, "channel": channel, "ts": ts})

    def act(
        self,
        user: str,
        channel: str,
        action_id: str,
        *,
        ts: str | None = None,
        ephemeral_id: str | None = None,
        block_id: str | None = None,
        selected_option: str | None = None,
    ) -> Told:
        """Use the button or menu of a message or of a private answer."""
        click: Told = {"action_id": action_id, "block_id": block_id, "selected_option": selected_option}
        where: Told = {"user": user, "channel": channel, "ts": ts, "ephemeral_id": ephemeral_id}
        given = {name: value for name, value in (click | where).items() if value is not None}
        return self._post("/page/action", given)

    def dm(self, user: str, with_: str) -> str:
        """Open the direct message of two. Gives its id."""
        return str(self._post("/page/dm", {"user": user, "with": with_})["channel"])

    def invite(self, user: str, channel: str, who: str) -> Told:
        """Add someone to a channel."""
        return self._post("/page/invite", {"user": user, "channel": channel, "who": who})

    def state(self, user: str = "") -> Told:
        """Everything that a user sees; the first person's view where none is named."""
        state: Told = self._ask("GET", f"/page/state?user={quote(user)}")
        return state

    def messages(self, channel: str, user: str = "") -> list[Told]:
        """A channel's messages as a user sees them, oldest first, replies included."""
        state = self.state(user)
        ids = {c["name"]: c["id"] for c in state["channels"] if c["name"]}
        return list(state["messages"].get(ids.get(channel, channel), []))

    def ephemerals(self, user: str) -> list[Told]:
        """The private answers that a user sees, oldest first."""
        return list(self.state(user)["ephemerals"])

    def wait_for(self, condition: Callable[[], T], seconds: float = 10) -> T:
        """What ``condition`` gives once that counts as true: asked now and after every change. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while True:
            seen = int(self._ask("GET", "/page/wait?after=-1")["count"])
            found = condition()
            if found:
                return found
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not within {seconds} s")
            try:
                self._ask("GET", f"/page/wait?after={seen}", timeout=left)
            except TimeoutError:
                raise TimeoutError(f"not within {seconds} s") from None

    def wait_connected(self, sockets: int = 1, seconds: float = 10) -> None:
        """Until so many Socket Mode connections are open. Raises TimeoutError."""
        self.wait_for(lambda: self.state()["connections"] >= sockets, seconds)

    def fault(self, kind: str, method: str | None = None, count: int = 1, **values: Any) -> None:
        """Switch a fault on (``bot.sandbox.faults`` lists the kinds). Raises ValueError where it is refused."""
        asked = {"kind": kind, "count": count, **({"method": method} if method else {}), **values}
        answer = self._post("/faults", asked)
        if not answer["ok"]:
            raise ValueError(f"{answer['error']}: {answer['message']}")

    def faults(self) -> list[Told]:
        """The switches that are on."""
        return list(self._ask("GET", "/faults"))

    def clear_faults(self, kind: str | None = None) -> None:
        """Switch all faults off, or those of a kind."""
        self._post("/faults/clear", {"kind": kind} if kind else {})

    def _post(self, path: str, body: Mapping[str, Any]) -> Told:
        answer: Told = self._ask("POST", path, body)
        return answer

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, timeout: float = 30) -> Any:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, data, {"content-type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()
