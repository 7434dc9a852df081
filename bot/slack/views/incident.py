"""The private answers about incidents: the list, one with its timeline, what became of an act."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.domain.incident import Incident, Severity, Touched
from bot.domain.timeline import Entry
from bot.slack.mrkdwn import Mrkdwn, ago, both, joined, link, local, mrkdwn, person, plain
from bot.slack.views.incident_card import ADD_REASONS, EXPLAIN_BUTTON, RESOLUTION_SHOWN, button, headline, named
from bot.slack.views.incident_thread import brief_title
from bot.slack.views.parts import Message, actions, context, paragraphs, quoted, said, section, some_lines, titled
from bot.slack.views.timeline import newest

DUPLICATE_BUTTON = "incident_duplicate"


def opened(
    incident: Incident, url: str, similar: Sequence[Incident], *, is_saved: bool, is_owner_inside: bool = True
) -> Message:
    """The answer to whoever opened it, with a way out where another one may be about the same."""
    where = mrkdwn("{} is open. Write in {}: it is the record.", incident.id, _thread(url))
    if not is_saved:
        where += " MongoDB does not answer, so the card is the record; it is saved when MongoDB is back."
    if not is_owner_inside:
        where += _outside(incident)
    last = incident.title.casefold().split()[-1]
    if last in set(Severity) - {incident.severity}:
        end = incident.id[-4:]
        where += mrkdwn(
            " It is {}; if you meant {}: `/incident sev {} {}`.", incident.severity.upper(), last.upper(), end, last[-1]
        )
    if not similar:
        return said(where)
    # Not "before": of two that are opened at once each is asked about the other, and its own card may be the slower.
    which = "one of these, which are" if len(similar) > 1 else "this one, which is"
    return _asking(mrkdwn("{}\nIs it the same as {} open already?", where, which), incident, similar)


def whether_same(incident: Incident, earlier: Incident) -> Message:
    """In its thread, where it was opened while MongoDB was away, and nobody knew of the other one."""
    asked = mrkdwn(
        "{}, this could not be asked at the opening: is it the same as this one, which was opened before?",
        person(incident.opened_by),
    )
    return _asking(asked, incident, [earlier])


def _asking(question: Mrkdwn, incident: Incident, similar: Sequence[Incident]) -> Message:
    others = [mrkdwn("{} by {}", brief_title(one), person(one.opened_by)) for one in similar]
    buttons = [
        button(
            f"Duplicate of {plain(one.id[-4:])}", f"{DUPLICATE_BUTTON}_{number}", one, value=f"{incident.id} {one.id}"
        )
        for number, one in enumerate(similar)
    ]
    asked = joined("\n", [question, *others])
    return Message(asked, (section(asked), actions(buttons)))


def resolved(incident: Incident) -> Message:
    """The answer to whoever resolved it: what caused it, and what is learned?"""
    text = mrkdwn("{} is resolved.", incident.id)
    if incident.cause and incident.lesson:
        return said(text)
    text += " What caused it, and what is to be learned from it?"
    return Message(text, (section(text), actions([button(ADD_REASONS, EXPLAIN_BUTTON, incident)])))


def noted(incident: Incident) -> Message:
    """The answer to whoever left a note."""
    return said(mrkdwn("Noted in {} ({}).", incident.id, titled(incident.title)))


def moved(incident: Incident, instead_of: Touched | None) -> Message:
    """The answer to whoever set the status."""
    return said(mrkdwn("{} is *{}*.{}", incident.id, incident.status, _instead(instead_of)))


def rated(incident: Incident, instead_of: Touched | None) -> Message:
    """The answer to whoever set the severity."""
    woken = f" {incident.untold[-1].text}".rstrip()
    return said(mrkdwn("{} is *{}*.{}{}", incident.id, named(incident.severity), woken, _instead(instead_of)))


def assigned(incident: Incident, instead_of: Touched | None, *, is_inside: bool = True) -> Message:
    """The answer to whoever named an owner, who may not be in the channel."""
    told = mrkdwn("{} owns {}.{}", person(incident.owner), incident.id, _instead(instead_of))
    return said(told if is_inside else told + _outside(incident))


def _outside(incident: Incident) -> Mrkdwn:
    """What whoever named this owner has to know."""
    who = person(incident.owner)
    return mrkdwn(
        " {} is not in the channel and does not see the thread: `/invite` {} there, or assign {} to"
        " somebody who is in it.",
        who,
        who,
        incident.id[-4:],
    )


def _instead(touched: Touched | None) -> Mrkdwn:
    """The second of two who act at once is told what the first did."""
    if touched is None:
        return Mrkdwn("")
    return mrkdwn(" {} had set something else {}: the thread has both.", person(touched.by), ago(touched.at))


def updated(incident: Incident, instead_of: Touched | None) -> Message:
    """The answer to whoever sent an update, and perhaps set the status with it."""
    return said(mrkdwn("The update is in {}, which is {}.{}", incident.id, incident.status, _instead(instead_of)))


def explained(before: Incident, incident: Incident) -> Message:
    """The answer to whoever added cause and lesson, or replaced them."""
    told = mrkdwn("Cause and lesson are in {}.", incident.id)
    replaced, by = incident.untold[-1].was, before.reasons_set
    if not replaced:
        return said(told)
    whose = mrkdwn("what {} wrote {}", person(by.by), ago(by.at)) if by else Mrkdwn("what was there")
    text = mrkdwn("{} They replace {}, which stays in the timeline:", told, whose)
    return Message(text, (section(text), quoted(replaced)))


def reopened(incident: Incident) -> Message:
    """The answer to whoever reopened it."""
    return said(mrkdwn("{} is open again.", incident.id))


def closed(incident: Incident, original_url: str = "") -> Message:
    """The answer to whoever closed it; `original_url` leads to the one that it is a duplicate of."""
    if incident.duplicate_of:
        return said(
            mrkdwn("{} is closed as a duplicate of {}.", incident.id, link(original_url, incident.duplicate_of))
        )
    return said(mrkdwn("{} is closed.", incident.id))


def snoozed(incident: Incident) -> Message:
    """The answer to whoever wants no reminder."""
    until = incident.snoozed_until or incident.updated_at
    return said(mrkdwn("No reminder for {} before {}.", incident.id, local(until)))


def kept_open(incident: Incident) -> Message:
    """The answer to whoever says that it is not over."""
    return said(mrkdwn("{} stays open.", incident.id))


def opening(title: str) -> Message:
    """While an incident is being opened."""
    return said(mrkdwn("Opening “{}”…", titled(title)))


def shown(incident: Incident, entries: Sequence[Entry], url: str, original_url: str = "") -> Message:
    """One incident with the newest part of its timeline; see `closed` for `original_url`."""
    linked = link(url, incident.id) if url else incident.id
    blocks: list[Block] = [
        section(mrkdwn("*{}* · {} · *{}*", linked, named(incident.severity), incident.status)),
        quoted(incident.title),
    ]
    head = [
        mrkdwn(
            "Opened by {} on {}, owner {}", person(incident.opened_by), both(incident.opened_at), person(incident.owner)
        ),
    ]
    if incident.affected:
        head.append(mrkdwn("Affected: {}", incident.affected))
    if incident.duplicate_of:
        head.append(mrkdwn("A duplicate of {}", link(original_url, incident.duplicate_of)))
    resolution = "" if incident.duplicate_of else incident.resolution  # which would say the same again
    for label, text in (("Resolution", resolution), ("Cause", incident.cause), ("Lesson", incident.lesson)):
        if text:
            head.append(some_lines(label, text, RESOLUTION_SHOWN))
    blocks.append(section(joined("\n", head)))
    lines = newest(entries)
    if len(entries) > len(lines):
        blocks.append(context(mrkdwn("The newest {} of {} entries:", len(lines), len(entries))))
    blocks += paragraphs(lines)
    return Message(headline(incident), tuple(blocks))


def _thread(url: str) -> Mrkdwn:
    return link(url, "its thread") if url else Mrkdwn("its thread")
