"""What is said about exports: beside the files, while they are made, and to whoever asked."""

from collections.abc import Sequence

from bot.domain.export import Format
from bot.domain.export_desk import Given, How, Logged
from bot.domain.export_left import RUNBOOK
from bot.domain.incident import Incident
from bot.domain.wording import counted
from bot.slack.mrkdwn import Mrkdwn, link, mrkdwn, person
from bot.slack.views.parts import Message, said


def comment(incident: Incident, who: str) -> Mrkdwn:
    """Beside the files in the incident's thread."""
    return mrkdwn("Export of {}, asked for by {}.", incident.id, person(who))


def private_comment(about: str) -> Mrkdwn:
    """Beside the files in a direct conversation."""
    return mrkdwn("Here is {}.", about)


def working(incident_id: str, step: str) -> Message:
    """While an incident's files are being made."""
    return said(mrkdwn("Exporting {}{}…", incident_id, f": {step}" if step else ""))


def exported(incident_id: str, given: Given, formats: Sequence[Format], runbook: str) -> Message:
    """The answer to whoever asked for an incident's files."""
    thread = link(given.url, "its thread") if given.url else Mrkdwn("its thread")
    if given.how is How.UNDERWAY:
        text = mrkdwn("You asked for {} a moment ago: its files are on their way to {}.", incident_id, thread)
    elif given.how is How.IN_THREAD and given.is_new:
        text = mrkdwn("{} is exported: the files are in {}.", incident_id, thread)
    elif given.how is How.IN_THREAD:
        text = mrkdwn("You exported {} a moment ago: the files are in {}.", incident_id, thread)
    else:
        text = mrkdwn(
            "{} is exported. Files need a thread, and it has none (its card is not posted, or was deleted), "
            "so they are in your direct messages with the bot.",
            incident_id,
        )
    return said(text + (_for_runbook(runbook) if Format.MARKDOWN in formats else Mrkdwn("")))


def cut_off(subject: str) -> Message:
    """To whoever asked for files that a bot was making when it died: of an incident, of a window, or the log."""
    if subject == RUNBOOK:
        what, where, again = "the log of incidents", "above", "/ops runbook"
    elif subject.startswith("INC-"):
        what, where, again = f"the export of {subject}", "in its thread", f"/incident export {subject}"
    else:
        what, where, again = f"the summary of {subject} as a file", "in its thread", f"/maintenance summary {subject}"
    text = "You asked for {}, and I was stopped before it was ready. If the files are not {}, ask again: `{}`."
    return said(mrkdwn(text, what, where, again))


def logging(step: str) -> Message:
    """While the log is being made."""
    return said(mrkdwn("Making the log of incidents and emergencies{}…", f": {step}" if step else ""))


def logged(log: Logged, runbook: str) -> Message:
    """The answer to whoever asked for the log."""
    given = log.given
    if given.how is How.UNDERWAY:
        return said(
            Mrkdwn("You asked for the log a moment ago: it is on its way to your direct messages with the bot.")
        )
    if not given.is_new:
        return said(Mrkdwn("You asked for the log a moment ago: it is in your direct messages with the bot."))
    kinds = (("incident", "incidents", log.shown - log.emergencies), ("emergency", "emergencies", log.emergencies))
    found = " and ".join(counted(count, one, many) for one, many, count in kinds if count)
    has = f"it has {found}" if found else "nothing is in it"
    rest = ""
    if log.total > log.shown:
        rest = f" There are {log.total:,}; `/ops runbook 2026-11` gives one month."
    text = mrkdwn("The log is in your direct messages with the bot; {}.{}", has, rest)
    return said(text + _for_runbook(runbook))


def _for_runbook(url: str) -> Mrkdwn:
    return mrkdwn(" Paste the Markdown into {}.", link(url, "the runbook")) if url else Mrkdwn("")
