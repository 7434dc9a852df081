"""What a message of Slack's is for the timeline, and how an entry reads, without Slack and MongoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.incident import Act, Deed, Opening, Severity
from bot.domain.incident_steps import opened
from bot.domain.quote import File
from bot.domain.timeline import Changed, Entry, Gone, Heard, Kind, act, moment_of, ts_of
from bot.slack import messages
from bot.slack.views import timeline as view

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROOT = "1764000000.000100"
INCIDENT = replace(opened(Opening("checkout is down", Severity.SEV2, "U0ANN", "C0OPS"), NOW), card_ts=ROOT)


# Messages


def heard_of(**message: Any) -> Heard:
    """A message as Slack delivers it."""
    found = messages.heard("C0OPS", {"ts": "1764000001.000100", **message})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("delivered", "read"),
    [
        ("a &amp; b &lt;c&gt;", "a & b <c>"),
        ("<https://x.example/?a=1&amp;b=2>", "https://x.example/?a=1&b=2"),
        ("<https://x.example|x.example>", "x.example"),
        ("<https://evil.example|bank.com>", "bank.com (https://evil.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<#C0RANDOM|random> <#C0RANDOM>", "#random #C0RANDOM"),
        ("<!here> <!channel|channel> <!subteam^S1|@ops>", "@here @channel @ops"),
        ("<!date^1764000000^{date}|24 Nov>", "24 Nov"),
        ("<@U0BOB> &lt;@U0BOB&gt;", "<@U0BOB> <@U0BOB>"),
    ],
)
def test_text_reads_as_people_read_it(delivered: str, read: str) -> None:
    """Links, channels and groups are written out; a label cannot hide where its link leads."""
    assert heard_of(user="U0BOB", text=delivered).text == read


def test_an_app_is_called_as_it_calls_itself() -> None:
    """By the name of its webhook, or of its bot; what it says in attachments or blocks counts if it has no text."""
    webhook = heard_of(subtype="bot_message", bot_id="B1", username="alertmanager", text="", attachments=ALERT)
    assert (webhook.author, webhook.name, webhook.is_by_app) == ("", "alertmanager", True)
    assert webhook.text == "[FIRING] disk & <more>"
    assert webhook.files == (File("disk", "https://prometheus.example/graph"),)
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "Build 7"}}, {"type": "divider"}]
    bot = heard_of(user="U0CI", bot_id="B2", bot_profile={"name": "ci"}, text="", blocks=blocks)
    assert (bot.author, bot.name, bot.text) == ("U0CI", "ci", "Build 7")


ALERT = [
    {
        "fallback": "[FIRING] disk &amp; &lt;more&gt;",
        "title": "disk",
        "title_link": "https://prometheus.example/graph",
        "text": "95 %",
    }
]


@pytest.mark.parametrize("subtype", ["channel_join", "tombstone", "reminder_add", "message_replied"])
def test_what_nobody_wrote_is_no_message(subtype: str) -> None:
    """Notices of Slack's own are not recorded."""
    assert messages.heard("C0OPS", {"ts": "1.1", "user": "U0BOB", "subtype": subtype, "thread_ts": ROOT}) is None


def test_no_link_opens_by_a_token() -> None:
    """Permanent links only; what is deleted or hidden is no file, what has no name is one all the same."""
    files = [
        {"name": "a.png", "url_private": "https://files.slack.com/files-pri/T-F/a.png?t=xoxe-1", "permalink": "x:y"},
        {"title": "b", "permalink": "https://x.slack.com/files/U/F/b", "permalink_public": "https://slack-files.com/T"},
        {"id": "F1", "mode": "tombstone"},
        {"id": "F2", "file_access": "check_file_info"},
        {"name": "c", "permalink": "https://files.slack.com/files-pri/T-F/c?pub_secret=1"},
    ]
    found = heard_of(user="U0BOB", text="", files=files).files
    assert found == (File("a.png"), File("b", "https://x.slack.com/files/U/F/b"), File("file"), File("c"))


def test_a_change_by_an_app_without_a_word_about_it_is_an_edit() -> None:
    """Apps change their messages without Slack's mark of an edit; a link that unfolds changes no text."""
    was = {"ts": "1764000001.000100", "bot_id": "B1", "text": "firing"}
    event = {"subtype": "message_changed", "channel": "C0OPS", "event_ts": "1764000009.000200", "previous_message": was}
    change = messages.told({**event, "message": {**was, "text": "resolved"}})
    assert isinstance(change, Changed)
    assert change.now.edited == "1764000009.000200"
    unfolded = messages.told({**event, "message": {**was, "attachments": ALERT}})
    assert isinstance(unfolded, Changed)
    assert (unfolded.now.edited, len(unfolded.now.files)) == ("", 1)


def test_a_root_that_leaves_its_place_behind_is_deleted() -> None:
    """Slack tells of it as of a change to "This message was deleted."."""
    grave = {"ts": ROOT, "user": "USLACKBOT", "subtype": "tombstone", "text": "This message was deleted."}
    event = {"subtype": "message_changed", "channel": "C0OPS", "event_ts": "1764000009.000200", "message": grave}
    assert messages.told(event) == Gone("C0OPS", ROOT, "1764000009.000200", None)


def test_pins_count_only_where_slack_names_all() -> None:
    """Of many who reacted Slack names some; then nobody's pin is taken off for it."""
    said = {"ts": "1.1", "user": "U0BOB", "text": "hm", "thread_ts": ROOT}
    for reactions, pins in (
        ([], frozenset()),
        (
            [{"name": "pushpin", "users": ["U0ANN"], "count": 1}, {"name": "eyes", "users": ["U1"], "count": 1}],
            {"U0ANN"},
        ),
        ([{"name": "pushpin", "users": ["U0ANN"], "count": 2}], None),
    ):
        (one,) = messages.page("C0OPS", [{**said, "reactions": reactions}], "U0OPSBOT").heard
        assert one.pins == pins


# Lines


def line_of(**what: Any) -> str:
    """A line of the timeline, with the date token left out."""
    entry = Entry("INC-1/1.1", "INC-1", Kind.MESSAGE, ROOT, "U0BOB", "bob", "hm", "C0OPS", ROOT)
    return str(view.line(replace(entry, **what))).partition("UTC> ")[2]


def test_a_line_says_what_became_of_a_message() -> None:
    """Edited, deleted, with files, from an app, an alert: each in words."""
    files = tuple(File(f"{n}.png", "https://x.slack.com/f") for n in range(5))
    assert line_of() == "<@U0BOB>: hm"
    assert line_of(edited_at=NOW) == "<@U0BOB>: hm (edited)"
    assert line_of(deleted_at=NOW, text="").startswith("<@U0BOB>: _deleted on <!date^")
    assert line_of(text="", files=files[:1]) == "<@U0BOB>: 📎 <https://x.slack.com/f|0.png>"
    assert line_of(files=files).endswith("and 2 more files")
    assert line_of(author="", author_name="<!channel>") == "&lt;!channel&gt;: hm"
    assert line_of(author="", author_name="", kind=Kind.ADDED) == "an app: hm"
    assert line_of(kind=Kind.ALERT, author="", url="https://a.example") == "alert: hm (<https://a.example|open>)"
    assert line_of(kind=Kind.RESOLVED) == "<@U0BOB> resolved it: hm"
    assert line_of(text="ask <@U0ANN> <!here>") == "<@U0BOB>: ask <@U0ANN> &lt;!here&gt;"
    assert line_of(files=(File("<!channel>|x", "javascript:1"),)) == "<@U0BOB>: hm 📎 &lt;!channel&gt;|x"


def test_a_line_is_short_whatever_is_in_it() -> None:
    """One fits into a paragraph and as many as are shown into a message; none is cut within a link or an escape."""
    long = [File("<&>" * 85, "https://x.slack.com/" + "&f" * size) for size in (30, 50, 900)]
    entry = Entry("INC-1/1.1", "INC-1", Kind.ADDED, ROOT, "", "<&>" * 85, "<&>" * 4_000, pinned_by=("U0ANN",))
    entry = replace(entry, files=tuple(long), url="https://x.example/" + "u" * 350, edited_at=NOW)
    text = view.line(entry)
    assert len(text) < 2_500
    assert text.count("<") == text.count(">")
    shown = view.newest([entry] * 30)
    assert 4 <= len(shown) < 20
    assert sum(map(len, shown)) <= 10_000
    usual = replace(entry, files=(), url="", text="x" * 350, author="U0BOB")
    assert len(view.newest([usual] * 30)) == 20


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_line(kind: Kind) -> None:
    """Whatever comes into a timeline can be shown."""
    assert line_of(kind=kind).endswith(": hm")


def test_no_token_of_slacks_is_left_in_a_line() -> None:
    """People and channels read as their names; a user group, which must not be called, by its handle or ID."""
    said = "ask <@U0ANN>, <!subteam^S0GROUP> or <!subteam^S1|@oncall> in <#C0OPS>, not <!channel>"
    assert line_of(text=said) == ("<@U0BOB>: ask <@U0ANN>, @S0GROUP or @oncall in <#C0OPS>, not &lt;!channel&gt;")


@pytest.mark.parametrize("apart", [-90, -1, 0, 1])
def test_the_opening_follows_the_message_that_it_came_from(apart: int) -> None:
    """Whatever the clocks of Slack and of the bot say of the two, in microseconds."""
    said = "1764000000.000100"
    done = Act(1, Deed.OPENED, "U0ANN", moment_of(said) + timedelta(microseconds=apart), "checkout is down")
    entry = act("INC-1", done, after=said)
    assert entry.order == max(ts_of(done.at), "1764000000.000101")
