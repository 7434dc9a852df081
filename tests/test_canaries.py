"""Secrets stay where they are: a canary in each setting, every kind of error, and a look into every corner."""

import asyncio
import base64
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
import pytest
import structlog

from bot import logs, shell
from bot.doctor import from_outside
from bot.errors import UserError
from bot.settings import Settings, load
from bot.settings_shown import shown
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.asking import answer, strict
from tests.test_incident import opened
from tests.world import STORE_PATIENCE, World

STATES = ("refuse", "error", "junk", "redirect", "drop", "failing", "html")
LOUD = ("httpx", "httpcore", "pymongo", "aiohttp", "aiohttp.access", "aiohttp.server", "asyncio", "slack_bolt",
        "slack_sdk", "apscheduler")  # fmt: skip


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """A place for the log; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in LOUD}
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def secret_settings(services: Services) -> dict[str, str]:
    """Every setting that can hold a secret, holding one with characters that are written differently elsewhere."""
    with_login = {
        name: url.replace("://", f"://reader:{quote(f'canary-{name[:4].lower()}-pä/ss&1', safe='')}@")
        for name, url in services.environment().items()
    }
    return {
        **with_login,
        "GRAFANA_PASSWORD": "canary-grafana \"p'w",
        "LLM_API_KEY": "canary-llm-key/+=",
        "ALERT_WEBHOOK_TOKEN": "canary-token%20&<>",
        "EXTRA_CHECKS": f"mcp={with_login['LOKI_URL'].replace('canary-loki', 'canary-extra')}"
        f",keyed={services.url('loki')}/ready?apikey=canary-query-1",
    }


def spellings(settings: Settings, slack: Slack, mongod: Mongod) -> set[str]:
    """All secrets as libraries may write them, and parts of them that would give them away."""
    tokens = slack.credentials
    return spelled([*settings.secrets(), mongod.password, tokens.bot_token, tokens.app_token, tokens.signing_secret])


def spelled(secrets: Sequence[str]) -> set[str]:
    """These as libraries may write them."""
    logins = {f"reader:{secret}" for secret in secrets} | {f"admin:{secret}" for secret in secrets}
    found = {"canary", "CANARY"}
    for secret in secrets:
        found |= {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), json.dumps(secret)[1:-1]}
    return found | {base64.b64encode(one.encode()).decode().rstrip("=")[:-1] for one in (*logins, *secrets)}


@asynccontextmanager
async def loud_world(log: io.StringIO, services: Services) -> AsyncIterator[tuple[World, Mongod]]:
    """A bot that says all it can, its libraries too, on a MongoDB with a password."""
    with Mongod(auth=True) as mongod:
        async with strict() as slack:
            tuned = {"store_patience": STORE_PATIENCE}
            world = World(slack, mongod.url(), secret_settings(services), tuned)
            settings = load((), {**slack.environment(), **secret_settings(services), "MONGODB_URL": mongod.url()})
            logs.configure("json", "debug", settings.secrets(), log)
            for name in LOUD:
                logging.getLogger(name).setLevel(logging.DEBUG)
            async with world:
                yield world, mongod
            slack.refusals.clear()


def everything_shown(slack: Slack) -> str:
    """All that the workspace keeps: messages, private answers, forms, Homes, files, and every call that was made."""
    workspace = slack.workspace
    kept: list[Any] = [
        [vars(message) for channel in workspace.messages.values() for message in channel.values()],
        [vars(message) for message in workspace.ephemerals],
        [vars(view) for stack in workspace.modals.values() for view in stack],
        [vars(view) for view in workspace.homes.values()],
        [content.decode("utf-8", "replace") for content in workspace.contents.values()],
        [vars(toast) for toast in workspace.toasts],
    ]
    return repr(kept)


async def everything_stored(world: World) -> str:
    """All documents of all collections."""
    return repr(await world.everything())


@pytest.mark.long
async def test_no_secret_comes_out_anywhere(log: io.StringIO, services: Services) -> None:
    """Not in the log at any level, nor in messages, documents, metrics, errors or what the doctor says."""
    told: dict[str, str] = {}
    async with loud_world(log, services) as (world, mongod):
        slack = world.slack
        settings = load((), {**slack.environment(), **secret_settings(services), "MONGODB_URL": mongod.url()})
        _, incident_id = await opened(world)
        for shift in (0, 2):
            for name, state in zip(services.all, STATES[shift:], strict=False):
                await services.switch(name, state)
            for command, words in (("/health", "deep"), ("/ops", "doctor")):
                await answer(slack, world.ann, command, words)
        await answer(slack, world.ann, "/incident", f"summary {incident_id}")
        for method in ("chat.postMessage", "users.info", "conversations.info"):
            for error in ("invalid_auth", "internal_error"):
                slack.faults.add("error", method, value=error)
        await answer(slack, world.bob, "/incident", "open sev3 more is down")
        slack.faults.clear()
        port = world.bots[0].port
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            for path in ("/metrics", "/readyz", "/healthz", "/calendar.ics"):
                async with client.get(path) as found:
                    told[path] = await found.text()
            for token in ("wrong", settings.secrets()[-1]):
                async with client.post("/alerts", data=b"{", headers={"Authorization": f"Bearer {token}"}) as found:
                    told[f"alerts {token}"] = (await found.text()).replace(token, token if token != "wrong" else "")
        told["stored"] = await everything_stored(world)
        mongod.kill()
        for command, words in (("/incident", ""), ("/ops", "roles")):
            await answer(slack, world.ann, command, words)
        out = io.StringIO()
        async with from_outside(settings) as desk:
            await asyncio.gather(
                answer(slack, world.ann, "/health"), answer(slack, world.bob, "/ops", "doctor"), shell.doctor(desk, out)
            )
        told["doctor"] = out.getvalue()
        told["check-config"] = shown(settings, ())
        told["settings"] = f"{settings!r} {settings} {settings.model_dump()!r} {settings.model_dump_json()}"
        told["shown"] = everything_shown(slack)
        slack.faults.add("error", "auth.test", value="invalid_auth")
        with pytest.raises(UserError) as refused:
            await world.starts()
        told["error"] = f"{refused.value!r} {refused.value}"
        await world.stops(world.bots[-1])
        wanted = spellings(settings, slack, mongod)
        bait(settings)
    told["log"] = log.getvalue()
    assert all(f'"logger": "{name}' in told["log"] for name in ("httpcore", "pymongo", "slack_bolt", "slack_sdk"))
    assert told["log"].count("bait") >= 2 * len(LOUD)
    assert leaks(told, wanted) == set()


def bait(settings: Settings) -> None:
    """What a library might say one day, in a message, an argument and an error."""
    secrets = settings.secrets()
    urls = " ".join(f"http://reader:{quote(secret, safe='')}@host/?key={secret}" for secret in secrets)
    for name in LOUD:
        log = logging.getLogger(name)
        log.debug("bait %s", urls, extra={"headers": list(secrets)})
        log.error("bait", exc_info=ValueError(f"no login with {secrets!r}"))


def leaks(told: dict[str, str], wanted: set[str]) -> set[tuple[str, str]]:
    """Where which secret is."""
    return {(place, secret) for place, text in told.items() for secret in wanted if secret and secret in text}


def test_secrets_in_the_rest_of_an_address_are_known() -> None:
    """A key in a service's query, and MongoDB's options that hold one; what is no secret stays readable."""
    environment = {
        "SLACK_BOT_TOKEN": "xoxb-1-1",
        "SLACK_APP_TOKEN": "xapp-1-A-1-1",
        "SLACK_API_URL": "http://bot:canary-slack@127.0.0.1/api?token=canary-api",
        "MONGODB_URL": "mongodb://u:canary-pw@db/butler?tls=true"
        "&tlsCertificateKeyFilePassword=canary%2Fkey&authSource=admin",
        "GRAFANA_URL": "http://grafana:3000/?auth_token=canary-q&org=main",
        "EXTRA_CHECKS": "one=http://a/b?X-Signature=canary-sig&format=json",
    }
    secrets = set(load((), environment).secrets())
    assert {one for one in secrets if "canary" in one} == {
        "canary-slack", "canary-api", "canary-pw", "canary%2Fkey", "canary/key", "canary-q", "canary-sig",
    }  # fmt: skip
    assert not secrets & {"admin", "json", "main", "true"}


def test_a_leak_would_be_found(services: Services) -> None:
    """As it is written, percent-encoded, and as a login in base64."""
    environment = {**secret_settings(services), "SLACK_BOT_TOKEN": "xoxb-1-1", "SLACK_SIGNING_SECRET": "canary-signing"}
    for secret in load((), environment).secrets():
        for text in (secret, quote(secret), base64.b64encode(f"reader:{secret}".encode()).decode()):
            assert leaks({"log": f"so {text}!"}, spelled([secret]))
