"""What the workspace lets into messages and views, limit by limit."""

from typing import Any

import pytest

from sandbox.blocks import check_blocks
from sandbox.records import SlackError
from tests.sandbox_bench import button, option, plain, question, section

Json = dict[str, Any]
CONFIRM: Json = {"title": plain("Sure?"), "text": plain("Really"), "confirm": plain("Yes"), "deny": plain("No")}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def boxes(count: int = 2, **more: Any) -> Json:
    options = [option(f"o{number}", f"v{number}") for number in range(count)]
    return {"type": "checkboxes", "action_id": "boxes", "options": options, **more}


def select(count: int = 2, **more: Any) -> Json:
    options = [option(f"o{number}", f"v{number}") for number in range(count)]
    return {"type": "static_select", "action_id": "select", "options": options, **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def text_input(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "text", **more}


ALLOWED = {
    "section of 3000": section("x" * 3000),
    "ten fields of 2000 (in two messages)": {"type": "section", "fields": [plain("x" * 1300)] * 10},
    "field of 2000": {"type": "section", "fields": [plain("x" * 2000)]},
    "header of 150": {"type": "header", "text": plain("x" * 150)},
    "context of ten": {"type": "context", "elements": [plain("x")] * 10},
    "25 buttons": actions(*(button("b", f"a{number}") for number in range(25))),
    "button text of 75, value of 2000": actions(button("x" * 75, "a" * 255, value="v" * 2000)),
    "button with style, url and confirm": actions(
        button("b", "a", style="danger", url="https://x.example/?a=b&c", confirm=CONFIRM)
    ),
    "ten check boxes": actions(boxes(10, initial_options=[option("o3", "v3")])),
    "initial option with emoji said": actions(
        boxes(2, initial_options=[{"text": {**plain("o1"), "emoji": True}, "value": "v1"}])
    ),
    "mrkdwn in a check box": actions(
        {"type": "checkboxes", "action_id": "a", "options": [{"text": {"type": "mrkdwn", "text": "*b*"}, "value": "v"}]}
    ),
    "100 options": actions(select(100)),
    "option text 75, value 150, description 75": actions(
        {
            "type": "static_select",
            "action_id": "a",
            "options": [option("t" * 75, "v" * 150) | {"description": plain("d" * 75)}],
        }
    ),
    "option groups": actions(
        {
            "type": "static_select",
            "action_id": "a",
            "option_groups": [{"label": plain("group"), "options": [option("o", "v")]}],
        }
    ),
    "five in an overflow": section(
        "x", accessory={"type": "overflow", "action_id": "a", "options": [option(f"o{n}", f"v{n}") for n in range(5)]}
    ),
    "an image": {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"},
    "rich text": rich({"type": "text", "text": "x", "style": {"bold": True}}, {"type": "user", "user_id": "U0ANN"}),
    "rich list": {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
            }
        ],
    },
    "input in a message": question("Note", "note", text_input(max_length=100)),
    "dates": actions(
        {"type": "datepicker", "action_id": "d", "initial_date": "2026-11-28"},
        {"type": "timepicker", "action_id": "t", "initial_time": "02:00"},
        {"type": "datetimepicker", "action_id": "dt", "initial_date_time": 1795478694},
    ),
    "people and channels": actions(
        {"type": "users_select", "action_id": "u", "initial_user": "U0ANN", "placeholder": plain("who")},
        {"type": "conversations_select", "action_id": "c", "filter": {"include": ["public"]}},
    ),
    "divider": {"type": "divider", "block_id": "b" * 255},
}


@pytest.mark.parametrize("block", ALLOWED.values(), ids=ALLOWED)
def test_what_slack_takes_is_taken(block: Json) -> None:
    """Everything up to the limit passes, and gets a block_id."""
    (checked,) = check_blocks([block])
    assert checked["block_id"]


REFUSED: dict[str, tuple[Json, str]] = {
    "section of 3001": (section("x" * 3001), "must be less than 3001 characters"),
    "empty text": (section(""), "must be more than 0 characters"),
    "section without words": ({"type": "section"}, "must define either `text` or `fields`"),
    "eleven fields": ({"type": "section", "fields": [plain("x")] * 11}, "no more than 10 items"),
    "field of 2001": ({"type": "section", "fields": [plain("x" * 2001)]}, "must be less than 2001"),
    "header of 151": ({"type": "header", "text": plain("x" * 151)}, "must be less than 151"),
    "mrkdwn in a header": (
        {"type": "header", "text": {"type": "mrkdwn", "text": "*x*"}},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "string for a text object": ({"type": "header", "text": "x"}, "must provide an object"),
    "eleven in a context": ({"type": "context", "elements": [plain("x")] * 11}, "no more than 10 items"),
    "empty context": ({"type": "context", "elements": []}, "no fewer than 1 items"),
    "button in a context": ({"type": "context", "elements": [button("b", "a")]}, "unsupported type: button"),
    "26 buttons": (actions(*(button("b", f"a{n}") for n in range(26))), "no more than 25 items"),
    "no elements": (actions(), "no fewer than 1 items"),
    "button text of 76": (actions(button("x" * 76, "a")), "must be less than 76"),
    "button value of 2001": (actions(button("b", "a", value="v" * 2001)), "must be less than 2001"),
    "action_id of 256": (actions(button("b", "a" * 256)), "must be less than 256"),
    "block_id of 256": ({"type": "divider", "block_id": "b" * 256}, "must be less than 256"),
    "no action_id": (actions({"type": "button", "text": plain("b")}), "missing required field: action_id"),
    "same action_id in a block": (actions(button("b", "a"), button("c", "a")), "`action_id` 'a' already exists"),
    "style that there is not": (actions(button("b", "a", style="green")), "must be one of: primary, danger"),
    "confirm without deny": (
        actions(button("b", "a", confirm={k: v for k, v in CONFIRM.items() if k != "deny"})),
        "missing required field: deny",
    ),
    "confirm title of 101": (actions(button("b", "a", confirm=CONFIRM | {"title": plain("x" * 101)})), "less than 101"),
    "confirm text of 301": (actions(button("b", "a", confirm=CONFIRM | {"text": plain("x" * 301)})), "less than 301"),
    "confirm label of 31": (actions(button("b", "a", confirm=CONFIRM | {"deny": plain("x" * 31)})), "less than 31"),
    "eleven check boxes": (actions(boxes(11)), "no more than 10 items"),
    "eleven radio buttons": (actions(boxes(11) | {"type": "radio_buttons"}), "no more than 10 items"),
    "six in an overflow": (actions(boxes(6) | {"type": "overflow"}), "no more than 5 items"),
    "101 options": (actions(select(101)), "no more than 100 items"),
    "no options at all": (actions({"type": "static_select", "action_id": "a"}), "must define exactly one of"),
    "option text of 76": (actions(boxes(1) | {"options": [option("t" * 76, "v")]}), "must be less than 76"),
    "option value of 151": (actions(boxes(1) | {"options": [option("t", "v" * 151)]}), "must be less than 151"),
    "option description of 76": (
        actions(boxes(1) | {"options": [option("t", "v") | {"description": plain("d" * 76)}]}),
        "must be less than 76",
    ),
    "mrkdwn in a select's option": (
        actions(select(0) | {"options": [{"text": {"type": "mrkdwn", "text": "x"}, "value": "v"}]}),
        "unsupported type: mrkdwn",
    ),
    "initial option that is none": (actions(boxes(2, initial_options=[option("x", "x")])), "initial option must match"),
    "initial option half right": (
        actions(select(2, initial_option=option("other", "v1"))),
        "initial option must match",
    ),
    "no initial options": (actions(boxes(2, initial_options=[])), "no fewer than 1 items"),
    "image without alt_text": (
        {"type": "image", "image_url": "https://x.example/a.png"},
        "missing required field: alt_text",
    ),
    "unknown block": (
        {"type": "table_of_contents"},
        "unsupported type: table_of_contents [json-pointer:/blocks/0/type]",
    ),
    "unknown property": (section("x", colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    "emoji in mrkdwn": (
        {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}},
        "invalid additional property: emoji",
    ),
    "input element in actions": (actions(text_input()), "unsupported type: plain_text_input"),
    "button in an input": (question("L", "b", button("b", "a")), "unsupported type: button"),
    "section in an accessory": (section("x", accessory=section("y")), "unsupported type: section"),
    "rich text with stray element": (rich({"type": "bold", "text": "x"}), "unsupported type: bold"),
    "rich text leaf at the top": (
        {"type": "rich_text", "elements": [{"type": "text", "text": "x"}]},
        "unsupported type: text",
    ),
    "rich list without style": (
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": [rich()["elements"][0]]}]},
        "missing required field: style",
    ),
    "date that is none": (
        actions({"type": "datepicker", "action_id": "d", "initial_date": "28.11.2026"}),
        "must be a date",
    ),
    "time that is none": (actions({"type": "timepicker", "action_id": "t", "initial_time": "25:00"}), "must be a time"),
    "user that is none": (
        actions({"type": "users_select", "action_id": "u", "initial_user": "@ann"}),
        "a valid user id",
    ),
    "least above most": (question("L", "b", text_input(min_length=9, max_length=3)), "min_length must not be more"),
    "label of 2001": (question("L" * 2001, "b", text_input()), "must be less than 2001"),
    "markdown of 12001": ({"type": "markdown", "text": "x" * 12_001}, "must be less than 12001"),
}


@pytest.mark.parametrize(("block", "words"), REFUSED.values(), ids=REFUSED)
def test_what_slack_refuses_is_refused(block: Json, words: str) -> None:
    """One past a limit, or in the wrong place, is invalid_blocks with the place in the messages."""
    with pytest.raises(SlackError) as caught:
        check_blocks([block])
    assert caught.value.error == "invalid_blocks"
    assert any(words in message and "json-pointer:/blocks/0" in message for message in caught.value.messages)


def test_fifty_blocks_are_the_most_of_a_message() -> None:
    """The 51st is too many."""
    assert len(check_blocks([{"type": "divider"}] * 50)) == 50
    with pytest.raises(SlackError, match="no more than 50 items"):
        check_blocks([{"type": "divider"}] * 51)


def test_block_ids_are_unique_in_a_message() -> None:
    """The same block_id twice is refused; the same action_id in two blocks is not."""
    with pytest.raises(SlackError, match="`block_id` 'b' already exists"):
        check_blocks([{"type": "divider", "block_id": "b"}] * 2)
    check_blocks([actions(button("one", "a")), actions(button("two", "a"))])


def test_all_text_of_a_message_has_a_limit_of_its_own() -> None:
    """Five sections of 2900 characters, each allowed, are too long together."""
    check_blocks([section("x" * 2600)] * 5)
    with pytest.raises(SlackError) as caught:
        check_blocks([section("x" * 2900)] * 5)
    assert caught.value.error == "msg_blocks_too_long"
