"""Answers that Slack does not take: the act is done all the same, and nobody is told otherwise."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from sandbox.child import mortal
from sandbox.sight import Post
from tests.asking import answer
from tests.test_incident import ID
from tests.world import World

ROOT = Path(__file__).parents[1]
NOWHERE = "http://127.0.0.1:9"  # the port of "discard", where nothing listens


async def test_an_answer_that_cannot_be_posted_where_it_belongs_is_whispered(world: World) -> None:
    """The address of the command cannot be reached, or is not known any more: an ephemeral message says the same."""
    slack = world.slack
    slack.hooks.base, base = NOWHERE, slack.hooks.base
    told = await answer(slack, world.ann, "/incident", "open sev2 checkout is down")
    assert ID.search(told.shown)
    assert "is open" in told.shown
    slack.hooks.base = base
    card = await slack.shows("checkout is down", "Opened by")
    with slack.expects("no_service"):
        await world.ann.clicks("Take it", card)
        slack.hooks.forget()
        await world.ann.sees("is already owned by")
    assert not any("Something went wrong" in post.shown for post in world.ann.ephemerals)


@pytest.mark.long
async def test_an_answer_waits_as_long_as_slack_asks(world: World) -> None:
    """Slack limits whispers: the answer comes when the time is over, and is not tried before."""
    slack = world.slack
    slack.hooks.base = NOWHERE
    slack.faults.add("rate_limited", "chat.postEphemeral", value=0.4)
    assert "no role" in (await answer(slack, world.ann, "/ops", "whoami")).shown
    limited, taken = slack.calls_of("chat.postEphemeral")
    assert limited.status == 429
    assert (taken.at - limited.at).total_seconds() >= 0.4


async def test_where_nothing_can_be_whispered_it_is_said_directly(world: World) -> None:
    """The bot is not in the channel where it was asked: a direct message, which unfolds no link that people wrote."""
    slack = world.slack
    await answer(slack, world.ann, "/incident", "open sev2 see https://example.com/graph")
    slack.hooks.base = NOWHERE
    with slack.expects("not_in_channel"):
        await world.ann.says("/incident", "list", channel="#general")
        await slack.until(lambda: any("example.com" in post.shown for post in direct(world)), "the list")
    (call,) = (one for one in slack.calls_of("chat.postMessage") if one.args["channel"] == world.ann.id)
    assert (call.args["unfurl_links"], call.args["unfurl_media"]) == (False, False)


def direct(world: World) -> list[Post]:
    """What the bot said to Ann alone, in their direct conversation."""
    return [post for post in world.ann.posts if post.channel == world.slack.workspace.direct(world.ann.id).id]


@pytest.mark.long
async def test_that_nobody_could_be_told_is_no_failure_of_the_act(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """The note is there; the log says that its author could not be told, and counts the command as done."""
    slack = world.slack
    await answer(slack, world.ann, "/incident", "open sev2 checkout is down")
    card = await slack.shows("checkout is down", "Opened by")
    slack.hooks.base = NOWHERE
    slack.faults.add("status", "chat.postEphemeral", count=None, value=500)
    await world.ann.says("/incident", "note the disk is full")
    await slack.shows("Note by @ann: the disk is full", thread=card)
    logged = ""

    async def is_logged() -> bool:
        nonlocal logged
        logged += capsys.readouterr().out
        return "could not tell the person" in logged and logged.count("worked") == 2

    await world.until(is_logged, "the log")
    assert "outcome=ok" in logged
    assert "unexpected error" not in logged
    slack.faults.clear()


@pytest.mark.long
async def test_work_goes_on_where_nobody_hears_of_it(world: World) -> None:
    """That it takes a while could not be said: the incident is opened, and its answer comes."""
    slack = world.slack
    slack.hooks.base = NOWHERE
    slack.faults.add("latency", "chat.postMessage", value=1.2)
    slack.faults.add("error", "chat.postEphemeral", value="fatal_error")
    await world.ann.says("/incident", "open sev2 checkout is down")
    await slack.shows("checkout is down", "Opened by")
    await world.ann.sees("is open", "Write in")


async def test_the_log_names_what_was_pressed(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where one handler takes many buttons."""
    await answer(world.slack, world.ann, "/checklist", "start")
    card = await world.slack.shows("Checklist of")
    await world.ann.ticks("1. Announce the window", card)
    logged = ""

    async def is_logged() -> bool:
        nonlocal logged
        logged += capsys.readouterr().out
        return "what='action checklist_tick'" in logged

    await world.until(is_logged, "the log")
    assert "unknown" not in logged


async def test_sigterm_while_python_still_imports_ends_with_0(tmp_path: Path) -> None:
    """A supervisor that changes its mind at once sees a bot that stopped as asked."""
    (tmp_path / "aiohttp.py").write_text("import sys, time\nprint('importing', flush=True)\ntime.sleep(60)\n")
    environment = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "PATH": os.environ["PATH"]}
    bot = await asyncio.create_subprocess_exec(
        *mortal([sys.executable, "-m", "bot"]), cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert bot.stdout is not None
    async with asyncio.timeout(30):
        assert await bot.stdout.readline() == b"importing\n"
        bot.send_signal(signal.SIGTERM)
        assert await bot.wait() == 0
