"""What people write and tick in a checklist: said once, told by whom, and never taken for another's words."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.checklist import Checklist, Remark
from bot.domain.timeline import Entry, Kind, ts_of
from bot.slack.views import checklist as view
from bot.slack.views import timeline as timeline_view
from tests.asking import answer
from tests.world import World

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WINDOW = "MW-20261128-0200"
# What a forger would use: breaks of lines, our own signs, openers of blocks that reach over lines.
HOSTILE = st.text(st.sampled_from("a \n\r\u2028\x0b\x85`*_>•:<@!|&") | st.characters(), max_size=60)


def with_notes(*texts: str) -> Checklist:
    notes = tuple(Remark(f"U{number}", NOW, text) for number, text in enumerate(texts))
    return Checklist(WINDOW, "C0OPS", "U0ANN", NOW, (), notes)


@given(texts=st.lists(HOSTILE, min_size=1, max_size=5))
def test_no_note_can_look_like_another_s(texts: list[str]) -> None:
    """Each is a block with its head, which is ours, and one line of plain text, in which Slack interprets nothing."""
    blocks = [block.to_dict() for block in view.card(with_notes(*texts)).blocks if block.type == "context"]
    assert len(blocks) == len(texts)
    for number, block in enumerate(blocks):
        head, words = block["elements"]
        assert head["text"].endswith(f"<@U{number}>:")
        assert words["type"] == "plain_text"
        assert len(words["text"].splitlines()) == 1


@given(texts=st.lists(HOSTILE, min_size=1, max_size=5))
def test_no_entry_of_a_timeline_can_look_like_another(texts: list[str]) -> None:
    """Each is one line that begins with when and who, and no line opens what only another one closes."""
    entries = [
        Entry(str(number), "INC-1", Kind.MESSAGE, ts_of(NOW), f"U{number}", "", text)
        for number, text in enumerate(texts)
    ]
    lines = timeline_view.newest(entries)
    assert len(lines) == len(texts)
    for number, line in enumerate(lines):
        assert len(line.splitlines()) == 1
        assert f"> <@U{number}>" in line.split(": ")[0]
        assert line.count("```") % 2 == 0


async def test_of_several_items_it_is_told_which_were_ticked_before_and_by_whom(world: World) -> None:
    """What is new is ticked; who ticks and who takes it back is in the audit trail alike."""
    await answer(world.slack, world.ann, "/checklist", "start")
    await answer(world.slack, world.bob, "/checklist", "done 1")
    told = (await answer(world.slack, world.ann, "/checklist", "done 1,2")).shown
    assert told == ("Done: 2. Snapshot configs. Ticked before: 1. Announce the window (done by @bob). 2 of 12 done.")
    told = (await answer(world.slack, world.ann, "/checklist", "undo 2,3")).shown
    assert told == "Not done: 2. Snapshot configs. Not ticked before: 3. Verify the rollback plan. 1 of 12 done."
    trail = [(one["who"], one["act"], one["subject"]) for one in await world.stored("audit", 3, act={"$regex": "tick"})]
    ann, bob = world.ann.id, world.bob.id
    assert sorted(trail) == sorted(
        [(bob, "tick", f"{WINDOW}/1"), (ann, "tick", f"{WINDOW}/2"), (ann, "untick", f"{WINDOW}/2")]
    )


async def test_a_note_by_a_double_enter_is_one_note(world: World) -> None:
    """The same words of the same person within a minute; after that, or of somebody else, it is another."""
    await answer(world.slack, world.ann, "/checklist", "start")
    await asyncio.gather(*(world.ann.says("/checklist", "note Loki restarted") for _ in range(3)))
    await world.slack.until(lambda: len(world.ann.ephemerals) == 4, "three answers")
    await answer(world.slack, world.bob, "/checklist", "note Loki restarted")
    assert len((await world.document("checklists", WINDOW))["notes"]) == 2
    world.clock.forward(minutes=1)
    await answer(world.slack, world.ann, "/checklist", "note Loki restarted")
    assert len((await world.document("checklists", WINDOW))["notes"]) == 3


async def test_a_window_s_checklist_is_shown_by_its_id(world: World) -> None:
    """Also one that nobody would mean without it; several items are ticked from one to another."""

    async def shown(words: str) -> str:
        return (await answer(world.slack, world.ann, "/checklist", words)).shown

    await shown("start")
    assert "5 of 12 done" in await shown("done 1-5")
    assert "MW-20261205-0200 has no checklist yet." in await shown("show 1205-0200")
    await shown("start MW-20261205-0200")
    for named in ("MW-20261205-0200", "1205-0200", "2026-12-05"):
        assert "checklist of MW-20261205-0200" in await shown(f"show {named}")
    assert "checklist of MW-20261128-0200" in await shown("show")
    assert "I know no window MW-20261204-0200." in await shown("show MW-20261204-0200")
