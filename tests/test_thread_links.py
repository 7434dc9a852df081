"""Where an answer names a thread, its link opens that thread, also one that nobody has written in yet."""

import re

from sandbox.sight import Post
from tests.asking import answer, answer_to_mention
from tests.test_incident import opened
from tests.world import World

THREAD = re.compile(r"<https://\S+/archives/(\w+)/p(\d+)\?thread_ts=([\d.]+)&(?:amp;)?cid=\1\|its thread>")


def root(said: Post) -> str:
    """Which thread the link "its thread" opens."""
    found = THREAD.search(str(said.blocks or said.raw.text))
    assert found, said.raw.text
    assert found[2] == found[3].replace(".", "")
    return found[3]


async def test_who_opens_an_incident_is_led_into_its_thread(world: World) -> None:
    """The answer says to write in the thread, so the link opens it; the card's own says the same."""
    said = await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    card = await world.slack.shows("checkout is down", "SEV2")
    assert root(said) == card.ts
    assert f"thread_ts={card.ts}" in str(card.blocks)


async def test_who_declares_an_emergency_is_led_into_its_incidents_thread(world: World) -> None:
    """The emergency's answer too."""
    await answer(world.slack, world.ann, "/ops", "role on-call @ann")
    said = await answer(world.slack, world.ann, "/maintenance", "emergency the disk is full")
    card = await world.slack.shows("the disk is full", "SEV2")
    assert root(said) == card.ts


async def test_who_exports_an_incident_is_led_to_the_files(world: World) -> None:
    """And the export's."""
    card, _ = await opened(world)
    assert root(await answer_to_mention(world.slack, world.ann, "export", thread=card)) == card.ts
