"""What tests of conversations share: a question and its private answer, and payloads of their own making."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from sandbox.mongo import Mongod
from sandbox.payloads import Payloads, Typed
from sandbox.people import Person
from sandbox.sight import Post
from sandbox.slack import Slack
from sandbox.workspace import BOT_USER
from tests.world import World

KEPT = ("incidents", "timeline", "checklists", "roles", "windows", "announcements", "outbox")


@asynccontextmanager
async def standing(mongod: Mongod) -> AsyncIterator[World]:
    """A world for many tests: an open incident "checkout is down" of Ann's and a checklist, all at rest."""
    manifest = yaml.safe_load((Path(__file__).parent.parent / "manifest.yaml").read_text("utf-8"))
    async with Slack(manifest, retry_after=(0.0, 0.3, 0.6)) as slack, World(slack, mongod.url()) as world:
        await answer(slack, world.ann, "/incident", "open sev2 checkout is down")
        await answer(slack, world.ann, "/checklist", "start")
        for collection, query in (("windows", {}), ("incidents", {"untold": []}), ("checklists", {"is_told": True})):
            await world.stored(collection, **query)
        await world.stored("outbox", 2, state="posted")
        yield world


async def answer(slack: Slack, who: Person, command: str, words: str = "", *, channel: str = "#ops-shared") -> Post:
    """The private answer to a command: the next message that only this person sees."""
    before = len(who.ephemerals)
    await who.says(command, words, channel=channel)
    return await slack.until(lambda: who.ephemerals[before], f"an answer to {command} {words[:50]}")


async def answer_to_mention(slack: Slack, who: Person, words: str, *, thread: Post | None = None) -> Post:
    """The private answer to `@Ops Bot …`, in the channel or in a thread."""
    before = len(who.ephemerals)
    await who.writes(f"@Ops Bot {words}", thread=thread)
    return await slack.until(lambda: who.ephemerals[before], f"an answer to the mention {words[:50]}")


async def typed(slack: Slack, who: Person, command: str, words: str = "", channel: str = "#ops-shared") -> Post:
    """The private answer to a command that Slack's client would not offer, delivered all the same."""
    before = len(who.ephemerals)
    where = slack.workspace.channel(channel)
    url = slack.hooks.issue(who.id, where.id)
    payload = Payloads(slack.workspace).command(who.id, Typed(command, words, where), url)
    await slack.delivery.ask("slash_commands", payload)
    return await slack.until(lambda: who.ephemerals[before], f"an answer to {command}")


async def answer_to_press(slack: Slack, who: Person, payload: dict[str, Any]) -> Post:
    """The private answer to a button, box or form, as a payload of the test's own."""
    before = len(who.ephemerals)
    await slack.delivery.ask("interactive", payload)
    return await slack.until(lambda: who.ephemerals[before], "an answer")


@asynccontextmanager
async def unharmed(world: World) -> AsyncIterator[World]:
    """Nothing changes in MongoDB, in the channels and for others, and Slack has nothing to complain of."""
    before = _posted(world.slack), [await world.documents(name) for name in KEPT]
    yield world
    await world.slack.settled()
    assert (_posted(world.slack), [await world.documents(name) for name in KEPT]) == before
    assert (world.slack.refusals, world.slack.pages, world.ann.toasts) == ([], [], [])
    assert world.slack.person("cyd").ephemerals == []


def _posted(slack: Slack) -> list[Any]:
    """Everything that the bot has in channels and threads, as it is now; what it said to one person is not in it."""
    there = [channel.id for channel in slack.workspace.channels.values() if not channel.im_with]
    messages = [one for channel in there for one in slack.workspace.messages[channel].values()]
    return [(one.ts, one.text, one.blocks, one.metadata) for one in messages if one.user == BOT_USER]
