"""The payloads of commands, interactions and shortcuts, as Slack builds them.

https://docs.slack.dev/reference/interaction-payloads
"""

from dataclasses import dataclass

from sandbox.records import Json
from sandbox.values import on_message, state_values
from sandbox.wire import message_json, view_json
from sandbox.workspace import APP, DOMAIN, TEAM, Channel, Message, View, Workspace

TOKEN = "verification-token-of-the-sandbox"  # noqa: S105  (deprecated by Slack; every payload still carries one)


@dataclass(frozen=True)
class Typed:
    """A slash command as it was sent: its name, the words after it, and where."""

    command: str
    text: str
    channel: Channel


class Payloads:
    """Builds payloads from the present state."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def command(self, user: str, typed: Typed, response_url: str) -> Json:
        """A slash command; there is no thread in it, whatever the person looks at."""
        return {
            "token": TOKEN,
            "team_id": TEAM,
            "team_domain": DOMAIN,
            "channel_id": typed.channel.id,
            "channel_name": typed.channel.name or "directmessage",
            "user_id": user,
            "user_name": self._workspace.people[user].name,
            "command": typed.command,
            "text": typed.text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": self._workspace.trigger(user),
        }

    def message_action(self, user: str, message: Message, action: Json, response_url: str) -> Json:
        """block_actions from a message. An ephemeral one does not come along, only where it is."""
        container: Json = {"type": "message", "message_ts": message.ts, "channel_id": message.channel}
        container["is_ephemeral"] = bool(message.ephemeral_to)
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload = self._common("block_actions", user) | {
            "container": container,
            "channel": self._channel(message.channel),
            "state": {"values": state_values(self._workspace, on_message(user, message))},
            "response_url": response_url,
            "actions": [action],
        }
        return payload if message.ephemeral_to else payload | {"message": message_json(self._workspace, message)}

    def view_action(self, user: str, view: View, action: Json) -> Json:
        """block_actions from a modal or the Home tab: no channel, no response_url."""
        return self._common("block_actions", user, in_view=view.content["type"] == "modal") | {
            "container": {"type": "view", "view_id": view.id},
            "view": view_json(self._workspace, view),
            "actions": [action],
        }

    def submission(self, user: str, view: View) -> Json:
        """view_submission."""
        payload = self._common("view_submission", user, in_view=True)
        return payload | {"view": view_json(self._workspace, view), "response_urls": []}

    def closed(self, user: str, view: View, *, cleared: bool) -> Json:
        """view_closed, which carries no trigger."""
        payload = self._common("view_closed", user) | {"view": view_json(self._workspace, view), "is_cleared": cleared}
        del payload["trigger_id"]
        return payload

    def shortcut(self, user: str, callback_id: str, message: Message, response_url: str) -> Json:
        """message_action: a shortcut from the menu of a message."""
        return self._common("message_action", user) | {
            "callback_id": callback_id,
            "action_ts": self._workspace.next_ts(),
            "message_ts": message.ts,
            "channel": self._channel(message.channel),
            "message": message_json(self._workspace, message),
            "response_url": response_url,
        }

    def global_shortcut(self, user: str, callback_id: str) -> Json:
        """A shortcut from the lightning menu: no channel, no message."""
        payload = self._common("shortcut", user)
        return payload | {"callback_id": callback_id, "action_ts": self._workspace.next_ts()}

    def suggestion(self, user: str, view_or_message: View | Message, action: Json) -> Json:
        """block_suggestion: what a person typed into an external select."""
        payload = self._common("block_suggestion", user) | action
        if isinstance(view_or_message, View):
            payload["container"] = {"type": "view", "view_id": view_or_message.id}
            return payload | {"view": view_json(self._workspace, view_or_message)}
        ts, channel = view_or_message.ts, view_or_message.channel
        payload["container"] = {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False}
        return payload | {"channel": self._channel(channel)}

    def _common(self, kind: str, user: str, *, in_view: bool = False) -> Json:
        person = self._workspace.people[user]
        name = person.name
        return {
            "type": kind,
            "user": {"id": user, "username": name, "name": name, "team_id": person.team},
            "api_app_id": APP,
            "token": TOKEN,
            "trigger_id": self._workspace.trigger(user, in_view=in_view),
            "team": {"id": TEAM, "domain": DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _channel(self, channel: str) -> Json:
        return {"id": channel, "name": self._workspace.channels[channel].name or "directmessage"}
