"""An incident as Markdown, made to be pasted into a runbook; what people wrote cannot change its structure."""

from bot.domain.clock import spelled
from bot.domain.export import Notes, Record, in_order, iso, notes_on
from bot.domain.markdown import inline, is_blank, is_one_line, link, quoted
from bot.domain.timeline import Entry

KEY_EVENT_SHOWN = 200  # characters of a key event in the list; the timeline has all of it

# By the names of the kinds: a kind that is not here is told by its own name.
_DID = {
    "message": "",
    "quoted": "wrote the message that it was opened from",
    "added": "wrote elsewhere",
    "alert": "told",
    "health": "told",
    "opened": "opened the incident",
    "noted": "noted",
    "status": "changed the status",
    "severity": "changed the severity",
    "assigned": "handed it over",
    "resolved": "resolved it",
    "explained": "added to the resolution",
    "reopened": "reopened it",
    "closed": "closed it",
    "snoozed": "put the reminder off",
    "escalated": "(escalation)",
    "reposted": "posted the card again",
    "restored": "put it back, since MongoDB had lost it",
}


def markdown(record: Record) -> str:
    """The whole incident: a heading, the facts, key events, the timeline."""
    incident, entries = record.incident, in_order(record.entries)
    key_events = [_key_event(record, entry) for entry in entries if entry.is_key_event]
    lines = [
        f"# {inline(incident.id)}: {inline(record.readable(incident.title))}",
        "",
        *_facts(record),
        "",
        "## Key events",
        "",
        *(key_events or ["None was marked."]),
        "",
        "## Timeline",
        "",
        f"{_count(len(entries))}; times are UTC.",
        "",
    ]
    for entry in entries:
        lines += [*_entry(record, entry), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _facts(record: Record) -> list[str]:
    incident, who = record.incident, record.name
    joined = ", ".join(who(one) for one in incident.joined)
    lasted = spelled(incident.lasted(record.at)) + (" so far" if incident.is_open else "")
    facts = [
        ("Severity", f"{incident.severity.upper()}: {incident.severity.meaning}"),
        ("Status", f"{incident.status}: {incident.status.meaning}"),
        ("Opened by", who(incident.opened_by)),
        ("Owner", who(incident.owner)),
        ("Joined", joined),
        ("Began", iso(incident.began)),
        ("Opened", iso(incident.opened_at)),
        ("Acknowledged", iso(incident.acknowledged_at)),
        ("Resolved", iso(incident.resolved_at)),
        ("Closed", iso(incident.closed_at)),
        ("Duration", lasted),
        ("Affected", record.readable(incident.affected)),
        ("Cause", record.readable(incident.cause)),
        ("Resolution", record.readable(incident.resolution)),
        ("Lesson", record.readable(incident.lesson)),
    ]
    lines = [line for label, text in facts for line in _fact(label, text)]
    lines.append(
        f"- **Duplicate of:** {link(record.original, incident.duplicate_of) if incident.duplicate_of else '–'}"
    )
    if incident.quote:
        lines += _fact("Opened from a message of", f"{who(incident.quote.author) or 'an app'}")
        if incident.quote.deleted_at:
            lines[-1] += f" (deleted {iso(incident.quote.deleted_at)})"
        else:
            lines += ["", *quoted(record.readable(incident.quote.words), "    "), ""]
    thread = [f"- **Thread:** {link(record.link, 'in Slack')}"] if record.link else []
    return [*lines, *thread, f"- **Exported:** {iso(record.at)}"]


def _fact(label: str, text: str) -> list[str]:
    if is_one_line(text):
        return [f"- **{label}:** {inline(text) or '–'}"]
    # Four spaces: the quotation belongs to the item for every renderer, also for those that want a full step.
    return [f"- **{label}:**", "", *quoted(text, "    "), ""]


def _key_event(record: Record, entry: Entry) -> str:
    text = " ".join(record.readable(entry.words).split())
    short = text if len(text) <= KEY_EVENT_SHOWN else text[: KEY_EVENT_SHOWN - 1].rstrip() + "…"
    head = f"- **{iso(entry.at)}** {_who_did(record, entry)}"
    if is_blank(short):
        return f"{head}{''.join(f' *({mark})*' for mark in _changes(notes_on(entry)) if mark)}"
    return f"{head}: {inline(short)}"


def _entry(record: Record, entry: Entry) -> list[str]:
    notes, text = notes_on(entry), record.readable(entry.text)
    marks = [mark for mark in (_pins(record, entry), *_changes(notes)) if mark]
    head = f"**{iso(entry.at)}** {_who_did(record, entry)}{''.join(f' *({mark})*' for mark in marks)}"
    if is_blank(text):
        lines = [head]
    elif is_one_line(text):
        lines = [f"{head}: {inline(text)}"]
    else:
        lines = [f"{head}:", "", *quoted(text)]
    for when, earlier in _earlier(entry, notes):
        lines += ["", f"Before it was edited{when}:", "", *quoted(record.readable(earlier))]
    if notes.files:
        lines += ["", f"Files: {', '.join(link(url, name) for name, url in notes.files)}"]
    return lines


def _earlier(entry: Entry, notes: Notes) -> list[tuple[str, str]]:
    """The wordings before the one that is told, each with since when it was there."""
    wordings = [("", notes.first_text), *((f", since {iso(at)}", text) for at, text in notes.edits)]
    return [(when, text) for when, text in wordings if not is_blank(text) and text != entry.text]


def _who_did(record: Record, entry: Entry) -> str:
    did = _DID.get(entry.kind, entry.kind.value)
    return f"{inline(record.author(entry))} {did}".strip()


def _pins(record: Record, entry: Entry) -> str:
    by = ", ".join(inline(record.name(who)) for who in entry.pinned_by)
    return f"key event, marked by {by}" if by else ""


def _changes(notes: Notes) -> tuple[str, ...]:
    return (
        f"edited {iso(notes.edited_at)}" if notes.edited_at else "",
        f"deleted {iso(notes.deleted_at)}" if notes.deleted_at else "",
    )


def _count(number: int) -> str:
    return "One entry" if number == 1 else f"{number:,} entries"
