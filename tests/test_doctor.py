"""The doctor in Slack and from the shell, on the strict sandbox and a real mongod: what it finds, what mends it."""

import asyncio
import io
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot import shell
from bot.commands.table import SCOPES
from bot.doctor import from_outside
from bot.settings import load
from handlers import call
from sandbox.child import mortal
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from sandbox.workspace import BOT_USER
from tests.asking import answer, answer_to_mention, shared_world, strict
from tests.world import SWITCHED_OFF, World

ROOT = Path(__file__).parents[1]
TOKEN = "canary-webhook-token"
CANARIES = {
    "ALERT_WEBHOOK_TOKEN": TOKEN,
    "GRAFANA_PASSWORD": "canary-grafana",
    "LLM_API_KEY": "canary-llm",
    "PHONE_BRIDGE": "canary-phone",
}
SHARED = pytest.mark.asyncio(loop_scope="module")


def at(mongod: Mongod) -> str:
    """A database that nobody used yet."""
    return mongod.url(f"doctor_{secrets.token_hex(6)}")


async def examined(slack: Slack, mongodb_url: str, **settings: str) -> tuple[int, str]:
    """What `python -m bot doctor` says, with its exit status."""
    environment = {**slack.environment(), **SWITCHED_OFF, **CANARIES, "MONGODB_URL": mongodb_url, **settings}
    out = io.StringIO()
    async with from_outside(load((), environment)) as desk:
        status = await shell.doctor(desk, out)
    text = out.getvalue()
    for secret in ("canary", slack.credentials.bot_token, slack.credentials.app_token):
        assert secret not in text
    return status, text


def line(text: str, topic: str) -> str:
    """The line on a topic with its remedy, its spaces made one."""
    lines = text.splitlines()
    number = next(n for n, one in enumerate(lines) if one[6:].startswith(f"{topic} "))
    remedy = lines[number + 1] if "→" in lines[number + 1] else ""
    return " ".join(f"{lines[number]} {remedy}".split())


# In Slack


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(mongod: Mongod) -> AsyncIterator[World]:
    """One world for the conversations, whose bot's clock is the machine's, as a server's Date header is."""
    async with shared_world(mongod, CANARIES) as world:
        world.clock.set(str(datetime.now(UTC).replace(tzinfo=None)))
        yield world


@SHARED
async def test_the_doctor_looks_at_the_running_bot(shared: World) -> None:
    """`/ops doctor`, anywhere and as a mention, tells each line with OK; the bot's own sockets are among them."""
    for told in (
        await answer(shared.slack, shared.bob, "/ops", "doctor"),
        await answer(shared.slack, shared.bob, "/ops", "doctor", channel="#random"),
        await answer_to_mention(shared.slack, shared.bob, "doctor"),
    ):
        assert re.fullmatch(r"All \d+ checks are OK\.", told.text)
        for words in (
            "*OK*  bot token: Slack knows it as opsbot in Sandbox",
            f"*OK*  scopes: all {len(SCOPES)} of the manifest",
            "*OK*  clock: within 5 s of Slack's",
            "*OK*  channel: the bot is in #ops-shared",
            "*OK*  sockets: 2 of 2 are connected, last sign of life ",
            "*OK*  mongodb rights: the bot reads, writes and deletes",
            "*OK*  mongodb durability: a single server, no replica set: writes count once",
            "*OK*  mongodb indexes: all ",
            "*OK*  outbox: nothing refused",
            "*OK*  loki: switched off in the settings",
            "*OK*  webhook token: set, and long enough",
        ):
            assert words in told.shown
        assert "canary" not in str(told.raw)
    assert await shared.documents("doctor") == []
    assert shared.slack.channel().by_bot == []


@SHARED
async def test_a_doctor_who_takes_a_while_says_so(shared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack is slow: the command is acknowledged at once, "Looking at …" comes, then the diagnosis."""
    monkeypatch.setattr(call, "PATIENCE", 0.1)
    shared.slack.faults.add("latency", "auth.test", value=0.5)
    before = len(shared.ann.ephemerals)
    outcome = await shared.ann.says("/ops", "doctor")
    assert outcome.acked_in is not None
    assert len(shared.ann.ephemerals) <= before + 1, "the acknowledgement waited for the diagnosis"
    told = await shared.slack.until(lambda: shared.ann.ephemerals[before + 1], "two messages")
    assert shared.ann.ephemerals[before].shown.startswith("Looking at Slack, MongoDB")
    assert "checks are OK" in told.text


@SHARED
async def test_the_worst_comes_first_with_the_sentence_that_mends_it(shared: World) -> None:
    """A clock that is off is told before what is OK; the sentence names it."""
    shared.clock.forward(hours=1)
    told = await answer(shared.slack, shared.ann, "/ops", "doctor")
    assert re.fullmatch(r"\d+ of \d+ checks are OK\. FAIL: clock\.", told.text)
    assert "Something does not work until it is mended\n*FAIL*  clock: 1 h ahead of Slack's\n> Have this" in told.shown
    shared.clock.forward(hours=-1)


# From the shell


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace in which nobody else is; what the doctor tries may be refused."""
    async with strict() as workspace:
        yield workspace


@pytest.mark.long
async def test_all_is_well_and_the_process_ends_with_0(slack: Slack, mongod: Mongod, tmp_path: Path) -> None:
    """`python -m bot doctor` as people run it, before the bot ran once: all services are up."""
    services = Services()
    services.grafana.password = CANARIES["GRAFANA_PASSWORD"]
    await services.start()
    environment = {
        **slack.environment(), **services.environment(), **CANARIES, "MONGODB_URL": at(mongod),
        "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"],
    }  # fmt: skip
    bot = await asyncio.create_subprocess_exec(
        *mortal([sys.executable, "-W", "error::ResourceWarning", "-m", "bot", "doctor"]),
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await bot.communicate()
    await services.stop()
    text = out.decode()
    assert (bot.returncode, err) == (0, b""), text
    assert text.endswith(" OK, 0 WARN, 0 FAIL.\n")
    assert line(text, "sockets") == "OK sockets Slack opens Socket Mode connections for SLACK_APP_TOKEN"
    assert line(text, "mongodb indexes").startswith("OK mongodb indexes none yet, and no data: the bot makes them")
    assert line(text, "grafana").startswith("OK grafana up (")
    assert line(text, "grafana login") == "OK grafana login GRAFANA_USER and GRAFANA_PASSWORD let the bot in"
    assert line(text, "llm model") == "OK llm model LLM_MODEL is among its models: qwen"
    assert "canary" not in text
    assert slack.connected == 0


async def test_scopes_are_compared_with_the_manifest(mongod: Mongod) -> None:
    """Missing ones are named; one that only paid plans have is a WARN; more than needed is told and is no trouble."""
    wanted = {scope.name for scope in SCOPES}
    for granted, status, found in (
        (wanted - {"files:write", "im:write"}, 2, "FAIL scopes 2 missing: files:write, im:write → Paste manifest.yaml"),
        (wanted - {"usergroups:read"}, 1, "WARN scopes all that are needed; missing, of use on paid plans: usergroups"),
        (
            wanted | {"admin"},
            0,
            f"OK scopes all {len(wanted)} of the manifest; the app may more than the bot needs: ad",
        ),
    ):
        async with strict(scopes=frozenset(granted)) as slack:
            code, text = await examined(slack, at(mongod))
            assert (code, line(text, "scopes")[: len(found)]) == (status, found)


async def test_admins_who_are_not_there_are_named(slack: Slack, mongod: Mongod) -> None:
    """An id that was copied wrong, and somebody who left; where nobody is named it says who hands out roles then."""
    ann, bob = slack.person("ann"), slack.person("bob")
    await bob.leaves_workspace()
    status, text = await examined(slack, at(mongod), OPS_ADMINS=f"{ann.id},U0WRONG,{bob.id}")
    found = f"WARN admins OPS_ADMINS names who is not in the workspace: U0WRONG, {bob.id} → Copy the member ID"
    assert (status, line(text, "admins")[: len(found)]) == (1, found)
    status, text = await examined(slack, at(mongod), OPS_ADMINS=ann.id)
    assert (status, line(text, "admins")) == (0, "OK admins everybody whom OPS_ADMINS names is in the workspace")
    status, text = await examined(slack, at(mongod))
    assert (status, line(text, "admins")) == (
        0,
        "OK admins OPS_ADMINS names nobody: only a tech lead can hand out roles",
    )
    slack.faults.add("rate_limited", "users.info", value=7.0)
    status, text = await examined(slack, at(mongod), OPS_ADMINS=ann.id)
    assert "Slack does not tell who is there: it asks to wait 7 s" in line(text, "admins")


async def test_refused_tokens_are_told_apart(slack: Slack, mongod: Mongod) -> None:
    """Which of the two Slack refuses, with its word for why, and where to get another."""
    slack.faults.add("error", "auth.test", value="token_revoked")
    slack.faults.add("error", "apps.connections.open", value="invalid_auth")
    status, text = await examined(slack, at(mongod))
    assert status == 2
    assert line(text, "bot token").startswith("FAIL bot token Slack refuses SLACK_BOT_TOKEN (token_revoked) → Copy the")
    assert line(text, "sockets").startswith("FAIL sockets Slack refuses SLACK_APP_TOKEN (invalid_auth) → Make an app-")
    slack.faults.add("rate_limited", "apps.connections.open", value=7.0)
    slack.faults.add("status", "auth.test", value=503)
    status, text = await examined(slack, at(mongod))
    assert "asked for a connection: it asks to wait 7 s → Mend the way" in line(text, "sockets")
    assert "Slack cannot be asked: no usable answer → Mend the way to Slack" in line(text, "bot token")


async def test_over_http_no_socket_is_asked_for(slack: Slack, mongod: Mongod) -> None:
    """With a signing secret instead of the app token Slack calls the bot."""
    _, text = await examined(slack, at(mongod), SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET="canary")
    assert "none needed: Slack calls POST /slack/events (HTTP mode)" in line(text, "sockets")
    assert "HTTP mode (SLACK_SIGNING_SECRET)" in line(text, "settings")
    assert slack.calls_of("apps.connections.open") == []


async def test_the_channel_has_to_be_there_with_the_bot_in_it(slack: Slack, mongod: Mongod) -> None:
    """A wrong name, an invitation that is missing, and a Slack that does not tell have remedies of their own."""
    _, text = await examined(slack, at(mongod), OPS_CHANNEL="#ops-sharde")
    assert "the bot sees no channel #ops-sharde → Correct OPS_CHANNEL, or" in line(text, "channel")
    _, text = await examined(slack, at(mongod), OPS_CHANNEL="C0NOWHERE1")
    assert "the bot sees no channel C0NOWHERE1 → Correct OPS_CHANNEL, or" in line(text, "channel")
    slack.workspace.channel("#ops-shared").members.discard(BOT_USER)
    status, text = await examined(slack, at(mongod))
    assert (status, line(text, "channel")) == (
        2, "FAIL channel the bot is not in #ops-shared → Type /invite @Ops Bot in that channel.",
    )  # fmt: skip
    slack.faults.add("error", "users.conversations", value="missing_scope")
    _, text = await examined(slack, at(mongod))
    assert "Slack does not tell of #ops-shared: missing_scope → Mend the token or its scopes" in line(text, "channel")


async def test_the_coordination_thread_is_looked_at_where_there_is_one(slack: Slack, mongod: Mongod) -> None:
    """Its channel must have the bot too; without that the bot works, so it is a WARN."""
    general = slack.workspace.channel("#general").id
    link = f"https://x.slack.com/archives/{general}/p1700000000123456"
    status, text = await examined(slack, at(mongod), COORDINATION_THREAD=link)
    assert status == 1
    assert line(text, "coordination thread").startswith(f"WARN coordination thread the bot is not in {general} → Type")


async def test_messages_that_slack_refused_are_counted_with_the_reason(slack: Slack, mongod: Mongod) -> None:
    """Those that heal by themselves and those that never will are told apart; the latter by their IDs."""
    world = World(slack, at(mongod))
    for number, reason in enumerate(("not_in_channel", "not_in_channel", "msg_too_long", "invalid_blocks")):
        letter = {"_id": f"opsbot_incident:INC-{number}", "state": "parked", "reason": reason, "body": TOKEN}
        await world.puts("outbox", {**letter, "created_at": slack.workspace.now(), "unshown": False})
    status, text = await examined(slack, world.mongodb_url)
    outbox = [" ".join(one.split()) for one in text.splitlines() if "  outbox " in one]
    hopeless = "opsbot_incident:INC-2 (msg_too_long), opsbot_incident:INC-3 (invalid_blocks)"
    assert (status, outbox) == (
        1,
        [
            f"WARN outbox 2 refused by Slack and given up: {hopeless}",
            "WARN outbox 2 refused by Slack for now (not_in_channel: 2)",
        ],
    )
    await world.__aexit__(None, None, None)


@pytest.mark.long
async def test_nothing_answers_and_no_secret_is_told(slack: Slack) -> None:
    """Slack, MongoDB and the services are away: each says so, and the passwords in the addresses stay there."""
    settings = {
        f"{name}_URL": "http://someone:canary-of-url@127.0.0.1:1/?key=canary"
        for name in ("PROMETHEUS", "GRAFANA", "LOKI", "LLM", "ALERTMANAGER")
    }
    settings |= {"SLACK_API_URL": "http://127.0.0.1:1/api", "EXTRA_CHECKS": "mcp=http://u:canary-of-mcp@127.0.0.1:1"}
    status, text = await examined(slack, "mongodb://bot:canary-of-db@127.0.0.1:1/butler", **settings)
    assert status == 2
    assert line(text, "bot token").startswith("FAIL bot token Slack cannot be asked: no connection → Mend the way")
    assert line(text, "channel").startswith("FAIL channel Slack does not tell of #ops-shared: no connection → Mend the")
    assert line(text, "mongodb").startswith(
        "FAIL mongodb connection refused → Start MongoDB, or correct host and port in MONG"
    )
    assert line(text, "outbox").startswith("WARN outbox not known while MongoDB does not answer")
    assert line(text, "loki").startswith("WARN loki down: connection refused → Start it, correct LOKI_URL, or leave")
    assert line(text, "mcp").endswith("→ Start it, or correct its address in EXTRA_CHECKS.")
