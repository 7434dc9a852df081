"""What a reading of a thread concludes, and how it waits, without Slack and MongoDB."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.incident import Incident, Opening, Severity
from bot.domain.incident_steps import opened
from bot.domain.read_back import Page, ReadBack, UnreadableError, recounts
from bot.domain.timeline import Heard, Mark
from bot.domain.timeline_desk import Recount, TimelineDesk, Timelines
from bot.jobs import Pause
from bot.slack.api import Api, RateLimitedError

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ROOT = "1764000000.000100"
INCIDENT = replace(opened(Opening("checkout is down", Severity.SEV2, "U0ANN", "C0OPS"), NOW), card_ts=ROOT)


class Kept:
    """The part of the timelines that a reading asks for, with what it did."""

    def __init__(self, *known: str) -> None:
        self.known = known

    async def marks(self, incident_id: str, thread: str) -> dict[str, Mapping[str, Mark]]:
        return {ts: {} for ts in self.known}

    async def recount(self, recounts: Sequence[Recount]) -> None:
        return None


class Read:
    """A board whose thread shows one thing after the other, and the incidents to read."""

    def __init__(self, *readings: Sequence[set[str] | UnreadableError]) -> None:
        self._readings = list(readings)
        self.deleted: list[str] = []

    async def thread(self, incident: Incident) -> AsyncIterator[Page]:
        for part in self._readings.pop(0):
            if isinstance(part, UnreadableError):
                raise part
            yield Page(frozenset(part), ())

    async def to_read(self, ended_after: datetime) -> list[Incident]:
        return [INCIDENT]

    async def cards_of(self, incident_id: str) -> list[str]:
        return [ROOT]

    async def enter(self, incident_id: str, *heard: Heard) -> None:
        return None

    async def heard_from(self, incident_id: str, who: str, at: datetime) -> None:
        return None

    async def missed(self, incident: Incident, gone: Sequence[str], now: datetime) -> None:
        self.deleted += gone


FAILED = UnreadableError("Slack answered 500")


@pytest.mark.parametrize(
    ("readings", "deleted", "is_done"),
    [
        ([[{ROOT, "1", "2"}]], [], True),
        ([[{ROOT, "1"}], [{ROOT, "1"}]], ["2"], True),
        ([[{ROOT, "1"}], [{ROOT, "1"}, {"2"}]], [], True),
        ([[{ROOT, "1"}, FAILED]], [], False),
        ([[{ROOT, "1"}], [{ROOT, "1"}, FAILED]], [], False),
        ([[{"1"}]], [], True),
        ([[set()]], [], True),
        ([[{ROOT}], [set()]], [], True),
        ([[UnreadableError("thread_not_found", is_gone=True)]], [], True),
    ],
)
async def test_only_what_two_whole_readings_lack_was_deleted(
    readings: list[list[Any]], deleted: list[str], is_done: bool
) -> None:
    """A reading that breaks off, or does not even show the root, says nothing of what is missing in it."""
    kept, board = Kept("1", "2"), Read(*readings)
    timelines, desk = cast("Timelines", kept), cast("TimelineDesk", board)
    reading = ReadBack(board, board, timelines, desk, board, lambda: NOW)
    assert await reading.run(anew=True) is is_done
    assert board.deleted == deleted


def test_marks_are_put_right_as_slack_shows_them() -> None:
    """A pin that nobody told of is put on, one that is gone is taken off; what was marked by hand stays."""
    heard = Heard("C0OPS", ROOT, "1.1", "U0BOB", "hm", pins=frozenset({"U1", "U2", "U3"}))
    known = {
        "U2": Mark("C0OPS", "1.1", "U2", "5", is_on=True),
        "U3": Mark("C0OPS", "1.1", "U3", "6", is_on=False),
        "U4": Mark("C0OPS", "1.1", "U4", "7", is_on=True),
        "U5": Mark("C0OPS", "1.1", "U5", "8", is_on=True, by_hand=True),
    }
    assert recounts("INC-1", heard, known) == [
        Recount("INC-1/1.1", "U1", "", is_on=True),
        Recount("INC-1/1.1", "U3", "6", is_on=True),
        Recount("INC-1/1.1", "U4", "7", is_on=False),
    ]
    assert recounts("INC-1", replace(heard, pins=None), known) == []


def test_what_fails_again_and_again_is_tried_less_and_less() -> None:
    """After one turn, two, four and so on; nothing is tried after a success."""
    pause, tries = Pause(), []
    pause.note(is_done=False)
    for turn in range(1, 200):
        if pause.is_over():
            tries.append(turn)
            pause.note(is_done=False)
    assert tries == [1, 3, 7, 15, 31, 63, 127, 191]
    pause.note(is_done=True)
    assert not any(pause.is_over() for _ in range(200))


class Limited:
    """A client that Slack lets wait, with the names of those whose call it was."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls: list[str] = []

    async def api_call(self, method: str, *, data: Mapping[str, Any]) -> SimpleNamespace:
        self.calls.append(str(data["who"]))
        await asyncio.sleep(0)
        if self.times:
            self.times -= 1
            raise RateLimitedError(0.01)
        return SimpleNamespace(data={}, headers={})


class Silent:
    """A meter that counts nothing."""

    def slack_called(self, method: str, answer: str) -> None:
        return None


async def test_a_reading_lets_people_go_first_and_never_tires_of_waiting() -> None:
    """While a person's call of the method waits for its turn, the reading makes none; it outlasts any number of 429."""
    client = Limited(2)
    api = Api(cast("AsyncWebClient", client), Silent())
    person = asyncio.create_task(api.patiently("conversations.replies", who="person"))
    await asyncio.sleep(0)
    await asyncio.gather(person, api.gently("conversations.replies", who="reading"))
    assert client.calls == ["person", "person", "person", "reading"]
    client.times = 20
    await api.gently("conversations.replies", who="reading")
    assert len(client.calls) == 4 + 21
