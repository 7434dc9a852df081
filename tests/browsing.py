"""The sandbox's page in Chromium: who sits before it, what they press, and what went wrong in the browser meanwhile."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Locator, Page, async_playwright

from sandbox.control import Control
from sandbox.mongo import Mongod
from sandbox.services import Services
from tests.asking import strict
from tests.world import World

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DESKTOP, PHONE = (1280, 860), (390, 844)
MOST_TABS = 120


@asynccontextmanager
async def page_world(mongod: Mongod) -> AsyncIterator[World]:
    """A workspace with its page, the services with their switches, and the bot."""
    slack, services = strict(), Services()
    await services.start()
    await slack.start(control=Control(slack, services))
    try:
        async with World(slack, mongod.url(), services.environment()) as world:
            yield world
    finally:
        await slack.stop()
        await services.stop()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The system's browser, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            await browser.close()


class Seat:
    """One person before one browser window. `troubles` are errors of the console, of scripts and of requests."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.troubles: list[str] = []
        self._url = url
        page.set_default_timeout(10_000)
        page.on("console", lambda said: self.troubles.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("response", lambda got: self.troubles.append(f"{got.status} {got.url}") if got.status >= 400 else None)

    async def opens(self, who: str = "U0ANN") -> None:
        """Opens the page as somebody."""
        await self.page.goto(f"{self._url}/#as={who}&in=C0OPSSHARED")
        await self.page.get_by_role("log").wait_for()

    async def tabs_to(self, wanted: Locator, key: str = "Tab") -> None:
        """Goes there by Tab alone."""
        for _ in range(MOST_TABS):
            if await wanted.count() and await wanted.first.evaluate("node => node === document.activeElement"):
                return
            await self.page.keyboard.press(key)
        raise AssertionError(f"{MOST_TABS} times {key} do not lead to {wanted}")

    async def types(self, text: str) -> None:
        """Writes where the focus is, and sends it."""
        await self.page.keyboard.type(text)
        await self.page.keyboard.press("Enter")

    async def sees(self, text: str) -> None:
        """Waits until it is on the page."""
        await self.page.get_by_text(text).first.wait_for()


@asynccontextmanager
async def seat(browser: Browser, world: World, size: tuple[int, int] = DESKTOP) -> AsyncIterator[Seat]:
    """A window of this size; at the end nothing may have gone wrong in it."""
    viewport = {"width": size[0], "height": size[1]}
    context = await browser.new_context(viewport=viewport, is_mobile=size == PHONE, has_touch=size == PHONE)  # type: ignore[arg-type]
    try:
        sitting = Seat(await context.new_page(), world.slack.url)
        yield sitting
        assert sitting.troubles == []
    finally:
        await context.close()
