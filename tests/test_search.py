"""Finding incidents as people do: lists with filters, words of title, notes and thread, page after page."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import NamedTuple

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from sandbox.sight import Post
from tests.asking import answer, answer_to_mention, shared_world
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")
ID = re.compile(r"INC-\d{8}-[0-9A-Z]{4}")


async def opens(world: World, words: str) -> str:
    """Ann opens an incident; its ID."""
    told = await answer(world.slack, world.ann, "/incident", f"open {words}")
    found = ID.search(told.shown)
    assert found
    await world.stored("incidents", _id=found[0], untold=[])
    return found[0]


async def asks(world: World, words: str) -> Post:
    """The answer to `/incident …`."""
    return await answer(world.slack, world.ann, "/incident", words)


async def ids(world: World, words: str) -> list[str]:
    """The IDs in that answer, in its order."""
    return ID.findall((await asks(world, words)).shown)


async def finds(world: World, words: str, *wanted: str) -> None:
    """Waits until a search shows exactly these incidents."""

    async def found() -> bool:
        return await ids(world, f"search {words}") == list(wanted)

    await world.until(found, f"{words} to find {wanted}")


class Three(NamedTuple):
    """A sev3 and a sev1 of November, and a resolved sev2 of December that is the newest; their world."""

    world: World
    first: str
    second: str
    third: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def three(mongod: Mongod) -> AsyncIterator[Three]:
    """For all who look for incidents and open none."""
    async with shared_world(mongod) as world:
        first = await opens(world, "sev3 checkout is slow")
        world.clock.forward(hours=1)
        second = await opens(world, "sev1 search is down")
        world.clock.forward(days=7)
        third = await opens(world, "sev2 checkout is down")
        await asks(world, f"resolve {third} restarted the Cache")
        await world.stored("incidents", _id=third, status="resolved", untold=[])
        yield Three(world, first, second, third)


async def turned(world: World, page: Post) -> Post:
    """The next page: what Ann sees after she clicks *More*."""
    before = len(world.ann.ephemerals)
    await world.ann.clicks("More", page)
    return await world.slack.until(lambda: world.ann.ephemerals[before], "the next page")


# Lists


@SHARED
async def test_a_list_is_filtered_by_severity_status_and_month(three: Three) -> None:
    """Open ones come worst first, all others newest first; the words may come in any order."""
    world, first, second, third = three
    for words, wanted in {
        "": [second, first],
        "list open": [second, first],
        "list all": [third, second, first],
        "sev1": [second],
        "list sev2 open": [],
        "resolved": [third],
        "list 2026-11": [second, first],
        "list november all": [second, first],
        "list this month": [third],
        "list last month sev3 investigating": [first],
        "list open december 2026": [],
        "list closed": [],
    }.items():
        assert await ids(world, words) == wanted, words
    told = await asks(world, "list last month open")
    assert told.text.startswith("2 incidents (open, 2026-11): ")
    assert "checkout is slow" in told.shown
    assert (await asks(world, "list sev4")).shown == "There is no such incident (sev4)."


# Searching


@SHARED
async def test_words_are_found_wherever_they_were_said(three: Three) -> None:
    """In title, notes, thread and resolution; all of them, in whatever place and case; newest first."""
    world, first, second, third = three
    card = await world.slack.shows("checkout is slow", "Opened by")
    await world.bob.writes("Grafana shows ＬＡＴＥＮＣＹ on db-07.prod, straße gesperrt", thread=card)
    await answer(world.slack, world.bob, "/incident", f"note {second} The index was rebuilt")
    await finds(world, "latency", first)
    for words, wanted in {
        "CHECKOUT": [third, first],
        "checkout slow": [first],
        "slow db-07.prod grafana": [first],
        "STRASSE": [first],
        "rebuilt search": [second],
        "cache": [third],
        "checkout rebuilt": [],
        '"checkout is"': [third, first],
    }.items():
        assert await ids(world, f"search {words}") == wanted, words


@SHARED
async def test_a_file_and_an_unfolded_link_are_found_by_their_names(three: Three) -> None:
    """Until the message is deleted."""
    world, first = three.world, three.first
    card = await world.slack.shows("checkout is slow", "Opened by")
    said = await world.bob.writes("", thread=card, files=("heapdump-prod.txt",))
    await finds(world, "heapdump prod", first)
    unfolded = [{"title": "Queue depth", "title_link": "https://grafana.example/d/1"}]
    world.slack.conversations.edit(said.raw, world.bob.id, {"attachments": unfolded})
    await finds(world, "heapdump depth", first)
    await world.bob.deletes(said)
    await finds(world, "heapdump")


@SHARED
async def test_a_search_takes_filters_that_are_no_words(three: Three) -> None:
    """`is:`, `sev:` and `in:`; the same words without a colon, or in quotes, are looked for."""
    world, first, _, third = three
    for words, wanted in {
        "checkout is:open": [first],
        "is:resolved checkout": [third],
        "checkout in:2026-11": [first],
        "checkout in:this-month": [third],
        "checkout sev:3 in:november": [first],
        "checkout sev:3 in:this-month": [],
        "checkout resolved": [],
        "checkout sev2": [],
        'checkout "is:open"': [],
    }.items():
        assert await ids(world, f"search {words}") == wanted, words
    told = await asks(world, "search checkout is:open")
    assert told.text == f"Incidents with “checkout” (open): {first}."


@SHARED
async def test_a_mention_finds_too(three: Three) -> None:
    """`@Ops Bot search …`, with the command left out."""
    world = three.world
    assert three.first in (await answer_to_mention(world.slack, world.ann, "search slow")).shown


@SHARED
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("search", "There is nothing to search for"),
        ("search 🔥 😀", "There is nothing to search for"),
        ("search .* ^$ [", "There is nothing to search for"),
        ("search x", "There is nothing to search for.\nA word has two letters or digits at least."),
        ("search " + "a" * 5000, "Nothing was found: no incident has “" + "a" * 40 + "”, or"),
        ("search " + "ab " * 1600, "Those are 1600 words; 10 are the most."),
        ("search " + "-".join(f"w{number}" for number in range(12)), "Those are 12 words; 10 are the most."),
        ("search $where", "Nothing was found: no incident has “where”"),
        ('search {"$gt": ""}', "Nothing was found: no incident has “gt”"),
        ("search check.*", "Incidents with “check”"),
        ("search words.0", "Nothing was found: no incident has “words”"),
        ("search is:foo", "There is no status “foo”."),
        ("search checkout in:smarch", "“in:smarch” is not a month.\n> search checkout *in:smarch*"),
        ("search checkout page:0", "There is no page “0”."),
        ("search checkout page:999", "There is no page “999”."),
        ("search checkout page:7", "There is no page 7 of it."),
        ("search checkout sev:1 sev:2", "“sev:2” is the second filter of its kind."),
        ("list page 0", "There is no page “0”."),
        ("list page 999", "There is no page “999”."),
        ("list sev9", "There is no severity “sev9”."),
        ("list 2026-13", "“2026-13” is not a month."),
        ("list sev1 opne", "“opne” is not a filter.\n> list sev1 *opne*\nDid you mean `open`?"),
    ],
)
async def test_words_that_find_nothing_or_are_none(three: Three, words: str, told: str) -> None:
    """What is typed is text, never a query; what cannot be read is pointed at."""
    assert (await asks(three.world, words)).shown.startswith(told)


@SHARED
@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("search checkout sev2", "search checkout sev:2"),
        ("search checkout page 2", "search checkout page:2"),
        ("search “no disk” resolved 2026-10", "search “no disk” is:resolved in:2026-10"),
        ('search "sev2" page', ""),
    ],
)
async def test_a_filter_without_its_colon_is_a_word_and_the_answer_says_so(
    three: Three, words: str, meant: str
) -> None:
    """Where nothing has the word: what would have been the filter, ready to be sent."""
    told = (await asks(three.world, words)).shown
    assert told.startswith("Nothing was found")
    assert ("A filter has a colon" in told) == bool(meant)
    assert meant in told


# With a world of their own


async def test_a_beginning_is_found_where_no_word_is_exactly_so(world: World) -> None:
    """What it stands for is said; a word that is there is never taken for a beginning."""
    first = await opens(world, "checkouts are slow")
    second = await opens(world, "checkmate")
    told = await asks(world, "search check")
    assert set(ID.findall(told.shown)) == {first, second}
    assert "No incident has “check”, so these have: checkmate, checkouts." in told.shown
    third = await opens(world, "check")
    assert await ids(world, "search check") == [third]
    assert await ids(world, "search checko slow") == [first]


async def test_lists_and_searches_come_in_pages(world: World) -> None:
    """Ten a page, all of them once; *More* gives the next one below, with words and filters; the last has no button."""
    first = await opens(world, "sev2 checkout is down")
    made = await copies(world, first, 24)
    sought = "Incidents with “checkout”, “down” (sev2, open)"
    for words, told, later in (
        ("list all", "25 incidents: ", "25 incidents, page "),
        ("search checkout down sev:2 is:open", f"{sought}: ", f"{sought}, page "),
    ):
        pages = [await asks(world, words)]
        assert pages[0].text.startswith(told)
        while "More" in pages[-1].buttons:
            pages.append(await turned(world, pages[-1]))
            assert pages[-1].text.startswith(f"{later}{len(pages)}: ")
        assert [ID.findall(each.shown) for each in pages] == [[first, *made[:9]], made[9:19], made[19:]]
    assert await ids(world, "list all page 2") == made[9:19]
    assert (await asks(world, "list all page 4")).shown == "There is no page 4 of it."
    assert (await asks(world, "list page 2")).text.startswith("25 incidents are open, page 2: ")


async def copies(world: World, of: str, count: int) -> list[str]:
    """So many more incidents, an hour apart, older than this one, with their words; their IDs."""
    incident, words = await world.document("incidents", of), await world.document("words", of)
    made = {f"INC-20200101-{n:04d}": incident["opened_at"] - timedelta(hours=n + 1) for n in range(count)}
    ends = {key: {"same_words": [key], "endings": [key[-length:] for length in (1, 2, 3, 4)]} for key in made}
    at = [{"_id": key, "opened_at": opened_at} for key, opened_at in made.items()]
    await world.puts_all("incidents", [incident | one | ends[one["_id"]] for one in at])
    await world.puts_all("words", [words | one for one in at])
    return list(made)
