"""What came of an escalation's steps: for whoever wants to know how often people come when they are called."""

from enum import StrEnum

from bot.domain.escalation import Escalation, State


class Outcome(StrEnum):
    """What came of one step."""

    TAKEN = "taken"
    NO_ANSWER = "no answer"  # the time was up
    PASSED_ON = "passed on"  # somebody who was asked could not
    CALLED_ON = "called on"  # somebody escalated again before the time was up
    NOBODY = "nobody there"  # it had nobody to ask
    OVER = "incident over"


def outcome(before: Escalation, after: Escalation) -> Outcome | None:
    """What came of the last step with this change; None if that is still open, or was known before."""
    if not before.is_open or not before.steps:
        return None
    if len(after.steps) > len(before.steps):
        following = after.steps[-1]
        if not before.steps[-1].asked:
            return Outcome.NOBODY
        if following.is_passed_on:
            return Outcome.PASSED_ON
        return Outcome.CALLED_ON if following.by else Outcome.NO_ANSWER
    return {State.HELD: Outcome.TAKEN, State.OVER: Outcome.OVER}.get(after.state)
