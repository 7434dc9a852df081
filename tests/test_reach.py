"""How long somebody waits for MongoDB: what takes too long is given up, and never cancelled."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.errors import StoreAwayError
from bot.store import reach
from bot.store.mongo import Documents, Part, close, connect, database_of
from bot.store.reach import Reach
from sandbox.mongo import Mongod
from tests.line import Line


class Server:
    """Answers when it is told to; `ended` says how a call of it did."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.asked = asyncio.Event()

    async def read(self) -> str:
        """One call."""
        self.asked.set()
        try:
            await self.answers.wait()
        except asyncio.CancelledError:
            self.ended.set_result("cancelled")
            raise
        self.ended.set_result("answered")
        return "a document"


async def test_a_server_that_hangs_is_given_up_and_its_call_goes_on() -> None:
    """Whoever asked hears that MongoDB is away; the call ends by itself when the server answers after all."""
    server, reach = Server(), Reach()
    with pytest.raises(StoreAwayError) as caught, reach.trying(writes=False):
        await reach.answer(server.read(), within=0.02)
    assert reach.is_away
    assert not caught.value.in_doubt
    server.answers.set()
    assert await server.ended == "answered"


async def test_a_call_is_not_cancelled_with_who_asked() -> None:
    """A time limit around the question ends the waiting, not the driver's call, which would keep its locks."""
    server, reach = Server(), Reach()
    asking = asyncio.create_task(reach.answer(server.read()))
    await server.asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    server.answers.set()
    assert await server.ended == "answered"


async def test_what_a_call_raises_is_raised() -> None:
    """An error of the driver comes through as it is."""

    async def read() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await Reach().answer(read())


READS: tuple[Callable[[Documents], Awaitable[object]], ...] = (
    lambda documents: documents.one({}),
    lambda documents: documents.many({}, [("_id", 1)]),
    lambda documents: documents.part({}, [("_id", 1)], Part(5)),
    lambda documents: documents.count({}),
    lambda documents: documents.gathered([], (("_id", 1),)),
)


@pytest.mark.long
async def test_a_list_waits_no_longer_than_one_question(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads many documents knows from the first whether the server answers; what comes next is told at once."""
    monkeypatch.setattr(reach, "PATIENCE", 0.5)
    clients = [connect(line.url()) for _ in READS]
    each = [(read, Documents(database_of(one)["waiting"], Reach())) for read, one in zip(READS, clients, strict=True)]

    async def waits(read: Callable[[Documents], Awaitable[object]], documents: Documents) -> None:
        with pytest.raises(StoreAwayError) as caught:
            await read(documents)
        assert "no answer within 0.5 s" in str(caught.value.__cause__)
        with pytest.raises(StoreAwayError) as again:
            await documents.many({}, [("_id", 1)])
        assert again.value.__cause__ is None

    try:
        await asyncio.gather(*(read(documents) for read, documents in each))  # so that each has a connection that hangs
        line.hold()
        await asyncio.gather(*(waits(read, documents) for read, documents in each))
    finally:
        line.release()
        await asyncio.gather(*(close(client) for client in clients))


async def test_a_list_is_whole(mongod: Mongod) -> None:
    """Of none, one and more than MongoDB sends at once, all come, in order."""
    client = connect(mongod.url("lists_read"))
    documents = Documents(database_of(client)["listed"], Reach())
    try:
        for count in (0, 1, 1_200):
            await documents.update_all({}, {"$set": {"is_old": True}})
            await documents.insert_all([{"number": number} for number in range(count)] or [{"is_old": True}])
            found = await documents.many({"is_old": None}, [("number", 1)])
            assert [one["number"] for one in found] == list(range(count))
            some = await documents.part({"is_old": None}, [("number", 1)], Part(7, skip=2))
            assert [one["number"] for one in some] == list(range(count))[2:9]
    finally:
        await client.drop_database(database_of(client).name)
        await close(client)
