"""An ops channel that is not there, or that nobody invited the bot to: said in /readyz, and over once it is mended."""

import aiohttp
import pytest

from bot.app import App
from bot.slack import directory
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from sandbox.workspace import BOT_USER
from tests.asking import answer
from tests.world import World


async def readiness(bot: App) -> tuple[int, str, str]:
    """The status code, the status and the reasons of /readyz."""
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{bot.port}/readyz") as told:
        said = await told.json()
    return told.status, said["status"], " ".join(said["reasons"])


async def test_a_channel_that_does_not_exist_is_named(slack: Slack, mongod: Mongod) -> None:
    """Commands are taken all the same; the reason names the setting."""
    async with World(slack, mongod.url(), {"OPS_CHANNEL": "#nope"}) as world:
        status, word, reasons = await readiness(world.bots[0])
        assert (status, word) == (200, "degraded")
        assert "#nope" in reasons
        assert "OPS_CHANNEL" in reasons
        assert "no role" in (await answer(slack, world.ann, "/ops", "whoami")).shown


async def test_a_bot_that_was_not_invited_says_so_until_it_is(slack: Slack, mongod: Mongod) -> None:
    """The reason has the words to type; after the invitation the bot is ready."""
    members = slack.workspace.channel("#ops-shared").members
    members.discard(BOT_USER)
    async with World(slack, mongod.url()) as world:
        status, word, reasons = await readiness(world.bots[0])
        assert (status, word) == (200, "degraded")
        assert "/invite @Ops Bot" in reasons
        members.add(BOT_USER)

        async def is_ready() -> bool:
            return (await readiness(world.bots[0]))[1] == "ready"

        await world.until(is_ready, "the bot to be ready")
    # The channel may have been read before the invitation.
    slack.refusals[:] = [one for one in slack.refusals if one.error != "not_in_channel"]


async def test_a_bot_that_was_removed_says_so_until_it_is_back(
    slack: Slack, mongod: Mongod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever removes it from the channel sees that in /readyz within a minute; so does whoever invites it again."""
    monkeypatch.setattr(directory, "MEMBER_FOR", 0.0)
    members = slack.workspace.channel("#ops-shared").members
    async with World(slack, mongod.url()) as world:
        assert (await readiness(world.bots[0]))[1] == "ready"
        for change, wanted in ((members.discard, "degraded"), (members.add, "ready")):
            change(BOT_USER)

            async def is_so(wanted: str = wanted) -> bool:
                _, word, reasons = await readiness(world.bots[0])
                return word == wanted and ("/invite @Ops Bot" in reasons) == (wanted == "degraded")

            await world.until(is_so, f"the bot to be {wanted}")
    slack.refusals[:] = [one for one in slack.refusals if one.error != "not_in_channel"]


async def test_a_token_that_is_revoked_is_named(slack: Slack, mongod: Mongod, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connections may stay, and nothing can be posted any more: /readyz says which setting to look at."""
    monkeypatch.setattr(directory, "MEMBER_FOR", 0.0)
    async with World(slack, mongod.url()) as world:
        slack.faults.add("error", "conversations.info", count=None, value="token_revoked")

        async def is_told() -> bool:
            status, word, reasons = await readiness(world.bots[0])
            return (status, word) == (200, "degraded") and "(token_revoked); look at SLACK_BOT_TOKEN" in reasons

        await world.until(is_told, "the token to be named")


async def test_a_command_from_the_channel_makes_nobody_its_member(slack: Slack, mongod: Mongod) -> None:
    """A slash command needs no bot in the channel: one that comes while Slack lists the bot's own proves nothing."""
    slack.workspace.channel("#ops-shared").members.discard(BOT_USER)
    slack.faults.add("error", "conversations.list", count=None, value="fatal_error")  # as if it were private
    async with World(slack, mongod.url()) as world:
        slack.faults.add("latency", "users.conversations", count=None, value=0.3)
        known = len(slack.calls_of("users.conversations"))
        await slack.until(lambda: len(slack.calls_of("users.conversations")) > known, "a look at the bot's channels")
        await answer(slack, world.ann, "/ops", "whoami")

        async def is_told() -> bool:
            return "/invite @Ops Bot" in (await readiness(world.bots[0]))[2]

        await world.until(is_told, "that the bot is to be invited")
    slack.refusals[:] = [one for one in slack.refusals if one.error != "not_in_channel"]


async def test_slack_is_asked_once_for_what_one_answer_says(world: World) -> None:
    """The list of the bot's own channels says that it is a member, and who opens an incident what they are called."""
    await answer(world.slack, world.ann, "/incident", "open sev2 checkout is down")
    (told,) = await world.stored("timeline", kind="opened")
    assert told["author"]
    await world.round()  # in which a job sees to it that the bot is in the channel
    asked = {method: len(world.slack.calls_of(method)) for method in ("users.conversations", "users.info")}
    assert asked == {"users.conversations": 1, "users.info": 1}
    assert world.slack.calls_of("conversations.info") == []
