"""`make screenshots`: the README's pictures, taken of the sandbox's page after a short play."""

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.sight import Post
from tests.asking import answer
from tests.browsing import DESKTOP, PHONE, chromium, page_world, seat
from tests.world import World

DOCS = Path(__file__).parents[1] / "docs"
OPS = "C0OPSSHARED"


async def take(into: Path) -> list[Path]:
    """Plays what the pictures show, and takes them."""
    taken: list[Path] = []
    with Mongod() as mongod:
        async with page_world(mongod) as (world, services), chromium() as browser:
            # Messages and browser tell the same time as the bot, so that "two minutes ago" in a picture is true.
            world.clock.set("2026-11-27 02:00:01")
            world.slack.workspace.clock = lambda: world.clock().timestamp()
            camera = Camera(browser, world, into, taken)
            await staffed(world)
            head = await planned(world)
            await camera.shot("window", f"as=U0CYD&in={OPS}&thread={head.ts}")
            card = await worked_on(world)
            await camera.shot("sandbox", f"as=U0CYD&in={OPS}&thread={card.ts}")
            await camera.shot("phone-incident", f"as=U0CYD&in={OPS}&thread={card.ts}", PHONE)
            await world.bob.opens_home()
            await broken(world, services)
            await camera.shot("health", f"as=U0CYD&in={OPS}")
            await camera.shot("phone-health", f"as=U0CYD&in={OPS}", PHONE)
            world.clock.forward(seconds=30)
            await world.bob.sees("*loki* is down since")
            await camera.shot("home", "as=U0BOB&in=home")
            await camera.shot("phone-home", "as=U0BOB&in=home", PHONE)
    return taken


class Camera:
    """Takes what somebody sees at an address of the page."""

    def __init__(self, browser: Browser, world: World, into: Path, taken: list[Path]) -> None:
        self._browser = browser
        self._world = world
        self._into = into
        self._taken = taken

    async def shot(self, name: str, place: str, size: tuple[int, int] = DESKTOP) -> None:
        """One picture, once all of it is there."""
        await self._world.slack.settled()
        async with seat(self._browser, self._world, size) as sitting:
            await sitting.page.clock.set_fixed_time(self._world.clock())
            await sitting.goes(place)
            await sitting.page.wait_for_load_state("networkidle")
            path = self._into / f"{name}.png"
            await sitting.page.screenshot(path=path, animations="disabled", caret="hide")
        self._taken.append(path)


async def staffed(world: World) -> None:
    """Ann and Cyd take turns on call, Bob leads."""
    await answer(world.slack, world.ann, "/ops", "role on-call rotate @ann @cyd weekly from 2026-11-23")
    await answer(world.slack, world.ann, "/ops", "role tech-lead @bob backup @ann")
    await answer(world.slack, world.ann, "/ops", "role duty-officer @cyd")


async def planned(world: World) -> Post:
    """The weekly window with a scope that is approved, announced, and its checklist begun; its first message."""
    slack = world.slack
    head = await slack.shows("Weekly maintenance: planned")
    await answer(slack, world.ann, "/maintenance", "scope MW-20261128-0200 Upgrade Loki to 3.2")
    scope = await slack.shows("wrote what is to be done", thread=head)
    await world.bob.clicks("Approve", scope)
    await slack.shows("was approved by", thread=head)
    checklist = await slack.shows("Checklist of MW-20261128-0200", thread=head)
    await world.slack.person("cyd").ticks("2. Snapshot configs", checklist)
    await slack.until(lambda: "2. done by" in checklist.shown, "the tick")
    return head


async def worked_on(world: World) -> Post:
    """An incident that two people work on; its card."""
    slack = world.slack
    await answer(slack, world.bob, "/incident", "open sev2 checkout is down")
    card = await slack.shows("checkout is down", "SEV2")
    await world.ann.writes("The pool of connections is exhausted since the deploy at 01:40.", thread=card)
    await world.ann.clicks("Take it", card)
    await slack.until(lambda: "Owner: @ann" in card.shown, "Ann to own it")
    await world.ann.writes("@Ops Bot status identified", thread=card)
    await slack.until(lambda: "*identified*" in card.shown, "the status")
    deed = await world.bob.writes("Rolled the deploy back, the queue drains.", thread=card)
    await world.bob.reacts("pushpin", deed)
    return card


async def broken(world: World, services: Services) -> None:
    """Loki does not answer, as Cyd is told who asks."""
    await services.switch("loki", "refuse")
    await world.slack.shows("loki is down", "Open incident")
    await answer(world.slack, world.slack.person("cyd"), "/health")


def main() -> int:
    """Takes them, into `docs/` or the folder that is named."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS
    into.mkdir(parents=True, exist_ok=True)
    for path in asyncio.run(take(into)):
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
