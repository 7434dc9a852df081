"""While MongoDB is away nobody can be called by the bot: it says so, and whom to call by hand."""

import pytest

from sandbox.slack import Slack
from tests.asking import answer
from tests.line import Line
from tests.test_incident import ID
from tests.world import World

pytestmark = pytest.mark.long


async def test_who_is_in_line_is_named_while_mongodb_is_away(slack: Slack, line: Line) -> None:
    """By the command and the card's button, as it was known last, with the phone bridge; the matrix as well."""
    async with World(slack, line.url(), {"PHONE_BRIDGE": "+1 555 0100 <code>"}) as world:
        await answer(slack, world.ann, "/ops", "role on-call @ann backup @bob")
        await answer(slack, world.ann, "/incident", "open sev1 the database is gone")
        card = await slack.shows("the database is gone", "SEV1")
        found = ID.search(card.shown)
        assert found
        await world.stored("incidents", untold=[])
        assert "@bob" in (await answer(slack, world.bob, "/escalate")).shown
        line.cut()
        who = "In line are @ann (on-call), @bob (on-call's backup): write to them or call them yourself"
        shown = "who was called cannot be shown. Each in line has 10 min, then the next is asked"
        for words, instead in ((f"{found[0]} come", "nobody was called"), ("", shown), ("list", shown)):
            told = await answer(slack, world.bob, "/escalate", words)
            for part in ("MongoDB does not answer", instead, who, "The phone bridge is +1 555 0100 <code>."):
                assert part in told.shown
            assert "nothing was changed" not in told.shown
        before = len(world.bob.ephemerals)
        await world.bob.clicks("Escalate", card)
        await slack.until(lambda: len(world.bob.ephemerals) > before, "an answer")
        assert who in world.bob.ephemerals[-1].shown
        seen = len(world.ann.ephemerals)
        await world.ann.says("/escalate", "come", channel="#general")
        await slack.until(lambda: len(world.ann.ephemerals) > seen, "an answer elsewhere")
        assert who in world.ann.ephemerals[-1].shown
        assert "555" not in world.ann.ephemerals[-1].shown
        line.mend()
