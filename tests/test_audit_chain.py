"""The audit trail's chain: what tampering shows, on a real mongod, and what several bots make of it together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection

from bot.domain.audit import AuditEntry, Outcome
from bot.domain.audit_chain import START, Chain, Link, chained, sealed
from bot.domain.doctor import Verdict
from bot.errors import StoreAwayError
from bot.store.audit import AuditTrail
from bot.store.mongo import Documents
from bot.store.reach import Reach
from sandbox.mongo import Mongod

Kept = AsyncCollection[dict[str, Any]]
NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def entry(act: str = "close", number: int = 0) -> AuditEntry:
    """An act of Ann's."""
    at = NOON + timedelta(minutes=number, microseconds=1234)
    return AuditEntry(at, "U0ANN", act, f"INC-{number}", Outcome.DONE, "all is well", f"{number:016x}", "command")


@pytest.fixture
async def kept(mongod: Mongod) -> AsyncIterator[Kept]:
    """An empty collection."""
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongod.url(), tz_aware=True)
    collection = client["test_audit_chain"]["audit"]
    await collection.drop()
    yield collection
    await client.close()


def trail(kept: Kept) -> AuditTrail:
    """Where a bot of its own keeps entries."""
    return AuditTrail(Documents(kept, Reach()))


async def five(kept: Kept) -> Chain:
    """A bot that has written five entries."""
    chain = Chain(trail(kept))
    for number in range(1, 6):
        await chain.add(entry("tick", number))
    return chain


async def test_a_chain_is_whole_and_reads_back_as_it_was_written(kept: Kept) -> None:
    """Numbers from 1, each with the hash of the one before, times to the millisecond."""
    chain = await five(kept)
    told = await chain.verified()
    assert (told.count, told.total, told.broken, told.waiting, told.older) == (5, 5, "", 0, 0)
    assert await chain.newest(1) == [replace(entry("tick", 5), at=NOON + timedelta(minutes=5, milliseconds=1))]
    documents = await kept.find().sort("_id").to_list()
    assert [one["before"] for one in documents] == ["", *(one["hash"] for one in documents[:-1])]
    line = await chain.line()
    assert (line.verdict, line.found) == (Verdict.OK, "5 entries, chained by hashes: none is missing or changed")


async def swap(kept: Kept) -> None:
    """Entries 2 and 3 change places, under each other's numbers."""
    second, third = await kept.find({"_id": {"$in": [2, 3]}}).sort("_id").to_list()
    await kept.replace_one({"_id": 2}, {**third, "_id": 2})
    await kept.replace_one({"_id": 3}, {**second, "_id": 3})


async def rewrite(kept: Kept) -> None:
    """Entry 3 is made anew, with a right hash of its own."""
    second = await kept.find_one({"_id": 2})
    assert second
    forged = sealed(3, second["hash"], entry("forged", 3))
    await kept.update_one({"_id": 3}, {"$set": {"act": "forged", "hash": forged.hash}})


async def rewrite_to_the_end(kept: Kept) -> None:
    """Entries 3 to 5 are computed anew, without a mistake."""
    await kept.delete_many({"_id": {"$gte": 3}})
    second = await kept.find_one({"_id": 2})
    assert second
    forged = chained(Link(2, "", second["hash"], None), [entry("forged", number) for number in (3, 4, 5)])
    await trail(kept).append(forged)


TAMPERED: list[tuple[str, Callable[[Kept], Awaitable[Any]], str]] = [
    ("changed", lambda kept: kept.update_one({"_id": 3}, {"$set": {"who": "U0BOB"}}), "entry 3 was changed"),
    ("its time", lambda kept: kept.update_one({"_id": 1}, {"$set": {"at": NOON}}), "entry 1 was changed"),
    ("its outcome", lambda kept: kept.update_one({"_id": 2}, {"$set": {"outcome": "refused"}}), "entry 2 was changed"),
    ("no entry", lambda kept: kept.update_one({"_id": 4}, {"$set": {"outcome": 5}}), "entry 4 was changed"),
    ("emptied", lambda kept: kept.replace_one({"_id": 4}, {}), "entry 4 was changed"),
    ("written on", lambda kept: kept.update_one({"_id": 3}, {"$set": {"note": "x"}}), "entry 3 was changed"),
    ("its hash", lambda kept: kept.update_one({"_id": 3}, {"$set": {"hash": "0"}}), "entry 3 was changed"),
    ("removed", lambda kept: kept.delete_one({"_id": 3}), "entry 3 is missing"),
    ("the first removed", lambda kept: kept.delete_many({"_id": {"$lt": 3}}), "entries 1 to 2 are missing"),
    ("put in between", lambda kept: kept.insert_one({"_id": 2.5, "act": "x"}), "entry 2.5 was put in"),
    ("put in before", lambda kept: kept.insert_one({"_id": -7, "act": "x"}), "entry -7 was put in"),
    (
        "put in behind",
        lambda kept: kept.insert_one({"_id": 2**60, "act": "x"}),
        f"entries 6 to {2**60 - 1} are missing",
    ),
    ("swapped", swap, "entry 2 was changed"),
    ("replaced", rewrite, "entry 3 or 4 was replaced"),
    ("computed anew", rewrite_to_the_end, "entry 5 was replaced"),
    ("cut", lambda kept: kept.delete_many({"_id": {"$gt": 3}}), "entries 4 to 5 are missing at the end"),
    ("gone", lambda kept: kept.delete_many({}), "entries 1 to 5 are missing at the end"),
    (
        "beside the chain",
        lambda kept: kept.insert_one({"_id": ObjectId(), "at": NOON + timedelta(days=2)}),
        "1 outside the chain, put in after it began",
    ),
]


async def test_tampering_is_named_by_the_first_broken_link(kept: Kept) -> None:
    """Whatever is done to the documents by hand, the doctor's line says at which entry, and what to do."""
    for what, tamper, said in TAMPERED:
        await kept.delete_many({})
        chain = await five(kept)
        await tamper(kept)
        line = await chain.line()
        assert (what, line.verdict, line.found) == (what, Verdict.FAIL, said)
        assert "Compare with the log" in line.remedy
        await chain.add(entry("later", 6))
        assert (await chain.verified()).broken, f"{what}: what is written afterwards must not heal it"


async def test_another_bot_sees_all_but_a_cut_and_a_chain_computed_anew(kept: Kept) -> None:
    """A bot that has not written yet knows only what is there; the module's docstring says so."""
    for what, tamper, said in TAMPERED:
        await kept.delete_many({})
        await five(kept)
        await tamper(kept)
        told = await Chain(trail(kept)).verified()
        assert (what, told.broken) == (what, "" if what in ("cut", "gone", "computed anew") else said)


async def test_a_running_bot_leaves_a_gap_where_a_tail_was_cut(kept: Kept) -> None:
    """It goes on from the number that it remembers, so that later bots find the cut as well."""
    chain = await five(kept)
    await kept.delete_many({"_id": {"$gt": 3}})
    await chain.add(entry("later", 6))
    assert (await Chain(trail(kept)).verified()).broken == "entries 4 to 5 are missing"


async def test_older_entries_stay_before_the_chain(kept: Kept) -> None:
    """What older versions wrote, also beside the first bot that chains, has no hash: it is shown and counted."""
    old = {"who": "U0ANN", "act": "old", "subject": "x", "outcome": "done", "detail": "", "trace_id": ""}
    await kept.insert_many([{**old, "at": NOON - timedelta(days=3)}, {**old, "at": NOON + timedelta(hours=1)}])
    chain = await five(kept)
    told = await chain.verified()
    assert (told.count, told.older, told.broken) == (5, 2, "")
    assert "2 of older versions stand before the chain, unprotected" in (await chain.line()).found
    assert [one.act for one in await chain.newest(7)].count("old") == 2


async def test_five_bots_make_one_chain(kept: Kept) -> None:
    """Many at once, each bot with its own idea of the newest entry: no entry lost, doubled or forked."""
    bots = [Chain(trail(kept)) for _ in range(5)]
    acts = [f"{bot}/{number}" for bot in range(5) for number in range(40)]
    await asyncio.gather(*(bots[int(act[0])].add(entry(act)) for act in acts))
    told = await bots[0].verified()
    assert (told.count, told.broken) == (200, "")
    assert sorted(one["act"] for one in await kept.find().to_list()) == sorted(acts)
    for bot in range(5):
        mine = [one["act"] for one in await kept.find({"act": {"$regex": f"^{bot}/"}}).sort("_id").to_list()]
        assert mine == [f"{bot}/{number}" for number in range(40)], "each bot's are in the order in which they happened"


class Unsure(AuditTrail):
    """MongoDB fails before it inserts, in the middle, or after it did, as a test says: how many links get in."""

    def __init__(self, documents: Documents, outcomes: list[int | None]) -> None:
        super().__init__(documents)
        self._outcomes = outcomes

    async def append(self, links: Any) -> None:
        """Inserts as many as the plan says, and fails all the same; without a plan as usual."""
        kept = self._outcomes.pop(0) if self._outcomes else None
        await super().append(links if kept is None else links[:kept])
        if kept is not None:
            raise StoreAwayError(in_doubt=True)


async def test_what_mongodb_did_not_confirm_is_neither_lost_nor_doubled(kept: Kept) -> None:
    """An answer lost after the commit, or in the middle of it, while another bot goes on writing."""
    for lost_after in (1, 2):
        await kept.delete_many({})
        ours = Chain(Unsure(Documents(kept, Reach()), [lost_after, lost_after]))
        other = Chain(trail(kept))
        for number in range(1, 4):
            try:
                await ours.add(entry(f"ours {number}"))
            except StoreAwayError:
                assert ours.waiting
            await other.add(entry(f"theirs {number}"))
        await ours.flush()
        assert (await ours.verified()).broken == ""
        acts = [one["act"] for one in await kept.find().sort("_id").to_list()]
        assert sorted(acts) == sorted([f"ours {n}" for n in (1, 2, 3)] + [f"theirs {n}" for n in (1, 2, 3)])


class Away(AuditTrail):
    """MongoDB that is away until a test has it back."""

    is_away = True

    async def tip(self) -> Link | None:
        """The first that a bot asks for."""
        if self.is_away:
            raise StoreAwayError
        return await super().tip()


async def test_entries_wait_in_order_and_what_is_too_many_is_told(kept: Kept) -> None:
    """Ten thousand at most (three here); the rest is in the log, and an entry says how many."""
    links = Away(Documents(kept, Reach()))
    chain = Chain(links, waiting_most=3)
    for number in range(5):
        with pytest.raises(StoreAwayError):
            await chain.add(entry(f"act {number}"))
    assert chain.waiting == 5
    links.is_away = False
    await chain.flush()
    told = await kept.find().sort("_id").to_list()
    assert [one["act"] for one in told] == ["act 0", "act 1", "act 2", "audit"]
    assert told[-1]["detail"] == "2 entries of the time when MongoDB was away are in the log only"
    assert ((await chain.verified()).broken, chain.waiting) == ("", 0)


async def test_what_cannot_be_stored_does_not_hold_up_the_rest(kept: Kept) -> None:
    """Half a character pair and endless texts are kept as far as MongoDB takes them."""
    chain = Chain(trail(kept))
    await chain.add(replace(entry(), detail="\ud800" + "x" * 5_000_000, act="\x00$where"))
    await chain.add(entry("next"))
    assert ((await chain.verified()).count, (await chain.verified()).broken) == (2, "")


async def test_of_a_long_chain_the_newest_are_read(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """In bounded time: the line says how many of how many, and a break among them is found."""
    monkeypatch.setattr("bot.domain.audit_chain.VERIFIED_MOST", 3)
    chain = await five(kept)
    assert (await chain.line()).found == ("the newest 3 entries of 5, chained by hashes: none is missing or changed")
    await kept.delete_one({"_id": 4})
    assert (await chain.verified()).broken == "entry 4 is missing"


def test_every_field_is_under_the_seal() -> None:
    """A change of any of them changes the hash."""
    whole = sealed(1, START.hash, entry())
    changes: dict[str, Any] = {
        "at": NOON + timedelta(milliseconds=2), "who": "x", "act": "x", "subject": "x", "detail": "x",
        "outcome": Outcome.SKIPPED, "trace_id": "x", "via": "x",
    }  # fmt: skip
    others = [replace(entry(), **{name: value}) for name, value in changes.items()]
    hashes = {sealed(1, START.hash, other).hash for other in others}
    hashes |= {sealed(2, START.hash, entry()).hash, sealed(1, "x", entry()).hash}
    assert len(hashes) == 10
    assert whole.hash not in hashes
