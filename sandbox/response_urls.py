"""response_url: five messages within thirty minutes, ephemeral unless said otherwise.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

import secrets
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.conversations import Conversations, Draft
from sandbox.records import Json, SlackError
from sandbox.rules import Content, check_content
from sandbox.workspace import BOT_USER, Message, Workspace

LIFE = 30 * 60.0
USES = 5
# https://docs.slack.dev/reference/interaction-payloads: what a response may say besides its content.
KNOWN = {
    "text",
    "blocks",
    "attachments",
    "metadata",
    "response_type",
    "replace_original",
    "delete_original",
    "thread_ts",
    "mrkdwn",
    "unfurl_links",
    "unfurl_media",
}


@dataclass
class Hook:
    """One response_url. `original` is the message that was clicked; a slash command has none."""

    user: str
    channel: str
    issued: float
    original: Message | None = None
    uses: int = 0


class ResponseUrls:
    """Issues the addresses and answers what is posted to them. `base` is set when the server listens."""

    def __init__(self, workspace: Workspace, conversations: Conversations) -> None:
        self.base = ""
        self._workspace = workspace
        self._conversations = conversations
        self._hooks: dict[str, Hook] = {}

    def issue(self, user: str, channel: str, original: Message | None = None) -> str:
        """A fresh address for one interaction."""
        token = secrets.token_urlsafe(24)
        self._hooks[token] = Hook(user, channel, self._workspace.clock(), original)
        return f"{self.base}/hook/{token}"

    def forget(self) -> None:
        """Let all addresses that were issued be unknown, as those of another day are."""
        self._hooks.clear()

    async def post(self, request: web.Request) -> web.Response:
        """`POST /hook/<token>`: "ok", or Slack's error with status 404 (the address) or 400 (the message)."""
        try:
            hook = self._take(request.match_info["token"])
        except SlackError as error:
            return self._refused(error, 404)
        try:
            body = await request.json()
        except ValueError:
            return self._refused(SlackError("invalid_payload", "not JSON"), 400)
        try:
            self.respond(hook, body)
        except SlackError as error:
            return self._refused(error, 400)
        return web.json_response({"ok": True})

    def respond(self, hook: Hook, body: Json) -> Message | None:
        """Do what a response says and return the message that came of it. SlackError if Slack would not."""
        if not isinstance(body, dict) or set(body) - KNOWN:
            raise SlackError("invalid_payload", f"unknown: {sorted(set(body) - KNOWN)}")
        if body.get("response_type") not in {None, "ephemeral", "in_channel"}:
            raise SlackError("invalid_payload", f"response_type {body['response_type']!r}")
        if body.get("delete_original") and hook.original:
            self._conversations.delete(hook.original)
            return None
        content = check_content(body)
        # A slash command has no original: Slack then posts anew, whatever replace_original says (bolt-python#1268).
        if body.get("replace_original") and hook.original:
            return self._replace(hook.original, content)
        draft = Draft(
            channel=hook.channel,
            user=BOT_USER,
            text=content.text or "",
            blocks=content.blocks,
            attachments=content.attachments or [],
            thread_ts=body.get("thread_ts"),
            metadata=content.metadata,
        )
        if body.get("response_type") == "in_channel":
            return self._conversations.post(draft)
        return self._conversations.whisper(draft, hook.user)

    def _replace(self, original: Message, content: Content) -> Message:
        """The message afterwards consists of what the response says, and of nothing else."""
        changes: dict[str, Any] = {
            "text": content.text or "",
            "blocks": content.blocks,
            "attachments": content.attachments or [],
        }
        if content.metadata is not None:
            changes["metadata"] = content.metadata or None
        self._conversations.edit(original, BOT_USER, changes)
        return original

    def _take(self, token: str) -> Hook:
        hook = self._hooks.get(token)
        if hook is None:
            raise SlackError("no_service", "no such response_url")
        if self._workspace.clock() - hook.issued > LIFE:
            raise SlackError("expired_url", "used more than 30 minutes after the interaction")
        if hook.uses >= USES:
            raise SlackError("used_url", f"used more than {USES} times")
        hook.uses += 1
        return hook

    def _refused(self, error: SlackError, status: int) -> web.Response:
        self._workspace.refuse("response_url", error.error, error.detail)
        return web.json_response(error.answer(), status=status)
