"""What the app's manifest declares, as far as the workspace enforces it: commands, shortcuts, scopes, events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.records import SlackError

# The scope without which Slack does not let an app subscribe to an event.
# https://docs.slack.dev/reference/events
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "pin_added": "pins:read",
    "pin_removed": "pins:read",
    "file_shared": "files:read",
}


@dataclass(frozen=True)
class Command:
    """A slash command; with `should_escape` mentions reach the app as ids."""

    command: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True)
class Shortcut:
    """A message shortcut (`type` "message") or a global one ("global")."""

    name: str
    callback_id: str
    type: str


@dataclass(frozen=True)
class Manifest:
    """None where the workspace was given no manifest: then everything of that kind is allowed."""

    commands: Mapping[str, Command] | None = None
    shortcuts: Mapping[str, Shortcut] | None = None
    scopes: frozenset[str] | None = None
    events: frozenset[str] | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: Mapping[str, Any] | None, scopes: frozenset[str] | None = None) -> "Manifest":
        """From the parsed YAML of a manifest; `scopes`, where given, are granted instead of those it asks for."""
        if raw is None:
            return cls(scopes=scopes)
        features = raw.get("features", {})
        commands = [Command(**_only(entry, Command)) for entry in features.get("slash_commands", ())]
        shortcuts = [Shortcut(**_only(entry, Shortcut)) for entry in features.get("shortcuts", ())]
        asked = raw.get("oauth_config", {}).get("scopes", {}).get("bot", ())
        events = raw.get("settings", {}).get("event_subscriptions", {}).get("bot_events", ())
        return cls(
            commands={command.command: command for command in commands},
            shortcuts={shortcut.callback_id: shortcut for shortcut in shortcuts},
            scopes=frozenset(asked) if scopes is None else scopes,
            events=frozenset(events),
            raw=raw,
        )

    @property
    def has_home(self) -> bool:
        """Whether the Home tab is switched on."""
        home = self.raw.get("features", {}).get("app_home", {})
        return not self.raw or bool(home.get("home_tab_enabled"))

    @property
    def takes_messages(self) -> bool:
        """Whether people may write to the app directly; else its conversation is there to read.

        https://docs.slack.dev/reference/app-manifest#features
        """
        return not self.raw.get("features", {}).get("app_home", {}).get("messages_tab_read_only_enabled", False)

    @property
    def is_interactive(self) -> bool:
        """Whether interactivity is switched on; without it Slack sends no clicks, forms or shortcuts."""
        return not self.raw or bool(self.raw.get("settings", {}).get("interactivity", {}).get("is_enabled"))

    def check(self, *scopes: str) -> None:
        """Raise SlackError missing_scope unless all these scopes are granted."""
        if self.scopes is not None and (missing := [scope for scope in scopes if scope not in self.scopes]):
            raise SlackError("missing_scope", needed=",".join(missing), provided=",".join(sorted(self.scopes)))

    def hears(self, subscription: str) -> bool:
        """Whether the app subscribed to an event, and may."""
        scope = EVENT_SCOPES.get(subscription)
        granted = self.scopes is None or scope is None or scope in self.scopes
        return granted and (self.events is None or subscription in self.events)


def _only(entry: Mapping[str, Any], kind: type[Command] | type[Shortcut]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in kind.__dataclass_fields__}
