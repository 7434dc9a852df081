"""Whatever people type or press: a clear answer for them alone, nothing changed, nothing posted, nobody paged."""

from collections.abc import AsyncIterator
from itertools import product

import pytest
import pytest_asyncio

from bot.store.incident import endings_of
from sandbox.mongo import Mongod
from tests.asking import answer, answer_to_mention, standing, unharmed
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "five thousand characters " * 200
INVISIBLE = "\u200b \u2060\ufeff\u3164"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all of these tests."""
    async with standing(mongod) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="module")
async def world(shared: World) -> AsyncIterator[World]:
    """The shared world; after the test it is as it was before."""
    async with unharmed(shared) as same:
        yield same


# Words

REFUSED = [
    ("/health", "promtheus", "“promtheus”.\n> *promtheus*\nDid you mean `prometheus`?"),
    ("/health", "jsn", "Did you mean `json`?"),
    ("/health", "<!channel>", "I watch no service “<!channel>”.\n> *<!channel>*\n"),
    ("/checklist", "strat", "`/checklist` does not know “strat”.\n> *strat*\nDid you mean `/checklist start`?"),
    (
        "/checklist",
        "start tomorrow",
        "“tomorrow” is neither a window's ID nor a date.\n> start *tomorrow*\nWrite it like",
    ),
    ("/checklist", "start MW-20200101-0200", "I know no window MW-20200101-0200.\n`/maintenance` lists them."),
    ("/checklist", "done 1 2 x", "“x” is not an item's number.\n> done 1 2 *x*\nWrite a number"),
    ("/checklist", f"note {INVISIBLE}", "The note is empty."),
    ("/checklist", LONG, "`/checklist` does not know “five”."),
    ("/maintenance", "schedul", "`/maintenance` does not know “schedul”."),
    ("/maintenance", "list all", "“all” is more than this takes.\n> list *all*\nLeave it out."),
    ("/incident", "opne sev2 x", "`/incident` does not know “opne”.\n> *opne* sev2 x\nDid you mean `/incident open`?"),
    ("/incident", "open sev5 x", "There is no severity “sev5”.\n> open *sev5* x\nIt is `sev1` (worst)"),
    ("/incident", "open sev 1 x", "A severity is one word.\n> open *sev* 1 x\nDid you mean `sev1`?"),
    ("/incident", f"open sev1 {INVISIBLE}", "The title is empty."),
    ("/incident", 'open sev1 ""', "The title is empty."),
    ("/incident", f"open {'x' * 5000}", "The title has 5,000 characters; 150 is the most."),
    ("/incident", f"open sev1 {LONG}", "The title has 4,999 characters; 150 is the most."),
    ("/incident", f"resolve {LONG}", "That has 4,999 characters; 1,000 is the most."),
    ("/incident", "resolve", "What fixed it?\nSay it after `resolve`"),
    ("/incident", f"note {INVISIBLE}", "The note is empty."),
    ("/incident", "show 0000", "I know no incident 0000.\n`/incident` lists the open ones."),
    ("/incident", "show INC-20200101-0000", "I know no incident INC-20200101-0000."),
    ("/incident", "show $where", "“$where” is not an incident's ID.\n> show *$where*\nWrite it like `INC-"),
    ("/incident", "show checkout", "Words are looked for by `search checkout`."),
    ("/incident", "close all", "“all” is not an incident's ID."),
    ("/incident", 'show {"$gt":""}', "is not an incident's ID."),
    ("/incident", "show .*", "is not an incident's ID."),
    ("/incident", "note INC-20200101-0000 hello", "I know no incident INC-20200101-0000."),
    ("/incident", "resolve INC-20200101-0000 hello", "I know no incident INC-20200101-0000."),
    ("/incident", "resolve ZZZZ fixed", "No incident ends in ZZZZ.\n`/incident` lists the open ones."),
    ("/incident", "resolve HTTP 500 fixed", 'write that in quotes: `resolve "HTTP 500 fixed"`.'),
    ("/incident", "note ZZZZ hello", "No incident ends in ZZZZ."),
    ("/ops", "rolls", "`/ops` does not know “rolls”.\n> *rolls*\nDid you mean `/ops roles`?"),
    ("/ops", "help incidnet", "There is no command “incidnet”.\n> *incidnet*\nDid you mean `incident`?"),
    ("/ops", "audit 51", "“51” is out of range.\n> audit *51*\nWrite a number from 1 to 50."),
    ("/ops", "role on-call <!here>", "“<!here>” is not a mention.\n> role on-call *<!here>*\nType @"),
    ("/ops", "`rm -rf` 🔥 <https://evil.example|bank.com>", "`/ops` does not know"),
    ("/ops", "\u202eselor", "`/ops` does not know “selor”.\n> *selor*\n"),
]


async def test_a_word_that_is_wrong_is_pointed_at(world: World) -> None:
    """The answer says what is wrong, shows the word in its place, and says what to type instead."""
    for command, words, told in REFUSED:
        shown = await answer(world.slack, world.ann, command, words)
        assert told in shown.shown, (command, words)
        assert len(shown.shown) < 500, (command, words)
        assert shown.text == shown.shown, (command, words)


MENTIONS = [
    ("helth", "I do not know the word “helth”.\n> *helth*\nDid you mean `health`?"),
    ("list", "More than one command has “list”.\n> *list*\nMention me with `maintenance list` (the windows and"),
    ("close", "with `checklist close` (end the checklist; lists what is open and asks) or `incident close` (a "),
    ("open", "A form cannot be opened from here.\nSay it in one line: `open sev2 checkout is down`."),
    ("thanks @bob!", "I do not know the word “thanks”.\n> *thanks* @bob!\n"),
    ("🔥", "I do not know the word “🔥”."),
    (LONG, "I do not know the word “five”."),
]


async def test_a_mention_that_is_no_command_is_answered_privately(world: World) -> None:
    """In the channel and in a thread: the word, a suggestion, and nothing for the others to read."""
    for words, told in MENTIONS:
        assert told in (await answer_to_mention(world.slack, world.ann, words)).shown, words


async def puts_resolved(world: World, *ids: str) -> None:
    """Incidents of long ago, resolved."""
    (known,) = await world.documents("incidents", title="checkout is down", status="investigating")
    for each in ids:
        old = {
            "status": "resolved",
            "resolution": "restarted",
            "status_set": {"by": world.bob.id, "at": world.clock()},
            "same_words": [each],
            "endings": endings_of(each),
        }
        await world.puts("incidents", {**known, **old, "_id": each})


async def test_an_ending_of_several_incidents_names_them(shared: World) -> None:
    """An ambiguous ID changes none of them; the answer lists what it fits."""
    await puts_resolved(shared, "INC-20200101-7KQ4", "INC-20200102-7KQ4")
    before = await shared.documents("incidents")
    for words in ("show 7kq4", "note 7KQ4 hello", "resolve 7KQ4 fixed"):
        told = await answer(shared.slack, shared.ann, "/incident", words)
        assert told.shown.startswith(
            "7KQ4 fits 2 incidents: INC-20200101-7KQ4, INC-20200102-7KQ4.\nWrite more of the ID"
        )
    assert await shared.documents("incidents") == before


async def test_an_id_of_a_resolved_incident_never_means_the_open_one(shared: World) -> None:
    """`resolve 8X89 …`, said a second time, is about 8X89, also when another incident is the only one open."""
    await puts_resolved(shared, "INC-20200103-8X89")
    before = await shared.documents("incidents")
    assert sum(document["status"] == "investigating" for document in before) == 1
    for words in ("resolve 8X89 fixed", "resolve 20200103-8X89 fixed"):
        told = await answer(shared.slack, shared.ann, "/incident", words)
        assert told.shown.startswith("INC-20200103-8X89 is already resolved: “restarted”, by @bob.")
    assert await shared.documents("incidents") == before


# Places

CHANGES = [
    ("/incident", "open sev1 all is down"),
    ("/incident", "open"),
    ("/incident", "note hello"),
    ("/incident", "resolve fixed"),
    ("/checklist", "start"),
    ("/checklist", "done 1"),
    ("/checklist", "undo 1"),
    ("/checklist", "note hello"),
    ("/ops", "role on-call @bob"),
]


async def test_changes_are_refused_elsewhere_with_a_pointer(world: World) -> None:
    """In another channel (the bot in it or not) and in a direct message no command changes anything."""
    direct = world.slack.workspace.direct(world.ann.id).id
    for where, (command, words) in product(("#random", "#general", direct), CHANGES):
        told = await answer(world.slack, world.ann, command, words, channel=where)
        assert told.shown == "Nothing was changed: changes are made in #ops-shared, where everybody sees them.", where
    assert world.ann.modal is None


async def test_questions_are_answered_elsewhere(world: World) -> None:
    """Looking is allowed wherever the command is typed."""
    for command, words in (("/incident", "list"), ("/incident", "show"), ("/checklist", "show"), ("/maintenance", "")):
        told = await answer(world.slack, world.ann, command, words, channel="#random")
        assert "Nothing was changed" not in told.shown
