"""What a checklist looks like: four phases with tick boxes, progress, and who ticked what when."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    ContextBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
)

from bot.domain.checklist import Checklist, Item, Phase, Remark, Ticked
from bot.slack.mrkdwn import Mrkdwn, joined, link, local, mrkdwn, person, plain
from bot.slack.views.parts import Message, actions, context, header, said, section, short

TICK = "checklist_tick"
REMARKS = 5

_BLOCK_ID = re.compile(r"(?P<window>[^/]+)/(?P<phase>[A-Z]+)/[0-9]+/(?P<ticked>[0-9,]*)")


def card(checklist: Checklist) -> Message:
    """The one message of a checklist in the channel."""
    blocks: list[Block] = [header(f"Checklist of {checklist.window_id}: {_progress(checklist)}")]
    for phase in Phase:
        items = checklist.of(phase)
        blocks.append(section(mrkdwn("*{}*: {} of {} done", phase, sum(i.is_done for i in items), len(items))))
        blocks.append(actions([_boxes(phase, items)], block_id=_block_id(checklist, phase)))
        done = [_done(item) for item in items if item.is_done]
        if done:
            blocks.append(context(joined("\n", done)))
    if checklist.notes:
        blocks += _remarks(checklist.notes)
    return Message(_sentence(checklist), tuple(blocks))


@dataclass(frozen=True)
class Boxes:
    """The boxes of one phase as a message showed them: the numbers of the items that were ticked."""

    window_id: str
    phase: Phase
    shown: frozenset[int]


def _block_id(checklist: Checklist, phase: Phase) -> str:
    # With the version in it: a client that knows the block already keeps its own ticks and shows none of the others'.
    # With the ticks in it: a press brings the block's ID as its screen has it, but the message as it is by now.
    ticked = ",".join(str(item.number) for item in checklist.of(phase) if item.is_done)
    return f"{checklist.window_id}/{phase.name}/{checklist.version}/{ticked}"


def boxes_of(block_id: str) -> Boxes | None:
    """What a block of ours showed; None for any other block."""
    found = _BLOCK_ID.fullmatch(block_id)
    if found is None or found["phase"] not in Phase.__members__:
        return None
    shown = frozenset(int(number) for number in found["ticked"].split(",") if number)
    return Boxes(found["window"], Phase[found["phase"]], shown)


def _boxes(phase: Phase, items: Sequence[Item]) -> CheckboxesElement:
    options = [_option(item) for item in items]
    ticked = [option for option, item in zip(options, items, strict=True) if item.is_done]
    return CheckboxesElement(action_id=f"{TICK}_{phase.name}", options=options, initial_options=ticked or None)


def _option(item: Item) -> Option:
    return Option(text=PlainTextObject(text=short(f"{item.number}. {item.text}", 75)), value=str(item.number))


def _done(item: Item) -> Mrkdwn:
    when = local(item.done_at) if item.done_at else Mrkdwn("")
    return mrkdwn("{}. done by {} {}", item.number, person(item.done_by), when)


def _remarks(notes: Sequence[Remark]) -> list[Block]:
    """Each note is a block of its own with its words in plain text, so that none can look like another's."""
    more = len(notes) - REMARKS
    title = mrkdwn("*Notes* (the newest {} of {})", REMARKS, len(notes)) if more > 0 else Mrkdwn("*Notes*")
    return [section(title), *(_remark(note) for note in notes[-REMARKS:])]


def _remark(note: Remark) -> ContextBlock:
    words = short(" ".join(plain(note.text).split()), 400)
    head = mrkdwn("{} {}:", local(note.at), person(note.who))
    return ContextBlock(elements=[MarkdownTextObject(text=head), PlainTextObject(text=words or "…", emoji=False)])


def _progress(checklist: Checklist) -> str:
    return f"{checklist.done} of {len(checklist.items)} done"


def _sentence(checklist: Checklist) -> Mrkdwn:
    return mrkdwn("The checklist of {}: {}.", checklist.window_id, _progress(checklist))


def shown(checklist: Checklist, url: str) -> Message:
    """The whole list in words, for whoever asked."""
    head = mrkdwn("{} {}", _sentence(checklist), link(url, "Open it") if url else "")
    blocks: list[Block] = [section(head)]
    for phase in Phase:
        lines = [
            mrkdwn("{} {}. {}{}", "☑" if item.is_done else "☐", item.number, item.text, _by(item))
            for item in checklist.of(phase)
        ]
        blocks.append(section(joined("\n", [mrkdwn("*{}*", phase), *lines])))
    if checklist.notes:
        blocks += _remarks(checklist.notes)
    blocks.append(
        context(Mrkdwn("`/checklist done 3` ticks, `/checklist undo 3` takes it back, `/checklist note …` notes."))
    )
    return Message(_sentence(checklist), tuple(blocks))


def _by(item: Item) -> Mrkdwn:
    return mrkdwn(" (done by {})", person(item.done_by)) if item.is_done else Mrkdwn("")


def none_yet(window_id: str) -> Message:
    """The window has no checklist yet."""
    return said(mrkdwn("{} has no checklist yet. `/checklist start` posts it.", window_id))


def starting(window_id: str) -> Message:
    """While the checklist is being posted."""
    return said(mrkdwn("Posting the checklist of {}…", window_id))


def started(checklist: Checklist, url: str, *, is_new: bool) -> Message:
    """The answer to whoever started it."""
    sentence = "is in the channel" if is_new else "was posted before"
    return said(
        mrkdwn("The checklist of {} {}. {}", checklist.window_id, sentence, link(url, "Open it") if url else "")
    )


def ticked(ticked: Ticked, *, is_done: bool) -> Message:
    """The answer to a tick by command; of items that were ticked before it says by whom."""
    items = ", ".join(f"{item.number}. {item.text}" for item in ticked.changed)
    text = mrkdwn("{}: {}.", "Done" if is_done else "Not done", items)
    if ticked.before:
        was = "Ticked before" if is_done else "Not ticked before"
        text = mrkdwn("{} {}: {}.", text, was, joined(", ", [_as_it_was(item) for item in ticked.before]))
    return said(mrkdwn("{} {}.", text, _progress(ticked.checklist)))


def _as_it_was(item: Item) -> Mrkdwn:
    return mrkdwn("{}. {}{}", item.number, item.text, _by(item))


def noted(checklist: Checklist) -> Message:
    """The answer to a note."""
    return said(mrkdwn("Noted in the checklist of {}.", checklist.window_id))
