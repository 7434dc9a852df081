"""The workspace as one person sees it, in the JSON of the page."""

from sandbox.manifest import Manifest
from sandbox.records import Json
from sandbox.wire import reactions_json, view_json
from sandbox.workspace import BOT_USER, Channel, Member, Message, Workspace

REFUSALS = 50  # newest shown


def page_state(workspace: Workspace, manifest: Manifest, me: str, connected: int) -> Json:
    """Everything that the page shows to `me` (a user id, or "" before somebody was picked)."""
    channels = [one for one in workspace.channels.values() if not one.im_with or one.im_with == me]
    modals = workspace.modals.get(me, [])
    home = workspace.homes.get(me)
    return {
        "team": "Sandbox",
        "me": me or None,
        "bot": BOT_USER,
        "people": [_person(member) for member in workspace.people.values()],
        "channels": [_channel(workspace, channel, me, takes=manifest.takes_messages) for channel in channels],
        "threads": _threads(workspace, channels, me),
        "modals": [{"id": one.id, "view": view_json(workspace, one), "errors": one.errors} for one in modals],
        "home": view_json(workspace, home) if home else None,
        "commands": [
            {"command": one.command, "description": one.description, "usage_hint": one.usage_hint}
            for one in (manifest.commands or {}).values()
        ],
        "shortcuts": [
            {"callback_id": one.callback_id, "name": one.name, "type": one.type}
            for one in (manifest.shortcuts or {}).values()
        ],
        "refusals": [
            {"at": one.at.isoformat(), "method": one.method, "error": one.error, "detail": one.detail}
            for one in workspace.ledger.refusals[-REFUSALS:][::-1]
        ],
        "connected": connected,
        "toasts": [{"id": one.id, "text": one.text} for one in workspace.toasts if one.user == me],
        "toasted": len(workspace.toasts),  # of everybody: ids up to this are of the past for a page that opens now
    }


def _person(member: Member) -> Json:
    return {"id": member.id, "name": member.name, "real_name": member.real_name, "is_bot": member.is_bot}


def _channel(workspace: Workspace, channel: Channel, me: str, *, takes: bool) -> Json:
    mine = [one for one in workspace.ephemerals if one.channel == channel.id and one.ephemeral_to == me]
    there = [*workspace.roots(channel.id), *(one for one in mine if not one.thread_ts)]
    return {
        "id": channel.id,
        "name": channel.name or "Ops Bot",
        "is_member": me in channel.members,
        "is_read_only": bool(channel.im_with) and not takes,
        "messages": [_message(workspace, one) for one in sorted(there, key=lambda one: one.ts)],
    }


def _threads(workspace: Workspace, channels: list[Channel], me: str) -> Json:
    """`{"<channel>/<thread_ts>": [replies]}`, what only `me` sees included."""
    threads: dict[str, list[Message]] = {}
    for channel in channels:
        mine = [one for one in workspace.ephemerals if one.channel == channel.id and one.ephemeral_to == me]
        for message in [*workspace.messages[channel.id].values(), *mine]:
            if message.is_reply and not message.deleted:
                threads.setdefault(f"{channel.id}/{message.thread_ts}", []).append(message)
    return {
        name: [_message(workspace, one) for one in sorted(found, key=lambda one: one.ts)]
        for name, found in threads.items()
    }


def _message(workspace: Workspace, message: Message) -> Json:
    member = workspace.people.get(message.user)
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "bot": message.user == BOT_USER,
        "name": member.real_name if member else message.user,
        "text": message.text,
        "blocks": message.blocks,
        "thread_ts": message.thread_ts,
        "reply_count": 0 if message.ephemeral_to else len(workspace.replies(message.channel, message.ts)),
        "edited": message.edited is not None,
        "deleted": message.deleted,
        "subtype": message.subtype,
        "reactions": reactions_json(message),
        "ephemeral": bool(message.ephemeral_to),
        "pinned": message.pinned,
        "metadata": message.metadata,
        "files": message.files,
        "attachments": message.attachments,
    }
