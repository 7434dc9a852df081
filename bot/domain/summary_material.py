"""What a model is told of an incident: the record's facts, its key events, then the newest messages, within a limit."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.clock import spelled, utc
from bot.domain.summary import Record
from bot.domain.timeline import Entry

LIMIT = 14_000  # characters in all, some 4,000 tokens: what small servers take, and answer within seconds
EVENTS_LIMIT = 7_000  # of these for key events
TEXT_LIMIT = 600  # of one message
FACT_LIMIT = 1_000
KEY_EVENTS = 30
MESSAGES = 60


@dataclass(frozen=True)
class Material:
    """One JSON document, `LIMIT` characters at most. All texts in it are data: names, not mentions."""

    told: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The document as it is sent."""
        return json.dumps(self.told, ensure_ascii=False)

    @property
    def source(self) -> str:
        """The same texts and numbers without JSON's quoting: what an answer may name."""
        return "\n".join(_values(self.told))


class Writer(Protocol):
    """Writes prose."""

    @property
    def name(self) -> str:
        """What the model is called."""

    async def write(self, material: Material) -> str:
        """The model's answer, unchecked. Raises NoProseError when there is none."""


def chosen(entries: Sequence[Entry], keys: Sequence[Entry]) -> list[Entry]:
    """The newest other entries that a model may be told of, newest first; not more than can matter."""
    known = {entry.id for entry in keys}
    return [entry for entry in reversed(entries) if entry.id not in known and entry.text.strip()][:MESSAGES]


def facts(incident_id: str, record: Record) -> Mapping[str, str | int]:
    """The record as a model is told it: words, no ids of people, what is empty left out."""
    told: dict[str, str | int] = {
        "incident": incident_id,
        "title": record.title,
        "severity": f"{record.severity.upper()}, {record.severity.meaning}",
        "status": f"{record.status}: {record.status.meaning}",
        "began": utc(record.began),
        "opened": utc(record.opened_at),
        "opened_by": record.opened_by,
        "owner": record.owner,
        "people_involved": record.people,
        "over": utc(record.over_at) if record.over_at else "not yet",
        "lasted": spelled(record.lasted),
        "affected": record.affected,
        "resolution": record.resolution,
        "cause": record.cause,
        "lesson": record.lesson,
        "duplicate_of": record.duplicate_of,
    }
    return {name: value for name, value in told.items() if value != ""}


def material(facts: Mapping[str, str | int], keys: Sequence[Entry], newest: Sequence[Entry], total: int) -> Material:
    """The document. `keys` are in order, `newest` newest first; `total` is how many entries the timeline has."""
    cut = {name: _cut(value, FACT_LIMIT) if isinstance(value, str) else value for name, value in facts.items()}
    told: dict[str, Any] = {"facts": cut, "key_events": [], "messages": [], "entries_in_all": total}
    left = min(EVENTS_LIMIT, LIMIT - _length(told))
    # The newest first, since how it ended matters more than how it went on.
    told["key_events"] = _fitting([_line(entry) for entry in reversed(keys)], left)
    told["messages"] = _fitting([_line(entry) for entry in newest], LIMIT - _length(told))
    return Material(told)


def _fitting(newest_first: Sequence[Mapping[str, str]], limit: int) -> list[Mapping[str, str]]:
    kept: list[Mapping[str, str]] = []
    for line in newest_first:
        limit -= _length(line) + 2
        if limit < 0:
            break
        kept.append(line)
    return kept[::-1]


def _line(entry: Entry) -> Mapping[str, str]:
    return {
        "at": utc(entry.at),
        "who": entry.author_name or "somebody",
        "did": entry.kind.value,
        "text": _cut(entry.text, TEXT_LIMIT),
    }


def _values(told: object) -> Iterator[str]:
    if isinstance(told, Mapping):
        told = list(told.values())
    if isinstance(told, list):
        for one in told:
            yield from _values(one)
    else:
        yield str(told)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[:limit] + " … (cut)"


def _length(told: object) -> int:
    return len(json.dumps(told, ensure_ascii=False))
