"""Exports without Slack and MongoDB: what they tell, the log's rows, and how they are asked for."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.commands.export import Export
from bot.commands.incident import parse
from bot.domain.export import as_json, people_in
from bot.domain.export_markdown import markdown
from bot.domain.incident import Status
from bot.domain.quote import File, Quote
from bot.domain.runbook import Months, Row, incident_row, log
from bot.domain.timeline import Edit, Kind
from bot.errors import WordError
from tests.exporting import NAMES, NOW, entry, extended, incident, record


def test_a_key_event_without_a_text_is_told_by_its_files() -> None:
    """A screenshot is told by its name; of what was deleted that it was."""
    shot = replace(entry(""), pinned_by=("U0BOB",), files=(File("queue_depth.png", "https://x.example/1"),))
    gone = replace(entry("", 60), pinned_by=("U0BOB",), deleted_at=NOW + timedelta(minutes=2))
    assert (
        "## Key events\n\n- **2026-11-24T12:00:03Z** ann: queue\\_depth.png\n"
        "- **2026-11-24T12:01:03Z** ann *(deleted 2026-11-24T12:02:03Z)*\n"
    ) in markdown(record(incident(), shot, gone))


def test_the_facts_are_told_in_words() -> None:
    """Each fact has its line; what is not known is a dash, a text of several lines a quotation below its item."""
    page = markdown(record(incident(cause="one\n  two", duplicate_of="", acknowledged_at=NOW), entry("on it")))
    for line in (
        "- **Severity:** SEV2: something important is down",
        "- **Status:** resolved: it is over",
        "- **Opened by:** ann",
        "- **Owner:** bob",
        "- **Joined:** ann, bob",
        "- **Began:** 2026-11-24T11:00:03Z",
        "- **Acknowledged:** 2026-11-24T12:00:03Z",
        "- **Closed:** –",
        "- **Duration:** 1 h",
        "- **Cause:**\n\n    > one  \n    > \u00a0\u00a0two\n",
        "- **Thread:** [in Slack](https://sandbox.slack.com/archives/C0OPS/p1)",
        "## Key events\n\nNone was marked.\n",
        "## Timeline\n\nOne entry; times are UTC.\n\n**2026-11-24T12:00:03Z** ann: on it\n",
    ):
        assert line in page
    assert "- **Duplicate of:** –" in page
    original = "https://sandbox.slack.com/archives/C0OPS/p2"
    double = replace(record(incident(duplicate_of="INC-20261124-2M9X")), original=original)
    assert f"- **Duplicate of:** [INC-20261124-2M9X]({original})" in markdown(double)


def test_an_open_incident_says_so_far() -> None:
    """Its duration goes on."""
    page = markdown(record(incident(status=Status.MONITORING, resolved_at=None)))
    assert "- **Duration:** 1 h so far\n" in page
    assert json.loads(as_json(record(incident(status=Status.MONITORING, resolved_at=None))))["incident"]["is_open"]


def test_the_timeline_is_in_order_with_names_kinds_and_marks() -> None:
    """However the entries come, they are told as they happened; names of then win over names of now."""
    late = entry("late", 60, author="U0BOB", author_name="bobby")
    early = entry("", kind=Kind.OPENED, pinned_by=("U0BOB",))
    page = markdown(record(incident(), late, early))
    timeline = page[page.index("## Timeline") :]
    assert timeline.split("\n\n")[2:] == [
        "**2026-11-24T12:00:03Z** ann opened the incident *(key event, marked by bob)*",
        "**2026-11-24T12:01:03Z** bobby: late\n",
    ]
    told = json.loads(as_json(record(incident(), late, early)))["timeline"]
    assert [(one["kind"], one["key_event"], one["by"]) for one in told] == [
        ("opened", True, {"id": "U0ANN", "name": "ann"}),
        ("message", False, {"id": "U0BOB", "name": "bobby"}),
    ]
    assert told[0]["at"] == "2026-11-24T12:00:03.000100Z"


def test_edits_deletions_and_files_are_told() -> None:
    """An edited entry shows what it was, a deleted one that it was, a file its name with its link."""
    changed = extended(
        "now",
        first_text="before",
        edits=(Edit("between", NOW + timedelta(seconds=30)), Edit("now", NOW + timedelta(minutes=1))),
        edited_at=NOW + timedelta(minutes=1),
        deleted_at=NOW + timedelta(minutes=2),
        files=(File("a_b.png", "https://files.example/F1"), File("bad", "javascript:alert(1)")),
    )
    page = markdown(record(incident(), changed))
    assert page[page.index("**2026") :] == (
        "**2026-11-24T12:00:03Z** ann *(edited 2026-11-24T12:01:03Z)* *(deleted 2026-11-24T12:02:03Z)*: now\n\n"
        "Before it was edited:\n\n> before\n\n"
        "Before it was edited, since 2026-11-24T12:00:33Z:\n\n> between\n\n"
        "Files: [a\\_b.png](https://files.example/F1), bad\n"
    )
    (told,) = json.loads(as_json(record(incident(), changed)))["timeline"]
    assert (told["first_text"], told["edited_at"], told["deleted_at"]) == (
        "before",
        "2026-11-24T12:01:03Z",
        "2026-11-24T12:02:03Z",
    )
    assert told["files"][0] == {"name": "a_b.png", "url": "https://files.example/F1"}


def test_what_has_no_text_or_no_author_is_told_all_the_same() -> None:
    """A deleted message, whose text is gone, and a message of an app without a name; kinds are told in words."""
    deleted = extended("", first_text="", deleted_at=NOW)
    app = entry("disk full", author="", author_name="", kind=Kind.NOTED)
    page = markdown(record(incident(), deleted, app))
    assert "**2026-11-24T12:00:03Z** ann *(deleted 2026-11-24T12:00:03Z)*\n" in page
    assert "**2026-11-24T12:00:03Z** an app noted: disk full\n" in page
    unedited = json.loads(as_json(record(incident(), extended("x", first_text="x"))))["timeline"][0]
    assert (unedited["first_text"], unedited["edits"], unedited["edited_at"]) == ("", [], None)


def test_slacks_tokens_become_what_people_read() -> None:
    """Names for user ids, `#name` for channels, addresses bare with their label before them."""
    said = (
        "<@U0BOB> and <@U0EVE|eve> in <#C0OPS|ops>, <!here>: <https://x.example/a?b=1&c=2|the page> <https://y.example>"
    )
    (told,) = json.loads(as_json(record(incident(), entry(said))))["timeline"]
    assert told["text"] == ("@bob and @U0EVE in #ops, @here: the page (https://x.example/a?b=1&c=2) https://y.example")
    assert {"U0BOB", "U0EVE"} <= people_in(incident(), [entry(said)]).keys()


def test_the_json_has_no_internals() -> None:
    """Only what the module tells, whatever else an incident keeps."""
    told = json.loads(as_json(record(incident(quote=Quote("C0OPS", "1.0", "", "alert")), entry("x"))))
    assert told.keys() == {"format", "exported_at", "link", "incident", "timeline"}
    assert not told["incident"].keys() & {"version", "untold", "words", "snoozed_until", "reminded_at", "card_ts"}
    assert told["incident"]["quote"] == {"by": None, "text": "alert", "deleted_at": None}
    assert told["incident"]["duration_seconds"] == 3600


def test_long_entries_are_whole() -> None:
    """Messages of 12,000 characters of the most special kind are in both formats, line for line."""
    subject = record(incident(), *(entry("*<a_b>|\n" * 1_500, n) for n in range(40)))
    page, told = markdown(subject), as_json(subject)
    assert page.count("\n> ") == 40 * 1_500
    assert len(json.loads(told)["timeline"]) == 40


def test_the_log_says_what_it_leaves_out() -> None:
    """Of more incidents than fit the newest are shown, and how many there are."""
    rows = [incident_row(incident(opened_at=NOW - timedelta(days=n)), "") for n in range(3)]
    page = log(rows, 70_000, NAMES, NOW, Months())
    assert "The newest 3 of 70,000 are shown: `/ops runbook 2026-11` gives one month." in page
    assert "| bob | 1 h | – | – |" in page.replace("2 d 1 h", "1 h").replace("1 d 1 h", "1 h")


def test_rows_of_another_kind_fit_in() -> None:
    """An emergency is a row between incidents, at its own time."""
    emergency = Row("emergency", NOW - timedelta(days=1), "MW-20261123-1200", "power", owner="U0ANN")
    rows = [incident_row(incident(opened_at=NOW - timedelta(days=n)), "") for n in (0, 2)]
    page = log([*rows, emergency], 3, NAMES, NOW, Months())
    assert re.findall(r"\| (incident|emergency) \|", page) == ["incident", "emergency", "incident"]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("export", Export()),
        ("export 7kq4", Export("7KQ4")),
        ("export json", Export(None, ("json",))),
        ("export md 7KQ4", Export("7KQ4", ("markdown",))),
        ("export INC-20261124-7KQ4 JSON", Export("INC-20261124-7KQ4", ("json",))),
        ("Export 7KQ4 markdown.", Export("7KQ4", ("markdown",))),
    ],
)
def test_an_export_is_asked_for_in_any_order(words: str, wanted: Export) -> None:
    """An ID, a format, both or neither."""
    assert parse(words) == wanted


@pytest.mark.parametrize("words", ["export json markdown", "export 7KQ4 8KQ4", "export as-pdf", "export a b c d"])
def test_what_makes_no_sense_is_pointed_at(words: str) -> None:
    """Two formats, two IDs, another word."""
    with pytest.raises(WordError):
        parse(words)
