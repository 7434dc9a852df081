"""What an incident's thread says: each act in a sentence, and what the bot asks by itself."""

from datetime import datetime

from bot.domain.incident import Act, Deed, Incident, Severity, Status
from bot.domain.incident_news import News
from bot.domain.reminder import Asked
from bot.slack.mrkdwn import Mrkdwn, ago, joined, link, mrkdwn, person
from bot.slack.views.incident_card import UPDATE_BUTTON, button, named
from bot.slack.views.parts import Message, actions, brief, in_full, said, section, titled

SNOOZE_BUTTON = "incident_snooze"
DISMISS_BUTTON = "incident_dismiss"
KEEP_BUTTON = "incident_keep"

NEWS_SHOWN = 1_200


def acted(incident: Incident, act: Act, phone_bridge: str = "", url: str = "") -> Message:
    """What the thread says of an act; the phone bridge is named where somebody is called.

    `url` leads to the other incident, where one is a duplicate of the other.
    """
    if act.now and act.deed in (Deed.CLOSED, Deed.NOTED):
        return said(_duplicate(act, url))
    told = said(_TOLD.get(act.deed, _noted)(incident, act))
    if act.deed is not Deed.ESCALATED or not phone_bridge:
        return told
    return said(mrkdwn("{}{}Phone bridge: {}", told.text, "\n" if "\n" in told.text else " ", phone_bridge))


def is_broadcast(act: Act) -> bool:
    """Whether the channel should hear of it too: the end, and when it got worse."""
    if act.deed is Deed.SEVERITY:
        return Severity(act.now).is_worse_than(Severity(act.was))
    return act.deed is Deed.RESOLVED


def _it(incident: Incident) -> Mrkdwn:
    return mrkdwn("{} ({})", incident.id, titled(incident.title))


def _why(act: Act) -> Mrkdwn:
    return mrkdwn(": {}", in_full(act.text)) if act.text else Mrkdwn(".")


def _rated(incident: Incident, act: Act) -> Mrkdwn:
    way = ":small_red_triangle: Raised" if is_broadcast(act) else "Lowered"
    return mrkdwn(
        "{} by {}: {} is now {} (it was {}).{}",
        way, person(act.who), _it(incident), named(Severity(act.now)), act.was.upper(), f" {act.text}".rstrip(),
    )  # fmt: skip


def _noted(_: Incident, act: Act) -> Mrkdwn:
    return mrkdwn(":memo: Note by {}: {}", person(act.who), in_full(act.text))


def _resolved(incident: Incident, act: Act) -> Mrkdwn:
    return mrkdwn(":white_check_mark: {} was resolved by {}: {}", _it(incident), person(act.who), in_full(act.text))


def _moved(_: Incident, act: Act) -> Mrkdwn:
    return mrkdwn("{} set the status to *{}*: {}.", person(act.who), act.now, Status(act.now).meaning)


def _assigned(_: Incident, act: Act) -> Mrkdwn:
    if act.who == act.now:
        return mrkdwn("{} took it.", person(act.who))
    return mrkdwn("{} made {} the owner.", person(act.who), person(act.now))


def _explained(_: Incident, act: Act) -> Mrkdwn:
    if act.was:
        return mrkdwn("{} wrote:\n{}\nBefore it was:\n{}", person(act.who), _quotation(act.text), _quotation(act.was))
    return mrkdwn("{} added:\n{}", person(act.who), _quotation(act.text))


def _quotation(text: str) -> Mrkdwn:
    return joined("\n", [mrkdwn("> {}", line) for line in text.splitlines()])


def _reopened(_: Incident, act: Act) -> Mrkdwn:
    return mrkdwn("{} reopened it{}", person(act.who), _why(act))


def _duplicate(act: Act, url: str) -> Mrkdwn:
    """Of the one that was closed, or in the thread of the one that goes on; the other's ID leads to it."""
    other = link(url, act.now)
    if act.deed is Deed.CLOSED:
        return mrkdwn("{} closed it as a duplicate of *{}*: write there.", person(act.who), other)
    return mrkdwn(":memo: Note by {}: {}{}", person(act.who), other, act.text.removeprefix(act.now))


def _closed(_: Incident, act: Act) -> Mrkdwn:
    return mrkdwn("{} closed it{}", person(act.who), _why(act))


def _snoozed(_: Incident, act: Act) -> Mrkdwn:
    return mrkdwn("{} wants no reminder before {}.", person(act.who), act.now)


def _escalated(incident: Incident, act: Act) -> Mrkdwn:
    return mrkdwn(
        ":rotating_light: {} ({}): {} asks you to come to {}, {}{}",
        person(act.now), act.was, person(act.who), _it(incident), named(incident.severity), _why(act),
    )  # fmt: skip


def _reposted(incident: Incident, _: Act) -> Mrkdwn:
    return mrkdwn(
        "The card of {} was deleted, so this is a new one. `/incident show {}` has what was written before.",
        incident.id, incident.id,
    )  # fmt: skip


def _restored(incident: Incident, _: Act) -> Mrkdwn:
    return mrkdwn(
        "MongoDB had lost {}, or what was done to it lately. It is put back as its card has it ({}, {}, owner {}), and"
        " what this thread tells is read back. What was attached and is not told here may be missing: alerts that"
        " joined others, say.",
        incident.id, incident.severity.upper(), incident.status, person(incident.owner),
    )  # fmt: skip


_TOLD = {
    Deed.RESOLVED: _resolved,
    Deed.STATUS: _moved,
    Deed.SEVERITY: _rated,
    Deed.ASSIGNED: _assigned,
    Deed.EXPLAINED: _explained,
    Deed.REOPENED: _reopened,
    Deed.CLOSED: _closed,
    Deed.SNOOZED: _snoozed,
    Deed.ESCALATED: _escalated,
    Deed.REPOSTED: _reposted,
    Deed.RESTORED: _restored,
}


def reminder(incident: Incident, asked: Asked) -> Message:
    """To the owner, or to whoever stands in: an update is due."""
    text = mrkdwn(
        ":alarm_clock: {}, the last update of {} was {}. How does it go?{}",
        _to(asked), incident.id, ago(incident.updated_at), _left(asked),
    )  # fmt: skip
    buttons = [button("Update", UPDATE_BUTTON, incident), button("Snooze 30m", SNOOZE_BUTTON, incident)]
    return Message(text, (section(text), actions(buttons)))


def silent(incident: Incident, since: datetime, asked: Asked) -> Message:
    """After a day without a word: is it over?"""
    asking = "{}, nothing has happened in {} since {}. Is it over?{}"
    text = mrkdwn(asking, _to(asked), _it(incident), ago(since), _left(asked))
    buttons = [button("Close it", DISMISS_BUTTON, incident), button("Keep it open", KEEP_BUTTON, incident)]
    return Message(text, (section(text), actions(buttons)))


def news(incident: Incident, told: News) -> Message:
    """What the incident was opened from is back, or not any more."""
    mark = Mrkdwn(":white_check_mark:" if told.is_good else ":rotating_light:")
    where = mrkdwn(" ({})", link(told.url, "its message")) if told.url else Mrkdwn("")
    text = mrkdwn("{} {}{}", mark, brief(told.text, NEWS_SHOWN), where)
    if told.is_good or incident.is_open:
        return said(text)
    again = "This incident is resolved. If it is the same trouble, `reopen` it here by mentioning me."
    return said(mrkdwn("{}\n{}", text, Mrkdwn(again)))


def _to(asked: Asked) -> Mrkdwn:
    return joined(", ", [person(who) for who in asked.people]) if asked.people else Mrkdwn("whoever reads this")


def _left(asked: Asked) -> Mrkdwn:
    if not asked.left:
        return Mrkdwn("")
    return mrkdwn(" Its owner, {}, has left the workspace: *Take it* on the card gives it another.", asked.left)


def brief_title(incident: Incident) -> Mrkdwn:
    """`INC-… “checkout is down”`, short enough for a list."""
    return mrkdwn("{} “{}”", incident.id, titled(incident.title, 80))
