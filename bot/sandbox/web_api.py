"""The Web API over HTTP: /api/<method>, and the response URLs.

Sections 3.1, 3.3 and 3.5 of the platform notes: form or JSON, the token in the header or a form field, errors with
status 200, HTTP 429 with Retry-After. Fault switches act here.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.sandbox.bodies import MALFORMED, load_json, read_body
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.methods import METHODS, Body, Call, Method, api_test
from bot.sandbox.rates import MINUTE, Rates
from bot.sandbox.responses import ResponseUrls
from bot.sandbox.socket_mode import Sockets
from bot.sandbox.workspace import App, RateLimitedError, SlackError, Workspace

log = logging.getLogger(__name__)

Lines = MutableMapping[tuple[str, int], asyncio.Transport]
"""The open connections, by the address of the other end."""

JSON = "application/json; charset=utf-8"
_HISTORY = ("conversations.history", "conversations.replies")


class WebApi:
    """Answers calls. ``lines`` lets a fault cut the connection of a call."""

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        rates: Rates,
        sockets: Sockets,
        urls: ResponseUrls,
        *,
        base_url: str,
        lines: Lines,
        clock: Callable[[], float],
    ) -> None:
        self._workspace = workspace
        self._faults = faults
        self._rates = rates
        self._sockets = sockets
        self._urls = urls
        self._base_url = base_url
        self._lines = lines
        self._clock = clock

    async def call(self, request: Request) -> Response:
        """/api/{method}"""
        name = request.path_params["method"]
        app: App | None = None
        try:
            args, token = await _read(request)
            if name == "api.test":
                return _answer({"ok": True, **api_test(args)})
            if name not in METHODS:
                raise SlackError("unknown_method", req_method=name)
            method = METHODS[name]
            if request.method == "GET" and not method.reads:
                raise SlackError("invalid_post_type")
            app = self._app(method, request, token)
        except SlackError as exc:
            return _refusal(exc, app)
        fault = self._faults.take(name, str(args.get("channel")))
        if fault is not None:
            log.info("fault kind=%s method=%s", fault.kind, name)
            return await self._misbehave(fault, name, method, app, args)
        return self._run(name, method, app, args)

    def _app(self, method: Method, request: Request, form_token: str | None) -> App:
        header = request.headers.get("authorization", "")
        in_header = header[7:].strip() if header.lower().startswith("bearer ") else None
        token = in_header or (None if method.app_token else form_token)
        if not token:
            raise SlackError("not_authed")
        for app in self._workspace.apps.values():
            if token in (app.bot_token, app.app_token):
                if app.revoked:
                    raise SlackError(app.revoked)
                if (token == app.app_token) != method.app_token:
                    raise SlackError("not_allowed_token_type")
                return app
        raise SlackError("invalid_auth")

    def _run(self, name: str, method: Method, app: App, args: Mapping[str, Any]) -> Response:
        now = self._clock()
        call = Call(
            self._workspace, app, args, now, self._rates, self._faults, self._base_url, lambda: self._socket_url(app)
        )
        try:
            self._count(name, method, app, now)
            return _answer({"ok": True, **method.run(call)}, app)
        except SlackError as exc:
            return _refusal(exc, app)
        except MALFORMED as exc:
            log.warning("refused a call of another shape method=%s reason=%r", name, exc)
            return _refusal(SlackError("invalid_arguments"), app)

    def _count(self, name: str, method: Method, app: App, now: float) -> None:
        key = (name, self._workspace.team_id, app.id)
        if name in _HISTORY and self._faults.standing("history_limit"):
            self._rates.call(key, 1, now, span=MINUTE / (self._rates.speed or 1))
        else:
            self._rates.call(key, method.a_minute, now)

    def _socket_url(self, app: App) -> str:
        ticket = self._sockets.ticket(app.id, self._clock())
        return f"{self._base_url.replace('http', 'ws', 1)}/link?ticket={ticket}&app_id={app.id}"

    async def _misbehave(self, fault: Fault, name: str, method: Method, app: App, args: Mapping[str, Any]) -> Response:
        kind = fault.kind
        answer = self._run(name, method, app, args) if fault.commits else None
        if kind == "delay":
            await asyncio.sleep(float(fault.values.get("seconds", 1)))
            return answer or self._run(name, method, app, args)
        if kind in ("drop", "drop_before"):
            return CutResponse(self._lines, None)
        if kind == "cut" and answer is not None:
            return CutResponse(self._lines, bytes(answer.body))
        if kind == "ratelimited":
            return _refusal(RateLimitedError(int(fault.values.get("retry_after", 1))), app)
        if kind in ("http_500", "http_503"):
            return Response("upstream error", int(kind[-3:]), media_type="text/plain")
        return _refusal(SlackError(str(fault.values.get("error", kind))), app)

    async def respond(self, request: Request) -> Response:
        """/response/{team}/{name}: what an app sends to a response URL. The answer is plain ``ok``."""
        now = self._clock()
        try:
            args, _token = await _read(request)
            if args.get("response_type") == "in_channel":
                self._pace(request.path_params["name"], now)
            self._urls.answer(request.path_params["name"], args, now)
        except RateLimitedError as exc:
            return _refusal(exc, None)
        except MALFORMED as exc:
            log.warning("refused an answer of another shape reason=%r", exc)
            return _json({"ok": False, "error": "invalid_arguments"}, 400)
        except SlackError as exc:
            status = 404 if exc.error in ("expired_url", "used_url") else 400
            return _json({"ok": False, "error": exc.error, **exc.more}, status)
        return Response("ok", media_type="text/plain")

    def _pace(self, name: str, now: float) -> None:
        channel = self._urls.channel_of(name)
        if channel is not None:
            self._rates.post(self._workspace.team_id, channel, now)


async def _read(request: Request) -> tuple[dict[str, Any], str | None]:
    """The arguments of a call, and the token where a form or the query carries one."""
    args: dict[str, Any] = dict(request.query_params)
    token = args.pop("token", None)
    if request.method != "POST":
        return args, token
    try:
        body = await read_body(request)
    except ValueError:
        raise SlackError("request_too_large") from None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            data = load_json(body or b"{}")
        except (ValueError, RecursionError):
            raise SlackError("invalid_json") from None
        if not isinstance(data, dict):
            raise SlackError("json_not_object")
        data.pop("token", None)  # counts in a form or in the header only
        return args | {name: value for name, value in data.items() if value is not None}, token
    if kind in ("application/x-www-form-urlencoded", ""):
        try:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
        except ValueError:
            raise SlackError("invalid_form_data") from None
        token = form.pop("token", token)
        return args | form, token
    raise SlackError("invalid_form_data")


def _json(body: Body, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), status, headers=dict(headers or {}), media_type=JSON)


def _answer(body: Body, app: App | None = None) -> Response:
    return _json(body, headers={"x-oauth-scopes": ",".join(app.scopes)} if app else None)


def _refusal(exc: SlackError, app: App | None) -> Response:
    body = {"ok": False, "error": exc.error, **exc.more}
    if isinstance(exc, RateLimitedError):
        return _json(body, 429, {"retry-after": str(exc.retry_after)})
    headers = {"x-oauth-scopes": ",".join(app.scopes)} if app else {}
    if "needed" in exc.more:
        headers["x-accepted-oauth-scopes"] = str(exc.more["needed"])
    return _json(body, headers=headers)


class CutResponse(Response):
    """Cuts the line: without a word, or in the middle of an answer."""

    def __init__(self, lines: Lines, answer: bytes | None) -> None:
        super().__init__()
        self._open = lines
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, port = scope["client"]
        transport = self._open[host, port]
        if self._answer is None:
            transport.abort()
        else:
            length = str(len(self._answer)).encode()
            headers = [(b"content-type", JSON.encode()), (b"content-length", length)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            half = self._answer[: len(self._answer) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass
