"""What tests of conversations share: a question and its private answer, and payloads of their own making."""

import importlib.util
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from difflib import unified_diff
from functools import cache
from pathlib import Path
from pprint import pformat
from typing import Any

import pytest
import yaml

from sandbox.mongo import Mongod
from sandbox.payloads import Payloads, Typed
from sandbox.people import Person
from sandbox.sight import Post
from sandbox.slack import Slack
from sandbox.workspace import BOT_USER
from tests.world import WallClock, World

KEPT = ("incidents", "timeline", "checklists", "roles", "windows", "announcements", "outbox")


def strict(**patience: Any) -> Slack:
    """A workspace with the app's own manifest, on the day on which bots begin: what tests see depends on no date."""
    began = WallClock()
    return Slack(_manifest(), **{"retry_after": (0.0, 0.3, 0.6), "clock": lambda: began().timestamp(), **patience})


@cache
def _manifest() -> Any:
    """Read once: YAML takes longer than most tests."""
    return yaml.safe_load((Path(__file__).parent.parent / "manifest.yaml").read_text("utf-8"))


@asynccontextmanager
async def shared_world(mongod: Mongod, settings: Mapping[str, str] | None = None) -> AsyncIterator[World]:
    """A world for many tests. What Slack refuses without being expected to fails the last of them."""
    async with strict() as slack:
        async with World(slack, mongod.url(), settings) as world:
            await world.stored("windows", 2)  # the weekly ones, which a bot plans as soon as it is there
            yield world
        assert (slack.refusals, slack.pages) == ([], []), (slack.refusals, slack.pages)


@asynccontextmanager
async def standing(mongod: Mongod) -> AsyncIterator[World]:
    """A world for many tests: an open incident "checkout is down" of Ann's and a checklist, all at rest."""
    async with shared_world(mongod) as world:
        slack = world.slack
        await answer(slack, world.ann, "/incident", "open sev2 checkout is down")
        await answer(slack, world.ann, "/checklist", "start")
        for collection, query in (("windows", {}), ("incidents", {"untold": []}), ("checklists", {"is_told": True})):
            await world.stored(collection, **query)
        await world.stored("outbox", 2, state="posted")
        yield world


@contextmanager
def without_matplotlib() -> Iterator[None]:
    """Bots answer without pictures, as on a machine that lacks it: to load it takes half a second."""
    there = importlib.util.find_spec
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.util, "find_spec", lambda name, *of: None if name == "matplotlib" else there(name, *of))
        yield


async def answer(slack: Slack, who: Person, command: str, words: str = "", *, channel: str = "#ops-shared") -> Post:
    """The private answer to a command: the next message that only this person sees."""
    before = len(who.ephemerals)
    await who.says(command, words, channel=channel)
    return await slack.until(lambda: _result(who, before), f"an answer to {command} {words[:50]}")


def _result(who: Person, before: int) -> Post | None:
    """What somebody is answered, beyond a word that it takes a while."""
    return next((post for post in who.ephemerals[before:] if not _is_placeholder(post)), None)


def _is_placeholder(post: Post) -> bool:
    return post.text.endswith("…") and len(post.text) < 100 and "\n" not in post.shown


async def answer_to_mention(slack: Slack, who: Person, words: str, *, thread: Post | None = None) -> Post:
    """The private answer to `@Ops Bot …`, in the channel or in a thread."""
    before = len(who.ephemerals)
    await who.writes(f"@Ops Bot {words}", thread=thread)
    return await slack.until(lambda: _result(who, before), f"an answer to the mention {words[:50]}")


async def typed(slack: Slack, who: Person, command: str, words: str = "", channel: str = "#ops-shared") -> Post:
    """The private answer to a command that Slack's client would not offer, delivered all the same."""
    before = len(who.ephemerals)
    where = slack.workspace.channel(channel)
    url = slack.hooks.issue(who.id, where.id)
    payload = Payloads(slack.workspace).command(who.id, Typed(command, words, where), url)
    await slack.delivery.ask("slash_commands", payload)
    return await slack.until(lambda: _result(who, before), f"an answer to {command}")


async def answer_to_press(slack: Slack, who: Person, payload: dict[str, Any]) -> Post:
    """The private answer to a button, box or form, as a payload of the test's own."""
    before = len(who.ephemerals)
    await slack.delivery.ask("interactive", payload)
    return await slack.until(lambda: _result(who, before), "an answer")


def message_event(thread: Post, ts: str, text: str, event_id: str = "Ev0AGAIN") -> dict[str, Any]:
    """The event of a message of Bob's in a thread, as Slack sends it, and sends it again."""
    return {
        "type": "event_callback",
        "event_id": event_id,
        "team_id": "T0SANDBOX",
        "api_app_id": "A0OPSBOT",
        "event": {
            "type": "message",
            "channel": thread.channel,
            "channel_type": "channel",
            "user": "U0BOB",
            "text": text,
            "ts": ts,
            "event_ts": ts,
            "thread_ts": thread.ts,
        },
    }


@asynccontextmanager
async def unharmed(world: World) -> AsyncIterator[World]:
    """Nothing changes in MongoDB, in the channels and for others, and Slack has nothing to complain of."""

    async def at_rest() -> bool:
        return await world.documents("outbox", state={"$in": ["pending", "posting"]}) == []

    await world.until(at_rest, "what was said before to be posted")
    before = _posted(world.slack), {name: await world.documents(name) for name in KEPT}
    yield world
    await world.slack.settled()
    after = _posted(world.slack), {name: await world.documents(name) for name in KEPT}
    assert after == before, _difference(before, after)
    assert (world.slack.refusals, world.slack.pages, world.ann.toasts) == ([], [], [])
    assert world.slack.person("cyd").ephemerals == []


def _difference(before: object, after: object) -> str:
    first, second = (pformat(one, width=150).splitlines() for one in (before, after))
    return "\n".join(unified_diff(first, second, "before", "after", n=2))


def _posted(slack: Slack) -> list[Any]:
    """Everything that the bot has in channels and threads, as it is now; what it said to one person is not in it."""
    there = [channel.id for channel in slack.workspace.channels.values() if not channel.im_with]
    messages = [one for channel in there for one in slack.workspace.messages[channel].values()]
    return [(one.ts, one.text, one.blocks, one.metadata) for one in messages if one.user == BOT_USER]
