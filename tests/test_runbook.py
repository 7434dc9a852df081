"""The runbook's log: all incidents as one file for one person."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer
from tests.exporting import direct_files, exported
from tests.test_incident import opened
from tests.world import World

RUNBOOK = "https://wiki.example.org/runbook"


async def puts_incident(world: World, incident_id: str, **changes: Any) -> None:
    """Stores an incident like the first one, with changes."""
    document = (await world.documents("incidents"))[0]
    await world.puts(
        "incidents", {**document, "_id": incident_id, "same_words": [incident_id], "untold": [], **changes}
    )


async def test_the_log_has_all_incidents_by_month(world: World) -> None:
    """`/ops runbook` gives one Markdown file privately: newest first, grouped by month, each with its thread."""
    card, incident_id = await opened(world, "open sev2 a | b", "a | b")
    end = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    await puts_incident(
        world,
        "INC-20261031-7KQ4",
        title="# old\none",
        status="resolved",
        opened_at=end,
        began=end - timedelta(minutes=90),
        resolved_at=end,
        resolution="put\nright",
    )
    said = await answer(world.slack, world.ann, "/ops", "runbook")
    assert "The log is in your direct messages with the bot; it has 2 incidents." in said.shown
    (file,) = direct_files(world)
    assert file.name == "runbook-log.md"
    lines = file.content.decode().splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "# Incidents and emergencies",
        "## 2026-11",
        "## 2026-10",
    ]
    new, old = (line for line in lines if line.startswith("| 2026-"))
    link = f"[thread](https://sandbox.slack.com/archives/{card.channel}/p{card.ts.replace('.', '')})"
    assert new.startswith("| 2026-11-25 12:00 | incident | ")
    assert new.endswith(f"| {incident_id} | SEV2 | a &#124; b | ann | open | – | {link} |")
    assert old.startswith(
        "| 2026-10-31 23:30 | incident | INC-20261031-7KQ4 | SEV2 | \\# old one | ann | 1 h 30 min | "
    )
    assert "| put right |" in old
    assert [file for post in world.slack.channel().everything for file in post.files] == []


async def test_the_log_of_a_month_has_that_month(world: World) -> None:
    """`/ops runbook 2026-10` begins and ends with the month in UTC."""
    await opened(world)
    for number, moment in enumerate(("2026-09-30T23:59:59", "2026-10-01T00:00:00", "2026-10-31T23:59:59")):
        await puts_incident(
            world, f"INC-20261031-7KQ{number}", opened_at=datetime.fromisoformat(moment).replace(tzinfo=UTC)
        )
    said = await answer(world.slack, world.ann, "/ops", "runbook 2026-10")
    assert "it has 2 incidents" in said.shown
    (file,) = direct_files(world)
    assert file.name == "runbook-log-2026-10.md"
    page = file.content.decode()
    assert ("7KQ0" in page, "7KQ1" in page, "7KQ2" in page) == (False, True, True)


async def test_a_double_enter_is_one_log(world: World) -> None:
    """The log too is given once a minute to the same person."""
    await opened(world)
    await answer(world.slack, world.ann, "/ops", "runbook")
    said = await answer(world.slack, world.ann, "/ops", "runbook")
    assert "You asked for the log a moment ago" in said.shown
    assert len(direct_files(world)) == 1


async def test_an_empty_log_is_a_file_that_says_so(world: World) -> None:
    """Before the first incident there is nothing to log."""
    said = await answer(world.slack, world.ann, "/ops", "runbook")
    assert "nothing is in it" in said.shown
    assert "There is none." in direct_files(world)[0].content.decode()


async def test_a_month_that_is_none_is_pointed_at(world: World) -> None:
    """Words and numbers that are no month change nothing."""
    for words in ("2026-13", "november", "2026", "0000-01"):
        said = await answer(world.slack, world.ann, "/ops", f"runbook {words}")
        assert "is not a month" in said.shown
    assert direct_files(world) == []


async def test_the_runbook_is_linked_where_there_is_one(slack: Slack, mongod: Mongod) -> None:
    """With RUNBOOK_URL the answers say where the Markdown is to be pasted."""
    async with World(slack, mongod.url(), {"RUNBOOK_URL": RUNBOOK}) as world:
        await opened(world)
        for said in (await exported(world), (await answer(slack, world.ann, "/ops", "runbook")).shown):
            assert "Paste the Markdown into the runbook." in said
        assert RUNBOOK in json.dumps(world.ann.ephemerals[-1].blocks)


async def test_a_log_that_slack_does_not_take_is_said(world: World) -> None:
    """The person is told that nothing was shared, and asking again works."""
    await opened(world)
    world.slack.faults.add("error", "conversations.open", value="user_disabled")
    said = await answer(world.slack, world.ann, "/ops", "runbook")
    assert "Slack did not take the files (user_disabled), so nothing was shared" in said.shown
    said = await answer(world.slack, world.ann, "/ops", "runbook")
    assert "it has 1 incident" in said.shown
