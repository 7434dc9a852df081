"""People's texts among our own lines, without Slack."""

import re

import pytest

from bot.slack.mrkdwn import escape, undated
from bot.slack.views.parts import Message, some_lines, titled


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


@pytest.mark.parametrize(
    "text",
    [
        "snake_case_names, 2*3*4 and a_b*c~d of <INC-20261125-7KQ4>",
        "* a star, and another * alone",
        "https://wiki.example/_top_/~ann?a=*b* & more",
    ],
)
def test_signs_that_format_nothing_stay_as_they_are(text: str) -> None:
    """Within words, between spaces and in addresses, which are to stay whole."""
    assert titled(text) == escape(text)


@pytest.mark.parametrize(
    "text",
    [
        "*a* _b_",
        "(_a_) ~b~",
        "**a** *_b_*",
        "~50% fail",
        "x`y`z ```pre```",
        "<*a*>",
        "(*)",
        "```https://wiki.example/a_b``` and more",
    ],
)
def test_a_title_formats_nothing_and_reads_as_it_was_written(text: str) -> None:
    """Each sign that would begin formatting is the fallback of a date; notifications have the sign itself."""
    shown = titled(text)
    assert not re.search(r"`|(?<!\w)[*_~]+\w", re.sub(r"<!date[^>]*>", "", shown))
    assert undated(shown) == escape(text)


def test_a_title_of_signs_is_no_longer_than_others() -> None:
    """It is formatted then, but whole, and makes no block of what stands beside it."""
    text = "*a " * 49
    assert titled(text) == escape(text.strip())
    assert titled("```a``` " * 12) == " ".join(["``’a``’"] * 12)
