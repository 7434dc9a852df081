"""What Slack knows and the bot asks once: the ops channel's id, people's names, where a message is."""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from bot.domain.timeline import Heard
from bot.slack.api import Api, DeclinedError, SlackError
from bot.slack.mrkdwn import unescape

log = structlog.get_logger("directory")

KINDS = "public_channel,private_channel"
NAMES_KEPT = 2_000
ASKED_MOST = 200  # of names for one list: users.info may be called about a hundred times a minute
ASKED_AT_ONCE = 8
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)>")
_SPOKEN = {None, "file_share", "thread_broadcast", "me_message"}  # subtypes of messages that people write


class Directory:
    """Looks up channels, people and messages. `wanted` is the setting: `#name` or an id."""

    def __init__(self, api: Api, wanted: str) -> None:
        self._api = api
        self._wanted = wanted
        self._channel = wanted if not wanted.startswith("#") else ""
        self._names: dict[str, str] = {}
        self.workspace_url = ""
        self.bot_user = ""
        self.bot_id = ""

    @property
    def ops_channel(self) -> str:
        """The ops channel's id; empty as long as it was not found."""
        return self._channel

    @property
    def ops_name(self) -> str:
        """How the ops channel is called in the settings."""
        return self._wanted

    async def introduce(self) -> None:
        """Asks Slack who we are. Raises SlackError; DeclinedError when the token is not good."""
        answer = await self._api.patiently("auth.test")
        self.workspace_url = str(answer.get("url", ""))
        self.bot_user = str(answer.get("user_id", ""))
        self.bot_id = str(answer.get("bot_id", ""))

    def heard_of(self, channel_id: str, channel_name: str) -> None:
        """A command said where it was typed: if that is the ops channel, its id is known without a question."""
        if not self._channel and f"#{channel_name}" == self._wanted:
            self._channel = channel_id

    async def find_ops_channel(self) -> bool:
        """Finds the ops channel among those the bot is in, else among all; whether it is known now."""
        try:
            await self._search()
        except SlackError as error:
            log.warning("ops channel not found", cause=str(error))
        return bool(self._channel)

    async def _search(self) -> None:
        for method in ("users.conversations", "conversations.list"):
            if self._channel:
                return
            cursor = ""
            while not self._channel:
                more = {"cursor": cursor} if cursor else {}
                answer = await self._api.patiently(method, types=KINDS, exclude_archived=True, limit=200, **more)
                for channel in answer.get("channels", ()):
                    self.heard_of(str(channel["id"]), str(channel.get("name", "")))
                cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    break
            if self._channel:
                log.info("ops channel found", channel=self._channel, asked=method)

    async def name_of(self, user_id: str) -> str:
        """How the person is called; empty if Slack does not say."""
        if user_id not in self._names:
            try:
                answer = await self._api.call("users.info", user=user_id)
            except DeclinedError:
                answer = {}
            except SlackError:
                return ""
            user: Mapping[str, Any] = answer.get("user") or {}
            profile: Mapping[str, Any] = user.get("profile") or {}
            names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
            if len(self._names) >= NAMES_KEPT:
                self._names.clear()
            self._names[user_id] = str(next((name for name in names if name), ""))
        return self._names[user_id]

    async def names_of(self, user_ids: Iterable[str]) -> dict[str, str]:
        """Names by user id, without those that Slack does not tell; of the unknown it is asked for the first 200."""
        wanted = list(dict.fromkeys(user_ids))
        unknown = [one for one in wanted if one not in self._names][:ASKED_MOST]
        turns = asyncio.Semaphore(ASKED_AT_ONCE)

        async def ask(user_id: str) -> None:
            async with turns:
                await self.name_of(user_id)

        await asyncio.gather(*map(ask, unknown))
        return {one: name for one in wanted if (name := self._names.get(one))}

    async def with_names(self, text: str) -> str:
        """`text` with `<@U…>` written out as a name: who is named in a note is not called by each copy of it."""
        for user_id in dict.fromkeys(_MENTION.findall(text)):
            name = await self.name_of(user_id)
            text = text.replace(f"<@{user_id}>", f"@{name or user_id}")
        return text

    async def message_at(self, channel: str, ts: str) -> Heard | None:
        """The thread message with this timestamp; None if it is none, or not a person's."""
        just_that = {"oldest": ts, "latest": ts, "inclusive": True, "limit": 2}  # Slack may add the thread's root
        try:
            answer = await self._api.patiently("conversations.replies", channel=channel, ts=ts, **just_that)
        except SlackError:
            return None
        found = next((m for m in answer.get("messages", ()) if m.get("ts") == ts), None)
        return self.heard(channel, found) if found else None

    def heard(self, channel: str, message: Mapping[str, Any]) -> Heard | None:
        """See `heard`. The bot's own files come as messages that need not say that a bot wrote them."""
        return heard(channel, message) if message.get("user") != self.bot_user else None

    def link_to(self, channel: str, ts: str) -> str:
        """The message's permanent link; empty as long as Slack did not say where the workspace is."""
        base = self.workspace_url
        return f"{base.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}" if base and ts else ""


def heard(channel: str, message: Mapping[str, Any]) -> Heard | None:
    """A person's message in a thread as the timeline takes it; None for anything else."""
    thread = message.get("thread_ts")
    is_person = message.get("user") and not message.get("bot_id") and message.get("subtype") in _SPOKEN
    if not is_person or not thread or thread == message.get("ts"):
        return None
    text = unescape(str(message.get("text", "")))
    files = [str(f.get("name") or f.get("title") or "file") for f in message.get("files") or ()]
    if files:
        text = " ".join(part for part in (text, *(f"[file: {name}]" for name in files)) if part)
    return Heard(channel, str(thread), str(message["ts"]), str(message["user"]), text)
