"""conversations.*, users.*, usergroups.*, team.* and auth.test. https://docs.slack.dev/reference/methods"""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.api_chat import conversation
from sandbox.manifest import Manifest
from sandbox.records import Json, SlackError
from sandbox.web_api import Method
from sandbox.wire import channel_json, member_json, message_json
from sandbox.workspace import APP, BOT, BOT_USER, DOMAIN, TEAM, Channel, Message, Workspace

HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
READ = ("channels:read", "groups:read", "im:read", "mpim:read")
OPEN = ("channels:manage", "groups:write", "im:write", "mpim:write")
KINDS = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
_T = TypeVar("_T")


class Directory:
    """What the bot can read of the workspace."""

    def __init__(self, workspace: Workspace, manifest: Manifest) -> None:
        self._workspace = workspace
        self._manifest = manifest

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "api.test": Method(lambda args: {"args": args}),
            "auth.test": Method(self.whoami),
            "conversations.history": Method(self.history, HISTORY),
            "conversations.replies": Method(self.replies, HISTORY),
            "conversations.info": Method(self.info, READ),
            "conversations.list": Method(self.all_conversations, READ),
            "conversations.members": Method(self.members, READ),
            "conversations.open": Method(self.open, OPEN),
            "users.conversations": Method(self.own_conversations, READ),
            "users.info": Method(self.user, ("users:read",)),
            "users.list": Method(self.users, ("users:read",)),
            "usergroups.list": Method(self.groups, ("usergroups:read",)),
            "usergroups.users.list": Method(self.group, ("usergroups:read",)),
            "team.info": Method(self.team, ("team:read",)),
        }

    def whoami(self, _args: Json) -> Json:
        """auth.test."""
        url = f"https://{DOMAIN}.slack.com/"
        who = {"user": self._workspace.people[BOT_USER].name, "user_id": BOT_USER, "bot_id": BOT}
        return {"url": url, "team": "Sandbox", "team_id": TEAM, **who, "app_id": APP, "is_enterprise_install": False}

    def history(self, args: Json) -> Json:
        """conversations.history: newest first; no replies but broadcast ones; metadata only when asked for."""
        channel = self._readable(args)
        oldest, latest = _bounds(args)
        inside = [one for one in self._workspace.roots(channel.id) if _between(one, oldest, latest, args)]
        page, cursor = _page_of_messages(args, inside[::-1], 100, 999)
        found: Json = {"messages": self._shown(page, args), "has_more": bool(cursor), "pin_count": 0}
        return found | {"response_metadata": {"next_cursor": cursor}}

    def replies(self, args: Json) -> Json:
        """conversations.replies: the parent first, then the replies, oldest first."""
        channel = self._readable(args)
        ts = args.get("ts")
        if not ts:
            raise SlackError("invalid_arguments", messages=("missing required field: ts",))
        found = self._workspace.messages[channel.id].get(str(ts))
        if found and found.is_reply and found.thread_ts:
            found = self._workspace.messages[channel.id].get(found.thread_ts)
        if found is None:
            raise SlackError("thread_not_found", str(ts))
        oldest, latest = _bounds(args)
        replies = self._workspace.replies(channel.id, found.ts)
        inside = [found, *(one for one in replies if _between(one, oldest, latest, args))]
        page, cursor = _page_of_messages(args, inside, 1000, 1000)
        answer: Json = {"messages": self._shown(page, args), "has_more": bool(cursor)}
        return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})

    def info(self, args: Json) -> Json:
        """conversations.info."""
        return {"channel": channel_json(conversation(self._workspace, args))}

    def all_conversations(self, args: Json) -> Json:
        """conversations.list: `types` defaults to public channels."""
        types = set(str(args.get("types") or "public_channel").replace(" ", "").split(","))
        if types - set(KINDS):
            raise SlackError("invalid_types", str(args["types"]))
        self._manifest.check(*(f"{KINDS[kind]}:read" for kind in sorted(types)))
        channels = [
            channel
            for channel in self._workspace.channels.values()
            if ("im" if channel.im_with else "public_channel") in types
        ]
        page, cursor = _page(args, channels, 100, 1000)
        found = [channel_json(channel) for channel in page]
        return {"channels": found, "response_metadata": {"next_cursor": cursor}}

    def own_conversations(self, args: Json) -> Json:
        """users.conversations: those that the bot (or `user`) is in."""
        user = str(args.get("user") or BOT_USER)
        answer = self.all_conversations({**args, "limit": 1000, "cursor": ""})
        inside = {channel.id for channel in self._workspace.channels.values() if user in channel.members}
        return answer | {"channels": [channel for channel in answer["channels"] if channel["id"] in inside]}

    def members(self, args: Json) -> Json:
        """conversations.members."""
        channel = conversation(self._workspace, args)
        page, cursor = _page(args, sorted(channel.members), 100, 1000)
        return {"members": page, "response_metadata": {"next_cursor": cursor}}

    def open(self, args: Json) -> Json:
        """conversations.open: the direct conversation with one person."""
        users = [user for user in str(args.get("users") or "").split(",") if user]
        if args.get("channel"):
            return {"channel": channel_json(conversation(self._workspace, args))}
        if len(users) != 1:
            raise SlackError("users_list_not_supplied" if not users else "not_enough_users", str(users))
        if users[0] not in self._workspace.people or users[0] == BOT_USER:
            raise SlackError("user_not_found", users[0])
        if self._workspace.people[users[0]].has_left:
            raise SlackError("user_disabled", users[0])
        channel = self._workspace.direct(users[0])
        return {"channel": channel_json(channel) if args.get("return_im") in {True, "true"} else {"id": channel.id}}

    def user(self, args: Json) -> Json:
        """users.info."""
        member = self._workspace.people.get(str(args.get("user")))
        if member is None:
            raise SlackError("user_not_found", str(args.get("user")))
        return {"user": member_json(member)}

    def users(self, args: Json) -> Json:
        """users.list."""
        page, cursor = _page(args, list(self._workspace.people.values()), 100, 1000)
        members = [member_json(member) for member in page]
        return {"members": members, "response_metadata": {"next_cursor": cursor}}

    def group(self, args: Json) -> Json:
        """usergroups.users.list."""
        if self._workspace.groups is None:
            return _needs_plan(args)
        if args.get("usergroup") not in self._workspace.groups:
            raise SlackError("no_such_subteam", str(args.get("usergroup")))
        return {"users": list(self._workspace.groups[str(args["usergroup"])])}

    def groups(self, args: Json) -> Json:
        """usergroups.list. The handle of `S0OPS` is `ops`."""
        if self._workspace.groups is None:
            return _needs_plan(args)
        some = [{"id": one, "handle": one[2:].lower(), "name": one[2:].title()} for one in self._workspace.groups]
        return {"usergroups": some}

    def team(self, _args: Json) -> Json:
        """team.info."""
        return {"team": {"id": TEAM, "name": "Sandbox", "domain": DOMAIN, "email_domain": "", "icon": {}}}

    def _readable(self, args: Json) -> Channel:
        """A conversation whose messages the bot may read: each kind has a scope of its own."""
        channel = conversation(self._workspace, args, member=True)
        self._manifest.check("im:history" if channel.im_with else "channels:history")
        return channel

    def _shown(self, messages: Sequence[Message], args: Json) -> list[Json]:
        metadata = bool(args.get("include_all_metadata"))
        return [message_json(self._workspace, message, metadata=metadata) for message in messages]


def _needs_plan(_args: Json) -> Json:
    """User groups exist on paid plans only; this workspace has none."""
    raise SlackError("plan_upgrade_required")


def _bounds(args: Json) -> tuple[float, float]:
    try:
        return float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    except ValueError:
        named = f"{args.get('oldest')}..{args.get('latest')}"
        raise SlackError("invalid_ts_oldest", named) from None


def _between(message: Message, oldest: float, latest: float, args: Json) -> bool:
    ts = float(message.ts)
    return oldest <= ts <= latest if args.get("inclusive") else oldest < ts < latest


def _page_of_messages(args: Json, found: Sequence[Message], usual: int, most: int) -> tuple[Sequence[Message], str]:
    """One page of messages. The cursor names the next message, so that what is deleted meanwhile moves nothing."""
    try:
        after = base64.b64decode(str(args.get("cursor") or "")).decode().removeprefix("next_ts:")
    except (ValueError, binascii.Error):
        raise SlackError("invalid_cursor", str(args.get("cursor"))) from None
    if after:
        is_rising = len(found) < 2 or found[0].ts < found[-1].ts
        found = [one for one in found if (one.ts >= after if is_rising else one.ts <= after)]
    page, more = _page({**args, "cursor": ""}, found, usual, most)
    return page, base64.b64encode(f"next_ts:{found[len(page)].ts}".encode()).decode() if more else ""


def _page(args: Json, found: Sequence[_T], usual: int, most: int) -> tuple[Sequence[_T], str]:
    """One page, and the cursor of the next ("" at the end). SlackError invalid_cursor, invalid_limit."""
    try:
        limit = int(args.get("limit") or usual)
        start = int(base64.b64decode(str(args.get("cursor") or "MA==")))
    except (ValueError, binascii.Error):
        raise SlackError("invalid_cursor", str(args.get("cursor"))) from None
    if not 0 < limit <= most:
        raise SlackError("invalid_limit", str(limit))
    end = start + limit
    return found[start:end], base64.b64encode(str(end).encode()).decode() if end < len(found) else ""
