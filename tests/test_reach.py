"""How long somebody waits for MongoDB, alone: what takes too long is given up, and never cancelled."""

import asyncio

import pytest

from bot.errors import StoreAwayError
from bot.store.reach import Reach


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
