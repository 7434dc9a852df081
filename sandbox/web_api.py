"""The front door of the Web API: arguments, tokens, scopes, faults and the record of calls.

https://docs.slack.dev/apis/web-api
"""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.faults import BrokenError, Faults, LimitedError
from sandbox.manifest import Manifest
from sandbox.records import Call, Json, SlackError
from sandbox.workspace import Workspace

_DECODED = {"blocks", "attachments", "metadata", "view", "files"}
# Methods that read take a query string or a form; Slack does not look at JSON sent to them (and then misses arguments).
# https://docs.slack.dev/changelog/2017-10-keeping-up-with-the-jsons
FORM_ONLY = {
    "chat.getPermalink",
    "conversations.history",
    "conversations.info",
    "conversations.list",
    "conversations.members",
    "conversations.replies",
    "files.getUploadURLExternal",
    "files.info",
    "team.info",
    "usergroups.list",
    "usergroups.users.list",
    "users.conversations",
    "users.info",
    "users.list",
}
_SWITCHES = {"inclusive", "include_all_metadata", "include_locale", "reply_broadcast", "exclude_archived", "mrkdwn"}


@dataclass(frozen=True)
class Method:
    """One API method: what carries it out, and the scopes of which it needs one."""

    run: Callable[[Json], Json | Awaitable[Json]]
    scopes: tuple[str, ...] = ()
    app_token: bool = False


@dataclass(frozen=True)
class Credentials:
    """The tokens of this workspace, new each time."""

    bot_token: str = field(default_factory=lambda: f"xoxb-sandbox-{secrets.token_hex(12)}")
    app_token: str = field(default_factory=lambda: f"xapp-1-sandbox-{secrets.token_hex(12)}")
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))


class WebApi:
    """`POST` or `GET /api/<method>`."""

    def __init__(
        self,
        workspace: Workspace,
        credentials: Credentials,
        manifest: Manifest,
        faults: Faults,
        methods: Mapping[str, Method],
    ) -> None:
        self._workspace = workspace
        self._credentials = credentials
        self._manifest = manifest
        self._faults = faults
        self._methods = methods

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, as Slack does: HTTP 200 also for refusals, 429 when limited."""
        name = request.match_info["method"]
        striking = self._faults.take(name)
        call = Call(name, {}, self._workspace.now())
        self._workspace.ledger.calls.append(call)
        forced = any(fault.kind in {"error", "rate_limited"} for fault in striking)
        try:
            args, token = await _arguments(request, name)
            call.args = args
            await self._faults.before(striking, request)
            call.answer = await self._answer(name, args, token)
            await self._faults.after(striking, request)
        except LimitedError as limit:
            call.status = 429
            return self._refused(call, limit, forced, limit.headers)
        except SlackError as error:
            return self._refused(call, error, forced)
        except BrokenError as broken:
            call.status = broken.status or 0
            return web.Response(status=broken.status or 502, text="")
        self._workspace.changed()
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._manifest.scopes or ()))} if name == "auth.test" else {}
        return web.json_response(call.answer, headers=headers)

    def _refused(
        self, call: Call, error: SlackError, forced: bool, headers: Mapping[str, str] | None = None
    ) -> web.StreamResponse:
        call.answer = error.answer()
        if not forced:
            self._workspace.refuse(call.method, error.error, error.detail)
        self._workspace.changed()
        return web.json_response(call.answer, status=call.status, headers=headers)

    async def _answer(self, name: str, args: Json, token: str) -> Json:
        method = self._methods.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        self._check_token(method, token)
        self._check_scopes(method)
        result = method.run(args)
        answer = result if isinstance(result, dict) else await result
        return {"ok": True, **answer}

    def _check_token(self, method: Method, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if token not in {self._credentials.bot_token, self._credentials.app_token}:
            raise SlackError("invalid_auth")
        if (token == self._credentials.app_token) != method.app_token:
            raise SlackError("not_allowed_token_type")

    def _check_scopes(self, method: Method) -> None:
        granted = self._manifest.scopes
        if granted is None or not method.scopes or method.app_token or granted & set(method.scopes):
            return
        raise SlackError("missing_scope", needed=",".join(method.scopes), provided=",".join(sorted(granted)))


async def _arguments(request: web.Request, method: str) -> tuple[Json, str]:
    """The arguments, decoded, and the token. JSON in a form's fields is decoded like JSON in the body."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json() if request.can_read_body else {}
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        if body and method in FORM_ONLY:
            raise SlackError("invalid_arguments", messages=(f"{method} takes no JSON, only a query string or a form",))
        args |= body
    elif request.can_read_body:
        args |= dict(await request.post())
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ") if header.startswith("Bearer ") else str(args.pop("token", ""))
    args.pop("token", None)
    return {name: _decoded(name, value) for name, value in args.items() if value is not None}, token


def _decoded(name: str, value: Any) -> Any:
    if name in _DECODED and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            error = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
            raise SlackError(error.get(name, "invalid_arguments"), f"{name} is not JSON") from None
    if name in _SWITCHES:
        return value in (True, "true", "1")
    return value
