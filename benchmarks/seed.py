"""Incidents by the thousand, made up but always the same, straight into MongoDB."""

import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from pymongo import MongoClient, WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from bot.domain.incident import WORKING, Opening, Severity, Status
from bot.domain.incident_id import CROCKFORD
from bot.domain.incident_steps import opened
from bot.store import incident as incidents
from bot.store import search, timeline
from bot.store.incident import findable, new_document
from bot.store.mongo import Document

NEWEST = datetime(2026, 11, 25, 12, tzinfo=UTC)
SPAN = timedelta(days=1_000)
BATCH = 2_000
OVER = (Status.RESOLVED, Status.CLOSED)

# Each word of the first list is in a third of all incidents, of the second in one of a hundred, of the third in a few.
COMMON = ("checkout", "search", "payments", "slow", "down", "again", "errors", "timeouts", "restarted", "looking")
USUAL = tuple(f"usual{number}" for number in range(400))
SELDOM = tuple(f"seldom{number}" for number in range(20_000))


def identity(number: int, of: int) -> str:
    """The ID of the incident with this number; all endings of four characters differ."""
    day = NEWEST - SPAN * number / of
    rest = number * 7_919_999 % 32**4
    ending = "".join(CROCKFORD[rest // 32**place % 32] for place in range(4))
    return f"INC-{day:%Y%m%d}-{ending}"


def host(number: int) -> str:
    """A word that this incident alone has."""
    return f"host{number}"


def documents(count: int) -> Iterator[tuple[Document, Document, Document]]:
    """So many incidents, newest first, each with its words and an entry of its timeline. One of twenty is open."""
    chance = random.Random(count)  # noqa: S311 - the same each time
    like = new_document(opened(Opening("title", Severity.SEV3, "U0ANN", "C0OPSSHARED"), NEWEST)) | {"untold": []}
    severities, working = list(Severity), list(WORKING)
    for number in range(count):
        said = [*chance.sample(COMMON, 3), *chance.sample(USUAL, 4), *chance.sample(SELDOM, 3), host(number)]
        title, text, at = " ".join(said[:4]), " ".join(said[4:]), NEWEST - SPAN * number / count
        key = identity(number, count)
        facts = {
            "opened_at": at,
            "severity": chance.choice(severities).value,
            "status": chance.choice(OVER if chance.random() < 0.95 else working).value,
        }
        times = {"began": at, "acknowledged_at": at + timedelta(minutes=5), "resolved_at": at + timedelta(hours=1)}
        own = {"_id": key, "title": title, "words": key, "same_words": [key], **findable(key)}
        entry: Document = {"_id": f"{key}/v1", "incident_id": key, "kind": "noted", "order": f"{at.timestamp():.6f}"}
        entry |= {"author": "U0ANN", "author_name": "ann", "text": text, "channel": "", "ts": "", "pinned_by": []}
        words = {"_id": key, "words": said, "revision": 1, "version": 1, **facts}
        yield {**like, **facts, **times, **own, "card_ts": f"{at.timestamp():.6f}"}, words, entry


def seed(url: str, count: int) -> None:
    """Fills the empty database that `url` names, and then makes the indexes: together they take less time."""
    with MongoClient[Document](url, tz_aware=True) as client:
        database = client.get_default_database()
        fast = WriteConcern(w=1, j=False)
        kinds = [database.get_collection(name, write_concern=fast) for name in ("incidents", "words", "timeline")]
        made = documents(count)
        while batch := list(islice(made, BATCH)):
            _together([(kind, list(rows)) for kind, rows in zip(kinds, zip(*batch, strict=True), strict=True)])
        _index(database)


def _together(batches: list[tuple[Collection[Document], list[Document]]]) -> None:
    threads = [threading.Thread(target=kind.insert_many, args=(rows, False)) for kind, rows in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _index(database: Database[Document]) -> None:
    made = {"incidents": incidents.INDEXES, "words": search.INDEXES, "timeline": timeline.INDEXES}
    for name, indexes in made.items():
        database[name].create_indexes(list(indexes))
