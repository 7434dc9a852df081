"""What an escalation says: to those who are asked, to the thread, and to whoever looks at the matrix."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from slack_sdk.models.blocks import Block, ButtonElement, PlainTextObject

from bot.domain.clock import spelled
from bot.domain.escalation import Crew, Escalation, Rung, Skip, State, Step
from bot.domain.escalation_desk import Standing
from bot.domain.incident import Incident
from bot.domain.role import Holder
from bot.domain.wording import so_many
from bot.slack.mrkdwn import Mrkdwn, both, joined, link, local, mrkdwn, person
from bot.slack.views.incident_card import named
from bot.slack.views.parts import Message, actions, brief, context, paragraphs, said, section, titled

TAKE_BUTTON = "escalation_take"
ON_BUTTON = "escalation_on"

REASON_SHOWN = 1_000
NAMED = 12  # people of a step, and steps


def asking(incident: Incident, escalation: Escalation, step: Step, phone_bridge: str) -> Message:
    """In the thread: who is asked to come, who was left out, and who was asked before."""
    if not step.asked:
        return said(mrkdwn("Nobody is left who could be called to {}.{}", incident.id, _left_out(step)))
    who = _named(step)
    text = mrkdwn(
        ":rotating_light: {}: {} to {} ({}), {}{}{}",
        who, _cause(escalation, step), incident.id, titled(incident.title), named(incident.severity),
        _why(escalation, step), _bridge(step, phone_bridge),
    )  # fmt: skip
    return _with_buttons(text, incident, escalation, step)


def asking_directly(incident: Incident, escalation: Escalation, step: Step, url: str, phone_bridge: str) -> Message:
    """To one person directly, with the way to the thread."""
    thread = link(url, "its thread") if url else Mrkdwn("its thread")
    text = mrkdwn(
        ":rotating_light: You are called: {} to {} ({}), {}{} All about it is in {}.{}",
        _cause(escalation, step), incident.id, titled(incident.title), named(incident.severity),
        _why(escalation, step), thread, _bridge(step, phone_bridge),
    )  # fmt: skip
    return _with_buttons(text, incident, escalation, step)


def _with_buttons(text: Mrkdwn, incident: Incident, escalation: Escalation, step: Step) -> Message:
    """Buttons as long as nobody has it; then the words that say how it ended."""
    blocks: list[Block] = [section(text)]
    small = [*([_left_out(step)] if step.skipped else []), *_before(escalation, step)]
    if small:
        blocks.append(context(joined(" ", small)))
    if escalation.is_open:
        found = [_button("I have it", TAKE_BUTTON, escalation.id, incident)]
        if escalation.state is State.RUNNING and step.number == len(escalation.steps):
            found.append(_button("Pass on", ON_BUTTON, f"{escalation.id} {step.number}", incident))
        blocks.append(actions(found))
    else:
        blocks.append(context(_ending(escalation)))
    return Message(text, tuple(blocks))


def _ending(escalation: Escalation) -> Mrkdwn:
    if escalation.state is State.HELD:
        return mrkdwn(":white_check_mark: {} has it.", person(escalation.holder))
    return Mrkdwn(":white_check_mark: It is over; nobody needs to come.")


def _cause(escalation: Escalation, step: Step) -> Mrkdwn:
    if step.by and step.is_passed_on:
        return mrkdwn("{} passed it on and asks you to come", person(step.by))
    if step.by:
        return mrkdwn("{} asks you to come", person(step.by))
    earlier = escalation.steps[step.number - 2] if step.number > 1 else step
    people = joined(", ", [person(ask.who) for ask in earlier.asked]) or Mrkdwn("Nobody")
    waited = _about(step.at - (earlier.told_at or earlier.at))
    return mrkdwn("{} did not come within {}, so you are asked to come", people, waited)


def _about(waited: timedelta) -> str:
    """In whole minutes, if it is any: nobody wants to know the seconds."""
    minutes = timedelta(minutes=round(waited / timedelta(minutes=1)))
    return spelled(minutes or waited)


def _why(escalation: Escalation, step: Step) -> Mrkdwn:
    reason = step.why or escalation.reason
    if not reason:
        return Mrkdwn(".")
    shown = brief(reason, REASON_SHOWN).rstrip()
    return mrkdwn(": {}{}", Mrkdwn(shown), "" if shown.endswith((".", "!", "?", "…")) else ".")


def _bridge(step: Step, phone_bridge: str) -> Mrkdwn:
    if not phone_bridge:
        return Mrkdwn("")
    if Rung.EVERYBODY in step.rungs:
        return mrkdwn(" *Everybody: join the phone bridge: {}*", phone_bridge)
    return mrkdwn(" Phone bridge: {}", phone_bridge)


def _left_out(step: Step) -> Mrkdwn:
    found = [
        mrkdwn("{} ({})", person(skip.who) if skip.who else skip.rung.value, _reason(skip)) for skip in step.skipped
    ]
    return mrkdwn("Left out: {}.", joined(", ", found))


def _reason(skip: Skip) -> str:
    return f"{skip.rung}, {skip.why}" if skip.who else skip.why


def _before(escalation: Escalation, step: Step) -> list[Mrkdwn]:
    found = _history(escalation.steps[: step.number - 1])
    return [mrkdwn("Asked before: {} UTC.", found)] if found else []


def _history(steps: Sequence[Step]) -> Mrkdwn:
    """`@ann (on-call) at 12:00; @bob, @cyd (everybody) at 12:40`."""
    return joined("; ", [mrkdwn("{} at {}", _named(step), f"{step.at:%H:%M}") for step in steps if step.asked][-NAMED:])


def _named(step: Step) -> Mrkdwn:
    """Who is asked, those of a rung together: `@ann (on-call), @cyd (duty officer)`, `@ann, @bob (everybody)`."""
    rungs = groupby(step.asked[:NAMED], key=lambda ask: ask.rung)
    return joined(
        ", ", [mrkdwn("{} ({})", joined(", ", [person(ask.who) for ask in asked]), rung) for rung, asked in rungs]
    )


def _button(label: str, action_id: str, value: str, incident: Incident) -> ButtonElement:
    return ButtonElement(
        text=PlainTextObject(text=label),
        action_id=action_id,
        value=value,
        style="primary" if action_id == TAKE_BUTTON else None,
        accessibility_label=f"{label}: incident {incident.id}",
    )


def has_it(incident: Incident, escalation: Escalation) -> Message:
    """In the thread: somebody has it, after whom."""
    return said(
        mrkdwn(
            ":white_check_mark: {} has {}; nobody else is called. Asked: {} UTC.",
            person(escalation.holder), incident.id, _history(escalation.steps),
        )
    )  # fmt: skip


# Answers


def escalated(escalation: Escalation, due: datetime | None) -> Message:
    """The answer to whoever escalated."""
    step = escalation.steps[-1]
    who = _named(step) or Mrkdwn("Nobody")
    verb = "was" if len(step.asked) < 2 else "were"
    then = mrkdwn(" If nobody has it by {}, the next in line is called.", local(due)) if due else Mrkdwn("")
    left_out = mrkdwn(" {}", _left_out(step)) if step.skipped else Mrkdwn("")
    return said(mrkdwn("{} {} called to {}.{}{}", who, verb, escalation.incident_id, left_out, then))


def taken(escalation: Escalation) -> Message:
    """The answer to *I have it*."""
    return said(mrkdwn("You have {}. Nobody else is called.", escalation.incident_id))


def calling(incident_id: str) -> Message:
    """While people are being called."""
    return said(mrkdwn("Calling whoever is next in line to {}…", incident_id))


def matrix(holders: Sequence[Holder], standing: Sequence[Standing], every: str) -> Message:
    """`/escalate` alone: who is asked in which order, and who is where on it."""
    crew = Crew(holders)
    lines = [
        mrkdwn("{}. *{}*: {}", number, rung, joined(", ", [person(who) for who in crew.people(rung)]) or "nobody")
        for number, rung in enumerate(Rung, 1)
    ]
    blocks: list[Block] = [section(joined("\n", lines))]
    blocks.append(context(mrkdwn("Each has {}, then the next is asked. A SEV1 begins with 1 and 3 together.", every)))
    if not standing:
        text = Mrkdwn("Nothing is escalated. `/escalate [ID] [REASON]` calls the first in line.")
    else:
        text = mrkdwn("{} escalated.", so_many(len(standing), "incident"))
    if not crew.people(Rung.EVERYBODY):
        text += " Nobody has a role yet, so nobody would be called."
        text += " An admin of the bot hands them out: `/ops role on-call @who`."
    blocks += [section(text), *paragraphs([_standing(one) for one in standing[:20]])]
    return Message(text, tuple(blocks))


def _standing(one: Standing) -> Mrkdwn:
    asked = [mrkdwn("{} at {}", _named(step), both(step.at)) for step in one.escalation.steps if step.asked]
    then = mrkdwn("the next is asked at {}", both(one.due)) if one.due else Mrkdwn("nobody is left to ask")
    if one.due is None and one.escalation.untold:
        then = Mrkdwn("the last call is on its way")
    return mrkdwn("• *{}* ({}): asked {}; {}.", one.incident.id, titled(one.incident.title, 80),
                  joined("; ", asked[-NAMED:]), then)  # fmt: skip
