"""The forms about checklists: the template's items by phase, and why one is closed with items open."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.domain.checklist import Phase
from bot.domain.checklist_template import TAGS, Template
from bot.domain.wording import counted, so_many
from bot.slack.mrkdwn import Mrkdwn, both, mrkdwn, person
from bot.slack.views.parts import Message, brief, context, divider, paragraphs, said, section

TEMPLATE_FORM = "checklist_template_form"
CLOSE_FORM = "checklist_close_form"
REASON_BLOCK = "reason"
INPUT = "value"
REASON_LIMIT = 300
PHASE_LIMIT = 3_000  # characters that Slack's input takes

SYNTAX = "An item a line. `[bot:loki]` has the bot tick it, `@on-call` says who does it, `by start-30m` until when."


def template_form(template: Template, channel: str) -> View:
    """The items of each phase; `private_metadata` has the channel and the version that is shown."""
    blocks: list[Block] = [section(mrkdwn("{}", SYNTAX)), context(mrkdwn("The bot can prove: {}.", ", ".join(TAGS)))]
    for phase in Phase:
        element = PlainTextInputElement(
            action_id=INPUT, multiline=True, max_length=PHASE_LIMIT, initial_value=template.of(phase) or None
        )
        blocks.append(InputBlock(block_id=phase.name, label=phase.value, element=element, optional=True))
    return View(
        type="modal",
        callback_id=TEMPLATE_FORM,
        title="Checklist template",
        submit="Save",
        close="Cancel",
        private_metadata=f"{channel} {template.version}",
        blocks=blocks,
    )


def close_form(channel: str, window_id: str, numbers: Sequence[int]) -> View:
    """Why the open items are not done; `private_metadata` has the channel, the window and the items."""
    what = f"{so_many(len(numbers), 'item')} open."
    reason = PlainTextInputElement(action_id=INPUT, multiline=True, max_length=REASON_LIMIT, focus_on_load=True)
    return View(
        type="modal",
        callback_id=CLOSE_FORM,
        title="Close the checklist",
        submit="Close anyway",
        close="Cancel",
        private_metadata=f"{channel} {window_id} {','.join(map(str, numbers))}",
        blocks=[
            section(mrkdwn("*{}* {}", window_id, what)),
            InputBlock(block_id=REASON_BLOCK, label="Why is it not done?", element=reason),
        ],
    )


def template(found: Template, newest: int) -> Message:
    """One version of the template, as it is written."""
    by = mrkdwn(" Saved by {} {}.", person(found.saved_by), both(found.saved_at)) if found.saved_at else Mrkdwn("")
    name = "the guide's own" if found.version == 0 else f"version {found.version}"
    items = counted(len(found.lines), "item")
    text = mrkdwn("The checklist's template is {}: {}.", name, items)
    if found.version != newest:
        text = mrkdwn("This is {} of the checklist's template: {}.", name, items)
    blocks: list[Block] = [section(text + by)]
    for phase in Phase:
        lines = [mrkdwn("• {}", brief(line.typed, 260)) for line in found.lines if line.phase is phase]
        if lines:
            blocks += paragraphs([mrkdwn("*{}*", phase), *lines])
    kept = f"versions 0 to {newest} are kept" if newest else "each version is kept"
    blocks.append(context(mrkdwn("`/checklist template` changes it; {}.", kept)))
    return Message(text, tuple(blocks))


def saved(found: Template, was: int) -> Message:
    """The answer to whoever saved the template."""
    if found.version == was:
        return said(mrkdwn("Nothing is different, so the template stays version {}.", was))
    return said(
        mrkdwn(
            "The checklist's template is version {} now: {}. Checklists that were started keep their items.",
            found.version,
            counted(len(found.lines), "item"),
        )
    )


def not_saved(problem: Mrkdwn, typed: Sequence[tuple[str, str]]) -> Message:
    """Somebody else saved a version meanwhile; what was typed is given back, so that it is not lost."""
    blocks: list[Block] = [section(problem), divider()]
    for phase, text in typed:
        if text:
            blocks += paragraphs(
                [mrkdwn("*{}*", phase), *(mrkdwn("{}", brief(line, 260)) for line in text.splitlines())]
            )
    return Message(problem, tuple(blocks))
