"""The app's manifest as Slack reads it, written from the table of commands so that the two cannot differ.

Fields and limits: https://docs.slack.dev/reference/app-manifest
"""

import json
from collections.abc import Iterable

from bot.commands.grammar import Command
from bot.commands.table import COMMANDS, EVENTS, SCOPES, SHORTCUTS, Needed, Shortcut

NAME = "Ops Bot"
DESCRIPTION = "The operations guide, alive in one channel: health, checklists, maintenance windows, incidents."


def manifest() -> str:
    """The text of manifest.yaml: YAML with the reason for each scope and event beside it."""
    return "\n".join(
        [
            "# Written by `python -m bot manifest` from bot/commands/table.py; a test fails if the two differ.",
            "# Create the app with it: https://api.slack.com/apps → Create New App → From a manifest.",
            "display_information:",
            f"  name: {_text(NAME)}",
            f"  description: {_text(DESCRIPTION)}",
            "features:",
            "  app_home:",
            "    home_tab_enabled: true",
            "    messages_tab_enabled: true",  # private answers go there when a channel cannot take them
            "    messages_tab_read_only_enabled: true",
            "  bot_user:",
            f"    display_name: {_text(NAME)}",
            "    always_online: true",
            *_shortcuts(SHORTCUTS),
            "  slash_commands:",
            *(line for command in COMMANDS for line in _slash_command(command)),
            "oauth_config:",
            "  scopes:",
            "    bot:",
            *_needed(SCOPES),
            "settings:",
            "  event_subscriptions:",
            "    bot_events:",
            *_needed(EVENTS),
            "  interactivity:",
            "    is_enabled: true",
            "  org_deploy_enabled: false",
            "  socket_mode_enabled: true",
            "  token_rotation_enabled: false",
            "",
        ]
    )


def _text(value: str) -> str:
    """A double-quoted scalar: what JSON writes is YAML too."""
    return json.dumps(value, ensure_ascii=False)


def _slash_command(command: Command) -> list[str]:
    return [
        f"    - command: /{command.name}",
        f"      description: {_text(command.summary)}",
        f"      usage_hint: {_text(command.hint)}",
        "      should_escape: true  # mentions arrive as ids",
    ]


def _shortcuts(shortcuts: Iterable[Shortcut]) -> list[str]:
    """Entries of the message menu; Slack refuses an empty list, so without any there is no such field."""
    lines = [
        line
        for shortcut in shortcuts
        for line in (
            f"    - name: {_text(shortcut.name)}",
            "      type: message",
            f"      callback_id: {_text(shortcut.callback_id)}",
            f"      description: {_text(shortcut.description)}",
        )
    ]
    return ["  shortcuts:", *lines] if lines else []


def _needed(needed: Iterable[Needed]) -> list[str]:
    names = [(f"      - {one.name}", one.reason) for one in needed]
    width = max(len(name) for name, _ in names)
    return [f"{name:<{width}}  # {reason}" for name, reason in names]
