"""People's texts among our own lines, without Slack."""

import pytest

from bot.slack.mrkdwn import escape
from bot.slack.views.parts import Message, some_lines


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("a leak", 400, "Cause: a leak"),
        ("\n a leak \n\n", 400, "Cause: a leak"),
        ("a leak\n\n  in <the> cache\r\n", 400, "Cause:\n> a leak\n> in &lt;the&gt; cache"),
        ("a\u2028Owner: bob", 400, "Cause:\n> a\n> Owner: bob"),
        ("a ```\nb", 400, "Cause:\n> a ``’\n> b"),
        ("\n".join("abcdefghij"), 400, "Cause:\n" + "".join(f"> {one}\n" for one in "abcdefgh") + "> …"),
        ("x" * 30 + "\n" + "y" * 30, 40, "Cause:\n> " + "x" * 30 + "\n> …"),
    ],
)
def test_lines_stay_lines_and_are_marked(text: str, limit: int, shown: str) -> None:
    """One line stays beside its label; of several each is quoted; what is too long ends in an ellipsis."""
    assert some_lines("Cause", text, limit) == shown


@pytest.mark.parametrize("text", ["a" * 9_000, "監視" * 2_000, "🔥" * 2_000, "x" + "&" * 2_000, "é&🔥監" * 900])
def test_no_sentence_is_too_long_to_be_edited(text: str) -> None:
    """Slack counts the bytes of a message's text, not its characters; what is cut ends between two of them."""
    shown = Message(escape(text)).payload()["text"]
    assert 2_900 < len(shown.encode()) <= 4_000
    assert escape(text).startswith(shown.removesuffix("…"))
    assert shown.count("&") == shown.count("&amp;")
