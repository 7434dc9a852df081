"""People's texts among our own lines, without Slack."""

import pytest

from bot.slack.views.parts import some_lines


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
