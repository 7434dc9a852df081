"""Incidents that were listed or searched for: a page of lines, and a button for the next."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement, PlainTextObject

from bot.domain.incident import Incident
from bot.domain.search import ALL, COUNTED, MOST_PAGES, Filters, Found, Wanted
from bot.slack.mrkdwn import Mrkdwn, joined, link, local, mrkdwn, person
from bot.slack.views.parts import Message, actions, paragraphs, said, titled

MORE = "incident_more"
NONE_OPEN = Mrkdwn("No incident is open. `/incident open sev2 checkout is down` opens one.")
HOW_TO_SHOW = Mrkdwn("`/incident show ID` tells one; the last characters of the ID are enough.")


def reading() -> Message:
    """While incidents are listed."""
    return said(Mrkdwn("Reading the list of incidents…"))


def searching(wanted: Wanted) -> Message:
    """While it is searched."""
    return said(mrkdwn("Searching for {}{}…", _quoted(wanted), _passing(wanted)))


def listed(found: Found, urls: Sequence[str]) -> Message:
    """A page of the incidents that pass the filters; `urls` are their cards'."""
    if not found.incidents:
        return _nothing(found)
    count = _counted(found)
    ids = ", ".join(incident.id for incident in found.incidents)
    lines = [_line(incident, url, found.wanted.filters) for incident, url in zip(found.incidents, urls, strict=True)]
    return _page(mrkdwn("{}{}: {}.", count, _which_page(found), ids), lines, found)


def searched(found: Found, urls: Sequence[str], meant: str = "") -> Message:
    """A page of the incidents that have the words; `meant` is the search with filters that were written as words."""
    did_you_mean = mrkdwn(" A filter has a colon: `/incident {}`.", meant) if meant else Mrkdwn("")
    if found.unknown:
        words = ", ".join(f"“{word}”" for word in found.unknown)
        told = mrkdwn("Nothing was found: no incident has {}, or a word that begins so.", words)
        return said(told + did_you_mean)
    if not found.incidents:
        return said(_nothing(found).text + did_you_mean)
    ids = ", ".join(incident.id for incident in found.incidents)
    head = mrkdwn("Incidents with {}{}{}", _quoted(found.wanted), _passing(found.wanted), _which_page(found))
    lines = [mrkdwn("{}, newest first:", head)]
    for term in found.guessed:
        stands_for = ", ".join(term.alternatives)
        lines.append(mrkdwn("No incident has “{}”, so these have: {}.", term.word, stands_for))
    lines += [_line(incident, url, found.wanted.filters) for incident, url in zip(found.incidents, urls, strict=True)]
    return _page(mrkdwn("{}: {}.", head, ids), lines, found)


def _page(text: Mrkdwn, lines: list[Mrkdwn], found: Found) -> Message:
    blocks: list[Block] = paragraphs([*lines, HOW_TO_SHOW])
    if found.has_more and found.wanted.page < MOST_PAGES:
        blocks.append(actions([_more(found.wanted)]))
    return Message(text, tuple(blocks))


def _nothing(found: Found) -> Message:
    wanted = found.wanted
    if wanted.page > 1:
        return said(mrkdwn("There is no page {} of it.", wanted.page))
    if wanted.words:
        return said(mrkdwn("No incident has {} in one{}.", _quoted(wanted), _passing(wanted)))
    if wanted.filters.is_open_only and wanted.filters.severity is None and wanted.filters.month is None:
        return said(NONE_OPEN)
    return said(mrkdwn("There is no such incident{}.", _passing(wanted)))


def _counted(found: Found) -> Mrkdwn:
    total, filters = found.total or 0, found.wanted.filters
    count = f"More than {COUNTED}" if total > COUNTED else "One" if total == 1 else str(total)
    noun = "incident" if total == 1 else "incidents"
    if filters.is_open_only and filters.severity is None and filters.month is None:
        return mrkdwn("{} {} {} open", count, noun, "is" if total == 1 else "are")
    return mrkdwn("{} {}{}", count, noun, _passing(found.wanted))


def _which_page(found: Found) -> str:
    return f", page {found.wanted.page}" if found.wanted.page > 1 else ""


def _quoted(wanted: Wanted) -> str:
    return ", ".join(f"“{word}”" for word in wanted.words)


def _passing(wanted: Wanted) -> str:
    filters = filter_words(wanted.filters)
    return f" ({', '.join(filters)})" if filters else ""


def _line(incident: Incident, url: str, filters: Filters) -> Mrkdwn:
    facts = [
        mrkdwn("*{}* {}", link(url, incident.id) if url else incident.id, incident.severity.upper()),
        *([] if filters.is_open_only else [mrkdwn("{}", incident.status)]),
        titled(incident.title),
        *([person(incident.owner)] if incident.is_open else []),
        mrkdwn("{} {}", "since" if incident.is_open else "opened", local(incident.opened_at)),
    ]
    return joined(" · ", facts)


def _more(wanted: Wanted) -> ButtonElement:
    return ButtonElement(
        text=PlainTextObject(text="More"),
        action_id=MORE,
        value=next_page(wanted),
        accessibility_label=f"Show page {wanted.page + 1}",
    )


def next_page(wanted: Wanted) -> str:
    """The words after `/incident` that ask for the next page. The button carries them: ten words of 40 at most."""
    filters = filter_words(wanted.filters)
    if not wanted.words:
        return " ".join(["list", *(filters or ["all"]), f"page {wanted.page + 1}"])
    return " ".join(["search", *wanted.words, *(_named(word) for word in filters), f"page:{wanted.page + 1}"])


def filter_words(filters: Filters) -> list[str]:
    """The filters as `list` takes them: `sev1`, `open`, `2026-11`."""
    severity = [filters.severity.value] if filters.severity else []
    status = [] if filters.statuses == ALL else ["open" if filters.is_open_only else filters.statuses[0].value]
    return [*severity, *status, *([str(filters.month)] if filters.month else [])]


def _named(word: str) -> str:
    if word.startswith("sev"):
        return f"sev:{word[3:]}"
    return f"in:{word}" if word[0].isdigit() else f"is:{word}"
