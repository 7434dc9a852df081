"""Text that wants to be more than text: shown as it was typed, nobody paged, nothing run, nothing too long."""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from tests.asking import answer, standing, typed
from tests.test_incident import ID
from tests.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for all of these tests."""
    async with standing(mongod) as world:
        yield world


TEXTS = [
    ("<!channel> <!here> <!everyone> look", "<!channel> <!here> <!everyone> look"),
    ("ask <@U0BOB> and @cyd, {} {0} {who} %s %(x)s ${HOME}", "ask @bob and @cyd, {} {0} {who} %s %(x)s ${HOME}"),
    ("<https://evil.example|bank.com> is down", "<https://evil.example|bank.com> is down"),
    ("`code` ```pre``` *bold* _it_ ~no~ :fire:", "`code` ```pre``` *bold* _it_ ~no~ :fire:"),
    (
        "the 🔥 and the 👩‍🚒 שלום \u202eevil\u202c zero\u200bwidth\u2060 and\ufeff half a \ud83d character",
        "the 🔥 and the 👩‍🚒 שלום evil zerowidth and half a \ufffd character",
    ),
    (
        '$where {"$gt": ""} a & b < c > d &amp; &lt;!channel&gt;',
        '$where {"$gt": ""} a & b < c > d &amp; &lt;!channel&gt;',
    ),
    ("<" * 60, "<" * 60),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS, ids=[ascii(text[:20]) for text, _ in TEXTS])
async def test_text_is_shown_as_it_was_typed(shared: World, text: str, shown: str) -> None:
    """In a title, a note, a resolution and a checklist's note: literally there, nobody paged, nothing run."""
    slack = shared.slack
    opened = await answer(slack, shared.ann, "/incident", f"open sev4 {text}")
    found = ID.search(opened.shown)
    assert found
    stored = await shared.document("incidents", found[0])
    assert stored["title"] == shown
    card = await slack.shows(shown, found[0])
    assert card.text == f"Incident {found[0]} (SEV4, a flaw without effect on users) is open, investigating: {shown}"
    await answer(slack, shared.ann, "/incident", f"note {found[0]} {text}")
    await slack.shows(f"Note by @ann: {shown}", thread=card)
    await answer(slack, shared.ann, "/incident", f"resolve {found[0]} {text}")
    await slack.until(lambda: f"Resolved by @ann: {shown}" in card.shown, "the card to be resolved")
    assert card.shown.count(shown) == 2
    told = await answer(slack, shared.ann, "/incident", f"show {found[0]}")
    assert told.shown.count(shown) == 5
    await answer(slack, shared.bob, "/checklist", f"note {text}")
    await slack.shows("Checklist of", f"@bob:\n{shown}")
    assert (slack.pages, slack.refusals, shared.bob.toasts) == ([], [], [])
    assert "<@U0BOB" not in json.dumps(
        [message.raw.blocks for message in slack.channel().everything if message == card]
    )


async def test_links_and_mentions_arrive_as_what_was_typed(shared: World) -> None:
    """What Slack delivers as tokens reads as a person typed it; a label cannot hide where its link leads."""
    delivered = "open sev4 see <#C0RANDOM|random>, <https://evil.example|bank.com> &amp; <!here|here> <@U0BOB|bob>"
    told = await typed(shared.slack, shared.ann, "/incident", delivered)
    found = ID.search(told.shown)
    assert found
    title = (await shared.document("incidents", found[0]))["title"]
    assert title == "see #random, bank.com (https://evil.example) & here @bob"
    await shared.slack.shows(title, found[0])
    await answer(shared.slack, shared.ann, "/incident", f"resolve {found[0]} done")


async def test_no_line_of_a_text_passes_for_the_bots_in_a_thread(shared: World) -> None:
    """Each line of a note, a resolution or a lesson is marked as quoted; a text of one line is told in one."""
    world = shared
    forged = ":white_check_mark: INC-20261125-7KQ4 (checkout is down) was resolved by @ann: all is well"
    told = await answer(world.slack, world.ann, "/incident", "open sev3 mail is late")
    (incident_id,) = ID.findall(told.shown)
    card = next(post for post in world.slack.channel().by_bot if incident_id in post.shown and not post.thread_ts)
    for words in ("note", "update", "resolve", "reopen", "resolve"):
        await answer(
            world.slack, world.ann, "/incident", f"{words} {incident_id} {words} it\n\n{forged}\u2028x\r\n{forged}"
        )
    await answer(world.slack, world.ann, "/incident", f"note {incident_id} one line")
    await world.slack.shows("Note by @ann: one line", thread=card)
    shown = [post.shown for post in world.slack.thread(card).replies]
    assert len(shown) == 6
    for said in shown:
        assert not [
            line for line in said.splitlines() if line.startswith((":white_check_mark: INC-20261125-7KQ4", "x"))
        ]
        assert said.count(f"> {forged}") == (0 if "one line" in said else 2)


async def test_the_longest_texts_fit_in_every_message(shared: World) -> None:
    """Title, what is affected and resolution as long as the forms allow, in characters that take the most room."""
    await shared.ann.says("/incident", "open")
    await shared.ann.sees("What is wrong?")
    await shared.ann.submits({"What is wrong?": "🔥" * 75, "What is affected?": "🧨" * 150})
    card = await shared.slack.shows("🔥" * 75, "🧨" * 150)
    await shared.ann.clicks("Resolve", on=card)
    await shared.ann.sees("What resolved it?")
    await shared.ann.submits({"What resolved it?": "&" * 1000})
    await shared.slack.until(lambda: "Resolved by @ann" in card.shown, "the card to be resolved")
    found = ID.search(card.shown)
    assert found
    await shared.ann.sees(f"{found[0]} is resolved. What caused it")
    await shared.slack.shows("was resolved by", thread=card)
    assert (await shared.document("incidents", found[0]))["resolution"] == "&" * 1000
    for number in range(25):
        await shared.ann.writes(f"{number} " + "<&>" * 400, thread=card)
    await shared.stored("timeline", 25, incident_id=found[0], kind="message")
    told = await answer(shared.slack, shared.ann, "/incident", f"show {found[0]}")
    assert "The newest 20 of 27 entries:" in told.shown
    for number in range(6):  # of different words, since the same twice at once is one
        await answer(shared.slack, shared.ann, "/checklist", f"note {number} " + "<&>" * 900)
    await shared.slack.shows("Checklist of", "(the newest 5 of")
    await answer(shared.slack, shared.ann, "/ops", "audit 50")
    await shared.slack.settled()
    assert (shared.slack.refusals, shared.slack.pages) == ([], [])
    assert await shared.documents("outbox", state="parked") == []


async def test_twenty_open_incidents_with_long_titles_are_listed(shared: World) -> None:
    """The list shows the worst and says how many more there are; no link in it is cut."""
    known = (await shared.documents("incidents", status="investigating"))[0]
    twins = [f"INC-20190101-00{number:02}" for number in range(20)]
    for twin in twins:
        await shared.puts(
            "incidents",
            {**known, "_id": twin, "title": "<&>" * 50, "same_words": [twin], "untold": [], "severity": "sev1"},
        )
    told = await answer(shared.slack, shared.ann, "/incident")
    assert told.text.startswith("21 incidents are open: INC-2019")
    assert told.shown.count("INC-2019") == 10
    assert told.buttons == ["More"]
    texts = [block["text"]["text"] for block in told.blocks if block["type"] == "section"]
    assert all(text.count("<") == text.count(">") for text in texts)
    assert shared.slack.refusals == []
    await shared.ann.opens_home()
    await shared.ann.sees("Open incidents: 21", "… and 1 more: `/incident` lists all.")


async def test_half_a_character_in_a_thread_is_kept_as_a_whole_one(shared: World) -> None:
    """MongoDB takes no half ones: the message would come again and again, and no thread be read back any more."""
    card = await shared.slack.shows("checkout is down", "SEV2")
    message = await shared.bob.writes("half a \ud83d character", thread=card)
    (entry,) = await shared.stored("timeline", ts=message.ts)
    assert entry["text"] == "half a \ufffd character"
