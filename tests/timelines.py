"""What tests of kept timelines share: two bots' stores on one database, and the little of Slack that a desk asks."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.incident import Incident, Opening, Severity
from bot.domain.incident_steps import opened
from bot.domain.timeline import Entry, Heard
from bot.store.database import Store
from bot.store.mongo import connect, database_of
from bot.store.timeline import Timelines
from sandbox.mongo import Mongod
from tests.kept import Kept

CHANNEL, ROOT = "C0OPS", "1764000000.000100"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@asynccontextmanager
async def two_stores(mongod: Mongod) -> AsyncIterator[list[Timelines]]:
    """The timelines of one database as two bots have them."""
    kept = Kept(mongod.url())
    clients = [connect(kept.mongodb_url), connect(kept.mongodb_url)]
    found = [
        Store(database_of(client), f"bot-{n}", timedelta(seconds=30), has_indexes=kept.has_indexes)
        for n, client in enumerate(clients)
    ]
    await found[0].reach()
    yield [store.timelines for store in found]
    for client in clients:
        await client.close()
    kept.leaves()


class SmallSlack:
    """The little of Slack that a desk asks: one thread, with the message as it is in the end; nobody searches it."""

    def __init__(self, incident: Incident, last: Heard | None) -> None:
        self._incident = incident
        self._last = last

    async def name_of(self, user_id: str) -> str:
        return user_id.lower()

    async def message_at(self, channel: str, ts: str) -> Heard | None:
        return self._last if self._last is not None and self._last.ts == ts else None

    def link_to(self, channel: str, ts: str) -> str:
        return f"https://sandbox.slack.com/archives/{channel}/p{ts}"

    async def at_card(self, channel: str, card_ts: str) -> Incident | None:
        return self._incident if (channel, card_ts) == (CHANNEL, ROOT) else None

    async def look_at(self, channel: str, ts: str) -> Heard | None:
        return self._last if self._last is not None and self._last.ts == ts else None

    async def with_names(self, text: str) -> str:
        return text

    async def get(self, incident_id: str) -> Incident | None:
        return self._incident if self._incident.id == incident_id else None

    async def save(self, incident: Incident, was: int) -> bool:
        return True

    async def refresh(self, incident: Incident) -> None:
        return None

    async def added(self, incident: Incident, entry: Entry) -> None:
        return None

    async def heard_of(self, incident_id: str, text: str) -> None:
        return None

    async def told_of(self, incident: Incident) -> None:
        return None

    async def changed(self, incident_id: str) -> None:
        return None


def an_incident() -> Incident:
    """An open incident of its own."""
    incident = opened(Opening("checkout is down", Severity.SEV2, "U0ANN", CHANNEL), NOW)
    return replace(incident, id=f"INC-{secrets.token_hex(8)}", card_ts=ROOT)
