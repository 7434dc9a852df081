"""The calendar of windows and freezes: a file for a person, and an address to subscribe to."""

import aiohttp
import pytest

from bot.calendar_file import CalendarFile
from tests.exporting import direct_files, text_of
from tests.planning import says, window, with_roles
from tests.world import World

icalendar = pytest.importorskip("icalendar")


async def fetched(world: World) -> tuple[int, str, str]:
    """What `GET /calendar.ics` answers: status, content type, text."""
    url = f"http://127.0.0.1:{world.bots[0].port}/calendar.ics"
    async with aiohttp.ClientSession() as client, client.get(url) as found:
        return found.status, found.content_type, await found.text()


async def test_windows_and_freezes_are_served_as_a_calendar(world: World) -> None:
    """A parser reads it back; a cancelled window is cancelled there too, and scope and reasons stay inside."""
    await with_roles(world)
    await says(world, "schedule thu 14:00 for 90m Upgrade, Loki; now")
    await says(world, "scope MW-20261126-1400 secret plans")
    await says(world, "freeze 2026-12-20..2026-12-31 secret holidays", world.bob)
    await says(world, "cancel MW-20261126-1400 vendor")
    await window(world, "MW-20261128-0200")
    status, kind, text = await fetched(world)
    assert (status, kind) == (200, "text/calendar")
    events = {str(one["UID"]): one for one in icalendar.Calendar.from_ical(text).walk("VEVENT")}
    one = events["MW-20261126-1400@ops-bot"]
    assert str(one["SUMMARY"]) == "Upgrade, Loki; now [MW-20261126-1400]"
    assert one["STATUS"] == "CANCELLED"
    assert one["DTSTART"].dt.isoformat() == "2026-11-26T14:00:00+00:00"
    assert events["MW-20261128-0200@ops-bot"]["STATUS"] == "CONFIRMED"
    assert events["FRZ-20261220-0000@ops-bot"]["DTEND"].dt.isoformat() == "2027-01-01T00:00:00+00:00"
    assert "secret" not in text


async def test_a_window_that_is_planned_only_later_is_frozen_in_it_too(world: World) -> None:
    """A freeze in a month: whoever subscribes does not see its windows as held, until it is lifted."""
    await with_roles(world)
    shown = await says(world, "freeze 2026-12-20..2026-12-31 holidays", world.bob)
    assert "Not held because of it: MW-20261226-0200 (Saturday 2026-12-26 02:00 to 06:00 UTC)." in shown
    _, _, text = await fetched(world)
    events = {str(one["UID"]): one for one in icalendar.Calendar.from_ical(text).walk("VEVENT")}
    assert events["MW-20261226-0200@ops-bot"]["STATUS"] == "CANCELLED"
    assert "(frozen)" in events["MW-20261226-0200@ops-bot"]["SUMMARY"]
    assert events["MW-20270102-0200@ops-bot"]["STATUS"] == "CONFIRMED"
    await says(world, "unfreeze 20261220-0000", world.bob)
    _, _, text = await fetched(world)
    events = {str(one["UID"]): one for one in icalendar.Calendar.from_ical(text).walk("VEVENT")}
    assert events["MW-20261226-0200@ops-bot"]["STATUS"] == "CONFIRMED"


async def test_a_long_freeze_lists_some_of_its_windows_and_counts_the_others(world: World) -> None:
    """A quarter without maintenance has thirteen Saturdays."""
    await with_roles(world)
    shown = await says(world, "freeze 2027-01-01..2027-03-31 migration", world.bob)
    assert "MW-20270130-0200 (Saturday 2027-01-30 02:00 to 06:00 UTC) and 8 more." in shown


async def test_a_person_gets_the_calendar_as_a_file(world: World) -> None:
    """In their direct messages; the answer says where to subscribe."""
    assert "GET /calendar.ics" in await says(world, "calendar")
    await world.slack.until(lambda: direct_files(world), "the file", within=10.0)
    assert "BEGIN:VCALENDAR" in text_of(direct_files(world), ".ics")


async def test_without_the_library_the_answer_is_clear(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In Slack and over HTTP."""
    monkeypatch.setattr(CalendarFile, "can_write", property(lambda _: False))
    assert "needs the library icalendar" in await says(world, "calendar")
    status, _, text = await fetched(world)
    assert status == 501
    assert "icalendar" in text
