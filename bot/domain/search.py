"""What finding incidents is made of: the words that a text is found by, filters, months and pages."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.domain.incident import WORKING, Incident, Severity, Status

SHORTEST, LONGEST = 2, 40  # characters of a word; what is longer is found by its beginning
EDITION = 3  # of what is indexed: what an earlier one has is done over (2: with the ID, 3: with names of files)
MOST_WORDS = 5_000  # of one incident
PAGE = 10
MOST_PAGES = 100
COUNTED = 200  # more than so many incidents are not counted, since that would take longer than showing them
COMMON = 200  # a word of so many incidents is not counted further
ALL = tuple(Status)
_EVER = datetime.min.replace(tzinfo=UTC)


def words_in(*texts: str) -> tuple[str, ...]:
    """The words of the texts, each once, in order: runs of letters and digits, without case and width.

    They hold no other characters, so a word can be no operator, pattern or field of a query.
    """
    return tuple(dict.fromkeys(word for text in texts for word in _words(text)))


def _words(text: str) -> Iterator[str]:
    normal = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    plain = "".join(character if unicodedata.category(character)[0] in "LNM" else " " for character in normal)
    words = (word[:LONGEST] for word in plain.split())
    # Marks alone, such as an accent on its own, are no word.
    return (word for word in words if len(word) >= SHORTEST and any(character.isalnum() for character in word))


def texts_of(incident: Incident) -> tuple[str, ...]:
    """What is said in the incident itself, its ID and the acts that were not told yet included.

    Whoever changes what it gives raises `EDITION`.
    """
    # Not the message that it was opened from: the timeline has that, and loses it when it is deleted.
    own = (incident.title, incident.affected, incident.resolution, incident.cause, incident.lesson, incident.id)
    return (*own, *(act.text for act in incident.untold))


@dataclass(frozen=True, order=True)
class Month:
    """A month by the UTC calendar; reads `2026-11`."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """The first moment of the next one."""
        return (self.begins + timedelta(days=31)).replace(day=1)

    def before(self, count: int) -> "Month":
        """The month so many months earlier."""
        year, number = divmod(self.year * 12 + self.number - 1 - count, 12)
        return Month(year, number + 1)


def month(now: datetime, number: int | None = None, year: int | None = None, ago: int = 0) -> Month:
    """The month that somebody means: of a year, the latest of that name that has begun, or so many months ago."""
    today = now.astimezone(UTC)
    if number is None:
        return Month(today.year, today.month).before(ago)
    return Month(year or (today.year if number <= today.month else today.year - 1), number)


@dataclass(frozen=True)
class Filters:
    """Which incidents: of a severity, in one of some statuses, opened in a month; None and all: any."""

    severity: Severity | None = None
    statuses: tuple[Status, ...] = ALL
    month: Month | None = None

    @property
    def is_open_only(self) -> bool:
        """Whether it is the incidents on which somebody still works."""
        return self.statuses == WORKING


@dataclass(frozen=True)
class Wanted:
    """The words of a search, as they are found by, or none for a list; and which page of it, from 1."""

    filters: Filters
    words: tuple[str, ...] = ()
    page: int = 1

    @property
    def skipped(self) -> int:
        """How many incidents the pages before it have."""
        return (self.page - 1) * PAGE


@dataclass(frozen=True)
class Term:
    """One word of a search: `alternatives` are the words that it stands for where none is exactly so.

    `count` says how many incidents have one of them, as far as was counted; `back_to` then, when the last of those that
    were counted was opened.
    """

    word: str
    alternatives: tuple[str, ...]
    count: int
    back_to: datetime | None = None

    @property
    def commonness(self) -> tuple[int, datetime]:
        """Larger for the commoner word. As many incidents that reach less far back are those of a commoner word."""
        return self.count, self.back_to or _EVER

    @property
    def is_exact(self) -> bool:
        """Whether the word itself is looked for."""
        return self.alternatives == (self.word,)


@dataclass(frozen=True)
class Found:
    """One page. `total` is how many there are, `COUNTED` + 1 for more than that, None for not counted."""

    wanted: Wanted
    incidents: tuple[Incident, ...]
    has_more: bool
    total: int | None = None
    guessed: tuple[Term, ...] = ()
    unknown: tuple[str, ...] = ()
