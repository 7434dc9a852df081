"""Whatever people write, an export's Markdown keeps its structure and its JSON comes back."""

import json
import re
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.export import Record, as_json
from bot.domain.export_markdown import markdown
from bot.domain.markdown import inline, link, quoted
from bot.domain.quote import File, Quote
from bot.domain.runbook import Months, Row, log
from tests.exporting import NAMES, NOW, entry, extended, incident, record

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
    plain = ("One entry", "2 entries", "None was", "Before it was edited", "Files: ", "Written ")
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


@settings(deadline=None, max_examples=70)
@given(title=texts, said=texts, cause=texts, name=texts)
def test_whatever_is_written_the_markdown_keeps_its_structure(title: str, said: str, cause: str, name: str) -> None:
    """The headings are ours, every line of a person is a quotation or inside a line of ours, and nothing is special."""
    subject = incident(title=title, cause=cause, resolution=said, quote=Quote("C0OPS", "1.0", "U0X", cause))
    pinned = entry(said, pinned_by=("U0EVE",))
    changed = extended(
        said, first_text=cause, edited_at=NOW, files=(File(name, "https://files.example/a"), File(name, said))
    )
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


@settings(deadline=None, max_examples=50)
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


@settings(deadline=None, max_examples=50)
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


@settings(deadline=None, max_examples=50)
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


def test_addresses_stay_clickable_and_others_do_not_become_links() -> None:
    """http(s) alone is an address; the mark after it is no part of it."""
    assert inline("see https://x.example/a_b, ok") == "see <https://x.example/a_b>, ok"
    assert inline("<https://x.example>") == "&lt;<https://x.example>&gt;"
    assert inline("javascript:alert(1)") == "javascript:alert(1)"
    assert link("javascript:alert(1)", "here") == "here"
    assert link("https://x.example/) [a](javascript:x", "he]re") == "he\\]re"
