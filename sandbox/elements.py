"""The elements of Block Kit with their limits. https://docs.slack.dev/reference/block-kit/block-elements"""

from typing import Any

from sandbox.records import Json
from sandbox.shapes import (
    Rule,
    Spot,
    all_of,
    any_value,
    boolean,
    exactly_one,
    integer,
    many,
    matching,
    one_of,
    plain,
    shape,
    string,
    text,
)

ID = string(255)
URL = all_of(string(3000), matching(r"(?s)[a-zA-Z][a-zA-Z0-9+.-]*:.+", "a valid URL"))
_MEMBER = matching(r"[UW][A-Z0-9]+", "a valid user id")
_CONVERSATION = matching(r"[CDGU][A-Z0-9]+", "a valid conversation id")
_CHANNEL = matching(r"[CG][A-Z0-9]+", "a valid channel id")

CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)


def _option(words: Rule, **more: Rule) -> Rule:
    return shape({"text": words, "value": string(150)}, {"description": words, **more})


OPTION = _option(plain(75))
MARKED_OPTION = _option(text(75))  # checkboxes and radio buttons may use mrkdwn
MENU_OPTION = _option(plain(75), url=URL)  # only overflow menus may carry links
GROUP = shape({"label": plain(75), "options": many(OPTION, 1, 100)})


def _bare(option: Any) -> Any:
    """An option without what says the default, for comparison."""
    if isinstance(option, dict):
        return {key: _bare(value) for key, value in option.items() if key not in {"emoji", "verbatim"} and value}
    return option


def _among(spot: Spot, element: Json) -> None:
    """What is selected at first is, property for property, one of the options."""
    groups = element.get("option_groups") or ()
    offered = [*(element.get("options") or ()), *(option for group in groups for option in group["options"])]
    chosen = element.get("initial_options") or [element["initial_option"]] if _starts(element) else []
    for option in chosen:
        if _bare(option) not in [_bare(one) for one in offered]:
            spot.complain("initial option must match one of the options exactly")


def _starts(element: Json) -> bool:
    return bool(element.get("initial_options") or element.get("initial_option"))


def _element(required: dict[str, Rule], optional: dict[str, Rule] | None = None, extra: Rule | None = None) -> Rule:
    return shape({"type": any_value, "action_id": ID, **required}, optional, extra)


_ASKS = {"placeholder": plain(150), "focus_on_load": boolean}
_CONFIRMS = {"confirm": CONFIRM}
_MENU = {**_ASKS, **_CONFIRMS}
_SEVERAL = {**_MENU, "max_selected_items": integer(1, 100)}
_DISPATCH = {
    "dispatch_action_config": shape(
        {"trigger_actions_on": many(one_of("on_enter_pressed", "on_character_entered"), 1, 2)}
    )
}
_FILTER = shape(
    {},
    {
        "include": many(one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
)
_LIST = {"options": many(OPTION, 1, 100), "option_groups": many(GROUP, 1, 100)}
_ONE_LIST = all_of(exactly_one("options", "option_groups"), _among)
_WANTS_URL = {"response_url_enabled": boolean, "default_to_current_conversation": boolean}


def _lengths(spot: Spot, element: Json) -> None:
    if (element.get("min_length") or 0) > (element.get("max_length") or 3000):
        spot.complain("min_length must not be more than max_length")


def _choice(limit: int, option: Rule) -> dict[str, Rule]:
    return {"options": many(option, 1, limit)}


BUTTON = _element(
    {"text": plain(75)},
    {
        **_CONFIRMS,
        "url": URL,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)
IMAGE = shape(
    {"type": any_value, "alt_text": string(2000)},
    {"image_url": URL, "slack_file": shape({}, {"id": string(255), "url": URL}, exactly_one("id", "url"))},
    exactly_one("image_url", "slack_file"),
)
ACTIONABLE: dict[str, Rule] = {
    "button": BUTTON,
    "overflow": _element(_choice(5, MENU_OPTION), _CONFIRMS),
    "checkboxes": _element(
        _choice(10, MARKED_OPTION),
        {"initial_options": many(MARKED_OPTION, 1, 10), **_CONFIRMS, "focus_on_load": boolean},
        _among,
    ),
    "radio_buttons": _element(
        _choice(10, MARKED_OPTION), {"initial_option": MARKED_OPTION, **_CONFIRMS, "focus_on_load": boolean}, _among
    ),
    "static_select": _element({}, {**_LIST, **_MENU, "initial_option": OPTION}, _ONE_LIST),
    "multi_static_select": _element({}, {**_LIST, **_SEVERAL, "initial_options": many(OPTION, 1, 100)}, _ONE_LIST),
    "external_select": _element({}, {**_MENU, "min_query_length": integer(0, 1000), "initial_option": OPTION}),
    "multi_external_select": _element(
        {}, {**_SEVERAL, "min_query_length": integer(0, 1000), "initial_options": many(OPTION, 1, 100)}
    ),
    "users_select": _element({}, {**_MENU, "initial_user": _MEMBER}),
    "multi_users_select": _element({}, {**_SEVERAL, "initial_users": many(_MEMBER, 1, 100)}),
    "conversations_select": _element(
        {}, {**_MENU, **_WANTS_URL, "initial_conversation": _CONVERSATION, "filter": _FILTER}
    ),
    "multi_conversations_select": _element(
        {},
        {
            **_SEVERAL,
            "default_to_current_conversation": boolean,
            "initial_conversations": many(_CONVERSATION, 1, 100),
            "filter": _FILTER,
        },
    ),
    "channels_select": _element({}, {**_MENU, "initial_channel": _CHANNEL, "response_url_enabled": boolean}),
    "multi_channels_select": _element({}, {**_SEVERAL, "initial_channels": many(_CHANNEL, 1, 100)}),
    "datepicker": _element(
        {}, {**_MENU, "initial_date": matching(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a date YYYY-MM-DD")}
    ),
    "timepicker": _element(
        {}, {**_MENU, "initial_time": matching(r"([01]\d|2[0-3]):[0-5]\d", "a time HH:mm"), "timezone": string(100)}
    ),
    "datetimepicker": _element(
        {}, {**_CONFIRMS, "focus_on_load": boolean, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
    "rich_text_input": _element({}, {**_ASKS, **_DISPATCH, "initial_value": any_value}),
}
_NUMBER = matching(r"-?\d+(\.\d+)?", "a number in a string")
WRITTEN: dict[str, Rule] = {
    "plain_text_input": _element(
        {},
        {
            **_ASKS,
            **_DISPATCH,
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _lengths,
    ),
    "email_text_input": _element({}, {**_ASKS, **_DISPATCH, "initial_value": string(3000)}),
    "url_text_input": _element({}, {**_ASKS, **_DISPATCH, "initial_value": URL}),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {**_ASKS, **_DISPATCH, "initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
    ),
    "file_input": _element({}, {"filetypes": many(string(20), 1, 100), "max_files": integer(1, 10)}),
}
# https://docs.slack.dev/reference/block-kit/blocks: which block takes which elements.
IN_ACTIONS = ACTIONABLE
IN_SECTION = {**{k: v for k, v in ACTIONABLE.items() if k not in {"datetimepicker", "rich_text_input"}}, "image": IMAGE}
IN_INPUT = {**{k: v for k, v in ACTIONABLE.items() if k not in {"button", "overflow"}}, **WRITTEN}
