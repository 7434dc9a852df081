"""manifest.yaml is what the table of commands says, and what Slack accepts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import manifest as written
from bot.commands import table
from bot.commands.table import Shortcut
from bot.manifest import manifest

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


def test_it_has_no_field_that_slack_does_not_know(app: dict[str, Any]) -> None:
    """Slack refuses unknown fields. https://github.com/slackapi/manifest-schema (schema 1)"""
    assert {*app} == {"display_information", "features", "oauth_config", "settings"}
    assert {*app["display_information"]} == {"name", "description"}
    assert {*app["features"]} <= {"app_home", "bot_user", "shortcuts", "slash_commands"}
    assert {*app["oauth_config"]} == {"scopes"}
    known = {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    }
    assert {*app["settings"]} == known


def test_its_texts_are_within_slacks_limits(app: dict[str, Any]) -> None:
    """Lengths and shapes of the schema; the stricter 140 of the app's settings page for descriptions."""
    assert 1 <= len(app["display_information"]["name"]) <= 35
    assert 1 <= len(app["display_information"]["description"]) <= 140
    assert len(app["features"]["slash_commands"]) <= 50
    for command in app["features"]["slash_commands"]:
        assert re.fullmatch(r"/[a-z]{1,31}", command["command"])
        assert 1 <= len(command["description"]) <= 140
        assert 1 <= len(command["usage_hint"]) <= 1000
    assert len(table.SHORTCUTS) <= 10
    for shortcut in table.SHORTCUTS:
        assert 1 <= len(shortcut.name) <= 24
        assert 1 <= len(shortcut.description) <= 150
        assert 1 <= len(shortcut.callback_id) <= 255


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
