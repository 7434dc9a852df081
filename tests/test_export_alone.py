"""Exports without Slack and MongoDB: whatever people write, the Markdown keeps its structure, the JSON comes back."""

import json
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.export import Export
from bot.commands.incident import parse
from bot.domain.export import Record, as_json, in_words, people_in
from bot.domain.export_markdown import markdown
from bot.domain.incident import Incident, Quote, Severity, Status
from bot.domain.markdown import inline, link, quoted
from bot.domain.runbook import Months, Row, incident_row, log
from bot.domain.timeline import Entry, Kind
from bot.errors import WordError

NOW = datetime(2026, 11, 24, 12, 0, 3, tzinfo=UTC)
NAMES = {"U0ANN": "ann", "U0BOB": "bob"}

HOSTILE = [
    "# heading",
    "text\n# heading",
    "title\n=====",
    "title\n---",
    "```\nfence",
    "~~~\nfence",
    "    code",
    "\tcode",
    "- item\n+ item\n* item\n1. item\n2) item",
    "> quote\n\n> other",
    "***",
    "___",
    "<script>alert(1)</script>",
    "<!-- comment",
    "</details>",
    "&lt;b&gt; &#35; heading",
    "[here](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "[a]: https://evil.example",
    "<javascript:alert(1)>",
    "| a | b |\n| --- | --- |",
    "\\",
    "\\\n# heading",
    "a\u2028# heading\u2029# heading\x85# heading\x0b# heading\x0c# heading\r# heading",
    "\u202egnidaeh #",
    "{{ 7 * 7 }}",
    "{% include x %}",
    "a ##",
    "https://example.org/a_b*c|d\\e>f",
    "https://example.org/><script>",
    "\ud800 half",
    "\0",
    "*bold* _it_ `code` ~~gone~~",
]
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), max_size=40),
    st.text("#-=+*_`~<>[]()!|\\&:{}.1 \n\t\u2028a", max_size=40),
    st.lists(st.sampled_from(HOSTILE), min_size=2, max_size=3).map("\n".join),
)


def incident(**changes: Any) -> Incident:
    """An incident of Ann's, resolved after an hour."""
    base = Incident(
        id="INC-20261124-7KQ4",
        title="checkout is down",
        severity=Severity.SEV2,
        status=Status.RESOLVED,
        opened_by="U0ANN",
        opened_at=NOW - timedelta(hours=1),
        channel="C0OPS",
        owner="U0BOB",
        updated_by="U0BOB",
        updated_at=NOW,
        began=NOW - timedelta(hours=1),
        resolved_at=NOW,
        joined=("U0ANN", "U0BOB"),
    )
    return replace(base, **changes)


def entry(text: str, number: int = 0, **changes: Any) -> Entry:
    """A message of Ann's."""
    order = f"{int(NOW.timestamp()) + number}.000100"
    base = Entry(f"INC/{order}", "INC", Kind.MESSAGE, order, "U0ANN", "ann", text, "C0OPS", order)
    return replace(base, **changes)


@dataclass(frozen=True)
class Extended(Entry):
    """An entry with what became of it."""

    first_text: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    files: tuple[tuple[str, str], ...] = field(default=())


def extended(text: str, **changes: Any) -> Extended:
    """A message of Ann's that was changed."""
    return replace(Extended(**vars(entry(text))), **changes)


def record(subject: Incident, *entries: Entry) -> Record:
    """An export at NOW."""
    return Record(subject, entries, NAMES, NOW, "https://sandbox.slack.com/archives/C0OPS/p1")


def structure(page: str) -> list[str]:
    """What each line is, by its beginning: heading, item, quotation, row, entry; what is none of ours is "?"."""
    kinds = {
        "heading": r"#{1,6} ",
        "item": r"- \*\*",
        "quotation": r"(?:    )?>(?: |$)",
        "entry": r"\*\*\d{4}-",
        "row": r"\| ",
        "blank": r"$",
    }
    plain = ("One entry", "2 entries", "None was", "Before it was edited:", "Files: ", "Written ")
    found = []
    for line in page.split("\n"):
        kind = next((kind for kind, shape in kinds.items() if re.match(shape, line)), None)
        found.append(kind or ("plain" if line.startswith(plain) else f"? {line}"))
    return found


def bare(line: str) -> str:
    """A line without what is escaped, and without our own emphasis, links and addresses."""
    line = re.sub(r"^(?:    )?> ?|^#{1,2} |^- ", "", line)
    line = re.sub(r"\\[\\`*_\[\]{}#~+=-]|\d\\[.)]|&(?:lt|gt|amp|#124);", "x", line)
    line = re.sub(r"<https?://[^\s<>|\\`{}\"]+>", "x", line, flags=re.IGNORECASE)
    return re.sub(r"\[[^\[\]]*\]\(https?://[^\s()<>]+\)|\*\*|\*\(|\)\*", "x", line)


@settings(deadline=None, max_examples=300)
@given(title=texts, said=texts, cause=texts, name=texts)
def test_whatever_is_written_the_markdown_keeps_its_structure(title: str, said: str, cause: str, name: str) -> None:
    """The headings are ours, every line of a person is a quotation or inside a line of ours, and nothing is special."""
    subject = incident(title=title, cause=cause, resolution=said, quote=Quote("C0OPS", "1.0", "U0X", cause))
    pinned = entry(said, pinned_by=("U0EVE",))
    changed = extended(said, first_text=cause, edited_at=NOW, files=((name, "https://files.example/a"), (name, said)))
    page = markdown(Record(subject, [pinned, changed], {**NAMES, "U0EVE": name, "U0X": name}, NOW))
    page.encode()
    kinds = structure(page)
    assert [kind for kind in kinds if kind.startswith("?")] == []
    assert re.findall(r"^#.*", page, re.MULTILINE)[1:] == ["## Key events", "## Timeline"]
    assert page.startswith("# INC-20261124-7KQ4: ")
    assert kinds.count("entry") == 2
    assert kinds.count("item") == 19
    for line in page.split("\n"):
        assert not re.search(r"[\\`*_\[\]{}<>|~]|&(?!amp;)", bare(line)), line
        assert not re.match(r"[ \t]*(?:[-+=>#]|\d{1,9}[.)](?:\s|$)|    |\t)", bare(line)), line


@settings(deadline=None, max_examples=200)
@given(said=texts)
def test_a_quotation_reads_as_it_was_typed(said: str) -> None:
    """Taking the escapes out gives the lines back, without controls and with their indentation in no-break spaces."""
    lines = [re.sub(r"^> ?", "", line).rstrip(" ") for line in quoted(said)]
    back = [re.sub(r"\\(.)", r"\1", re.sub(r"<(https?://[^>]*)>", r"\1", line, flags=re.IGNORECASE)) for line in lines]
    entities = {"&lt;": "<", "&gt;": ">", "&#124;": "|", "&amp;": "&"}
    read = [re.sub("|".join(entities), lambda found: entities[found[0]], line) for line in back]

    def plain(text: str) -> str:
        return re.sub(
            r"[\s\u0000-\u001f\u007f-\u009f\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffd]", "", text
        )

    assert plain("".join(read)) == plain(said)


@settings(deadline=None, max_examples=200)
@given(title=texts, said=st.lists(texts, max_size=4))
def test_the_json_comes_back(title: str, said: list[str]) -> None:
    """It parses, is UTF-8, and has every text as it was but for halves of characters and Slack's tokens."""
    page = as_json(record(incident(title=title), *(entry(text, n) for n, text in enumerate(said))))
    told = json.loads(page.encode().decode())
    for back, text in zip(
        [told["incident"]["title"], *(one["text"] for one in told["timeline"])], [title, *said], strict=True
    ):
        if not re.search(r"<(?:[@#!]|https?:)", text):
            assert back == re.sub("[\ud800-\udfff]", "\ufffd", text)


@settings(deadline=None, max_examples=200)
@given(title=texts, outcome=texts, name=texts)
def test_every_row_of_the_log_has_nine_cells(title: str, outcome: str, name: str) -> None:
    """No text makes another row, cell or heading."""
    row = Row("incident", NOW, "INC-20261124-7KQ4", title, "SEV2", "U0X", timedelta(minutes=3), outcome)
    page = log([row, row], 2, {"U0X": name}, NOW, Months())
    page.encode()
    rows = [line for line in page.split("\n") if line.startswith("|")]
    assert [line.count("|") for line in rows] == [10] * 4
    assert [kind for kind in structure(page) if kind.startswith("?")] == []
    assert re.findall(r"^#.*", page, re.MULTILINE) == ["# Incidents and emergencies", "## 2026-11"]


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
        edited_at=NOW + timedelta(minutes=1),
        deleted_at=NOW + timedelta(minutes=2),
        files=(("a_b.png", "https://files.example/F1"), ("bad", "javascript:alert(1)")),
    )
    page = markdown(record(incident(), changed))
    assert page[page.index("**2026") :] == (
        "**2026-11-24T12:00:03Z** ann *(edited 2026-11-24T12:01:03Z)* *(deleted 2026-11-24T12:02:03Z)*: now\n\n"
        "Before it was edited:\n\n> before\n\nFiles: [a\\_b.png](https://files.example/F1), bad\n"
    )
    (told,) = json.loads(as_json(record(incident(), changed)))["timeline"]
    assert (told["first_text"], told["edited_at"], told["deleted_at"]) == (
        "before",
        "2026-11-24T12:01:03Z",
        "2026-11-24T12:02:03Z",
    )
    assert told["files"][0] == {"name": "a_b.png", "url": "https://files.example/F1"}


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
    assert told["incident"]["quote"] == {"by": None, "text": "alert"}
    assert told["incident"]["duration_seconds"] == 3600


def test_addresses_stay_clickable_and_others_do_not_become_links() -> None:
    """http(s) alone is an address; the mark after it is no part of it."""
    assert inline("see https://x.example/a_b, ok") == "see <https://x.example/a_b>, ok"
    assert inline("<https://x.example>") == "&lt;<https://x.example>&gt;"
    assert inline("javascript:alert(1)") == "javascript:alert(1)"
    assert link("javascript:alert(1)", "here") == "here"
    assert link("https://x.example/) [a](javascript:x", "he]re") == "he\\]re"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (40, "40 s"),
        (60, "1 min"),
        (3661, "1 h 1 min"),
        (86_400, "1 d"),
        (90_061, "1 d 1 h"),
        (3_605, "1 h"),
    ],
)
def test_durations_are_told_in_two_units(seconds: int, words: str) -> None:
    """The largest, and the next if it says something."""
    assert in_words(timedelta(seconds=seconds)) == words


def test_two_thousand_long_entries_take_seconds() -> None:
    """24 million characters of the most special kind are written in both formats in less than half a minute."""
    subject = record(incident(), *(entry("*<a_b>|\n" * 1_500, n) for n in range(2_000)))
    begun = time.monotonic()
    page, told = markdown(subject), as_json(subject)
    assert time.monotonic() - begun < 30
    assert page.count("\n> ") == 2_000 * 1_500
    assert len(json.loads(told)["timeline"]) == 2_000


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
