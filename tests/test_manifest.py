"""manifest.yaml is what the table of commands says, and what Slack accepts."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import manifest as written
from bot.commands import table
from bot.commands.table import Shortcut
from bot.manifest import manifest
from tests.manifest_rules import complaints

ROOT = Path(__file__).parent.parent

# What each event needs: https://docs.slack.dev/reference/events
SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "app_home_opened": None,
}


@pytest.fixture
def app() -> dict[str, Any]:
    loaded = yaml.safe_load(manifest())
    assert isinstance(loaded, dict)
    return loaded


def test_the_file_is_what_the_table_says() -> None:
    """Somebody who changes a command writes the file again: `python -m bot manifest > manifest.yaml`."""
    assert (ROOT / "manifest.yaml").read_text(encoding="utf-8") == manifest()


def test_every_command_is_in_it(app: dict[str, Any]) -> None:
    """In the table's order, with mentions delivered as ids."""
    wanted = [
        {"command": f"/{row.name}", "description": row.summary, "usage_hint": row.hint, "should_escape": True}
        for row in table.COMMANDS
    ]
    assert app["features"]["slash_commands"] == wanted


def test_it_asks_for_what_the_table_gives_a_reason_for(app: dict[str, Any]) -> None:
    """Each scope and event once, each with its reason beside it, and no scope is missing for an event."""
    scopes = app["oauth_config"]["scopes"]["bot"]
    events = app["settings"]["event_subscriptions"]["bot_events"]
    assert scopes == [needed.name for needed in table.SCOPES]
    assert events == [needed.name for needed in table.EVENTS]
    assert len({*scopes}) == len(scopes)
    assert {SCOPE_OF_EVENT[event] for event in events} - {None} <= {*scopes}
    lines = manifest().splitlines()
    for needed in (*table.SCOPES, *table.EVENTS):
        assert any(
            re.fullmatch(rf"- {re.escape(needed.name)} +# {re.escape(needed.reason)}", line.strip()) for line in lines
        )


def test_the_app_talks_through_sockets_and_has_a_home(app: dict[str, Any]) -> None:
    """Socket Mode, buttons, the Home tab without its messages; neither Enterprise-wide nor rotating tokens."""
    assert app["settings"]["socket_mode_enabled"] is True
    assert app["settings"]["interactivity"] == {"is_enabled": True}
    assert app["settings"]["org_deploy_enabled"] is False
    assert app["settings"]["token_rotation_enabled"] is False
    assert app["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": True,
    }
    assert app["features"]["bot_user"] == {"display_name": "Ops Bot", "always_online": True}


def test_slack_takes_it(app: dict[str, Any]) -> None:
    """Fields, lengths, counts and shapes are as the schema demands; a command is one word of letters."""
    assert complaints(app) == []
    assert all(re.fullmatch("/[a-z]+", command["command"]) for command in app["features"]["slash_commands"])


def changed(app: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The manifest with another value at `a.b.0.c`."""
    copy = deepcopy(app)
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = copy
    for step in way:
        place = place[step]
    place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("display_information", {}, "manifest.display_information lacks name"),
        (
            "display_information.name",
            "n" * 36,
            "manifest.display_information.name has 36 characters instead of 1 to 35",
        ),
        ("display_information.description", "", "has 0 characters instead of 1 to 140"),
        ("display_information.description", "d" * 141, "has 141 characters instead of 1 to 140"),
        ("features.bot_user.display_name", "b" * 81, "has 81 characters"),
        ("features.app_home.home_tab_enabled", "true", "home_tab_enabled is a str and no flag"),
        ("features.slash_commands", [], "slash_commands has 0 entries instead of 1 to 50"),
        ("features.slash_commands.0.command", "health", "slash_commands[0].command has not the shape"),
        ("features.slash_commands.0.description", "d" * 141, "has 141 characters instead of 1 to 140"),
        ("features.slash_commands.0.usage_hint", "", "usage_hint has 0 characters"),
        ("features.slash_commands.0.hint", "x", "slash_commands[0] has the unknown field hint"),
        ("features.shortcuts.0.name", "n" * 25, "shortcuts[0].name has 25 characters instead of 1 to 24"),
        ("features.shortcuts.0.type", "channel", "shortcuts[0].type has not the shape message|global"),
        ("features.shortcuts.0", {"name": "x"}, "shortcuts[0] lacks callback_id"),
        ("oauth_config.scopes.bot", ["commands", "commands"], "scopes.bot has an entry twice"),
        ("settings.event_subscriptions.bot_events", "app_mention", "bot_events is a str and no many"),
        ("settings.interactivity", {}, "manifest.settings.interactivity lacks is_enabled"),
        ("workflow", {}, "manifest has the unknown field workflow"),
    ],
)
def test_what_slack_would_refuse_is_found(app: dict[str, Any], path: str, value: object, complaint: str) -> None:
    """The check itself says no to each of these."""
    assert complaint in "; ".join(complaints(changed(app, path, value)))


def test_shortcuts_are_written_once_there_are_any(monkeypatch: pytest.MonkeyPatch, app: dict[str, Any]) -> None:
    """In the table's order; Slack refuses an empty list of them, so without shortcuts the field is not there."""
    assert [each["callback_id"] for each in app["features"]["shortcuts"]] == [
        shortcut.callback_id for shortcut in table.SHORTCUTS
    ]
    monkeypatch.setattr(written, "SHORTCUTS", ())
    assert "shortcuts" not in yaml.safe_load(manifest())["features"]
    monkeypatch.setattr(written, "SHORTCUTS", (Shortcut("note_it", 'Add "this": note', "Add it to the timeline"),))
    assert yaml.safe_load(manifest())["features"]["shortcuts"] == [
        {
            "name": 'Add "this": note',
            "type": "message",
            "callback_id": "note_it",
            "description": "Add it to the timeline",
        }
    ]


def test_the_readme_gives_each_scope_with_its_reason() -> None:
    """Whoever installs the app reads there what it is for."""
    readme = (ROOT / "README.md").read_text("utf-8")
    for scope in table.SCOPES:
        name = f"`{scope.name}`{' (optional)' if scope.is_optional else ''}"
        assert f"| {name} | {scope.reason} |" in readme
