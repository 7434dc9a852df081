"""What every view is made of: a message, and the few kinds of block, within Slack's limits.

Limits: https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message, 3000 characters a section).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    InteractiveElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.slack.mrkdwn import Mrkdwn, as_written, escape, joined, mrkdwn, plain, undated

MAX_BLOCKS = 50
MAX_SECTION = 3000
MAX_TITLE = 150  # characters that a title has at most
MOST_LINES, SHORTEST_LINE = 8, 20  # of a text among other lines; characters that are worth beginning a line for
MAX_TEXT = 12_500  # characters of all texts together; Slack takes some 13,200 (slackapi/bolt-js#2509)
MAX_SENTENCE = 3_900  # bytes of a message's `text`: with more than 4,000 of them Slack lets no message be edited


@dataclass(frozen=True)
class Message:
    """What one message shows. `text` is the full sentence that notifications and screen readers read."""

    text: Mrkdwn
    blocks: tuple[Block, ...] = ()

    def payload(self) -> dict[str, Any]:
        """The fields of chat.postMessage, chat.update and response_url that carry the content."""
        body: dict[str, Any] = {"text": _sentence(undated(self.text) if self.blocks else self.text)}
        if self.blocks:
            body["blocks"] = [block.to_dict() for block in self.blocks[:MAX_BLOCKS]]
        return body


T = TypeVar("T")


def fitting(build: Callable[[T], Message], sizes: Sequence[T]) -> Message:
    """The message in the first of these sizes in which Slack takes all its texts, else in the last."""
    for size in sizes[:-1]:
        message = build(size)
        if _length(message.payload()) <= MAX_TEXT:
            return message
    return build(sizes[-1])


def _length(part: Any) -> int:
    if isinstance(part, dict):
        texts = (
            len(value) if name == "text" and isinstance(value, str) else _length(value) for name, value in part.items()
        )
        return sum(texts)
    return sum(map(_length, part)) if isinstance(part, list) else 0


def short(text: str, limit: int) -> str:
    """`text` cut to `limit` characters with an ellipsis, never in the middle of an escape."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    amp = cut.rfind("&")
    if amp > len(cut) - 6 and ";" not in cut[amp:]:
        cut = cut[:amp]
    return cut.rstrip() + "…"


def _sentence(text: Mrkdwn) -> str:
    """`text` in as many bytes as an edit may have; a character of some scripts takes three or four of them."""
    cut = short(text, MAX_SECTION)
    while (surplus := len(cut.encode()) - MAX_SENTENCE) > 0:
        cut = short(text, len(cut) - (surplus + 3) // 4)
    return cut


def brief(text: str, limit: int) -> Mrkdwn:
    """A person's text, escaped, and then cut to `limit` characters: escapes make it up to five times as long.

    Only three backticks reach over the end of a line in Slack, until the next three, which may be somebody else's:
    where they close nothing here, as after a cut, they are changed.
    """
    cut = Mrkdwn(short(escape(text), limit))
    is_closed = cut.count("```") % 2 == 0 and "````" not in cut
    return cut if is_closed else Mrkdwn(cut.replace("```", "``’"))


def one_line(text: str, limit: int) -> Mrkdwn:
    """A person's text among other lines, cut: it breaks no line and opens no block: it looks like no line of ours."""
    return brief(" ".join(text.split()), limit)


def titled(text: str, limit: int = MAX_TITLE) -> Mrkdwn:
    """A title among other words, as it was written, cut to `limit` characters; with its escapes at most twice as long.

    One of hardly anything but signs would be longer: it is formatted rather than cut, but opens no block.
    """
    line = as_written(short(" ".join(text.split()), limit))
    return line if len(line) <= 2 * limit else one_line(text.replace("```", "``’"), 2 * limit)


def some_lines(label: str, text: str, limit: int) -> Mrkdwn:
    """`label: text` among other lines; a text of several lines keeps them below the label, each marked as quoted, so

    that none of them looks like a line of ours. Cut to `limit` characters and `MOST_LINES` lines.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2:
        return mrkdwn("{}: {}", label, one_line(text, limit))
    shown: list[Mrkdwn] = [mrkdwn("{}:", label)]
    for line in lines[:MOST_LINES]:
        if limit < SHORTEST_LINE:
            break
        shown.append(mrkdwn("> {}", one_line(line, limit)))
        limit -= len(shown[-1])
    if len(shown) <= len(lines):
        shown.append(Mrkdwn("> …"))
    return joined("\n", shown)


def in_full(text: str) -> Mrkdwn:
    """A person's text after a colon of ours: one line as it is, of several each marked as quoted (see `some_lines`)."""
    lines = text.strip().splitlines()
    if len(lines) < 2:
        return mrkdwn("{}", text)
    return joined("\n", [Mrkdwn(""), *(mrkdwn("> {}", line) for line in lines)])


def section(text: Mrkdwn, accessory: InteractiveElement | None = None, block_id: str | None = None) -> SectionBlock:
    """A paragraph, with one element at its right if wanted."""
    shown = short(text, MAX_SECTION) or " "  # Slack refuses a block without text
    return SectionBlock(text=MarkdownTextObject(text=shown), accessory=accessory, block_id=block_id)


def still(text: Mrkdwn) -> SectionBlock:
    """A paragraph in which Slack makes a link of nothing by itself: addresses that people wrote are words in it.

    https://docs.slack.dev/reference/block-kit/composition-objects/text-object
    """
    return SectionBlock(text=MarkdownTextObject(text=short(text, MAX_SECTION) or " ", verbatim=True))


def paragraphs(lines: Sequence[Mrkdwn], *, stills: bool = False) -> list[Block]:
    """Lines in as few sections as hold them; a cut through a line could fall into a link or a mention.

    `stills`: as `still` makes them.
    """
    block = still if stills else section
    blocks: list[Block] = []
    held: list[Mrkdwn] = []
    for line in lines:
        if held and sum(len(one) + 1 for one in (*held, line)) > MAX_SECTION:
            blocks.append(block(joined("\n", held)))
            held = []
        held.append(line)
    return [*blocks, block(joined("\n", held))] if held else blocks


def quoted(text: str) -> SectionBlock:
    """A person's words as they were typed, in a block of their own where Slack interprets nothing."""
    return SectionBlock(text=PlainTextObject(text=short(plain(text), MAX_SECTION) or " ", emoji=False))


def fields(*texts: Mrkdwn) -> SectionBlock:
    """Up to ten short texts in two columns."""
    return SectionBlock(fields=[MarkdownTextObject(text=short(t, 2000) or " ") for t in texts[:10]])


def header(text: str) -> HeaderBlock:
    """A large line of plain text (150 characters at most)."""
    return HeaderBlock(text=PlainTextObject(text=short(plain(text), 150) or " ", emoji=False))


def context(*texts: Mrkdwn) -> ContextBlock:
    """Small print: up to ten short texts."""
    return ContextBlock(elements=[MarkdownTextObject(text=short(t, 2000) or " ") for t in texts[:10]])


def actions(elements: Iterable[InteractiveElement], block_id: str | None = None) -> ActionsBlock:
    """A row of buttons and menus."""
    return ActionsBlock(elements=list(elements), block_id=block_id)


def divider() -> DividerBlock:
    """A thin line."""
    return DividerBlock()


def said(text: Mrkdwn) -> Message:
    """A message that is one paragraph."""
    return Message(Mrkdwn(short(text, MAX_SECTION)), (section(text),))
