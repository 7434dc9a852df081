"""The Home tab: what it shows to whom, what its buttons start, how it stays current, and what it is without MongoDB."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
import pytest_asyncio

from bot.domain.home import Visit
from bot.domain.home_desk import LEASE, RECENT
from sandbox.mongo import Mongod
from sandbox.people import Person
from sandbox.services import Services
from sandbox.sight import ViewSight
from sandbox.slack import Slack
from tests.asking import answer, shared_world
from tests.line import Line
from tests.planning import says, with_roles
from tests.watching import Watched
from tests.world import World

SOON = timedelta(seconds=15)
SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world; each test cares for what it put there itself."""
    async with shared_world(mongod) as world:
        await answer(world.slack, world.ann, "/ops", "role on-call rotate @ann @bob weekly from 2026-11-23")
        await answer(world.slack, world.ann, "/ops", "role tech-lead @bob")
        yield world


async def home(world: World, who: Person, *words: str) -> ViewSight:
    """Opens the Home, and what it then shows."""
    before = published(world, who)
    await who.opens_home()
    await world.slack.until(lambda: published(world, who) > before, "an answer to opening Home")
    await world.slack.until(lambda: all(one in shown(who) for one in words), f"Home: {words}")
    assert who.home is not None
    return who.home


async def later(world: World, who: Person, *words: str) -> ViewSight:
    """What the Home that is open shows after a while, without being opened again."""
    world.clock.forward(seconds=21)
    await world.slack.until(lambda: all(one in shown(who) for one in words), f"Home: {words}")
    assert who.home is not None
    return who.home


@SHARED
async def test_what_is_mine_comes_first_and_the_rest_names_its_owner(shared: World) -> None:
    """Each person sees their own open incidents above those of others, with their status and a link."""
    await answer(shared.slack, shared.ann, "/incident", "open sev2 checkout is down")
    await answer(shared.slack, shared.bob, "/incident", "open sev3 mails are late")
    await shared.stored("incidents", 2, card_ts={"$ne": None})
    page = (await home(shared, shared.ann, "mails are late")).shown
    assert "Open incidents: 2" in page
    assert page.index("*Yours*") < page.index("SEV2 · checkout is down · investigating") < page.index("*Others*")
    assert "SEV3 · mails are late · investigating · @bob" in page
    page = (await home(shared, shared.bob, "mails are late")).shown
    assert "SEV2 · checkout is down · investigating · @ann" in page[page.index("*Others*") :]
    nobody = shared.slack.person("cyd")
    assert "*Yours*" not in (await home(shared, nobody, "mails are late")).shown


@SHARED
async def test_it_says_who_is_on_call_now_and_next_and_what_the_reader_may_do(shared: World) -> None:
    """On-call comes first, with until when and who is next; rights follow from the reader's roles."""
    page = (await home(shared, shared.ann, "Who is on call")).shown
    first = page.split("Who is on call\n")[1].splitlines()[0]
    assert first.startswith("*on-call*: @ann until 2026-11-30 09:00 UTC")
    assert ", then @bob" in first
    assert "As *on-call* you may also plan and run maintenance" in page
    assert "You may hand out roles" in page  # Ann is an admin
    cyd = shared.slack.person("cyd")
    page = (await home(shared, cyd, "You have no role")).shown
    assert "You may hand out roles" not in page


@SHARED
async def test_the_window_has_its_approval_checklist_and_freezes(shared: World) -> None:
    """With what waits for the reader's own word, and the items that are theirs."""
    await answer(shared.slack, shared.ann, "/maintenance", "scope MW-20261128-0200 Upgrade Loki to 3.2")
    page = (await home(shared, shared.bob, "Upgrade Loki to 3.2")).shown
    assert "Its scope is not approved yet: it lacks the approval of the tech lead." in page
    assert "*It waits for your word*: `/maintenance approve MW-20261128-0200`" in page
    assert "Its checklist is not posted yet." in page
    assert "waits for your word" not in (await home(shared, shared.ann, "Upgrade Loki to 3.2")).shown
    await answer(shared.slack, shared.bob, "/maintenance", "approve MW-20261128-0200")
    await answer(shared.slack, shared.ann, "/checklist", "start")
    await answer(shared.slack, shared.ann, "/checklist", "assign 2 @cyd")
    await answer(shared.slack, shared.ann, "/checklist", "done 1")
    await answer(shared.slack, shared.bob, "/maintenance", "freeze 2026-12-20..2027-01-03 holidays")
    page = (await home(shared, shared.slack.person("cyd"), "Its scope is approved by", "freeze · 2026-12-20")).shown
    assert "Its checklist: 1 of " in page
    assert "• Yours: 2. " in page
    assert "• Yours" not in (await home(shared, shared.bob, "freeze · 2026-12-20")).shown


@SHARED
async def test_a_home_that_is_open_follows_what_happens(shared: World) -> None:
    """Each change is published once, whatever number of bots there is, and never for who did not open their Home."""
    other = await shared.starts()
    await home(shared, shared.ann, "Open incidents")
    before = published(shared, shared.ann)
    for title in ("all is lost", "all is lost twice"):
        await answer(shared.slack, shared.bob, "/incident", f"open sev1 {title}")
        await later(shared, shared.ann, f"SEV1 · {title} ·")
        await shared.stored("homes", _id=shared.ann.id, claimed_at=None, shown_at={"$gte": shared.clock() - SOON})
    assert published(shared, shared.ann) == before + 2
    assert shared.slack.person("dee").home is None
    await shared.stops(other)


@SHARED
async def test_its_buttons_start_the_common_things(shared: World) -> None:
    """The forms of an incident and of a window, all services, the checklist: without a way to the channel."""
    page = await home(shared, shared.ann, "Open incidents")
    assert page.buttons == ["Open an incident", "Ask all services", "Show the checklist", "Schedule a window"]
    await shared.ann.clicks("Open an incident", page)
    await shared.ann.sees("What is wrong?")
    await shared.ann.submits({"What is wrong?": "opened from Home"})
    assert (await shared.slack.shows("opened from Home")).channel == shared.slack.channel().id
    posted = "The checklist of" if await shared.documents("checklists") else "has no checklist yet"
    for button, words in (
        ("Schedule a window", "When does it start?"),
        ("Show the checklist", posted),
        ("Ask all services", "The service is up"),
    ):
        await shared.ann.clicks(button, page)
        await shared.slack.until(partial(sheet, shared.ann, words), f"{button} to show {words}")
        await shared.ann.closes()


@SHARED
async def test_who_is_not_in_the_channel_starts_nothing_from_home(shared: World) -> None:
    """Everybody in the workspace has a Home: to them it says, above it, where changes are made."""
    dee = shared.slack.person("dee")
    page = await home(shared, dee, "Open incidents")
    before = len(dee.posts)
    for button in ("Open an incident", "Schedule a window"):
        await dee.clicks(button, page)
        refused = "That is done in #ops-shared, where everybody sees it, and you are not there."
        await shared.slack.until(partial(sheet, dee, refused), f"{button} to be refused")
        assert sheet(dee, "Join that channel, and press again.")
        await dee.closes()
    assert len(dee.posts) == before


def sheet(who: Person, words: str) -> bool:
    """Whether what is laid over their Home shows this."""
    return who.modal is not None and words in who.modal.shown


def shown(who: Person) -> str:
    """What their Home shows."""
    return who.home.shown if who.home else ""


def published(world: World, who: Person) -> int:
    """How often their Home was published."""
    return len([one for one in world.slack.calls_of("views.publish") if one.args["user_id"] == who.id])


@SHARED
async def test_two_hundred_open_incidents_fit(shared: World) -> None:
    """Twenty are listed, the reader's own first, and the rest is a number. The last of these Homes, since they stay."""
    await answer(shared.slack, shared.bob, "/incident", "open sev4 one of many")
    (known,) = await shared.stored("incidents", title="one of many", card_ts={"$ne": None}, untold=[])
    twins = {f"INC-20191231-{number:04}": "U0ANN" if number % 10 == 7 else "U0BOB" for number in range(200)}
    made = {"title": "<&>" * 50, "severity": "sev1"}
    each = [{**known, **made, "_id": twin, "same_words": [twin], "owner": twins[twin]} for twin in twins]
    await shared.puts_all("incidents", each)
    count = len([one for one in await shared.documents("incidents") if one["status"] not in ("resolved", "closed")])
    page = await home(shared, shared.ann, f"… and {count - 20} more: `/incident` lists all.")
    assert page.shown.count("INC-2019") == 20
    assert len(page.raw.content["blocks"]) <= 100
    assert sum(len(str(block)) for block in page.raw.content["blocks"]) < 20_000


@SHARED
async def test_one_bot_draws_a_home_and_an_opening_in_between_counts(shared: World) -> None:
    """Of two bots one has the claim, until its lease ends; who opened the Home meanwhile has it drawn again.

    The last with this world, which stands still from then on: nothing is on its way to the bot.
    """
    homes, now = shared.store().homes, shared.clock().replace(microsecond=0)
    old = Visit("U0OLD", now - 20 * RECENT, "first", now - 20 * RECENT)
    await homes.opened(old)
    assert await homes.claim(old, now, LEASE)
    assert not await homes.claim(old, now, LEASE)
    assert await homes.claim(old, now + 2 * LEASE, LEASE)
    await homes.opened(replace(old, mark="second"))
    await homes.shown(replace(old, mark="third", shown_at=now + 2 * LEASE))
    assert [one.mark for one in await homes.since(now - 21 * RECENT) if one.who == "U0OLD"] == ["second"]


async def test_an_emergency_beside_another_window_is_there_too(slack: Slack, mongod: Mongod) -> None:
    """Each that is under way is named; one that is rolled back says so."""
    async with World(slack, mongod.url()) as world:
        await with_roles(world)
        await says(world, "schedule today 12:30 for 1h Upgrade Loki")
        await says(world, "scope MW-20261125-1230 Upgrade Loki to 3.2")
        await says(world, "approve MW-20261125-1230", world.bob)
        assert "is under way" in await says(world, "start MW-20261125-1230")
        await says(world, "emergency disk full for 1h")
        page = await home(world, world.bob, "disk full) · Wednesday")
        assert page.shown.index("*MW-20261125-1230* Upgrade Loki") < page.shown.index(" Emergency maintenance (INC-")
        await says(world, "rollback MW-20261125-1230 queries fail", world.bob)
        await home(world, world.bob, "under way, being rolled back")


@pytest.mark.long
async def test_services_are_told_from_what_watching_knows(slack: Slack, mongod: Mongod, services: Services) -> None:
    """All up in one line; one that is down with its cause and since when. Opening a Home asks none of them."""
    async with Watched(slack, mongod.url(), services.environment()) as world:
        await home(world, world.ann, "All 6 are up: alertmanager, grafana, llm, loki, mongodb, prometheus.")
        await services.switch("loki", "refuse")
        page = await later(world, world.ann, "*loki* is down since", ": connection refused")
        assert "Up: alertmanager, grafana, llm, mongodb, prometheus." in page.shown
        await services.switch("loki", "up")
        await later(world, world.ann, "All 6 are up")


@pytest.mark.long
async def test_a_home_says_that_mongodb_is_away_and_what_was_known(slack: Slack, line: Line) -> None:
    """One that is open says so by itself, keeps what was known, and is right again when MongoDB is back.

    What a button cannot do is said above it: an answer as a direct message would be seen by nobody who looks there.
    """
    async with World(slack, line.url()) as world:
        await answer(slack, world.ann, "/incident", "open sev2 checkout is down")
        await home(world, world.ann, "checkout is down")
        line.cut()
        page = await later(world, world.ann, "MongoDB does not answer", "checkout is down")
        assert "Below is what was known at 2026-11-25 12:0" in page.shown
        await home(world, world.bob, "MongoDB does not answer", "checkout is down")  # opened just now
        await world.ann.clicks("Show the checklist", page)
        told = "MongoDB does not answer, so the checklist cannot be shown"
        await slack.until(partial(sheet, world.ann, told), "to be told")
        assert [post.text for post in world.ann.posts if "not answer" in post.text] == []
        line.mend()
        world.clock.forward(seconds=61)
        await slack.until(lambda: not any("not answer" in shown(who) for who in (world.ann, world.bob)), "MongoDB back")
        assert "checkout is down" in shown(world.bob)
