"""Text on its way in and out: what people type, how Slack stores it, and what is to be seen of it."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox.records import Json
from sandbox.workspace import Workspace

_TYPED = re.compile(r"@(?P<person>Ops Bot|[\w.-]+)|#(?P<channel>[\w-]+)|(?P<url>https?://[^\s<>|]+)")
_SEQUENCE = re.compile(r"<(?P<sigil>[@#!]?)(?P<body>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_KEPT = re.compile(r"<[@#!][^<>\n]+>|<(?:https?|mailto|tel):[^<>\n]+>|&(?:amp|lt|gt);|[&<>]")
_PAGING = re.compile(r"<!(?:channel|here|everyone|group|subteam\^\w+)(?:\|[^>]*)?>")


def escape(text: str) -> str:
    """As Slack stores what a person typed. https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def normalised(text: str) -> str:
    """The text of a message as Slack keeps it: what is neither a sequence nor an entity of Slack's is escaped."""
    return _KEPT.sub(lambda match: match[0] if len(match[0]) > 1 else escape(match[0]), text)


def unescape(text: str) -> str:
    """The other way round."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(workspace: Workspace, text: str, *, labelled: bool = False) -> str:
    """What Slack makes of typed text: escaped, `@bob` and `#random` as ids (`labelled`: with the name), links in `<>`.

    Text that holds sequences of Slack's already (`<@U0BOB>`) keeps them, as text that is pasted from Slack does.
    """

    def sequence(match: re.Match[str]) -> str:
        if match["url"]:
            return f"<{match['url']}>"
        for member in workspace.people.values():
            if match["person"] in {member.name, member.real_name}:
                return f"<@{member.id}|{member.name}>" if labelled else f"<@{member.id}>"
        for channel in workspace.channels.values():
            if match["channel"] and match["channel"] == channel.name:
                return f"<#{channel.id}|{channel.name}>"
        return match[0]

    parts = re.split(r"(<@[UW][A-Z0-9]+>|<#[CG][A-Z0-9]+(?:\|[^<>]*)?>)", text)
    return "".join(part if index % 2 else _TYPED.sub(sequence, escape(part)) for index, part in enumerate(parts))


def seen(workspace: Workspace, text: str) -> str:
    """Stored text as people see it: names for ids, labels for links, the fallback of dates, nothing escaped."""

    def words(match: re.Match[str]) -> str:
        sigil, body, label = match["sigil"], match["body"], match["label"]
        if sigil == "@":
            member = workspace.people.get(body)
            return f"@{member.real_name if member.is_bot else member.name}" if member else f"@{label or body}"
        if sigil == "#":
            channel = workspace.channels.get(body)
            return f"#{channel.name if channel else label or body}"
        if sigil == "!":
            return label if label and body.startswith("date^") else f"@{label or body}"
        return label or body

    return unescape(_SEQUENCE.sub(words, text))


def paging(texts: Iterable[str]) -> list[str]:
    """The mentions in mrkdwn that notify many people at once."""
    return [match[0] for text in texts for match in _PAGING.finditer(text)]


def mrkdwn_of(text: str, blocks: list[Json] | None, attachments: list[Json]) -> Iterator[str]:
    """Every string of a message that Slack reads as mrkdwn, plus group mentions in rich text written the same way."""
    yield text
    stack: list[Any] = [blocks or [], attachments]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            if node.get("type") in {"mrkdwn", "markdown"} and isinstance(node.get("text"), str):
                yield node["text"]
            if node.get("type") == "broadcast":
                yield f"<!{node.get('range')}>"
            if node.get("type") == "usergroup":
                yield f"<!subteam^{node.get('usergroup_id')}>"
            if "type" not in node:
                yield from (
                    value for key, value in node.items() if key in {"text", "pretext"} and isinstance(value, str)
                )
            stack.extend(value for value in node.values() if isinstance(value, (dict, list)))


def typed_blocks(text: str) -> list[Json]:
    """The rich_text block in which Slack delivers what a person typed."""
    elements: list[Json] = []
    at = 0
    for match in _SEQUENCE.finditer(text):
        if match.start() > at:
            elements.append({"type": "text", "text": unescape(text[at : match.start()])})
        kind, key = {"@": ("user", "user_id"), "#": ("channel", "channel_id")}.get(match["sigil"], ("link", "url"))
        elements.append({"type": kind, key: unescape(match["body"])})
        at = match.end()
    if at < len(text):
        elements.append({"type": "text", "text": unescape(text[at:])})
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def lines(workspace: Workspace, blocks: list[Json]) -> list[str]:
    """All visible text of blocks, one line for each piece, in reading order."""
    return [line for block in blocks for line in _lines(workspace, block) if line]


def _lines(workspace: Workspace, node: Json) -> Iterator[str]:
    kind = node.get("type")
    if kind in {"mrkdwn", "markdown"}:
        yield seen(workspace, node["text"])
    elif kind == "plain_text":
        yield node["text"]
    elif kind in _RICH:
        yield _rich(workspace, node)
    elif kind == "image":
        yield from (node[key]["text"] for key in ("title",) if key in node)
        yield node["alt_text"]
    else:
        for key in ("label", "text", "fields", "elements", "element", "accessory", "options", "option_groups", "hint"):
            yield from _each(workspace, node.get(key))
        yield from _each(workspace, node.get("description"))
        yield from _initial(workspace, node)


def _each(workspace: Workspace, found: Any) -> Iterator[str]:
    for child in found if isinstance(found, list) else [found]:
        if isinstance(child, dict):
            yield from _lines(workspace, child)


def _initial(workspace: Workspace, element: Json) -> Iterator[str]:
    if element.get("initial_value"):
        yield str(element["initial_value"])
    elif isinstance(element.get("placeholder"), dict):
        yield element["placeholder"]["text"]
    if isinstance(element.get("initial_user"), str):
        yield seen(workspace, f"<@{element['initial_user']}>")


_RICH = {"rich_text", "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}


def _rich(workspace: Workspace, node: Json) -> str:
    inner = node.get("type") in {"rich_text", "rich_text_list"}
    return ("\n" if inner else "").join(_leaf(workspace, child) for child in node.get("elements", ()))


def _leaf(workspace: Workspace, node: Json) -> str:
    kind = node.get("type")
    if kind in _RICH:
        return _rich(workspace, node)
    words: dict[Any, Callable[[], Any]] = {
        "text": lambda: node["text"],
        "user": lambda: seen(workspace, f"<@{node['user_id']}>"),
        "channel": lambda: seen(workspace, f"<#{node['channel_id']}>"),
        "link": lambda: node.get("text") or node["url"],
        "emoji": lambda: f":{node['name']}:",
        "broadcast": lambda: f"@{node['range']}",
        "date": lambda: node.get("fallback") or node["timestamp"],
    }
    return str(words[kind]()) if kind in words else ""
