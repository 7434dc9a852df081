"""An incident as a file: what an export tells, and its JSON; `export_markdown` has the Markdown.

The JSON (`format` 1; times in UTC as ISO 8601, persons as `{"id", "name"}`, what is not known is null or ""):

    {"format": 1, "exported_at", "link",
     "incident": {"id", "title", "severity", "severity_means", "status", "status_means", "opened_by", "owner", "joined",
                  "began", "opened_at", "acknowledged_at", "resolved_at", "closed_at", "is_open", "duration_seconds",
                  "affected", "cause", "resolution", "lesson", "duplicate_of",
                  "quote": {"by", "text", "deleted_at"} | null},
     "timeline": [{"at", "kind", "by", "text", "key_event", "marked_by", "ts",
                   "first_text", "edits": [{"at", "text"}], "edited_at", "deleted_at", "files": [{"name", "url"}]}]}
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from bot.domain.incident import Incident
from bot.domain.markdown import sound
from bot.domain.timeline import Entry

FORMAT = 1

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")
_TOKEN = re.compile(
    r"<(?:@(?P<who>[UW][A-Z0-9]+)(?:\|[^<>]*)?"
    r"|#(?P<channel>[CG][A-Z0-9]+)(?:\|(?P<called>[^<>]*))?"
    r"|!(?P<all>here|channel|everyone)(?:\|[^<>]*)?"
    r"|(?P<url>https?://[^<>|\s]+)(?:\|(?P<label>[^<>]*))?)>"
)


class Format(StrEnum):
    """What an incident can be exported as."""

    MARKDOWN = "markdown"
    JSON = "json"

    @property
    def ending(self) -> str:
        """The ending of the file's name."""
        return {Format.MARKDOWN: "md", Format.JSON: "json"}[self]


@dataclass(frozen=True)
class Record:
    """All that an export tells: the incident, its timeline, names by user id, when it is written, the thread's link.

    `original` leads to the incident that it is a duplicate of.
    """

    incident: Incident
    entries: Sequence[Entry]
    names: Mapping[str, str]
    at: datetime
    link: str = ""
    original: str = ""

    def name(self, user_id: str) -> str:
        """How the person is called; the id where Slack did not say; empty if there is nobody."""
        return self.names.get(user_id) or user_id

    def author(self, entry: Entry) -> str:
        """How the entry's author is, or was, called."""
        return entry.author_name or self.name(entry.author) or "an app"

    def readable(self, text: str) -> str:
        """The text with Slack's tokens as people read them: names for user ids, addresses bare."""

        def said(found: re.Match[str]) -> str:
            if found["who"]:
                return f"@{self.name(found['who'])}"
            if found["channel"]:
                return f"#{found['called'] or found['channel']}"
            if found["all"]:
                return f"@{found['all']}"
            label, url = found["label"], found["url"]
            return f"{label} ({url})" if label and label.strip() not in url else str(url)

        return _TOKEN.sub(said, text)


@dataclass(frozen=True)
class Notes:
    """What became of an entry after it was said, and its files (name and address).

    `first_text` is what it was before it was edited, `edits` are the wordings since then, the last one included.
    """

    first_text: str = ""
    edits: tuple[tuple[datetime, str], ...] = ()
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    files: tuple[tuple[str, str], ...] = ()


def notes_on(entry: Entry) -> Notes:
    """The one place that knows where an entry keeps its edits, its deletion and its files."""
    return Notes(
        (entry.first_text or "") if entry.edited_at else "",
        tuple((edit.at, edit.text) for edit in entry.edits),
        entry.edited_at,
        entry.deleted_at,
        tuple((file.name, file.url) for file in entry.files),
    )


def people_in(incident: Incident, entries: Iterable[Entry]) -> dict[str, str]:
    """Everybody whom an export names, by user id, the most important first; "" where the name is not known here."""
    known: dict[str, str] = dict.fromkeys((incident.opened_by, incident.owner, incident.updated_by), "")
    texts = [incident.title, incident.affected, incident.cause, incident.resolution, incident.lesson]
    known |= dict.fromkeys(incident.joined, "")
    for entry in entries:
        known[entry.author] = known.get(entry.author) or entry.author_name
        known |= {who: known.get(who, "") for who in entry.pinned_by}
        notes = notes_on(entry)
        texts += [entry.text, notes.first_text, *(text for _, text in notes.edits)]
    if incident.quote:
        known.setdefault(incident.quote.author, "")
        texts.append(incident.quote.words)
    for text in texts:
        known |= {who: known.get(who, "") for who in _MENTION.findall(text)}
    known.pop("", None)
    return known


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries as they happened."""
    return sorted(entries, key=lambda entry: entry.at)


def as_json(record: Record) -> str:
    """The whole incident as JSON in the shape that the module tells."""
    incident = record.incident
    told: dict[str, Any] = {
        "format": FORMAT,
        "exported_at": iso(record.at),
        "link": record.link,
        "incident": _incident(record),
        "timeline": [_line(record, entry) for entry in in_order(record.entries)],
    }
    told["incident"]["quote"] = (
        {
            "by": _person(record, incident.quote.author),
            "text": record.readable(incident.quote.words),
            "deleted_at": iso(incident.quote.deleted_at) or None,
        }
        if incident.quote
        else None
    )
    return sound(json.dumps(told, ensure_ascii=False, indent=2)) + "\n"


def _incident(record: Record) -> dict[str, Any]:
    incident = record.incident
    moments = ("began", "opened_at", "acknowledged_at", "resolved_at", "closed_at")
    texts = ("title", "affected", "cause", "resolution", "lesson")
    return {
        "id": incident.id,
        "severity": incident.severity.value,
        "severity_means": incident.severity.meaning,
        "status": incident.status.value,
        "status_means": incident.status.meaning,
        "opened_by": _person(record, incident.opened_by),
        "owner": _person(record, incident.owner),
        "joined": [_person(record, who) for who in incident.joined],
        **{name: iso(getattr(incident, name)) or None for name in moments},
        "is_open": incident.is_open,
        "duration_seconds": round(incident.lasted(record.at).total_seconds()),
        **{name: record.readable(getattr(incident, name)) for name in texts},
        "duplicate_of": incident.duplicate_of,
    }


def _line(record: Record, entry: Entry) -> dict[str, Any]:
    notes = notes_on(entry)
    return {
        "at": iso(entry.at, "microseconds"),
        "kind": entry.kind.value,
        "by": {"id": entry.author, "name": record.author(entry)},
        "text": record.readable(entry.text),
        "key_event": entry.is_key_event,
        "marked_by": [_person(record, who) for who in entry.pinned_by],
        "ts": entry.ts,
        "first_text": record.readable(notes.first_text),
        "edits": [{"at": iso(at), "text": record.readable(text)} for at, text in notes.edits],
        "edited_at": iso(notes.edited_at) or None,
        "deleted_at": iso(notes.deleted_at) or None,
        "files": [{"name": name, "url": url} for name, url in notes.files],
    }


def _person(record: Record, user_id: str) -> dict[str, str] | None:
    return {"id": user_id, "name": record.name(user_id)} if user_id else None


def iso(moment: datetime | None, timespec: str = "seconds") -> str:
    """`2026-11-24T12:00:03Z`; empty for None."""
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z") if moment else ""
