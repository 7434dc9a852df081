"""Finding incidents as people do: lists with filters, words of title, notes and thread, page after page."""

import re
from datetime import timedelta

import pytest

from sandbox.sight import Post
from tests.asking import answer, answer_to_mention
from tests.world import World

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


async def three(world: World) -> tuple[str, str, str]:
    """A sev3 and a sev1 of November, and a resolved sev2 of December that is the newest."""
    first = await opens(world, "sev3 checkout is slow")
    world.clock.forward(hours=1)
    second = await opens(world, "sev1 search is down")
    world.clock.forward(days=7)
    third = await opens(world, "sev2 checkout is down")
    await asks(world, f"resolve {third} restarted the Cache")
    await world.stored("incidents", _id=third, status="resolved", untold=[])
    return first, second, third


async def turned(world: World, page: Post) -> Post:
    """The next page: what Ann sees after she clicks *More*."""
    before = len(world.ann.ephemerals)
    await world.ann.clicks("More", page)
    return await world.slack.until(lambda: world.ann.ephemerals[before], "the next page")


# Lists


@pytest.mark.long
async def test_a_list_is_filtered_by_severity_status_and_month(world: World) -> None:
    """Open ones come worst first, all others newest first; the words may come in any order."""
    first, second, third = await three(world)
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


async def test_a_list_comes_in_pages(world: World) -> None:
    """Ten a page, all of them once; *More* gives the next one below, and the last has no button."""
    first = await opens(world, "sev2 checkout is down")
    await copies(world, first, 24)
    page = await asks(world, "list all")
    assert page.text.startswith("25 incidents: ")
    pages = [page]
    while "More" in pages[-1].buttons:
        pages.append(await turned(world, pages[-1]))
    found = [ID.findall(each.shown) for each in pages]
    assert [len(each) for each in found] == [10, 10, 5]
    assert len({each for page in found for each in page}) == 25
    assert await ids(world, "list all page 2") == found[1]
    assert (await asks(world, "list all page 4")).shown == "There is no page 4 of it."
    assert (await asks(world, "list page 2")).text.startswith("25 incidents are open, page 2: ")


async def copies(world: World, of: str, count: int) -> list[str]:
    """So many more incidents, an hour apart, older than this one, with their words; their IDs."""
    incident, words = await world.document("incidents", of), await world.document("words", of)
    made = []
    for number in range(count):
        key = f"INC-20200101-{number:04d}"
        at = {"opened_at": incident["opened_at"] - timedelta(hours=number + 1)}
        endings = [key[-length:] for length in (1, 2, 3, 4)]
        await world.puts("incidents", {**incident, **at, "_id": key, "same_words": [key], "endings": endings})
        await world.puts("words", {**words, **at, "_id": key})
        made.append(key)
    return made


# Searching


async def test_words_are_found_wherever_they_were_said(world: World) -> None:
    """In title, notes, thread and resolution; all of them, in whatever place and case; newest first."""
    first, second, third = await three(world)
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


async def test_a_file_and_an_unfolded_link_are_found_by_their_names(world: World) -> None:
    """Until the message is deleted."""
    first = await opens(world, "sev2 checkout is down")
    (card,) = (post for post in world.slack.channel().by_bot if first in post.shown)
    said = await world.bob.writes("", thread=card, files=("heapdump-prod.txt",))
    await finds(world, "heapdump prod", first)
    unfolded = [{"title": "Queue depth", "title_link": "https://grafana.example/d/1"}]
    world.slack.conversations.edit(said.raw, world.bob.id, {"attachments": unfolded})
    await finds(world, "heapdump depth", first)
    await world.bob.deletes(said)
    await finds(world, "heapdump")


async def test_a_search_takes_filters_that_are_no_words(world: World) -> None:
    """`is:`, `sev:` and `in:`; the same words without a colon, or in quotes, are looked for."""
    first, _, third = await three(world)
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


async def test_a_search_comes_in_pages(world: World) -> None:
    """*More* carries words and filters along."""
    first = await opens(world, "sev2 checkout is down")
    made = await copies(world, first, 14)
    page = await asks(world, "search checkout down sev:2 is:open")
    assert ID.findall(page.shown) == [first, *made[:9]]
    more = await turned(world, page)
    assert ID.findall(more.shown) == made[9:]
    assert "More" not in more.buttons
    assert more.text.startswith("Incidents with “checkout”, “down” (sev2, open), page 2: ")


async def test_a_mention_finds_too(world: World) -> None:
    """`@Ops Bot search …`, with the command left out."""
    first = await opens(world, "checkout is slow")
    assert first in (await answer_to_mention(world.slack, world.ann, "search slow")).shown


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
async def test_words_that_find_nothing_or_are_none(world: World, words: str, told: str) -> None:
    """What is typed is text, never a query; what cannot be read is pointed at."""
    await opens(world, "checkout is slow")
    assert (await asks(world, words)).shown.startswith(told)


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
    world: World, words: str, meant: str
) -> None:
    """Where nothing has the word: what would have been the filter, ready to be sent."""
    await opens(world, "checkout is slow")
    told = (await asks(world, words)).shown
    assert told.startswith("Nothing was found")
    assert ("A filter has a colon" in told) == bool(meant)
    assert meant in told
