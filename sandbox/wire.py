"""Messages, views, people and channels in the JSON that the Web API and the payloads show them in."""

import mimetypes
import secrets
from urllib.parse import quote

from sandbox.records import Json
from sandbox.text import typed_blocks
from sandbox.values import on_view, state_values
from sandbox.workspace import APP, BOT, BOT_USER, DOMAIN, TEAM, Channel, Member, Message, View, Workspace


def message_json(workspace: Workspace, message: Message, *, metadata: bool = True) -> Json:
    """A message as history, events and interaction payloads carry it; `metadata` only where it was asked for."""
    by_bot = message.user == BOT_USER
    team = workspace.people[message.user].team if message.user in workspace.people else TEAM
    shown: Json = {"type": "message", "user": message.user, "text": message.text, "ts": message.ts, "team": team}
    # A file that a bot shared is shown as its user's; Slack's sample of such a message names no bot.
    # https://docs.slack.dev/reference/events/message/file_share
    if by_bot and message.subtype != "file_share":
        shown |= {"bot_id": BOT, "app_id": APP, "bot_profile": _profile()}
    if message.blocks is not None:
        shown["blocks"] = message.blocks
    elif not by_bot and message.text and message.subtype in (None, "file_share"):
        shown["blocks"] = typed_blocks(message.text)
    parts = {
        "subtype": message.subtype,
        "attachments": message.attachments,
        "files": message.files,
        "metadata": message.metadata if metadata else None,
        "edited": message.edited,
        "reactions": reactions_json(message),
        "pinned_to": [message.channel] if message.pinned else None,
    }
    return shown | {name: part for name, part in parts.items() if part} | _thread(workspace, message)


def file_json(workspace: Workspace, user: str, name: str) -> Json:
    """A file of a person's as messages carry it. https://docs.slack.dev/reference/objects/file-object

    `url_private` opens with a token only, `permalink` in a browser in which somebody is logged in.
    """
    file_id, now = workspace.mint("F"), int(workspace.clock())
    ending = name.rpartition(".")[2].lower() if "." in name else "binary"
    slug = quote(name.lower().replace(" ", "_"))
    private = f"https://files.slack.com/files-pri/{TEAM}-{file_id}"
    return {
        "id": file_id,
        "created": now,
        "timestamp": now,
        "name": name,
        "title": name,
        "mimetype": mimetypes.guess_type(name)[0] or "application/octet-stream",
        "filetype": ending,
        "pretty_type": ending.upper(),
        "user": user,
        "user_team": TEAM,
        "editable": False,
        "size": 1024,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{private}/{slug}",
        "url_private_download": f"{private}/download/{slug}",
        "permalink": f"https://{DOMAIN}.slack.com/files/{user}/{file_id}/{slug}",
        "permalink_public": f"https://slack-files.com/{TEAM}-{file_id}-{secrets.token_hex(5)}",
        "has_rich_preview": False,
        "file_access": "visible",
    }


def reactions_json(message: Message) -> list[Json]:
    """The reactions below a message."""
    found = message.reactions.items()
    return [{"name": name, "users": list(users), "count": len(users)} for name, users in found if users]


def _thread(workspace: Workspace, message: Message) -> Json:
    if message.is_reply and message.thread_ts:
        parent = workspace.messages[message.channel].get(message.thread_ts)
        return {"thread_ts": message.thread_ts, "parent_user_id": parent.user if parent else message.user}
    replies = workspace.replies(message.channel, message.ts)
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": sorted({reply.user for reply in replies}),
        "reply_users_count": len({reply.user for reply in replies}),
        "latest_reply": replies[-1].ts,
    }


def _profile() -> Json:
    return {"id": BOT, "app_id": APP, "name": "Ops Bot", "deleted": False, "team_id": TEAM, "updated": 1764000000}


def view_json(workspace: Workspace, view: View) -> Json:
    """A view as views.* answers and payloads carry it, with what the person has entered so far."""
    return {
        "id": view.id,
        "team_id": TEAM,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        **view.content,
        "hash": view.hash,
        "state": {"values": state_values(workspace, on_view(view))},
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "app_id": APP,
        "app_installed_team_id": TEAM,
        "bot_id": BOT,
    }


def channel_json(channel: Channel) -> Json:
    """A conversation as conversations.info shows it."""
    shown: Json = {
        "id": channel.id,
        "created": 1764000000,
        "creator": "U0ANN",
        "is_archived": False,
        "is_im": bool(channel.im_with),
        "is_mpim": False,
        "is_private": bool(channel.im_with),
        "context_team_id": TEAM,
        "updated": 1764000000000,
    }
    if channel.im_with:
        return shown | {"user": channel.im_with, "is_user_deleted": False, "is_open": True}
    empty = {"value": "", "creator": "", "last_set": 0}
    return shown | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_org_shared": False,
        "is_member": BOT_USER in channel.members,
        "topic": empty,
        "purpose": empty,
        "num_members": len(channel.members),
    }


def member_json(member: Member) -> Json:
    """A user as users.info shows them."""
    return {
        "id": member.id,
        "team_id": member.team,
        "name": member.name,
        "deleted": member.has_left,
        "real_name": member.real_name,
        "tz": "Europe/Amsterdam",
        "tz_label": "Central European Time",
        "tz_offset": 3600,
        "profile": {
            "real_name": member.real_name,
            "real_name_normalized": member.real_name,
            "display_name": member.real_name if member.is_bot else member.name,
            "display_name_normalized": member.real_name if member.is_bot else member.name,
            "team": member.team,
        },
        "is_admin": member.id == "U0ANN",
        "is_owner": False,
        "is_restricted": member.is_guest,
        "is_ultra_restricted": False,
        "is_bot": member.is_bot,
        "is_app_user": False,
        "updated": 1764000000,
    }
