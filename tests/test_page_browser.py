"""A person's round on the page in a real browser: forms, ticks, announcements, Home; by keyboard alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from sandbox.mongo import Mongod
from tests.asking import answer
from tests.browsing import PHONE, chromium, page_world, seat
from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser; each test has windows of its own."""
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(mongod: Mongod) -> AsyncIterator[World]:
    """One workspace. Ann is on call and Bob leads."""
    async with page_world(mongod) as (ready, _):
        await answer(ready.slack, ready.ann, "/ops", "role on-call @ann")
        await answer(ready.slack, ready.ann, "/ops", "role tech-lead @bob")
        yield ready


async def test_an_incident_is_opened_by_form_without_a_mouse(world: World, browser: Browser) -> None:
    """Tab, type, Enter: the command, the form with its first field ready, the menu of severities, the card."""
    async with seat(browser, world) as ann:
        await ann.opens()
        page, keys = ann.page, ann.page.keyboard
        await ann.tabs_to(page.get_by_role("textbox", name="Message #ops-shared"))
        await ann.types("/incident open ")
        await page.get_by_role("dialog").wait_for()
        await ann.tabs_to(page.get_by_role("textbox", name="What is wrong?"))
        await keys.type("checkout is down")
        await ann.tabs_to(page.locator("dialog button.select").first)
        await keys.press("Enter")
        await keys.press("ArrowUp")
        await keys.press("Enter")
        await ann.tabs_to(page.get_by_role("button", name="Open", exact=True))
        await keys.press("Enter")
        await ann.sees("SEV2, something important is down")
        await page.get_by_role("dialog").wait_for(state="detached")


async def test_a_tick_is_seen_by_somebody_else_at_once(world: World, browser: Browser) -> None:
    """Ann ticks with the space bar; Bob, at another window, sees who did it without doing anything."""
    async with seat(browser, world) as ann, seat(browser, world) as bob:
        await ann.opens()
        await bob.opens("U0BOB")
        await ann.tabs_to(ann.page.get_by_role("textbox", name="Message #ops-shared"))
        await ann.types("/checklist start")
        await bob.sees("Checklist of MW-20261128-0200")
        box = ann.page.get_by_role("checkbox", name="2. Snapshot configs")
        await box.wait_for()
        await ann.tabs_to(box, "Shift+Tab")
        await ann.page.keyboard.press("Space")
        await bob.sees("2. done by")
        await bob.page.wait_for_function("[...document.querySelectorAll('[type=checkbox]')].some(one => one.checked)")


async def test_one_acts_as_a_second_person(world: World, browser: Browser) -> None:
    """The picker changes who one is: what only Ann was told is not there for Bob."""
    async with seat(browser, world) as ann:
        await ann.opens()
        page = ann.page
        await ann.tabs_to(page.get_by_role("textbox", name="Message #ops-shared"))
        await ann.types("/ops whoami")
        await ann.sees("Your role is on-call")
        await ann.tabs_to(page.get_by_role("combobox", name="Act as"), "Shift+Tab")
        await page.keyboard.type("Bob")
        await page.get_by_text("as Bob Baker").wait_for()
        await page.get_by_text("Your role is on-call").wait_for(state="detached")
        await ann.tabs_to(page.get_by_role("textbox", name="Message #ops-shared"))
        await ann.types("/ops whoami")
        await ann.sees("Your role is tech-lead")


async def test_an_announcement_arrives_while_one_looks(world: World, browser: Browser) -> None:
    """The window's first rung appears on the open page, with the time of the reader beside UTC."""
    async with seat(browser, world) as ann:
        await ann.opens()
        world.clock.set("2026-11-27 02:00:01")
        await world.slack.shows("Weekly maintenance: planned")
        await ann.sees("Weekly maintenance: planned")
        await ann.sees("Saturday 2026-11-28 02:00 to 06:00 UTC")


async def test_home_opens_forms_and_sheets_by_keyboard(world: World, browser: Browser) -> None:
    """Home lists what is open; its buttons lay health and forms over it, and Escape leads back."""
    async with seat(browser, world) as ann:
        await ann.opens()
        page, keys = ann.page, ann.page.keyboard
        await ann.tabs_to(page.get_by_role("button", name="Ops Bot · Home"), "Shift+Tab")
        await keys.press("Enter")
        await ann.sees("Who is on call")
        await ann.tabs_to(page.get_by_role("button", name="Ask all services"))
        await keys.press("Enter")
        await page.get_by_role("dialog").get_by_text("All 6 services are up").wait_for()
        await keys.press("Escape")
        await page.get_by_role("dialog").wait_for(state="detached")
        await ann.tabs_to(page.get_by_role("button", name="Open an incident"), "Shift+Tab")
        await keys.press("Enter")
        await page.get_by_role("textbox", name="What is wrong?").wait_for()
        await keys.type("opened from Home")
        await keys.press("Enter")
        await page.get_by_role("dialog").wait_for(state="detached")
        world.clock.forward(seconds=21)
        await world.slack.until(lambda: "opened from Home" in world.ann.home.shown if world.ann.home else None)
        await ann.sees("opened from Home")


async def test_a_page_shows_no_toast_of_before_it_was_opened(world: World, browser: Browser) -> None:
    """Neither at first sight nor when one becomes somebody else; what comes afterwards is shown."""
    told = world.slack.workspace.toast
    told("U0ANN", "Ann's old toast")
    told("U0BOB", "Bob's old toast")
    async with seat(browser, world) as ann:
        await ann.goes("")
        await ann.page.get_by_role("log").wait_for()
        told("U0ANN", "Ann's new toast")
        await ann.sees("Ann's new toast")
        assert await ann.page.get_by_text("old toast").count() == 0
        told("U0BOB", "Bob's new toast")
        await ann.goes("as=U0BOB&in=C0OPSSHARED")
        await ann.sees("Bob's new toast")
        assert await ann.page.get_by_text("old toast").count() == 0


async def test_a_form_fits_on_a_phone(world: World, browser: Browser) -> None:
    """Its fields are as wide as it is, and its buttons on the screen, however long it is."""
    async with seat(browser, world, PHONE) as ann:
        await ann.opens()
        for command, button in (
            ("/incident", "Open"),
            ("/checklist template", "Save"),
            ("/maintenance schedule", "Schedule"),
        ):
            words = command.partition(" ")[2] or "open"
            await world.ann.says(command.split()[0], words)
            dialog = ann.page.get_by_role("dialog")
            await dialog.get_by_role("button", name=button, exact=True).wait_for()
            assert await dialog.evaluate(
                "node => [...node.querySelectorAll('*')].every(one => one.scrollWidth <= innerWidth)"
            )
            box = await dialog.get_by_role("button", name=button, exact=True).bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= PHONE[0]
            assert box["y"] + box["height"] <= PHONE[1]
            await ann.page.keyboard.press("Escape")
            await dialog.wait_for(state="detached")


async def test_nothing_is_cut_off_on_a_phone(world: World, browser: Browser) -> None:
    """At 390 pixels neither the channel nor Home is wider than the screen, and the menu is a button away."""
    async with seat(browser, world, PHONE) as ann:
        await ann.opens()
        wide = "document.scrollingElement.scrollWidth > innerWidth"
        assert not await ann.page.evaluate(wide)
        await ann.page.get_by_role("button", name="Channels and services").tap()
        await ann.page.get_by_role("button", name="Ops Bot · Home").tap()
        await ann.sees("Who is on call")
        assert not await ann.page.evaluate(wide)
