"""The team's own checklist: written in a form, each version kept, used by what is started next."""

import asyncio
from collections.abc import Mapping

from sandbox.people import Person
from tests.asking import answer, answer_to_mention
from tests.world import World

WINDOW = "MW-20261128-0200"
PHASES = ("Pre-maintenance", "During", "Post-maintenance", "Communication")


async def form(world: World, who: Person) -> None:
    """Opens the form."""
    await who.says("/checklist", "template")
    await world.slack.until(lambda: who.modal, "the form")


def filled(**phases: str) -> Mapping[str, str]:
    """What is written into the form: all other phases empty."""
    names = dict(zip(("before", "during", "after", "telling"), PHASES, strict=True))
    return {name: phases.get(key, "") for key, name in names.items()}


async def with_roles(world: World) -> None:
    world.clock.set("2026-11-26 12:00:00")
    await answer(world.slack, world.ann, "/ops", "role on-call @ann")
    await answer(world.slack, world.ann, "/ops", "role duty-officer @bob")


async def test_the_form_shows_the_guide_s_list_and_keeps_a_version(world: World) -> None:
    """The next checklist has the new items: with the person on call, the time, and what the bot proves."""
    await with_roles(world)
    await form(world, world.ann)
    await world.ann.sees("Checklist template", "The bot can prove")
    modal = world.ann.modal
    assert modal is not None
    assert "Check the Loki logs [bot:loki]" in str(modal.raw.blocks)
    await world.ann.submits(
        filled(
            before="- [ ] Tell support [bot:announced] @on-call by start-30m\nCheck 3 < 4 & 5",
            after="• Check Loki [bot: Loki]",
        )
    )
    await world.ann.sees("template is version 1 now: 3 items")
    await answer(world.slack, world.bob, "/checklist", "start")
    card = await world.slack.shows(f"Checklist of {WINDOW}: 0 of 3 done")
    assert "2. Check 3 < 4 & 5" in card.shown
    assert "1. for @ann (on-call), due 2026-11-28 01:30 UTC" in card.shown
    assert "During" not in card.shown
    stored = await world.document("checklists", WINDOW)
    assert [(one["text"], one["tag"], one["phase"]) for one in stored["items"]] == [
        ("Tell support", "announced", "Pre-maintenance"),
        ("Check 3 < 4 & 5", "", "Pre-maintenance"),
        ("Check Loki", "loki", "Post-maintenance"),
    ]
    assert stored["template"] == 1
    (entry,) = await world.documents("audit", act="change template")
    assert (entry["who"], entry["subject"]) == ("U0ANN", "checklist v1")
    listed = await answer(world.slack, world.bob, "/checklist", "template show")
    assert "Tell support [bot:announced] @on-call by start-30m" in listed.shown
    assert "is version 1: 3 items. Saved by @ann " in listed.shown
    guide = await answer(world.slack, world.bob, "/checklist", "template show 0")
    assert "This is the guide's own of the checklist's template: 12 items." in guide.text
    assert "There is no version 7." in (await answer(world.slack, world.bob, "/checklist", "template show 7")).shown


async def test_what_was_started_keeps_its_items(world: World) -> None:
    """A new template changes no checklist that is there."""
    await with_roles(world)
    await answer(world.slack, world.ann, "/checklist", "start")
    await form(world, world.ann)
    await world.ann.submits(filled(during="Only this"))
    await world.ann.sees("version 1 now: 1 item.")
    assert len((await world.document("checklists", WINDOW))["items"]) == 12


async def test_a_wrong_form_stays_open_and_says_what_is_wrong(world: World) -> None:
    """Sixty items, an item of 500 characters, nothing at all, a tag or a role that is none: nothing is saved."""
    await with_roles(world)
    await form(world, world.ann)
    modal = world.ann.modal
    assert modal is not None
    for wrong, block, told in (
        (filled(during="\n".join(f"item {n}" for n in range(60))), "DURING", "60 items; 40 is the most."),
        (filled(before="fine\n" + "x" * 500), "BEFORE", "Line 2: it has 500 characters; 200 is the most."),
        (filled(), "BEFORE", "A checklist has one item at least."),
        (filled(after="look [bot:promethus]"), "AFTER", "did you mean [bot:prometheus]?"),
        (filled(after="look @ann"), "AFTER", "@ann is no role"),
        (filled(after="look by start-soon"), "AFTER", "is no time."),
        (filled(telling="[bot:loki]"), "TELLING", "it says nothing to do."),
    ):
        await world.ann.submits(wrong)
        assert told in modal.errors.get(block, ""), modal.errors
    assert await world.documents("checklist_templates") == []


async def test_forty_long_items_fit_the_message(world: World) -> None:
    """The most that a template takes is posted whole, in groups of ten boxes, and each box works."""
    await with_roles(world)
    await form(world, world.ann)
    long = "\n".join(f"{n} " + "&<" * 98 for n in range(14))
    await world.ann.submits(filled(before=long, during=long, after="\n".join(f"short {n} & <b>" for n in range(12))))
    await world.ann.sees("version 1 now: 40 items.")
    await answer(world.slack, world.bob, "/checklist", "start")
    card = await world.slack.shows(f"Checklist of {WINDOW}: 0 of 40 done")
    await world.bob.ticks("40. short 11 & <b>", on=card)
    await world.slack.until(lambda: "1 of 40 done" in card.shown, "the tick")
    for number in ("30. short 1 & <b>", "39. short 10 & <b>"):
        await world.bob.ticks(number, on=card)
    await world.slack.until(lambda: "3 of 40 done" in card.shown, "the ticks")
    assert [one["number"] for one in (await world.document("checklists", WINDOW))["items"] if one["done_by"]] == [
        30,
        39,
        40,
    ]
    everything = ",".join(str(number) for number in range(1, 39) if number != 30)
    await answer(world.slack, world.ann, "/checklist", f"waive {everything} {'&' * 500}")
    await world.slack.until(lambda: "37 waived" in card.shown, "the waivers")
    assert "37 waived" in (await answer(world.slack, world.ann, "/checklist")).shown


async def test_two_who_change_it_at_once_overwrite_nothing(world: World) -> None:
    """The second is told who was first, and gets back what they wrote."""
    await with_roles(world)
    await form(world, world.ann)
    await form(world, world.bob)
    await world.ann.submits(filled(during="Ann's item"))
    await world.ann.sees("version 1 now")
    await world.bob.submits(filled(during="Bob's item"))
    await world.bob.sees("Version 1 was saved meanwhile, by @ann.", "Bob's item")
    (stored,) = await world.documents("checklist_templates")
    assert [line["text"] for line in stored["lines"]] == ["Ann's item"]


async def test_the_same_form_sent_by_two_at_the_same_moment_is_one_version(world: World) -> None:
    """Compare and set: one number, one version, whoever was first."""
    await with_roles(world)
    await form(world, world.ann)
    await form(world, world.bob)
    await asyncio.gather(world.ann.submits(filled(during="Ann's item")), world.bob.submits(filled(during="Bob's item")))
    await world.stored("checklist_templates")
    await world.slack.until(
        lambda: [p for p in (world.ann, world.bob) for e in p.ephemerals if "saved meanwhile" in e.shown],
        "the second to hear",
    )
    assert len(await world.documents("checklist_templates")) == 1


async def test_it_takes_a_role_to_change_it(world: World) -> None:
    """Asked at the command and again when the form is sent; looking is for everybody; a mention shows it."""
    await with_roles(world)
    cyd = world.slack.person("cyd")
    refused = await answer(world.slack, cyd, "/checklist", "template")
    assert "To change the checklist's template takes one of the roles." in refused.shown
    assert "Who may: @ann, @bob" in refused.shown
    assert "guide's own: 12 items" in (await answer_to_mention(world.slack, cyd, "template")).shown
    await form(world, world.bob)
    await answer(world.slack, world.ann, "/ops", "role duty-officer @ann")
    await world.bob.submits(filled(during="Too late"))
    await world.bob.sees("takes one of the roles", "Who may: @ann")
    assert await world.documents("checklist_templates") == []
