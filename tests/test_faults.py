"""What the fault suite rests on: reading commands off the wire, cutting it, and telling what came of it."""

import asyncio

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect, ServerSelectionTimeoutError

from faults.checker import Findings
from faults.table import Row, head
from faults.wire import Command, Phase, Wire
from sandbox.mongo import Mongod, free_port


@pytest.mark.parametrize("phase", list(Phase))
async def test_a_write_that_is_met_is_cut_before_or_after_it_is_done(mongod: Mongod, phase: Phase) -> None:
    """The client hears nothing of it either way; the server has it only when it was cut afterwards."""
    met: list[tuple[Command, Phase]] = []

    async def cut(command: Command, at: Phase) -> bool:
        met.append((command, at))
        return at is phase and command.collection == f"cut_{phase}"

    wire = Wire(free_port(), mongod.port)
    await wire.start()
    wire.meets = cut
    beside = AsyncMongoClient[dict[str, object]](mongod.url())
    through = AsyncMongoClient[dict[str, object]](
        mongod.url().replace(f":{mongod.port}", f":{wire.port}"), retryWrites=False
    )
    with pytest.raises(AutoReconnect):
        await through.get_default_database()[f"cut_{phase}"].insert_one({"_id": 1})
    count = await beside.get_default_database()[f"cut_{phase}"].count_documents({})
    assert count == (1 if phase is Phase.AFTER else 0)
    assert met[0] == (Command("insert", f"cut_{phase}"), Phase.BEFORE)
    await through.close()
    await beside.close()
    await wire.cut()


async def test_a_wire_that_is_held_moves_nothing_until_it_is_released(mongod: Mongod) -> None:
    """And one that is cut refuses."""
    wire = Wire(free_port(), mongod.port)
    await wire.start()
    url = mongod.url().replace(f":{mongod.port}", f":{wire.port}")
    async with AsyncMongoClient[dict[str, object]](url, serverSelectionTimeoutMS=200) as client:
        await client.admin.command("ping")
        wire.hold()
        asking = asyncio.ensure_future(client.admin.command("ping"))
        done, _ = await asyncio.wait({asking}, timeout=0.1)
        assert not done
        wire.release()
        assert (await asking)["ok"] == 1
        await wire.cut()
        with pytest.raises((AutoReconnect, ServerSelectionTimeoutError)):
            await client.admin.command("ping")


def test_the_table_counts_what_is_lost_doubled_and_wrong() -> None:
    """One row for each fault; only one without any of them is good."""
    found = Findings(expected=1200, lost=["INC-1"])
    found.add(Findings(expected=34, doubled=["a card"], delay=2.5))
    row = Row("kill -9", 2, found)
    assert str(row) == "| kill -9 | 2 | 1,234 | 1 | 1 | 0 | 2.5 s |"
    assert head().count("\n") == 1
    assert not row.is_good
    assert Row("none", 1, Findings(expected=1)).is_good
