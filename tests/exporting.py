"""What tests of exports share: an incident, entries, the export of them, and the bot asked for one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.export import Record
from bot.domain.incident import Incident, Severity, Status
from bot.domain.timeline import Entry, Kind
from sandbox.records import CannotError
from sandbox.sight import File as SharedFile
from sandbox.sight import Post
from tests.asking import answer
from tests.world import World

NOW = datetime(2026, 11, 24, 12, 0, 3, tzinfo=UTC)
NAMES = {"U0ANN": "ann", "U0BOB": "bob"}


def incident(**changes: Any) -> Incident:
    """An incident of Ann's, resolved after an hour."""
    base = Incident(
        id="INC-20261124-7KQ4",
        title="checkout is down",
        severity=Severity.SEV2,
        status=Status.RESOLVED,
        opened_by="U0ANN",
        opened_at=NOW - timedelta(hours=1),
        channel="C0OPS",
        owner="U0BOB",
        updated_by="U0BOB",
        updated_at=NOW,
        began=NOW - timedelta(hours=1),
        resolved_at=NOW,
        joined=("U0ANN", "U0BOB"),
    )
    return replace(base, **changes)


def entry(text: str, number: int = 0, **changes: Any) -> Entry:
    """A message of Ann's."""
    order = f"{int(NOW.timestamp()) + number}.000100"
    base = Entry(f"INC/{order}", "INC", Kind.MESSAGE, order, "U0ANN", "ann", text, "C0OPS", order)
    return replace(base, **changes)


def extended(text: str, **changes: Any) -> Entry:
    """A message of Ann's that was changed."""
    return replace(entry(text), **changes)


def record(subject: Incident, *entries: Entry) -> Record:
    """An export at NOW."""
    return Record(subject, entries, NAMES, NOW, "https://sandbox.slack.com/archives/C0OPS/p1")


def text_of(files: list[SharedFile], ending: str) -> str:
    """The content of the only file with this ending."""
    (found,) = (file.content.decode() for file in files if file.name.endswith(ending))
    return found


def files_in(world: World, card: Post) -> list[SharedFile]:
    """The files in a card's thread."""
    return world.slack.thread(card).files


def direct_files(world: World) -> list[SharedFile]:
    """The files that the bot gave Ann privately."""
    try:
        return [file for post in world.slack.channel("D0ANN").messages for file in post.files]
    except CannotError:  # nobody has opened it yet
        return []


async def exported(world: World, words: str = "export") -> str:
    """What Ann is told about an export; it may take longer than one message."""
    said = (await answer(world.slack, world.ann, "/incident", words)).shown
    if "Exporting" in said:
        await world.slack.until(lambda: "Exporting" not in world.ann.ephemerals[-1].shown, "the result", within=15.0)
        said = world.ann.ephemerals[-1].shown
    return said


def entry_of(incident_id: str, author: str, text: str, number: int = 0) -> dict[str, Any]:
    """An entry of the timeline as it is stored."""
    order = f"{1795600000 + number}.000100"
    return {
        "_id": f"{incident_id}/{order}",
        "incident_id": incident_id,
        "kind": "message",
        "order": order,
        "author": author,
        "author_name": "",
        "text": text,
        "channel": "C0OPSSHARED",
        "ts": order,
        "pinned_by": [],
    }
