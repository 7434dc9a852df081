"""What a checklist looks like: four phases with tick boxes, progress, and who ticked what when."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    CheckboxesElement,
    ContextBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
)

from bot.domain.audit import SYSTEM
from bot.domain.checklist import Checklist, Item, Kind, Phase, Remark, Ticked
from bot.domain.clock import utc
from bot.slack.mrkdwn import Mrkdwn, both, joined, link, local, mrkdwn, person, plain
from bot.slack.views.parts import Message, actions, brief, context, fitting, header, paragraphs, said, section, short

TICK = "checklist_tick"
CLOSE_BUTTON = "checklist_close"
OPTION = 75

_BLOCK_ID = re.compile(r"(?P<window>[^/]+)/(?P<phase>[A-Z]+)(?:\.(?P<part>[0-9]))?/[0-9]+/(?P<ticked>[0-9,]*)")


@dataclass(frozen=True)
class Room:
    """How much is said of each item, and of how many remarks, so that a long list still fits one message."""

    text: int
    reason: int
    remarks: int
    remark: int
    when: bool = True


_ROOMS = (Room(230, 300, 5, 400), Room(150, 120, 3, 200), Room(90, 60, 2, 150), Room(75, 0, 1, 100, when=False))


def card(checklist: Checklist) -> Message:
    """The one message of a checklist in the channel."""
    return fitting(lambda room: _card(checklist, room), _ROOMS)


def _card(checklist: Checklist, room: Room) -> Message:
    blocks: list[Block] = [header(f"Checklist of {checklist.window_id}: {_progress(checklist)}")]
    for phase in Phase:
        items = checklist.of(phase)
        if not items:
            continue
        blocks.append(section(mrkdwn("*{}*: {} of {} done", phase, sum(i.is_done for i in items), len(items))))
        for part, some in enumerate(checklist.boxes(phase)):
            boxes = _boxes(phase, part, some)
            blocks.append(actions([boxes], block_id=_block_id(checklist, phase, part, some)))
        blocks += _small([line for item in items if (line := _about(item, room))])
    blocks += _remarks(checklist, room)
    if checklist.closed_at is not None:
        blocks.append(section(_closed(checklist)))
    return Message(_sentence(checklist), tuple(blocks))


def _small(lines: Sequence[Mrkdwn]) -> list[Block]:
    """Small print, in as many texts as hold the lines whole."""
    texts: list[list[Mrkdwn]] = []
    for line in lines:
        if not texts or sum(len(one) + 1 for one in (*texts[-1], line)) > 2_000:
            texts.append([])
        texts[-1].append(line)
    return [context(*(joined("\n", text) for text in texts))] if texts else []


@dataclass(frozen=True)
class Boxes:
    """The boxes of one phase as a message showed them: the numbers of the items that were ticked."""

    window_id: str
    phase: Phase
    shown: frozenset[int]
    part: int = 0


def _block_id(checklist: Checklist, phase: Phase, part: int, items: Sequence[Item]) -> str:
    # With the version in it: a client that knows the block already keeps its own ticks and shows none of the others'.
    # With the ticks in it: a press brings the block's ID as its screen has it, but the message as it is by now.
    ticked = ",".join(str(item.number) for item in items if item.is_done)
    name = f"{phase.name}.{part}" if part else phase.name
    return f"{checklist.window_id}/{name}/{checklist.version}/{ticked}"


def boxes_of(block_id: str) -> Boxes | None:
    """What a block of ours showed; None for any other block."""
    found = _BLOCK_ID.fullmatch(block_id)
    if found is None or found["phase"] not in Phase.__members__:
        return None
    shown = frozenset(int(number) for number in found["ticked"].split(",") if number)
    return Boxes(found["window"], Phase[found["phase"]], shown, int(found["part"] or 0))


def _boxes(phase: Phase, part: int, items: Sequence[Item]) -> CheckboxesElement:
    options = [_option(item) for item in items]
    ticked = [option for option, item in zip(options, items, strict=True) if item.is_done]
    action_id = f"{TICK}_{phase.name}_{part}" if part else f"{TICK}_{phase.name}"
    return CheckboxesElement(action_id=action_id, options=options, initial_options=ticked or None)


def _option(item: Item) -> Option:
    text = short(f"{item.number}. {plain(item.text)}", OPTION)
    return Option(text=PlainTextObject(text=text), value=str(item.number))


def _about(item: Item, room: Room) -> Mrkdwn:
    """What the box cannot say: who did it or is to do it, and the whole text of a long one. Empty if nothing."""
    parts = [_standing(item, room)]
    if len(f"{item.number}. {item.text}") > OPTION < room.text:
        parts.insert(0, brief(item.text, room.text))
    said_of_it = [part for part in parts if part]
    return mrkdwn("{}. {}", item.number, joined(" · ", said_of_it)) if said_of_it else Mrkdwn("")


def _standing(item: Item, room: Room) -> Mrkdwn:
    if item.is_proven:
        evidence = mrkdwn(": {}", brief(item.evidence, room.reason)) if room.reason and item.evidence else ""
        return mrkdwn("ticked by the bot{}", evidence)
    if item.is_done:
        when = mrkdwn(" {}", local(item.done_at)) if item.done_at and room.when else ""
        return mrkdwn("done by {}{}", person(item.done_by), when)
    if item.waived_by:
        reason = mrkdwn(": {}", brief(item.waived, room.reason)) if room.reason and item.waived else ""
        return mrkdwn("waived by {}{}", _by(item.waived_by), reason)
    due = mrkdwn("due {}", both(item.due) if room.when else utc(item.due)) if item.due else Mrkdwn("")
    whom = mrkdwn("for {}", whom_of(item)) if item.assignee else Mrkdwn("")
    return joined(", ", [part for part in (whom, due) if part])


def whom_of(item: Item) -> Mrkdwn:
    """Who is to do it: a person, whoever has a role, or a role that nobody has."""
    named = person(item.assignee)
    if not named.startswith("<@"):
        return mrkdwn("{} (to be assigned)", item.assignee)
    return mrkdwn("{} ({})", named, item.role) if item.role else named


def _remarks(checklist: Checklist, room: Room) -> list[Block]:
    """Each is a block of its own with its words in plain text, so that none can look like another's."""
    blocks: list[Block] = []
    for kind, name in ((Kind.NOTE, "Notes"), (Kind.LESSON, "Lessons")):
        remarks = checklist.remarks(kind)
        if not remarks:
            continue
        more = len(remarks) > room.remarks
        title = mrkdwn("*{}* (the newest {} of {})", name, room.remarks, len(remarks)) if more else None
        blocks.append(section(title or mrkdwn("*{}*", name)))
        blocks += [_remark(one, room) for one in remarks[-room.remarks :]]
    return blocks


def _remark(note: Remark, room: Room) -> ContextBlock:
    words = short(" ".join(plain(note.text).split()), room.remark)
    head = mrkdwn("{} {}:", local(note.at), person(note.who))
    return ContextBlock(elements=[MarkdownTextObject(text=head), PlainTextObject(text=words or "…", emoji=False)])


def _closed(checklist: Checklist) -> Mrkdwn:
    reason = mrkdwn(": {}", brief(checklist.closed_reason, 300)) if checklist.closed_reason else Mrkdwn(".")
    return mrkdwn("Closed by {}{}", _by(checklist.closed_by), reason)


def _by(who: str) -> Mrkdwn:
    return Mrkdwn("the bot") if who == SYSTEM else person(who)


def _progress(checklist: Checklist) -> str:
    waived = sum(bool(item.waived_by) for item in checklist.items)
    return f"{checklist.done} of {len(checklist.items)} done" + (f", {waived} waived" if waived else "")


def _sentence(checklist: Checklist) -> Mrkdwn:
    return mrkdwn("The checklist of {}: {}.", checklist.window_id, _progress(checklist))


def shown(checklist: Checklist, url: str) -> Message:
    """The whole list in words, for whoever asked."""
    return fitting(lambda room: _shown(checklist, url, room), _ROOMS)


def _shown(checklist: Checklist, url: str, room: Room) -> Message:
    blocks: list[Block] = [section(mrkdwn("{} {}", _sentence(checklist), link(url, "Open it") if url else ""))]
    for phase in Phase:
        if items := checklist.of(phase):
            blocks += paragraphs([mrkdwn("*{}*", phase), *(_line(item, room) for item in items)])
    blocks += _remarks(checklist, room)
    if checklist.closed_at is not None:
        blocks.append(section(_closed(checklist)))
    blocks.append(
        context(Mrkdwn("`/checklist done 3` ticks, `/checklist undo 3` takes it back, `/checklist note …` notes."))
    )
    return Message(_sentence(checklist), tuple(blocks))


def _line(item: Item, room: Room) -> Mrkdwn:
    standing = _standing(item, room)
    sign = "☑" if item.is_done else "☒" if item.waived_by else "☐"
    return mrkdwn(
        "{} {}. {}{}", sign, item.number, brief(item.text, room.text), mrkdwn(" ({})", standing) if standing else ""
    )


def none_yet(window_id: str) -> Message:
    """The window has no checklist yet."""
    return said(mrkdwn("{} has no checklist yet. `/checklist start` posts it.", window_id))


def starting(window_id: str) -> Message:
    """While the checklist is being posted."""
    return said(mrkdwn("Posting the checklist of {}…", window_id))


def started(checklist: Checklist, url: str, *, is_new: bool) -> Message:
    """The answer to whoever started it."""
    where = "is in the window's thread" if checklist.thread_ts else "is in the channel"
    return said(
        mrkdwn(
            "The checklist of {} {}. {}",
            checklist.window_id,
            where if is_new else "was posted before",
            link(url, "Open it") if url else "",
        )
    )


def ticked(ticked: Ticked, *, is_done: bool) -> Message:
    """The answer to a tick by command; of items that were ticked before it says by whom."""
    text = mrkdwn("{}: {}.", "Done" if is_done else "Not done", _named(ticked.changed))
    if ticked.before:
        was = "Ticked before" if is_done else "Not ticked before"
        text = mrkdwn("{} {}: {}.", text, was, joined(", ", [_as_it_was(item) for item in ticked.before[:10]]))
    return said(mrkdwn("{} {}.", text, _progress(ticked.checklist)))


def _as_it_was(item: Item) -> Mrkdwn:
    by = mrkdwn(" (done by {})", _by(item.done_by)) if item.is_done else Mrkdwn("")
    return mrkdwn("{}. {}{}", item.number, brief(item.text, 100), by)


def waived(checklist: Checklist, numbers: Sequence[int]) -> Message:
    """The answer to whoever waived items."""
    return _changed(checklist, numbers, Mrkdwn("Waived"))


def _changed(checklist: Checklist, numbers: Sequence[int], what: Mrkdwn) -> Message:
    items = [checklist.items[number - 1] for number in numbers]
    return said(mrkdwn("{}: {}. {} of {} done.", what, _named(items), checklist.done, len(checklist.items)))


def _named(items: Sequence[Item]) -> Mrkdwn:
    names = [mrkdwn("{}. {}", item.number, brief(item.text, 100)) for item in items[:10]]
    more = len(items) - len(names)
    return mrkdwn("{}{}", joined(", ", names), f" and {more} more" if more > 0 else "")


def assigned(checklist: Checklist, numbers: Sequence[int]) -> Message:
    """The answer to whoever said who does what."""
    item = checklist.items[numbers[0] - 1]
    due = mrkdwn(", due {}", both(item.due)) if item.due else Mrkdwn("")
    return _changed(checklist, numbers, mrkdwn("For {}{}", whom_of(item), due))


def noted(checklist: Checklist, kind: Kind) -> Message:
    """The answer to a note or a lesson."""
    what = "The lesson is" if kind is Kind.LESSON else "Noted"
    return said(mrkdwn("{} in the checklist of {}.", what, checklist.window_id))


def ask_to_close(checklist: Checklist) -> Message:
    """What is open, and whether it is to be closed all the same."""
    items = checklist.open_items
    lines = [mrkdwn("☐ {}. {}", item.number, brief(item.text, 100)) for item in items]
    value = f"{checklist.window_id} {','.join(str(item.number) for item in items)}"
    button = ButtonElement(text="Close anyway", action_id=CLOSE_BUTTON, value=value)
    text = mrkdwn(
        "{} of {} items of {} are open, so the checklist was not closed.",
        len(items),
        len(checklist.items),
        checklist.window_id,
    )
    small = Mrkdwn("*Close anyway* asks for a reason and waives them; `/checklist done 3` ticks one.")
    return Message(text, (section(text), *paragraphs(lines), actions([button]), context(small)))


def closed(checklist: Checklist) -> Message:
    """The answer to whoever closed it."""
    return said(mrkdwn("The checklist of {} is closed: {}.", checklist.window_id, _progress(checklist)))
