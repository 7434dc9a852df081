"""What escalating needs: where escalations are kept, where people are asked, and who is there."""

from typing import Protocol

from bot.domain.escalation import Escalation, Step
from bot.domain.escalation_outcome import Outcome
from bot.domain.incident import Incident


class Escalations(Protocol):
    """Where escalations are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def newest(self, incident_id: str) -> Escalation | None:
        """The last one of this incident."""

    async def get(self, escalation_id: str) -> Escalation | None:
        """The one with this ID."""

    async def add(self, escalation: Escalation) -> bool:
        """Keeps a new one; False if the incident has one of this number."""

    async def save(self, escalation: Escalation, was: int) -> bool:
        """Keeps a change; False if the stored version is not `was` any more."""

    async def open_ones(self) -> list[Escalation]:
        """Those that nobody has and that are not over, and those whose end may not be told, oldest first."""


class EscalationBoard(Protocol):
    """Asks people. Each method may be called again for the same thing, by any bot: it is said once."""

    async def ask(self, incident: Incident, escalation: Escalation, step: Step) -> None:
        """Asks in the thread and directly, and waits until Slack shows the thread's message.

        Raises UndeliveredError when that takes long; what Slack refuses for good counts as asked.
        """

    async def end(self, incident: Incident, escalation: Escalation) -> None:
        """Tells in the thread who has it, and takes the buttons from what asked."""


class People(Protocol):
    """What Slack knows of people."""

    async def must_be_a_person(self, user_id: str) -> None:
        """Raises UserError for somebody who left."""


class Taker(Protocol):
    """Makes somebody the owner of an incident."""

    async def assign(self, incident_id: str, who: str, owner: str, seen: str = "") -> object:
        """See IncidentChanges.assign."""


class Meter(Protocol):
    """What is measured."""

    def escalation_step(self, outcome: Outcome) -> None:
        """This came of a step."""

    def escalation_taken(self, seconds: float) -> None:
        """Somebody had it so long after the first was asked."""
