"""`/health` among hostile peers: each has its cause in words, nothing of what they said is shown, and nobody waits."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.services.http import MAX_BODY
from sandbox.mongo import Mongod
from sandbox.slack import Slack
from tests.asking import answer
from tests.peers import fixed, serving
from tests.test_http import certificate
from tests.world import World

pytestmark = pytest.mark.long


__all__ = ["certificate"]

CANARY = "canary-91c2"
NOWHERE = "no-such-host.invalid"
PATIENCE = 4.0  # seconds: the deadline of two and the machine's own slowness


async def elsewhere(_: web.Request) -> web.StreamResponse:
    """To another host, with what could be a secret in the address."""
    return web.Response(status=302, headers={"Location": f"http://{CANARY}.invalid/ready"})


async def dripping(request: web.Request) -> web.StreamResponse:
    """A body without an end, a byte at a time."""
    response = web.StreamResponse(headers={"Content-Type": "text/plain"})
    await response.prepare(request)
    while True:
        await response.write(b".")
        await asyncio.sleep(0.02)


async def flooding(request: web.Request) -> web.StreamResponse:
    """A body without an end, as fast as it is read."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    while True:
        await response.write(b"[" * MAX_BODY)


@pytest.fixture
async def settings(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, str]]:
    """The addresses of the peers; one name does not resolve."""
    resolve: Any = socket.getaddrinfo

    def resolves(host: Any, *others: Any, **more: Any) -> Any:
        if host in (NOWHERE, NOWHERE.encode()):
            raise socket.gaierror(socket.EAI_NONAME, f"{CANARY}: Name or service not known")
        return resolve(host, *others, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolves)
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(certificate)
    page = fixed(200, f"<html><body>{CANARY} <!channel></body></html>", "text/html")
    async with AsyncExitStack() as stack:
        found = {
            "PROMETHEUS_URL": await stack.enter_async_context(serving(elsewhere)),
            "GRAFANA_URL": await stack.enter_async_context(serving(flooding)),
            "LOKI_URL": await stack.enter_async_context(serving(fixed(200, "ready"), theirs)),
            "LLM_URL": await stack.enter_async_context(serving(page)),
            "ALERTMANAGER_URL": f"http://user:{CANARY}@{NOWHERE}:9093",
            "EXTRA_CHECKS": f"mcp={await stack.enter_async_context(serving(dripping))}/metrics",
        }
        yield found


async def test_each_is_told_with_its_cause_within_the_deadline(
    slack: Slack, mongod: Mongod, settings: dict[str, str]
) -> None:
    """A redirect elsewhere, bodies without end, a bad certificate, a page, a name that is none; deep, and as JSON."""
    async with World(slack, mongod.url(), settings) as world:
        begun = asyncio.get_running_loop().time()
        people = world.ann, world.bob, slack.person("cyd")
        told = await asyncio.gather(
            *(answer(slack, who, "/health", words) for who, words in zip(people, ("", "deep", "json"), strict=True))
        )
        assert asyncio.get_running_loop().time() - begun < PATIENCE
        for shown in (one.shown for one in told):
            for cause in (
                "redirected to another host instead of an answer (302)",
                "answered, but not as Grafana does (200)",
                "its certificate is not valid",
                "its name does not resolve",
                "no answer within",
            ):
                assert cause in shown
            assert CANARY not in shown
        assert told[0].shown.startswith("1 of 7 services is up\n")
        assert told[0].text.startswith("1 of 7 services is up; prometheus is down: ")
