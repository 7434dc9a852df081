"""What Slack knows and the bot asks once: the ops channel's id, people's names, where a message is."""

import asyncio
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from bot.domain.quote import Quote
from bot.domain.standing import Standing
from bot.domain.timeline import Changed, Gone, Heard
from bot.errors import UserError
from bot.slack import messages
from bot.slack.api import Api, DeclinedError, SlackError
from bot.slack.group_names import GroupNames
from bot.slack.members import Members

log = structlog.get_logger("directory")

KINDS = "public_channel,private_channel"
NAMES_KEPT = 2_000
ASKED_MOST = 200  # of names for one list: users.info may be called about a hundred times a minute
ASKED_AT_ONCE = 8
MEMBER_FOR = 60.0  # seconds for which nobody is taken to have removed the bot from its channel
_USER = re.compile(r"[UW][A-Z0-9]{1,20}")
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)>")
_GONE = {"thread_not_found", "message_not_found"}
_OF_THE_TOKEN = {"account_inactive", "invalid_auth", "missing_scope", "not_authed", "token_expired", "token_revoked"}


class Directory:
    """Looks up channels, people and messages. `wanted` is the setting: `#name` or an id."""

    def __init__(self, api: Api, wanted: str) -> None:
        self._api = api
        self._wanted = wanted
        self._channel = wanted if not wanted.startswith("#") else ""
        self._names: dict[str, str] = {}
        self.groups = GroupNames(api)
        self._is_member = False
        self._asked_at = 0.0  # by time.monotonic
        self._members = Members(api, self._heard_name)
        self.trouble = ""
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
        self._members.team = str(answer.get("team_id") or "")
        self._members.enterprise = str(answer.get("enterprise_id") or "")

    async def standing(self, user_id: str, team_id: str) -> Standing:
        """Who this is to the workspace: see Members."""
        return await self._members.standing(user_id, team_id)

    def heard_of(self, channel_id: str, channel_name: str) -> None:
        """A command said where it was typed: if that is the ops channel, its id is known without a question."""
        if not self._channel and f"#{channel_name}" == self._wanted:
            self._channel = channel_id

    async def find_ops_channel(self) -> bool:
        """Finds the ops channel among those the bot is in, else among all; whether it is known now."""
        try:
            await self.search()
        except SlackError as error:
            log.warning("ops channel not found", cause=str(error))
        return bool(self._channel)

    async def check_ops_channel(self) -> None:
        """Finds the ops channel, and whether the bot is in it, as it was a moment ago; `trouble` says what is wrong."""
        if self._is_member and time.monotonic() - self._asked_at < MEMBER_FOR:
            return
        was_known, before = bool(self._channel), self.trouble
        if not await self.find_ops_channel():
            self.trouble = f"there is no channel {self._wanted} that the bot can see; look at OPS_CHANNEL, or invite it"
        elif was_known or not self._is_member:
            await self._ask_membership()
        if self.trouble and self.trouble != before:
            log.warning("the ops channel cannot be used", trouble=self.trouble)

    async def _ask_membership(self) -> None:
        try:
            answer = await self._api.call("conversations.info", channel=self._channel)
        except DeclinedError as error:
            self._is_member = False
            setting = "SLACK_BOT_TOKEN" if error.code in _OF_THE_TOKEN else "OPS_CHANNEL"
            self.trouble = f"Slack does not tell of the ops channel ({error.code}); look at {setting}"
        except SlackError:
            return  # that it does not answer shows elsewhere
        else:
            self._heard_membership(is_member=bool((answer.get("channel") or {}).get("is_member")))

    def _heard_membership(self, *, is_member: bool) -> None:
        self._asked_at = time.monotonic()
        self._is_member = is_member
        self.trouble = "" if is_member else f"the bot is not in {self._wanted}: /invite @Ops Bot there"

    async def search(self) -> None:
        """Looks for the ops channel's id unless it is known. Raises SlackError."""
        for method in ("users.conversations", "conversations.list"):
            if self._channel:
                return
            cursor = ""
            while not self._channel:
                more = {"cursor": cursor} if cursor else {}
                answer = await self._api.patiently(method, types=KINDS, exclude_archived=True, limit=200, **more)
                for channel in answer.get("channels", ()):
                    self.heard_of(str(channel["id"]), str(channel.get("name", "")))
                    if method == "users.conversations" and channel["id"] == self._channel:
                        self._heard_membership(is_member=True)  # it lists those that the bot is in
                cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    break
            if self._channel:
                log.info("ops channel found", channel=self._channel, asked=method)

    async def name_of(self, user_id: str) -> str:
        """How the person is called; empty if Slack does not say, and for what is no user's id."""
        if not _USER.fullmatch(user_id):
            return ""
        if user_id not in self._names:
            try:
                answer = await self._api.call("users.info", user=user_id)
            except DeclinedError:
                answer = {}
            except SlackError:
                return ""
            self._heard_name(user_id, answer.get("user") or {})
        return self._names[user_id]

    def _heard_name(self, user_id: str, user: Mapping[str, Any]) -> None:
        """Keeps how the person is called, from what users.info says."""
        profile: Mapping[str, Any] = user.get("profile") or {}
        names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
        name = str(next(filter(None, names), ""))
        if not name and self._names.get(user_id):
            return  # an answer without a name takes none away
        if len(self._names) >= NAMES_KEPT:
            self._names.clear()
        self._names[user_id] = name

    async def must_be_a_person(self, user_id: str) -> None:
        """Raises UserError for a bot and for somebody who left; lets pass whom Slack tells nothing of."""
        try:
            answer = await self._api.call("users.info", user=user_id)
        except DeclinedError as error:
            if error.code != "user_not_found":
                return
            raise UserError("Slack does not know that person.", "Name somebody of this workspace.") from error
        except SlackError:
            return
        user: Mapping[str, Any] = answer.get("user") or {}
        if user.get("is_bot") or user_id == self.bot_user:
            raise UserError("A bot cannot do that.", "Name a person.")
        if user.get("deleted"):
            raise UserError(f"<@{user_id}> has left the workspace.", "Name somebody who is there.")
        if self._members.read(user) is not Standing.MEMBER:
            raise UserError(
                f"<@{user_id}> is a guest or of another workspace, and can do nothing with the bot.", "Name a member."
            )

    async def has_member(self, channel: str, user_id: str) -> bool:
        """See Places.has_member."""
        cursor = ""
        try:
            while True:
                page = {"cursor": cursor} if cursor else {}
                answer = await self._api.call("conversations.members", channel=channel, limit=1000, **page)
                if user_id in answer.get("members", ()):
                    return True
                cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
                if not cursor:
                    return False
        except SlackError as error:
            log.warning("members not known", cause=str(error))
            return True

    async def left(self, user_ids: Iterable[str]) -> dict[str, str]:
        """See Places.left."""

        async def ask(user_id: str) -> bool:
            try:
                answer = await self._api.call("users.info", user=user_id)
            except SlackError:
                return False
            return bool((answer.get("user") or {}).get("deleted"))

        wanted = list(dict.fromkeys(user_ids))
        gone = [one for one, is_gone in zip(wanted, await asyncio.gather(*map(ask, wanted)), strict=True) if is_gone]
        return {one: await self.name_of(one) for one in gone}

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
        """`text` with people and groups written out: who is named in a note is not called by each copy of it."""
        text = await self.groups.written(text)
        for user_id in dict.fromkeys(_MENTION.findall(text)):
            name = await self.name_of(user_id)
            text = text.replace(f"<@{user_id}>", f"@{name or user_id}")
        return text

    async def message_at(self, channel: str, ts: str) -> Heard | None:
        """The thread message with this timestamp; None if it is none, not a person's, or Slack does not say."""
        try:
            found = await self._look_at(channel, ts)
        except SlackError:
            return None
        return found if found is not None and found.is_talk else None

    async def look_at(self, channel: str, ts: str) -> Heard | None:
        """A message of anybody's as it is now; None if it is gone. Raises UserError when Slack does not say."""
        try:
            return await self._look_at(channel, ts)
        except DeclinedError as error:
            if error.code in _GONE:
                return None
            raise UserError(f"Slack does not show the message ({error.code}).") from error
        except SlackError as error:
            raise UserError("Slack does not show the message just now.", "Try again in a minute.") from error

    async def _look_at(self, channel: str, ts: str) -> Heard | None:
        just_that = {"oldest": ts, "latest": ts, "inclusive": True, "limit": 2}  # Slack may add the thread's root
        answer = await self._api.patiently("conversations.replies", channel=channel, ts=ts, **just_that)
        found = next((m for m in answer.get("messages", ()) if m.get("ts") == ts), None)
        known = messages.heard(channel, found) if found else None
        return await self.groups.heard(known) if known else None

    async def told(self, event: Mapping[str, Any]) -> Heard | Changed | Gone | None:
        """See Places.told. The bot's own files come as messages that need not say that a bot wrote them."""
        found = messages.told(event)
        return None if isinstance(found, Heard) and found.author == self.bot_user else await self.groups.told(found)

    async def quote(self, channel: str, ts: str, author: str) -> Quote:
        """The message there, in full; without its text where Slack does not give it."""
        try:
            found = await self._look_at(channel, ts)
        except SlackError:
            found = None
        if found is None:
            return Quote(channel, ts, author, "")
        return Quote(channel, ts, found.author or author, await self.with_names(found.text), found.files)

    async def heard(self, channel: str, message: Mapping[str, Any]) -> Heard | None:
        """See Places.heard."""
        found = messages.heard(channel, message)
        return await self.groups.heard(found) if found else None

    def link_to(self, channel: str, ts: str) -> str:
        """The message's permanent link; empty as long as Slack did not say where the workspace is."""
        base = self.workspace_url
        return f"{base.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}" if base and ts else ""

    def link_to_thread(self, channel: str, ts: str) -> str:
        """The link that opens the message's thread beside the channel; empty as `link_to`."""
        link = self.link_to(channel, ts)
        return f"{link}?thread_ts={ts}&cid={channel}" if link else ""
