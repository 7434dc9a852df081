"""Files that a bot was making when it was killed: whoever asked for them is told by the next one."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.test_incident import opened
from tests.world import World

pytestmark = pytest.mark.long


async def test_who_asked_is_told_once_how_to_get_the_files(world: World) -> None:
    """Of an incident, of the log and of a window; not while a bot may still be at it, and not of what is shared."""
    _, incident_id = await opened(world)
    await world.stops()
    long_ago = datetime.now(UTC) - timedelta(minutes=4)
    for key, at, how in (
        (f"{incident_id}/v1-abc/markdown+json/{world.ann.id}", long_ago, "underway"),
        (f"runbook/all/{world.ann.id}", long_ago, "underway"),
        (f"MW-20261128-0200/summary/{world.ann.id}", long_ago, "underway"),
        (f"runbook/2026-10/{world.bob.id}", datetime.now(UTC), "underway"),
        (f"runbook/2026-11/{world.bob.id}", long_ago, "privately"),
    ):
        await world.puts("exports", {"_id": key, "token": key[:20], "who": key[-5:], "how": how, "at": at})
    await world.starts()
    await world.starts()
    await world.ann.sees("You asked for the export of", "not in its thread", f"/incident export {incident_id}")
    await world.ann.sees("You asked for the log of incidents", "/ops runbook")
    await world.ann.sees("the summary of MW-20261128-0200 as a file", "/maintenance summary MW-20261128-0200")

    async def forgotten() -> bool:
        return len(await world.documents("exports")) == 2

    await world.until(forgotten, "the claims to be forgotten")
    await world.rests()
    assert len([post for post in world.ann.posts if "You asked for" in post.text]) == 3
    assert not [post for post in world.bob.posts if "You asked for" in post.text]
