"""What `/maintenance` cannot do: each answer says why and what to type, and nothing is half done."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.mongo import Mongod
from tests.asking import answer_to_mention, shared_world, unharmed
from tests.planning import keys, says, window, with_roles
from tests.world import World

SHARED = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """A Wednesday noon, with the weekly windows planned; Bob leads, Ann is on call.

    What is refused comes first: while there is no other window, `restore` and `end` can mean these alone.
    """
    async with shared_world(mongod) as ready:
        await with_roles(ready)
        await ready.stored("windows", 2)
        yield ready


REFUSED = [
    ("schedule 0200 x", "“0200” is not a time that I can read.", "Did you mean `02:00`?"),
    ("schedule may 5 x", "“may” is not a date that I can read.", "Write it like `2026-11-28 14:00`."),
    ("schedule may", "“may” is not a date that I can read.", ""),
    ("schedule 30 February 14:00 x", "“30” is not a date that I can read.", ""),
    ("schedule 2027-02-30 14:00 x", "There is no day 30 in 2027-02.", "It has 28 days."),
    ("schedule 2026-11-24 14:00 x", "2026-11-24 14:00 UTC is past.", "Name a time that is still to come."),
    ("schedule 2096-11-24 14:00 x", "2096-11-24 is more than a year ahead.", ""),
    ("schedule thu 14:00 for 0m x", "“0m” is no time at all.", ""),
    ("schedule thu 14:00 for 9d x", "“9d” is too long: 7d is the most.", ""),
    ("schedule thu 14:00 for ever", "“ever” is not a duration.", ""),
    ("schedule sat 14:00-13:00 x", "“14:00-13:00” may be a span of time, or a time with an offset.", "is said as `for"),
    ("schedule sat 02:00–06:00 x", "may be a span of time", "write `02:00 -06:00`"),
    ("schedule sat 14:00 until 13:00 x", "When it ends is said as a length.", "Write `for 2h` behind the start."),
    ("schedule sat 14:00 - 16:00 x", "When it ends is said as a length.", ""),
    ("move sat to sun 03:00-07:00", "may be a span of time", ""),
    ("restore sat", "MW-20261128-0200 is planned already.", "Nothing was changed."),
    ("restore", "No window that is still to come is off.", "`/maintenance` lists what is planned"),
    ("unskip sat", "MW-20261128-0200 is planned already.", ""),
    ("undo", "No window that is still to come is off.", ""),
    ("schedule thu 14:00", "What is the window for?", "Say it last"),
    ("schedule thu 14:00 for 1h", "What is the window for?", "Say it last"),
    ("schedule thu 14:00 " + "x" * 151, "151 characters; 150 is the most", ""),
    ("freeze 2026-12-20..2026-12-10 no", "The freeze would end before it starts.", "Write the earlier time first"),
    ("freeze 2026-12-20 18:00..2026-12-20 17:00 no", "The freeze would end before it starts.", ""),
    ("freeze 2026-11-01..2026-11-03 no", "That is past.", ""),
    ("freeze 2026-12-20..2026-12-30", "Why?", ""),
    ("freeze 2026-12-20", "From when to when?", "2026-12-20..2027-01-03 holidays"),
    ("freeze ..2026-12-30 no", "From when to when?", ""),
    ("freeze 2026-12-20..2036-12-30 no", "A freeze lasts a year at most.", ""),
    ("unfreeze 1234", "I know no freeze 1234.", ""),
    ("unfreeze", "Which freeze?", ""),
    ("skip 2026-11-27 no", "No weekly window starts on 2026-11-27.", "The next ones start on 2026-11-28"),
    ("skip soon no", "“soon” is not a day that I can read.", ""),
    ("skip sat", "Why?", ""),
    ("cancel", "Why?", ""),
    ("cancel no staff MW-20261128-0200", "Is “MW-20261128-0200” the window that is meant", "`cancel WINDOW …`"),
    ("rollback as in mw-20261121-0200.", "or does it belong to your text?", "else write the text in quotes"),
    ("reject too short `MW-20261128-0200`", "the window that is meant", "`reject WINDOW …`"),
    ("scope upgrade Loki MW-20261128-0200", "the window that is meant", "`scope WINDOW …`"),
    ("cancel MW-20200101-0200 no", "I know no window MW-20200101-0200.", ""),
    ("approve", "MW-20261128-0200 has no scope.", "`/maintenance scope TEXT`"),
    ("reject it is bad", "MW-20261128-0200 has no scope.", ""),
    ("end", "MW-20261128-0200 has not started", ""),
    ("summary MW-20261128-0200", "MW-20261128-0200 has not begun", "`/maintenance` lists windows."),
    ("extend 30m", "MW-20261128-0200 has not started", ""),
    ("extend MW-20261128-0200 30m", "MW-20261128-0200 has not started", ""),
    ("extend 1128-0200 30m", "MW-20261128-0200 has not started", ""),
    ("extend", "By how long?", ""),
    ("extend MW-20261128-0200", "By how long?", ""),
    ("schedule sat 14:00 for", "For how long?", ""),
    ("start", "MW-20261128-0200 starts only in 2 d", ""),
    ("rollback it fails", "MW-20261128-0200 has not started, so there is nothing to roll back.", ""),
    ("except MW-20261128-0200 it is cold", "does not lie in a freeze", ""),
    ("except tomorrow it is cold", "“tomorrow” is not a window's ID.", ""),
    ("move sat", "Which window, and to when?", ""),
    ("move sat to 2020-01-01 10:00", "is past", ""),
    ("move sat to sat 02:00", "MW-20261128-0200 starts then already.", ""),
    ("move sat to 2026-12-05 04:00", "MW-20261205-0200 “Weekly maintenance” has that time", ""),
    ("scope", "What is to be done?", ""),
    ("scope upgrade Loki silencing job = loki", "What is to be silenced?", "like `silencing job=loki`"),
    ("scope upgrade Loki silencing", "What is to be silenced?", "the whole text in quotes"),
    ("scope " + "x" * 1501, "1,501 characters; 1,500 is the most", ""),
]  # fmt: skip


@SHARED
async def test_what_cannot_be_is_refused_and_changes_nothing(shared: World) -> None:
    """Bob, who leads, hears what is wrong and what to do."""
    async with unharmed(shared):
        for words, problem, remedy in REFUSED:
            shown = await says(shared, words, shared.bob)
            assert problem in shown, words
            assert remedy in shown, words
    assert await shared.documents("freezes") == []


@SHARED
async def test_a_local_time_that_does_not_exist_is_asked_about(shared: World) -> None:
    """02:30 on the night when Gaza's clocks go forward: both readings are buttons, and nothing is done before."""
    async with unharmed(shared):
        shown = await says(shared, "schedule 2027-03-27 02:30 Asia/Gaza for 1h x y")
        post = shared.ann.ephemerals[-1]
    assert "02:30 does not exist on 2027-03-27 in Asia/Gaza" in shown
    assert post.buttons == ["23:30 UTC", "00:30 UTC"]


@SHARED
async def test_a_local_time_that_comes_twice_is_asked_about(shared: World) -> None:
    """The chosen reading counts, and is echoed in UTC."""
    await says(shared, 'schedule 2027-10-30 01:30 Asia/Gaza for 20m "Upgrade Loki"')
    post = shared.ann.ephemerals[-1]
    assert post.buttons == ["22:30 UTC", "23:30 UTC"]
    await shared.ann.clicks("23:30 UTC", post)
    await shared.ann.sees("MW-20271029-2330 is scheduled: Friday 2027-10-29 23:30 to 23:50 UTC")
    await says(shared, "cancel MW-20271029-2330 a test")


@SHARED
async def test_the_form_plans_a_window(shared: World) -> None:
    """A bare `schedule` asks; what is wrong is said in the form; a scope is for approval at once."""
    assert shared.ann.modal is None
    await shared.ann.says("/maintenance", "schedule")
    await shared.ann.sees("Schedule a window")
    values = {"When does it start?": 1796306400, "How long?": "9d", "What for?": "Upgrade Loki"}
    await shared.ann.submits({**values, "What is to be done?": "infra: new disks"})
    assert shared.ann.modal is not None
    assert "too long: 7d is the most" in str(shared.ann.modal.errors)
    await shared.ann.submits({"How long?": "90m"})
    await shared.ann.sees("is scheduled: Thursday 2026-12-03 14:00 to 15:30 UTC")
    made = await window(shared, "MW-20261203-1400", untold=[])
    assert made["scope"]["is_infra"]
    await shared.slack.shows("Upgrade Loki", "new disks", "It is marked as infrastructure.")
    assert len(keys(shared, "opsbot_reply")) == 1
    await says(shared, "cancel MW-20261203-1400 a test")
    assert "A form cannot be opened from here." in (await answer_to_mention(shared.slack, shared.ann, "schedule")).shown


@SHARED
async def test_a_window_is_named_before_the_text(shared: World) -> None:
    """By the end of its ID or its date; a number that is none of theirs belongs to the text."""
    await says(shared, "schedule 2026-12-10 14:00 for 1h one")
    await says(shared, "schedule 2026-12-11 15:00 for 1h two")
    await says(shared, "scope 1400 replace 1500 disks")
    assert (await window(shared, "MW-20261210-1400"))["scope"]["text"] == "replace 1500 disks"
    assert "the window that is meant" in await says(shared, "scope as in MW-20261210-1400")
    await says(shared, 'scope 1400 "as in MW-20261128-0200"')
    assert (await window(shared, "MW-20261210-1400"))["scope"]["text"] == "as in MW-20261128-0200"
    await says(shared, "scope 2026-12-11 1234 rows go")
    assert (await window(shared, "MW-20261211-1500"))["scope"]["text"] == "1234 rows go"
    assert "It could be any of MW-20261210-1400, MW-20261211-1500." in await says(shared, "approve", shared.bob)
    for name in ("1400", "1500"):
        assert "is cancelled" in await says(shared, f"cancel {name} a test")
