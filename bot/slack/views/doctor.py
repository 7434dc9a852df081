"""What /ops doctor shows: what is to be mended, then in small print what is as it should be."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot.domain.doctor import Diagnosis, Line, Verdict
from bot.slack.mrkdwn import Mrkdwn, both, escape, joined, mrkdwn
from bot.slack.views.parts import Message, brief, context, header, paragraphs, said

FOUND = 300  # characters of what one line tells
_TOGETHER = 6  # lines of small print in a block, which takes 2000 characters
_NAMED = 5


def looking() -> Message:
    """While the checks are made."""
    return said(Mrkdwn("Looking at Slack, MongoDB, the services and the settings; that takes a few seconds…"))


def told(diagnosis: Diagnosis) -> Message:
    """All lines, the worst first, each with the word and, where there is something to mend, the sentence for it."""
    troubles = [*diagnosis.of(Verdict.FAIL), *diagnosis.of(Verdict.WARN)]
    well = [_line(line) for line in diagnosis.of(Verdict.OK)]
    blocks: list[Block] = [header(_headline(diagnosis)), *paragraphs([_line(line) for line in troubles])]
    blocks += [context(joined("\n", well[at : at + _TOGETHER])) for at in range(0, len(well), _TOGETHER)]
    blocks.append(context(mrkdwn("Looked {}", both(diagnosis.at))))
    return Message(sentence(diagnosis), tuple(blocks))


def sentence(diagnosis: Diagnosis) -> Mrkdwn:
    """The diagnosis in a sentence, with the names of what is to be mended."""
    failing, warned = diagnosis.of(Verdict.FAIL), diagnosis.of(Verdict.WARN)
    if not failing and not warned:
        return mrkdwn("All {} checks are OK.", len(diagnosis.lines))
    parts = [mrkdwn("FAIL: {}", _named(failing))] if failing else []
    parts += [mrkdwn("WARN: {}", _named(warned))] if warned else []
    return mrkdwn("{} of {} checks are OK. {}.", len(diagnosis.of(Verdict.OK)), len(diagnosis.lines),
                  joined("; ", parts))  # fmt: skip


def _named(lines: Sequence[Line]) -> Mrkdwn:
    topics = list(dict.fromkeys(line.topic for line in lines))
    more = len(topics) - _NAMED
    return joined(", ", [escape(topic) for topic in topics[:_NAMED]]) + (f" and {more} more" if more > 0 else "")


def _headline(diagnosis: Diagnosis) -> str:
    return {
        Verdict.OK: "All is as it should be",
        Verdict.WARN: "The bot works; something is to be mended",
        Verdict.FAIL: "Something does not work until it is mended",
    }[diagnosis.worst]


def _line(line: Line) -> Mrkdwn:
    text = mrkdwn("*{}*  {}: {}", str(line.verdict), line.topic, brief(line.found, FOUND))
    return text + mrkdwn("\n> {}", line.remedy) if line.remedy else text
