"""What people wrote and the bot refused: Slack does not keep it, so they get it back; what is soon typed again not."""

from collections.abc import AsyncIterator

import pytest

from sandbox.slack import Slack
from tests.asking import answer, answer_to_mention
from tests.line import Line
from tests.test_incident import opened
from tests.world import World

AGAIN = "What you wrote, to be used again:"
LONG = "the relay in rack 7 was out of file handles since the deploy; @bob raised the limit & restarted <it>"
LINES = (
    ("/incident", f"note {{id}} {LONG}"),
    ("/incident", f"resolve {{id}} {LONG}"),
    ("/incident", f"reopen {{id}} {LONG}"),
    ("/incident", f"update {LONG}"),
    ("/checklist", f"note {LONG}"),
    ("/maintenance", f"schedule tomorrow 14:00 for 2h {LONG}"),
    ("/escalate", f"{{id}} {LONG}"),
)


@pytest.fixture
async def world(slack: Slack, line: Line) -> AsyncIterator[World]:
    """A world whose MongoDB can be taken away."""
    async with World(slack, line.url()) as ready:
        yield ready
        line.mend()


@pytest.mark.long
async def test_a_long_command_is_given_back_whole_when_mongodb_is_away(world: World, line: Line) -> None:
    """Ready to be pasted, with people by name and nobody called; a short one is not repeated."""
    card, incident_id = await opened(world)
    line.cut()
    for command, text in LINES:
        words = text.format(id=incident_id)
        told = await answer(world.slack, world.ann, command, words)
        assert "MongoDB does not answer" in told.shown
        assert AGAIN in told.shown
        assert f"{command} {words}" in told.shown
        assert world.bob.id not in str(told.blocks)
    told = await answer(world.slack, world.ann, "/incident", f"note {incident_id} it is the cache")
    assert AGAIN not in told.shown
    # What was written in a thread is still there to be read.
    told = await answer_to_mention(world.slack, world.ann, f"note {LONG}", thread=card)
    assert AGAIN not in told.shown


async def test_a_long_command_that_comes_too_late_is_given_back(world: World) -> None:
    """Somebody ended it meanwhile; or it was typed in another channel; or a word of it is wrong."""
    _, incident_id = await opened(world)
    await answer(world.slack, world.ann, "/incident", f"resolve {incident_id} restarted")
    for command, words, channel, why in (
        ("/incident", f"resolve {incident_id} {LONG}", "#ops-shared", "is already resolved"),
        ("/incident", f"note {incident_id} {LONG}", "#general", "changes are made in"),
        ("/maintenance", f"schedule tomorrow 25:00 for 2h {LONG}", "#ops-shared", "25:00"),
        ("/maintenance", f"schedule tomorrow 14:00 for 2h {'x' * 2_900}", "#ops-shared", "title"),
    ):
        told = await answer(world.slack, world.ann, command, words, channel=channel)
        assert why in told.shown
        assert AGAIN in told.shown
        shown = "".join(str(block["text"]["text"]) for block in told.blocks if block["text"]["type"] == "plain_text")
        assert shown == f"{command} {words}"


@pytest.mark.long
async def test_every_form_gives_back_what_was_written_into_it(world: World, line: Line) -> None:
    """The form is closed when MongoDB is found to be away: the answer has all of its texts."""
    card, _ = await opened(world)
    await world.ann.clicks("Update", card)
    await world.ann.sees("How does it go?")
    await world.bob.says("/maintenance", "schedule")
    await world.bob.sees("When does it start?")
    line.cut()
    await world.ann.submits({"How does it go?": "slowly"})
    await world.ann.sees("MongoDB does not answer", AGAIN, "slowly")
    values = {"When does it start?": int(world.clock().timestamp()) + 7_200, "What for?": "Upgrade Loki"}
    await world.bob.submits(values)
    await world.bob.sees("MongoDB does not answer", AGAIN, "Upgrade Loki")
