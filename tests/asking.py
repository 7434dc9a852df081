"""What tests of conversations share: a question and its private answer, and payloads of their own making."""

from typing import Any

from sandbox.payloads import Payloads, Typed
from sandbox.people import Person
from sandbox.sight import Post
from sandbox.slack import Slack


async def answer(slack: Slack, who: Person, command: str, words: str = "", *, channel: str = "#ops-shared") -> Post:
    """The private answer to a command: the next message that only this person sees."""
    before = len(who.ephemerals)
    await who.says(command, words, channel=channel)
    return await slack.until(lambda: who.ephemerals[before], f"an answer to {command} {words[:50]}")


async def answer_to_mention(slack: Slack, who: Person, words: str, *, thread: Post | None = None) -> Post:
    """The private answer to `@Ops Bot …`, in the channel or in a thread."""
    before = len(who.ephemerals)
    await who.writes(f"@Ops Bot {words}", thread=thread)
    return await slack.until(lambda: who.ephemerals[before], f"an answer to the mention {words[:50]}")


async def typed(slack: Slack, who: Person, command: str, words: str = "", channel: str = "#ops-shared") -> Post:
    """The private answer to a command that Slack's client would not offer, delivered all the same."""
    before = len(who.ephemerals)
    where = slack.workspace.channel(channel)
    url = slack.hooks.issue(who.id, where.id)
    payload = Payloads(slack.workspace).command(who.id, Typed(command, words, where), url)
    await slack.delivery.ask("slash_commands", payload)
    return await slack.until(lambda: who.ephemerals[before], f"an answer to {command}")


def posted_by_bot(slack: Slack) -> list[Any]:
    """Everything that the bot has in channels and threads, as it is now: to compare before and after."""
    messages = [one for channel in slack.workspace.messages.values() for one in channel.values()]
    return [(one.ts, one.text, one.blocks, one.metadata) for one in messages if not one.ephemeral_to]
