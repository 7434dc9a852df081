"""The rules of health: asking all at once, what a report says, and the shell's exit status."""

import asyncio
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from bot import shell
from bot.commands.health import parse
from bot.domain.deep_health import DeepHealthDesk, Fact, Since
from bot.domain.health import Finding, HealthDesk, Reading, Report, State
from bot.errors import WordError

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


class Told:
    """A probe that finds what it was told to, after `takes` seconds."""

    def __init__(self, name: str, state: State = State.UP, cause: str = "", takes: float = 0.0) -> None:
        self.name = name
        self._finding = Finding(state, cause)
        self._takes = takes

    async def read(self) -> Finding:
        await asyncio.sleep(self._takes)
        return self._finding


class Raising:
    """A probe with a mistake in it, whose message holds a secret."""

    def __init__(self, name: str, error: BaseException) -> None:
        self.name = name
        self._error = error

    async def read(self) -> Finding:
        raise self._error


class Stubborn:
    """A probe that does not let itself be cancelled, until it is let go."""

    name = "stubborn"

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def read(self) -> Finding:
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                continue
        return Finding(State.UP)


class Together:
    """A probe that finds something only while all the others are asked, too."""

    def __init__(self, name: str, meeting: asyncio.Barrier) -> None:
        self.name = name
        self._meeting = meeting

    async def read(self) -> Finding:
        await self._meeting.wait()
        return Finding(State.UP)


def desk(*probes: Told | Raising | Stubborn | Together, deadline: float = 2.0) -> HealthDesk:
    return HealthDesk(probes, lambda: NOW, deadline)


def reading(service: str, state: State = State.UP, cause: str = "", latency: float | None = 0.012) -> Reading:
    return Reading(service, state, latency if state is not State.OFF else None, cause, NOW)


async def test_asking_takes_as_long_as_the_slowest_not_as_the_sum() -> None:
    """All are asked at the same time; five that hang are all down at one deadline."""
    meeting = asyncio.Barrier(5)
    assert (await desk(*(Together(f"s{n}", meeting) for n in range(5))).ask()).all_up
    report = await desk(*(Told(f"s{n}", takes=60) for n in range(5)), deadline=0.2).ask()
    assert [(r.state, r.cause, r.latency) for r in report.readings] == [
        (State.DOWN, "no answer within 0.2 s", None)
    ] * 5


async def test_a_probe_that_fails_spoils_only_its_own_reading() -> None:
    """An exception in a probe is a reading without its message; the others are as they are, in their order."""
    report = await desk(Raising("a", ValueError("s3cret")), Told("b"), Raising("c", asyncio.CancelledError())).ask()
    assert [r.state for r in report.readings] == [State.DOWN, State.UP, State.DOWN]
    assert report.readings[0].cause == "the check itself failed (ValueError)"
    assert "s3cret" not in str(report)


async def test_a_probe_that_ignores_its_deadline_is_left_behind() -> None:
    """Even a probe that swallows its cancellation cannot hold up the answer."""
    stubborn = Stubborn()
    async with asyncio.timeout(1.5):
        report = await desk(stubborn, Told("b"), deadline=0.1).ask()
    assert [(r.service, r.state) for r in report.readings] == [("stubborn", State.DOWN), ("b", State.UP)]
    assert report.readings[0].cause == "no answer within 0.1 s"
    stubborn.let_go.set()
    await asyncio.sleep(0)


async def test_cancelling_a_question_cancels_the_probes() -> None:
    """Nothing goes on asking after the asker has gone."""
    before = asyncio.all_tasks()
    question = asyncio.create_task(desk(Told("a", takes=60), Told("b", takes=60)).ask())
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks() - before) == 3
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_services_are_asked_by_name_in_the_order_of_reports() -> None:
    """Names are taken in any order, once each; no names mean all, and one that nobody watches asks nothing."""
    some = desk(Told("mongodb"), Told("loki"), Told("llm"))
    assert some.names == ("mongodb", "loki", "llm")
    assert [r.service for r in (await some.ask(["llm", "mongodb", "llm"])).readings] == ["mongodb", "llm"]
    assert [r.service for r in (await some.ask()).readings] == ["mongodb", "loki", "llm"]
    with pytest.raises(ValueError, match="nobody watches"):
        await desk(Raising("loki", AssertionError())).ask(["q"])


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("promethus", "Did you mean `prometheus`?"),
        ("prom", "Did you mean `prometheus`?"),
        ("LOKKI", "Did you mean `loki`?"),
        ("zzz", "There are prometheus, loki."),
        ("", "There are prometheus, loki."),
        ("x" * 5000, "There are prometheus, loki."),
    ],
)
async def test_an_unknown_service_has_one_wording_in_slack_and_in_the_shell(typed: str, remedy: str) -> None:
    """The complaint shows the word, and guesses or lists what there is; nothing is asked."""
    out = io.StringIO()
    some = desk(Raising("prometheus", AssertionError()), Told("loki"))
    assert await shell.health(some, ["Loki", typed], as_json=False, out=out) == 2
    told = out.getvalue()
    assert told.endswith(f"”. {remedy}\n")
    assert len(told) < 130
    with pytest.raises(WordError) as in_slack:
        parse(f'loki "{typed}"', some.names)
    assert f"{in_slack.value}\n" == told


def test_two_services_cannot_share_a_name() -> None:
    """An extra check named like a service is a mistake, found at the start."""
    with pytest.raises(ValueError, match="same name"):
        desk(Told("loki"), Told("loki"))


async def test_what_is_switched_off_worries_nobody() -> None:
    """All is up when everything that is on is up; the worst state is that of what is on."""
    report = await desk(Told("a"), Told("b", State.OFF, "switched off in the settings")).ask()
    assert report.all_up
    assert report.worst is State.UP
    assert Report(NOW, ()).worst is State.OFF


@pytest.mark.parametrize(
    ("states", "worst"),
    [("up starting", "starting"), ("down degraded", "down"), ("degraded starting up", "degraded"), ("off off", "off")],
)
def test_the_worst_state_is_the_one_to_worry_about(states: str, worst: str) -> None:
    """Down is worse than degraded, that than starting, that than up."""
    report = Report(NOW, tuple(reading(f"s{n}", State(word)) for n, word in enumerate(states.split())))
    assert report.worst is State(worst)
    assert report.all_up is (worst in ("up", "off"))


def test_a_report_is_json_of_plain_values() -> None:
    """Times are ISO 8601, latencies milliseconds, states words."""
    report = Report(NOW, (reading("loki"), reading("llm", State.DOWN, "connection refused", None)))
    assert json.loads(json.dumps(report.as_json())) == {
        "at": "2026-11-28T02:00:00.000+00:00",
        "ok": False,
        "services": [
            {"name": "loki", "state": "up", "latency_ms": 12.0, "cause": ""},
            {"name": "llm", "state": "down", "latency_ms": None, "cause": "connection refused"},
        ],
    }


@pytest.mark.parametrize(
    ("probes", "names", "status"),
    [
        ([Told("a"), Told("b", State.OFF)], [], 0),
        ([Told("a"), Told("b", State.DOWN, "connection refused")], [], 1),
        ([Told("a"), Told("b", State.DOWN, "connection refused")], ["a"], 0),
        ([Told("a"), Told("b", State.DOWN, "connection refused"), Told("c")], ["a,c"], 0),
        ([Told("a"), Told("b", State.DOWN, "connection refused"), Told("c")], ["a, ", "b,"], 2),
        ([Told("a"), Told("b", State.DOWN, "connection refused"), Told("c")], ["a,", "b"], 1),
        ([Told("a")], ["q"], 2),
    ],
)
async def test_the_shell_tells_by_its_exit_status(probes: list[Told], names: list[str], status: int) -> None:
    """0 all up, 1 something is not, 2 an unknown service; as JSON there is one document in any case."""
    words, document = io.StringIO(), io.StringIO()
    assert await shell.health(desk(*probes), names, as_json=False, out=words) == status
    assert await shell.health(desk(*probes), names, as_json=True, out=document) == status
    assert json.loads(document.getvalue())["ok"] is (status == 0)
    assert words.getvalue().endswith("\n")


class Deep(Told):
    """The same with two facts."""

    link = ""

    async def look(self) -> Sequence[Fact]:
        return Fact("version", "1.2"), Fact("targets", "3 of 4 up", is_good=False)


class Kept:
    """What watching has recorded."""

    async def since(self) -> Mapping[str, Since]:
        return {"a": Since(is_up=True, at=NOW)}


@pytest.mark.parametrize(("state", "names", "status"), [(State.UP, [], 0), (State.DOWN, [], 1), (State.UP, ["q"], 2)])
async def test_the_shell_tells_in_depth_with_the_same_exit_status(state: State, names: list[str], status: int) -> None:
    """Facts stand below their service, those to look at with a mark; a fact alone is no reason to exit with 1."""
    probes = [Deep("a"), Deep("b", state)]
    deep = DeepHealthDesk(HealthDesk(probes, lambda: NOW), probes, Kept(), lambda: NOW)
    words, document = io.StringIO(), io.StringIO()
    assert await shell.health(deep, names, as_json=False, out=words) == status
    assert await shell.health(deep, names, as_json=True, out=document) == status
    found = json.loads(document.getvalue())
    assert found["ok"] is (status == 0)
    if status != 2:
        assert [fact["good"] for fact in found["services"][0]["facts"]] == [True, False]
        lines = words.getvalue().splitlines()
        assert lines[1:4] == ["    since 2026-11-28 02:00 UTC", "    version: 1.2", "  ! targets: 3 of 4 up"]


async def test_the_shell_prints_one_line_for_each_service() -> None:
    """Name, state, latency and cause stand in columns."""
    out = io.StringIO()
    await shell.health(desk(Told("mongodb"), Told("llm", State.DOWN, "connection refused")), [], as_json=False, out=out)
    first, second = out.getvalue().splitlines()
    assert first.split() == ["mongodb", "up", "0", "ms"]
    assert second == "llm      down               connection refused"


async def test_the_services_and_the_records_are_asked_at_once() -> None:
    """Each waits for the other here: a MongoDB that hangs is waited for once, not by its probe and then once more."""
    probe_asked, records_asked = asyncio.Event(), asyncio.Event()

    class Waiting(Deep):
        async def read(self) -> Finding:
            probe_asked.set()
            await records_asked.wait()
            return await super().read()

    class Recorded(Kept):
        async def since(self) -> Mapping[str, Since]:
            records_asked.set()
            await probe_asked.wait()
            return await super().since()

    probes = [Waiting("a")]
    deep = DeepHealthDesk(HealthDesk(probes, lambda: NOW, 0.5), probes, Recorded(), lambda: NOW)
    assert (await deep.ask()).looks[0].reading.state is State.UP
