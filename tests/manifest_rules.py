"""What Slack demands of an app's manifest, in our words: fields it knows, those it needs, lengths, counts, shapes.

Source: version 1 of the schema in https://github.com/slackapi/manifest-schema (a manifest without `_metadata` is one),
and for the descriptions of commands the 140 characters of the app's own settings page.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    """So many characters, and a shape if one is given."""

    least: int = 1
    most: int = 255
    shape: str = ".*"


@dataclass(frozen=True)
class Flag:
    """True or false, and nothing that only looks like it."""


@dataclass(frozen=True)
class Many:
    """A list of so many entries; `is_set`: none of them twice."""

    entry: "Rule"
    least: int = 0
    most: int = 255
    is_set: bool = False


@dataclass(frozen=True)
class Group:
    """Fields by name: those that must be there, and those that may; any other is refused."""

    needed: Mapping[str, "Rule"] = field(default_factory=dict)
    known: Mapping[str, "Rule"] = field(default_factory=dict)


Rule = Text | Flag | Many | Group

URL = Text(8, 3000, "https?://.*")
SCOPES = Many(Text(1, 50), most=255, is_set=True)
EVENTS = Many(Text(1, 50), most=100, is_set=True)
SHORTCUT = Group(
    {
        "name": Text(1, 24),
        "type": Text(shape="message|global"),
        "callback_id": Text(1, 255),
        "description": Text(1, 150),
    }
)
SLASH_COMMAND = Group(
    {"command": Text(2, 32, r"/[^\s/]+"), "description": Text(1, 140)},
    {"usage_hint": Text(1, 1000), "should_escape": Flag(), "url": URL},
)
MANIFEST = Group(
    {
        "display_information": Group(
            {"name": Text(1, 35)},
            {
                "description": Text(1, 140),
                "background_color": Text(4, 7, "#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?"),
                "long_description": Text(175, 4000),
            },
        )
    },
    {
        "features": Group(
            known={
                "app_home": Group(
                    known={
                        "home_tab_enabled": Flag(),
                        "messages_tab_enabled": Flag(),
                        "messages_tab_read_only_enabled": Flag(),
                    }
                ),
                "bot_user": Group({"display_name": Text(1, 80)}, {"always_online": Flag()}),
                "shortcuts": Many(SHORTCUT, 1, 10),
                "slash_commands": Many(SLASH_COMMAND, 1, 50),
                "unfurl_domains": Many(Text(shape=r"[-a-z0-9.]*[a-z0-9]"), 1, 5, is_set=True),
            }
        ),
        "oauth_config": Group(
            known={
                "redirect_urls": Many(Text(1, 2500), most=1000, is_set=True),
                "scopes": Group(known={"bot": SCOPES, "user": SCOPES, "bot_optional": SCOPES, "user_optional": SCOPES}),
                "token_management_enabled": Flag(),
                "pkce_enabled": Flag(),
            }
        ),
        "settings": Group(
            known={
                "event_subscriptions": Group(known={"request_url": URL, "bot_events": EVENTS, "user_events": EVENTS}),
                "interactivity": Group({"is_enabled": Flag()}, {"request_url": URL, "message_menu_options_url": URL}),
                "org_deploy_enabled": Flag(),
                "socket_mode_enabled": Flag(),
                "token_rotation_enabled": Flag(),
                "is_hosted": Flag(),
            }
        ),
    },
)


def complaints(manifest: object) -> list[str]:
    """Everything that Slack would refuse, each with its place; nothing for a good one."""
    return list(_complaints(manifest, MANIFEST, "manifest"))


def _complaints(value: object, rule: Rule, place: str) -> Iterator[str]:
    match rule, value:
        case Text(), str():
            yield from _text(value, rule, place)
        case Flag(), bool():
            return
        case Many(), list():
            yield from _many(value, rule, place)
        case Group(), dict():
            yield from _group(value, rule, place)
        case _:
            yield f"{place} is a {type(value).__name__} and no {type(rule).__name__.lower()}"


def _text(value: str, rule: Text, place: str) -> Iterator[str]:
    if not rule.least <= len(value) <= rule.most:
        yield f"{place} has {len(value)} characters instead of {rule.least} to {rule.most}"
    elif not re.fullmatch(rule.shape, value, re.DOTALL):
        yield f"{place} has not the shape {rule.shape}"


def _many(value: list[object], rule: Many, place: str) -> Iterator[str]:
    if not rule.least <= len(value) <= rule.most:
        yield f"{place} has {len(value)} entries instead of {rule.least} to {rule.most}"
    if rule.is_set and len({*map(str, value)}) != len(value):
        yield f"{place} has an entry twice"
    for number, entry in enumerate(value):
        yield from _complaints(entry, rule.entry, f"{place}[{number}]")


def _group(value: dict[str, object], rule: Group, place: str) -> Iterator[str]:
    yield from (f"{place} lacks {name}" for name in rule.needed if name not in value)
    for name, inside in value.items():
        known = {**rule.needed, **rule.known}.get(name)
        if known is None:
            yield f"{place} has the unknown field {name}"
        else:
            yield from _complaints(inside, known, f"{place}.{name}")
