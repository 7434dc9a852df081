"""What is said of a checklist in its window's thread: a tick that is not true any more, what is still open."""

from collections.abc import Sequence

from bot.domain.checklist import Checklist, Item
from bot.slack.mrkdwn import Mrkdwn, mrkdwn, person
from bot.slack.views.checklist import whom_of
from bot.slack.views.parts import Message, brief, context, paragraphs, said, section


def unproven(item: Item, why: str) -> Message:
    """A tick of the bot's that is not true any more."""
    whom = mrkdwn(" {}, please look.", whom_of(item)) if item.assignee else Mrkdwn(" Somebody please look.")
    return said(
        mrkdwn(":warning: {}. “{}” is not ticked any more: {}.{}", item.number, item.text, brief(why, 500), whom)
    )


def still_open(checklist: Checklist, items: Sequence[Item], whom: str) -> Message:
    """What is still to be done after a window."""
    text = mrkdwn(
        "The time of {} is over, and {} still open. {}",  # whether it has ended is asked elsewhere
        checklist.window_id,
        "1 item of its checklist is" if len(items) == 1 else f"{len(items)} items of its checklist are",
        mrkdwn("{}, please see to it.", person(whom))
        if whom
        else "on-call is to be assigned: somebody please see to it.",
    )
    lines = [
        mrkdwn("☐ {}. {}{}", i.number, brief(i.text, 100), mrkdwn(", for {}", whom_of(i)) if i.assignee else "")
        for i in items
    ]
    small = mrkdwn(
        "Here in the thread: `@Ops Bot done {}`, or `@Ops Bot waive {} REASON` for what nobody will do.",
        items[0].number,
        items[0].number,
    )
    return Message(text, (section(text), *paragraphs(lines), context(small)))
