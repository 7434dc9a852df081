"""The limits of views, of metadata and of messages as a whole."""

from typing import Any

import pytest

from sandbox.blocks import check_view
from sandbox.records import SlackError
from sandbox.rules import check_content, check_metadata
from tests.sandbox_bench import modal, plain, question

Json = dict[str, Any]


def text_input(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "text", **more}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": plain("x" * 25)}, "must be less than 25"),
        ({"submit": plain("x" * 25)}, "must be less than 25"),
        ({"close": plain("x" * 25)}, "must be less than 25"),
        ({"private_metadata": "x" * 3001}, "must be less than 3001"),
        ({"callback_id": "x" * 256}, "must be less than 256"),
        ({"title": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn"),
        ({"blocks": [{"type": "divider"}] * 101}, "no more than 100 items"),
        ({"blocks": [{"type": "markdown", "text": "x"}]}, "unsupported type: markdown"),
        ({"type": "home"}, "must be modal"),
        ({"colour": "red"}, "invalid additional property: colour"),
        ({"submit": None}, "missing required field: submit"),
        ({"blocks": [question("a", "b", text_input()), question("c", "b", text_input())]}, "`block_id` 'b' already"),
        (
            {"blocks": [question("a", f"b{n}", text_input(focus_on_load=True)) for n in range(2)]},
            "only one element may have `focus_on_load`",
        ),
    ],
)
def test_a_view_has_limits_too(change: Json, words: str) -> None:
    """A view that breaks one is refused as invalid_arguments."""
    check_view(modal(question("Title", "b", text_input()), close=plain("x" * 24), private_metadata="x" * 3000), "modal")
    with pytest.raises(SlackError) as caught:
        check_view(modal(question("Title", "b", text_input())) | change, "modal")
    assert caught.value.error == "invalid_arguments"
    assert any(words in message for message in caught.value.messages)


def test_a_home_tab_has_no_title() -> None:
    """A Home tab takes 100 blocks and nothing of a modal."""
    check_view({"type": "home", "blocks": [{"type": "divider"}] * 100}, "home")
    with pytest.raises(SlackError, match="invalid additional property: title"):
        check_view({"type": "home", "title": plain("x"), "blocks": []}, "home")


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "INC-1", "count": 3, "open": True, "share": 0.5},
        {"list": ["a", 1, True]},
        {"nested": {"a": "b", "c": 2}},
        {},
    ],
)
def test_metadata_may_be_flat_or_nested_once(payload: Json) -> None:
    """Strings, numbers, booleans, and one level of lists or objects of such."""
    assert check_metadata({"event_type": "opsbot_incident", "event_payload": payload})


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"event_type": "opsbot", "event_payload": {"a": {"b": {"c": 1}}}}, "invalid_metadata_format"),
        ({"event_type": "opsbot", "event_payload": {"a": [{"b": 1}]}}, "invalid_metadata_format"),
        ({"event_type": "opsbot", "event_payload": {"a": None}}, "invalid_metadata_format"),
        ({"event_type": "ops bot", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "opsbot", "event_payload": "x"}, "invalid_metadata_format"),
        ({"event_type": "opsbot"}, "invalid_metadata_schema"),
        ({"event_type": "opsbot", "event_payload": {}, "more": 1}, "invalid_metadata_schema"),
        ({"event_type": "opsbot", "event_payload": {"a": "x" * 9000}}, "metadata_too_large"),
        ("opsbot", "invalid_metadata_format"),
    ],
)
def test_other_metadata_is_refused(metadata: Any, error: str) -> None:
    """Nested deeper, null, misnamed, incomplete or too large."""
    with pytest.raises(SlackError) as caught:
        check_metadata(metadata)
    assert caught.value.error == error


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "", "blocks": []}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "attachments": "a"}, "invalid_attachments"),
        ({"text": "x", "attachments": [{"text": "a"}] * 101}, "too_many_attachments"),
        ({"text": "x", "attachments": [{"blocks": [{"type": "nothing"}]}]}, "invalid_blocks"),
        ({"text": 5}, "invalid_arguments"),
    ],
)
def test_a_message_needs_words_within_limits(args: Json, error: str) -> None:
    """Nothing to show, or too much of it, is refused by Slack's names."""
    with pytest.raises(SlackError) as caught:
        check_content(args)
    assert caught.value.error == error
