"""The prose of a summary without a model: sentences made of the incident's record."""

from collections.abc import Sequence

from bot.domain.clock import spelled, utc
from bot.domain.incident import Status
from bot.domain.summary import TEXT_LIMITS, Prose, Record


def template(record: Record, pinned: int) -> Prose:
    """The prose without a model: sentences made of the record. `pinned` is how many messages are marked as key."""
    return Prose(
        what_happened=_fitting(_what_happened(record), "what_happened"),
        impact=_fitting(_impact(record), "impact"),
        what_helped=_fitting(_what_helped(record), "what_helped"),
        open_questions=_open_questions(record, pinned),
    )


def _fitting(sentences: Sequence[str], name: str) -> str:
    text, limit = " ".join(sentences), TEXT_LIMITS[name]
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _what_happened(record: Record) -> list[str]:
    began, opened = utc(record.began), utc(record.opened_at)
    said = [_sentence(record.title), f"It began on {began} and was opened by {record.opened_by} on {opened}."]
    if record.duplicate_of:
        said.append(f"It was closed as a duplicate of {record.duplicate_of}.")
    elif record.over_at is None:
        said.append(f"It is not over: {record.status.meaning}.")
    elif record.status is Status.CLOSED and not record.resolution:
        said.append(f"It was closed on {utc(record.over_at)}.")
    else:
        said.append(f"It was over on {utc(record.over_at)}, after {spelled(record.lasted)}.")
    if record.cause:
        said.append(f"Cause: {_sentence(record.cause)}")
    return said


def _impact(record: Record) -> list[str]:
    said = [f"Affected: {_sentence(record.affected)}"] if record.affected else ["What was affected is not recorded."]
    length = f"so far {spelled(record.lasted)}" if record.over_at is None else spelled(record.lasted)
    said.append(f"{record.severity.upper()}: {record.severity.meaning}, {length}.")
    return said


def _what_helped(record: Record) -> list[str]:
    said = [_sentence(record.resolution)] if record.resolution and not record.duplicate_of else []
    if record.lesson:
        said.append(f"Lesson: {_sentence(record.lesson)}")
    return said or ["Nothing is recorded yet."]


def _open_questions(record: Record, pinned: int) -> tuple[str, ...]:
    asked = []
    if record.over_at is None:
        asked.append(f"When is it over? It is {record.status}.")
    elif not record.resolution:
        asked.append("What ended it?")
    if not record.cause and not record.duplicate_of:
        asked.append("What was the cause?")
    if not record.affected:
        asked.append("Who and what was affected?")
    if record.over_at is not None and not record.lesson and not record.duplicate_of:
        asked.append("What is to be done so that it does not happen again?")
    if not record.acknowledged_at:
        asked.append("Who worked on it? Only its opening is recorded.")
    if not pinned:
        asked.append("Which messages of the thread are key events? None is marked with a pin.")
    return tuple(asked)


def _sentence(text: str) -> str:
    flat = " ".join(text.split())
    return flat if flat.endswith((".", "!", "?", "…")) else f"{flat}."
