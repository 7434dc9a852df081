"""What tests of maintenance share: roles handed out, a window scheduled, its announcements awaited."""

from typing import Any

from sandbox.people import Person
from sandbox.sight import Post
from tests.asking import answer
from tests.kept import Document
from tests.world import World


async def with_roles(world: World, *, tech_lead: str = "bob", on_call: str = "ann", duty: str = "") -> None:
    """These people have had the roles for long; a role with an empty name is to be assigned."""
    seat = {"backup": "", "version": 1, "untold": []}
    people = {"tech-lead": tech_lead, "on-call": on_call, "duty-officer": duty}
    had = [{**seat, "_id": role, "owner": world.slack.person(name).id} for role, name in people.items() if name]
    await world.puts_all("roles", had)


async def says(world: World, words: str, who: Person | None = None) -> str:
    """The private answer to `/maintenance …`."""
    return (await answer(world.slack, who or world.ann, "/maintenance", words)).shown


async def told(world: World, key: str) -> Post:
    """Waits until a rung is in the channel and settled in MongoDB."""
    (document,) = await world.stored("announcements", _id=key, state="announced")
    return next(post for post in world.slack.channel().everything if post.ts == document["ts"])


async def window(world: World, window_id: str, **fields: Any) -> Document:
    """Waits until a window is as described."""
    (found,) = await world.stored("windows", _id=window_id, **fields)
    return found


def keys(world: World, kind: str = "opsbot_announcement") -> list[str]:
    """The keys of all messages of a kind that Slack has, in the order of their posting."""
    carried = [post.metadata or {} for post in world.slack.channel().everything]
    return [m["event_payload"]["key"] for m in carried if m.get("event_type") == kind]
