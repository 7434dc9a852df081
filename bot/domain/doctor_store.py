"""What the doctor asks of MongoDB: reachable, rights, indexes, durability, version; and of the messages in it."""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.clock import Clock, spelled
from bot.domain.doctor import Line, fail, fine, warn
from bot.domain.health import HealthDesk, State
from bot.domain.mongodb import remedy
from bot.domain.outbox import Depth
from bot.errors import StoreAwayError

MONGODB = "mongodb"  # the name of its probe
NEEDED = (4, 4)  # of MongoDB: older ones lack what the driver or the bot's updates use
TESTED = (6, 0)  # the oldest that the tests run on
LONG = timedelta(minutes=5)  # for a message to wait
NAMED = 5  # messages that a line names one by one
PARKED_MOST = 1_000


class NoLookError(Exception):
    """MongoDB did not tell, or did not do; `cause` says why in our words."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True)
class Server:
    """Who answers: `replica_set` is empty for a single server, `answering` of its `members` do."""

    version: str
    replica_set: str
    members: int = 1
    answering: int = 1
    is_durable: bool = True  # writes count once a majority has them in its journal


@dataclass(frozen=True)
class Indexes:
    """How many the bot wants; the `missing` ones as `collection.name`. `is_new`: there is no collection at all yet."""

    wanted: int
    missing: tuple[str, ...]
    is_new: bool


class StoreLook(Protocol):
    """Asks MongoDB, once each. Every method raises NoLookError."""

    async def server(self) -> Server:
        """Who answers."""

    async def write(self) -> float:
        """Writes and deletes a document of the doctor's own; seconds until it was safe."""

    async def indexes(self) -> Indexes:
        """Which are there."""


@dataclass(frozen=True)
class Parked:
    """A message that Slack refused: its ID and Slack's word for why."""

    id: str
    reason: str


class Undelivered(Protocol):
    """The messages that are not in Slack. Every method raises StoreAwayError."""

    async def depth(self, now: datetime) -> Depth:
        """How many wait."""

    async def parked(self, limit: int) -> list[Parked]:
        """Those that Slack refused, oldest first."""


async def mongodb(health: HealthDesk, look: StoreLook, database: str) -> Sequence[Line]:
    """Reachable at all; and if so, all the rest."""
    reading = (await health.ask([MONGODB])).readings[0]
    if reading.state is not State.UP:
        return [fail(MONGODB, reading.cause or str(reading.state), remedy(reading.cause, database))]
    return [fine(MONGODB, "it answers, and the bot may read"), *await _server(look), await _rights(look, database),
            await _indexes(look)]  # fmt: skip


async def _server(look: StoreLook) -> Sequence[Line]:
    try:
        told = await look.server()
    except NoLookError as error:
        return [warn("mongodb version", f"not told: {error.cause}", "Ask again; /health mongodb deep may tell more.")]
    return [_version(told.version), _durability(told)]


def _version(text: str) -> Line:
    numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if numbers < NEEDED:
        return fail("mongodb version", text, f"Update MongoDB: the bot needs {NEEDED[0]}.{NEEDED[1]} or newer.")
    if numbers < TESTED:
        return warn("mongodb version", text, f"Update MongoDB: the bot is tested with {TESTED[0]}.{TESTED[1]} and up.")
    return fine("mongodb version", text)


def _durability(told: Server) -> Line:
    topic = "mongodb durability"
    if not told.is_durable:
        return fail(topic, "writes are not confirmed by a majority's journal", "Take w and journal out of MONGODB_URL.")
    if not told.replica_set:
        safe = "writes count once its journal has them; none takes over while it is away"
        return fine(topic, f"a single server, no replica set: {safe}")
    safe = "writes count once a majority's journal has them"
    found = f"replica set {told.replica_set}, {told.answering} of {told.members} members answer: {safe}"
    if told.answering < told.members:
        return warn(topic, found, "Bring the other members back before another one goes.")
    return fine(topic, found)


async def _rights(look: StoreLook, database: str) -> Line:
    topic = "mongodb rights"
    try:
        seconds = await look.write()
    except NoLookError as error:
        mends = f"Give the bot's user readWrite on {database}, and see that the server has a primary and disk space."
        return fail(topic, f"the bot cannot write: {error.cause}", mends)
    return fine(topic, f"the bot reads, writes and deletes (a safe write took {seconds * 1000:.0f} ms)")


async def _indexes(look: StoreLook) -> Line:
    topic = "mongodb indexes"
    try:
        told = await look.indexes()
    except NoLookError as error:
        return warn(topic, f"not told: {error.cause}", "Give the bot's user readWrite, which may list indexes.")
    if told.is_new:
        return fine(topic, "none yet, and no data: the bot makes them when it starts")
    if told.missing:
        more = len(told.missing) - NAMED
        names = ", ".join(told.missing[:NAMED]) + (f" and {more} more" if more > 0 else "")
        mends = "Start the bot, which makes them; if they stay away, its log says why (logger mongo)."
        return warn(topic, f"{len(told.missing)} of {told.wanted} missing: {names}", mends)
    return fine(topic, f"all {told.wanted} are there")


async def outbox(letters: Undelivered, healable: Set[str], clock: Clock) -> Sequence[Line]:
    """Messages that wait for long, that Slack refuses for now, and that it will never take."""
    try:
        depth, parked = await letters.depth(clock()), await letters.parked(PARKED_MOST)
    except StoreAwayError:
        return [warn("outbox", "not known while MongoDB does not answer", "Mend MongoDB first.")]
    lines = []
    age = timedelta(seconds=depth.oldest_seconds)
    if depth.waiting and age > LONG:
        mends = "It is posted once Slack and MongoDB answer: see the lines above, and that the bot runs."
        lines.append(warn("outbox", f"{depth.waiting} waiting, the oldest for {spelled(age)}", mends))
    if hopeless := [one for one in parked if one.reason not in healable]:
        named = ", ".join(f"{one.id} ({one.reason})" for one in hopeless[:NAMED])
        more = f" and {len(hopeless) - NAMED} more" if len(hopeless) > NAMED else ""
        mends = "Tell people yourself what they miss: the texts are in MongoDB's `outbox` under these IDs."
        count = f"at least {len(hopeless)}" if len(parked) >= PARKED_MOST else str(len(hopeless))
        lines.append(warn("outbox", f"{count} refused by Slack and given up: {named}{more}", mends))
    if healing := Counter(one.reason for one in parked if one.reason in healable):
        reasons = ", ".join(f"{reason}: {count}" for reason, count in healing.most_common(NAMED))
        mends = "Let the bot back into the channel, with its scopes; it tries again by itself."
        lines.append(warn("outbox", f"{healing.total()} refused by Slack for now ({reasons})", mends))
    return lines or [fine("outbox", f"nothing refused, {depth.waiting} waiting to be posted")]
