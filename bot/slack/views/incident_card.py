"""The one message of an incident in the channel: what it is, how it stands, and buttons for what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ConfirmObject,
    InteractiveElement,
    Option,
    PlainTextObject,
    StaticSelectElement,
)

from bot.domain.clock import spelled
from bot.domain.incident import WORKING, Incident, Severity, Status
from bot.domain.quote import Quote
from bot.slack.mrkdwn import Mrkdwn, ago, both, joined, link, local, mrkdwn, person
from bot.slack.views.parts import Message, actions, context, header, one_line, section, some_lines

TAKE_BUTTON = "incident_take"
UPDATE_BUTTON = "incident_update"
ESCALATE_BUTTON = "incident_escalate"
RESOLVE_BUTTON = "incident_resolve"
EXPLAIN_BUTTON = "incident_explain"
REOPEN_BUTTON = "incident_reopen"
CLOSE_BUTTON = "incident_close"
STATUS_MENU = "incident_status"
SEVERITY_MENU = "incident_severity"

ADD_REASONS = "Add cause and lesson"
RESOLUTION_SHOWN = 1_200  # with escapes; the thread has all of it
NAMED = 12


@dataclass(frozen=True)
class Links:
    """Where people look further: addresses without credentials, empty if there is none. `every` is UPDATE_EVERY."""

    runbook: str = ""
    grafana: str = ""
    loki: str = ""
    every: timedelta = timedelta(minutes=30)


def named(severity: Severity) -> str:
    """`SEV2, something important is down`."""
    return f"{severity.value.upper()}, {severity.meaning}"


def headline(incident: Incident) -> Mrkdwn:
    """The sentence that notifications read."""
    standing = f"open, {incident.status}" if incident.is_open else incident.status
    return mrkdwn("Incident {} ({}) is {}: {}", incident.id, named(incident.severity), standing, incident.title)


def card(incident: Incident, links: Links, thread_url: str, original_url: str = "", *, is_saved: bool) -> Message:
    """The card as it should look now; `thread_url` is empty as long as it was not posted, `original_url` leads to the
    incident that it is a duplicate of.
    """
    blocks: list[Block] = [header(incident.title), section(joined("\n", _facts(incident, links, original_url)))]
    where = _where(incident, links, thread_url)
    if where:
        blocks.append(context(where))
    if not is_saved:
        blocks.append(
            context(
                Mrkdwn(":floppy_disk: Not yet saved: MongoDB does not answer. This card is the record until it does.")
            )
        )
    blocks.append(actions(_buttons(incident), block_id=f"incident-{incident.version}"))
    if incident.is_open:
        blocks.append(context(Mrkdwn("Write in this thread: it is the record. :pushpin: marks a key event.")))
    return Message(headline(incident), tuple(blocks))


def _facts(incident: Incident, links: Links, original_url: str) -> list[Mrkdwn]:
    lines = [
        mrkdwn("*{}* · {} · *{}*: {}", incident.id, named(incident.severity), incident.status, incident.status.meaning),
        _people(incident),
        _times(incident),
    ]
    if incident.affected:
        lines.append(mrkdwn("Affected: {}", incident.affected))
    if incident.is_open:
        due = incident.update_due(links.every)
        lines.append(mrkdwn("Last update by {} {}", person(incident.updated_by), ago(incident.updated_at)))
        if due is not None:
            lines[-1] += mrkdwn("; the next one is due {}", local(due))
    else:
        lines += _ending(incident, original_url)
    if incident.quote is not None:
        lines.append(_source(incident.quote))
    return lines


def _people(incident: Incident) -> Mrkdwn:
    line = mrkdwn("Opened by {} · Owner: {}", person(incident.opened_by), person(incident.owner))
    others = [who for who in incident.joined if who not in (incident.owner, incident.opened_by)]
    if not others:
        return line
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    return mrkdwn("{} · Joined: {}{}", line, joined(", ", [person(who) for who in others[:NAMED]]), more)


def _times(incident: Incident) -> Mrkdwn:
    if incident.is_open:
        return mrkdwn("Began {}, {}", both(incident.began), ago(incident.began))
    end = incident.over_at or incident.began
    return mrkdwn("Lasted {}, from {} to {}", spelled(incident.lasted(end)), both(incident.began), both(end))


def _ending(incident: Incident, original_url: str) -> list[Mrkdwn]:
    by = mrkdwn(" by {}", person(incident.ended_by)) if incident.ended_by else Mrkdwn("")
    if incident.duplicate_of:
        return [mrkdwn("Closed{}: a duplicate of *{}*", by, link(original_url, incident.duplicate_of))]
    how = "Resolved" if incident.resolved_at else "Closed"
    lines = [some_lines(mrkdwn("{}{}", how, by), incident.resolution, RESOLUTION_SHOWN)]
    if incident.cause:
        lines.append(some_lines("Cause", incident.cause, 400))
    if incident.lesson:
        lines.append(some_lines("Lesson", incident.lesson, 400))
    return lines


def _source(source: Quote) -> Mrkdwn:
    if source.deleted_at is not None:
        return mrkdwn("From a message{}, which was deleted on {}", _by(source), local(source.deleted_at))
    edited = " (edited)" if source.edited_at else ""
    return mrkdwn("From a message{}: “{}”{}", _by(source), one_line(source.words, 300), edited)


def _by(source: Quote) -> Mrkdwn:
    return mrkdwn(" by {}", person(source.author)) if source.author else Mrkdwn("")


def _where(incident: Incident, links: Links, thread_url: str) -> Mrkdwn:
    end = incident.over_at
    found = [
        link(thread_url, "Thread"),
        link(links.runbook, "Runbook"),
        link(grafana_at(links.grafana, incident.began, end), "Grafana"),
        link(loki_at(links, incident.began, end), "Loki logs"),
    ]
    return joined(" · ", [one for one in found if one.startswith("<")])


def grafana_at(base: str, began: datetime, end: datetime | None) -> str:
    """Grafana's start page at the time of the incident, ten minutes more at each side; empty without Grafana."""
    return f"{base}/?{urlencode(_range(began, end))}" if base else ""


def loki_at(links: Links, began: datetime, end: datetime | None) -> str:
    """Error lines of all jobs at that time: in Grafana's Explore, else as a query to Loki; empty without Loki.

    https://grafana.com/docs/grafana/latest/explore/#generate-explore-urls-from-external-tools
    """
    if not links.loki:
        return ""
    query = '{job=~".+"} |~ "(?i)error"'
    span = _range(began, end)
    if links.grafana:
        escaped = query.replace('"', '\\"')
        pane = (
            f'{{"a":{{"datasource":"loki","queries":[{{"refId":"A","expr":"{escaped}"}}],'
            f'"range":{{"from":"{span["from"]}","to":"{span["to"]}"}}}}}}'
        )
        return f"{links.grafana}/explore?schemaVersion=1&panes={quote(pane, safe='')}"
    stop = {} if end is None else {"end": f"{span['to']}000000"}
    found = urlencode({"query": query, "start": f"{span['from']}000000", **stop})
    return f"{links.loki}/loki/api/v1/query_range?{found}"


def _range(began: datetime, end: datetime | None) -> dict[str, str]:
    around = timedelta(minutes=10)
    stop = "now" if end is None else str(int((end + around).timestamp() * 1000))
    return {"from": str(int((began - around).timestamp() * 1000)), "to": stop}


def _buttons(incident: Incident) -> list[InteractiveElement]:
    if incident.is_open:
        return [
            button("Take it", TAKE_BUTTON, incident, value=f"{incident.id} {incident.owner}"),
            button("Update", UPDATE_BUTTON, incident),
            button(
                "Escalate",
                ESCALATE_BUTTON,
                incident,
                confirm=_sure("Call the next in line?", "Escalate"),
            ),
            button("Resolve", RESOLVE_BUTTON, incident, confirm=_sure("Is it over?", "Yes, resolve it")),
            _menu(STATUS_MENU, incident.id, {one: f"Status: {one}" for one in WORKING}, incident.status),
            _menu(SEVERITY_MENU, incident.id, {s: f"Severity: {s.upper()}" for s in Severity}, incident.severity),
        ]
    found = [button("Reopen", REOPEN_BUTTON, incident)]
    if incident.status is Status.RESOLVED:
        found.append(button("Close", CLOSE_BUTTON, incident))
    is_explained = incident.cause and incident.lesson
    found.append(button("Change cause and lesson" if is_explained else ADD_REASONS, EXPLAIN_BUTTON, incident))
    return list(found)


def button(
    label: str, action_id: str, incident: Incident, *, value: str = "", confirm: ConfirmObject | None = None
) -> ButtonElement:
    """A button about one incident; its value is the ID unless another is given."""
    return ButtonElement(
        text=PlainTextObject(text=label),
        action_id=action_id,
        value=value or incident.id,
        accessibility_label=f"{label}: incident {incident.id}",
        confirm=confirm,
    )


def _sure(question: str, yes: str) -> ConfirmObject:
    text = {
        "Escalate": "They are asked in the thread and directly, until somebody has it.",
        "Yes, resolve it": "You are asked what fixed it.",
    }[yes]
    return ConfirmObject(title=question, text=PlainTextObject(text=text), confirm=yes, deny="Not now")


def _menu(action_id: str, incident_id: str, choices: Mapping[str, str], chosen: str) -> StaticSelectElement:
    options = [
        Option(text=PlainTextObject(text=label), value=f"{incident_id} {value}") for value, label in choices.items()
    ]
    initial = next(option for option in options if option.value == f"{incident_id} {chosen}")
    return StaticSelectElement(action_id=action_id, options=options, initial_option=initial)
