"""What Slack's client finds wrong in a form before the bot hears of its submission."""

import re

from sandbox.records import Json
from sandbox.values import current, interactive, is_empty, on_view
from sandbox.workspace import View, Workspace

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def complaints(workspace: Workspace, view: View) -> dict[str, str]:
    """`{block_id: words}`; empty if the form may be sent."""
    surface = on_view(view)
    wrong: dict[str, str] = {}
    for block, element in interactive(view.blocks):
        if block["type"] != "input":
            continue
        value = current(workspace, surface, block, element)
        if is_empty(value):
            if not block.get("optional"):
                wrong[block["block_id"]] = "Please complete this required field."
        elif words := _wrong(element, value):
            wrong[block["block_id"]] = words
    return wrong


def _wrong(element: Json, value: Json) -> str:
    text = str(value.get("value", ""))
    match element["type"]:
        case "plain_text_input":
            return _length(len(text), element.get("min_length", 0), element.get("max_length", 3000))
        case "email_text_input":
            return "" if _EMAIL.fullmatch(text) else "Please enter a valid email address."
        case "url_text_input":
            return "" if re.match(r"https?://\S+$", text) else "Please enter a valid URL."
        case "number_input":
            return _number(element, text)
    return ""


def _length(length: int, least: int, most: int) -> str:
    if length < least:
        return f"Please enter at least {least} characters."
    return f"Please enter no more than {most} characters." if length > most else ""


def _number(element: Json, text: str) -> str:
    form = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(form, text):
        return "Please enter a number."
    if "min_value" in element and float(text) < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and float(text) > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return ""
