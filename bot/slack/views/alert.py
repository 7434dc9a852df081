"""What alerts look like: a group's message, what its thread says, a storm's digest, and the answers to its buttons."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ButtonElement, InteractiveElement, PlainTextObject

from bot.domain.alert import Alert, Digest, Group, Turn
from bot.domain.alert_desk import Listing
from bot.domain.incident import Incident
from bot.slack.mrkdwn import Mrkdwn, ago, both, joined, link, local, mrkdwn, person
from bot.slack.views.parts import Message, actions, brief, context, paragraphs, said, section

OPEN_BUTTON = "alert_incident"
SILENCE_BUTTON = "alert_silence"

SHOWN = 10  # members of a group, and groups of a storm
NAME_SHOWN = 200
TITLE_SHOWN = 300


def alert(group: Group, incident: Incident | None, incident_url: str, *, may_silence: bool) -> Message:
    """A group's message as it should look now."""
    blocks: list[Block] = [section(mrkdwn("{}\n{}", _headline(group), _times(group)))]
    blocks += paragraphs(_members(group))
    where = _where(group, incident, incident_url)
    if where:
        blocks.append(context(where))
    buttons = _buttons(group, has_incident=incident is not None, may_silence=may_silence)
    if buttons:
        blocks.append(actions(buttons, block_id=f"alert-{group.episode}-{group.version}"))
    return Message(mrkdwn("Alert {} {}.", brief(group.name, TITLE_SHOWN), _state(group)), tuple(blocks))


def _headline(group: Group) -> Mrkdwn:
    mark = ":rotating_light:" if group.is_firing else ":white_check_mark:"
    return mrkdwn("{} *{}* {}", Mrkdwn(mark), brief(group.name, TITLE_SHOWN), _state(group))


def _state(group: Group) -> Mrkdwn:
    firing, total = len(group.firing), len(group.members)
    more = f" and {group.left_out:,} that are not told apart" if group.left_out else ""
    if not firing and more:
        return mrkdwn("is resolved as far as it is told apart; not known of {} alerts", f"{group.left_out:,}")
    if not firing:
        is_gone = any(one.missed_at for one in group.members)
        return Mrkdwn("is resolved (no longer in Alertmanager)" if is_gone else "is resolved")
    severity = group.severity.upper()
    if firing == total:
        return mrkdwn(
            "is firing ({}{})",
            severity,
            f", {total:,} alert{'s' if total > 1 else ''}{more}" if total > 1 or more else "",
        )
    return mrkdwn("is partly resolved: {} of {}{} still fire ({})", f"{firing:,}", f"{total:,}", more, severity)


def _times(group: Group) -> Mrkdwn:
    began = mrkdwn("Since {}, {}", both(group.began), ago(group.began))
    return began if group.over_at is None else mrkdwn("From {} to {}", both(group.began), both(group.over_at))


def _members(group: Group) -> list[Mrkdwn]:
    ordered = (*group.firing, *(one for one in group.members if not one.is_firing))
    lines = [_member(group, one) for one in ordered[:SHOWN]]
    if len(ordered) > SHOWN:
        lines.append(mrkdwn("… and {} more", f"{len(ordered) - SHOWN:,}"))
    return lines


def _member(group: Group, one: Alert) -> Mrkdwn:
    state = "firing" if one.is_firing else "no longer in Alertmanager" if one.missed_at else "resolved"
    name = link(one.url, "source") if one.url else Mrkdwn("")
    source = mrkdwn(" ({})", name) if name.startswith("<") else Mrkdwn("")
    return mrkdwn("• {}: {}{}", state, brief(group.name_of(one), NAME_SHOWN), source)


def _where(group: Group, incident: Incident | None, incident_url: str) -> Mrkdwn:
    some = group.firing or group.members
    pages = {
        "Runbook": next((url for one in some if (url := one.annotation("runbook_url", "runbook"))), ""),
        "Dashboard": next((url for one in some if (url := one.annotation("dashboard", "dashboard_url"))), ""),
    }
    found = [link(url, label) for label, url in pages.items()]
    if incident is not None:
        found.insert(0, mrkdwn("Incident {}", link(incident_url, incident.id)))
    return joined(" · ", [one for one in found if "<" in one or one.startswith("Incident")])


def _buttons(group: Group, *, has_incident: bool, may_silence: bool) -> list[InteractiveElement]:
    if not group.is_firing:
        return []
    found: list[InteractiveElement] = []
    if not has_incident:
        found.append(_button("Open incident", OPEN_BUTTON, group.id, group.name))
    if may_silence and (silence := _silence(group)):
        found.append(silence)
    return found


def _silence(group: Group) -> ButtonElement | None:
    """The button, where there is something to silence and Alertmanager knows the group."""
    if not group.is_firing or group.is_grafanas or not (group.matchers or group.is_cut):
        return None
    return _button("Silence 1h", SILENCE_BUTTON, group.id, group.name)


def _button(label: str, action_id: str, topic_id: str, name: str) -> ButtonElement:
    return ButtonElement(
        text=PlainTextObject(text=label),
        action_id=action_id,
        value=topic_id,
        accessibility_label=f"{label}: {name}"[:75],
    )


def news(group: Group, turn: Turn) -> Message:
    """What a turn changed, for the message's thread."""
    parts = [
        mrkdwn("{} {}", Mrkdwn(label), brief("; ".join(names), 1_200))
        for label, names in (
            (":rotating_light: Firing:", turn.fired),
            (":rotating_light: Firing again:", turn.again),
            (":white_check_mark: Resolved:", turn.resolved),
            (":white_check_mark: No longer in Alertmanager, so taken as resolved:", turn.gone),
        )
        if names
    ]
    left = turn.left[:1].upper() + turn.left[1:]
    return said(mrkdwn("{}: {}\n{}.", brief(group.name, TITLE_SHOWN), joined("\n", parts), left))


def digest(
    storm: Digest,
    counts: tuple[int, int],
    worst: Sequence[Group],
    incident: tuple[Incident | None, str] = (None, ""),
    *,
    may_silence: bool,
) -> Message:
    """A storm's message, with its open incident and the address of that; *Silence 1h* for each of the worst groups."""
    (known, url), (total, firing) = incident, counts
    text = mrkdwn("Alert storm: {} groups since {}, {} still firing.", total, both(storm.began), firing)
    blocks: list[Block] = [section(mrkdwn(":cyclone: {}", text))]
    for group in worst:
        state = Mrkdwn("") if group.is_firing else mrkdwn(" {}", _state(group))
        line = mrkdwn("• {} {}{}", group.severity.upper(), brief(group.name, NAME_SHOWN), state)
        blocks.append(section(line, _silence(group) if may_silence else None))
    if total > len(worst):
        blocks.append(section(mrkdwn("… and {} more", total - len(worst))))
    blocks.append(
        context(Mrkdwn("Too many came at once: only the first have a message each. `/ops alerts` lists what fires."))
    )
    if known is not None:
        blocks.append(context(mrkdwn("Incident {}", link(url, known.id))))
    elif firing:
        blocks.append(actions([_button("Open incident", OPEN_BUTTON, storm.id, "alert storm")]))
    return Message(text, tuple(blocks))


# Answers


def opened(incident: Incident, url: str, *, is_new: bool) -> Message:
    """The answer to *Open incident*."""
    where = link(url, "its thread") if url else Mrkdwn("its thread")
    if is_new:
        return said(mrkdwn("{} is open for it. Write in {}: it is the record.", incident.id, where))
    return said(mrkdwn("{} is open for it already, by {}: see {}.", incident.id, _by(incident), where))


def _by(incident: Incident) -> Mrkdwn:
    return person(incident.opened_by)


def too_wide() -> Message:
    """The answer to *Silence 1h* where the group's labels say too little."""
    return said(
        Mrkdwn("Its labels would silence too much. Say which: `/ops silence alertname=NAME job=NAME for 1h REASON`.")
    )


def too_long() -> Message:
    """The same where the group has more labels, or longer ones, than are kept: fewer would match other alerts."""
    return said(
        Mrkdwn(
            "Its labels are too long to be kept whole, so a silence would not match what it should. Nothing is"
            " silenced. Silence it in Alertmanager, or say which alerts: `/ops silence alertname=NAME job=NAME for 1h"
            " REASON`."
        )
    )


def listed(listing: Listing) -> Message:
    """`/ops alerts`: what fires, worst first."""
    if not listing.groups:
        return said(Mrkdwn("No alert fires, as far as Alertmanager has told."))
    fire = (
        "One group of alerts fires."
        if listing.total == 1
        else f"{listing.total:,} groups of alerts fire, the worst first."
    )
    text = mrkdwn("{}", fire)
    lines = []
    for group, url in listing.groups:
        name = brief(group.name, NAME_SHOWN)
        shown = link(url, group.name[:NAME_SHOWN]) if url else name
        incident = f", {group.incident_id}" if group.incident_id else ""
        count = f", {len(group.firing):,} alerts" if len(group.firing) > 1 else ""
        lines.append(
            mrkdwn("• {} {}{}{}, since {}", group.severity.upper(), shown, count, incident, local(group.began))
        )
    if listing.total > len(lines):
        lines.append(mrkdwn("… and {} more", listing.total - len(lines)))
    return Message(text, (section(text), *paragraphs(lines)))
