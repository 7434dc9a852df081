"""A role that goes round: who has it at a moment, until when, and who is next. All in UTC, from the record alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Every(StrEnum):
    """How often a rotation hands over. A day is 24 hours, a week seven of them: clock changes move nothing."""

    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def length(self) -> timedelta:
        """How long a turn is."""
        return timedelta(days=7 if self is Every.WEEKLY else 1)


@dataclass(frozen=True)
class Rotation:
    """Two or more `people` in the order of their turns; the first turn of the first begins at `begins` (aware, UTC).

    `before` has the role until then; if that is nobody, or the first person, the first person has it at once.
    `made_at` is when it was set: turns that began before are nobody's hand-over.
    """

    people: tuple[str, ...]
    every: Every
    begins: datetime
    before: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True)
class Turn:
    """Who has the role from `since` (None: before the rotation began) until before `until`, and who has it `then`."""

    who: str
    since: datetime | None
    until: datetime
    then: str


def turn_at(rotation: Rotation, moment: datetime) -> Turn:
    """Whose turn it is at that moment."""
    people, length = rotation.people, rotation.every.length
    number = (moment - rotation.begins) // length
    if number < 0:
        if rotation.before not in ("", people[0]):
            return Turn(rotation.before, None, rotation.begins, people[0])
        return Turn(people[0], None, rotation.begins + length, people[1])
    since = rotation.begins + number * length
    return Turn(people[number % len(people)], since, since + length, people[(number + 1) % len(people)])
