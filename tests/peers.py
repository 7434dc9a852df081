"""What the tests of the probes share: servers with one answer, real servers, and one probe asked."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.domain.health import HealthDesk, Probe
from bot.services.http import Http
from sandbox.mongo import free_port

Answers = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(answers: Answers, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A server with one answer to everything."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answers)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def quick_http(wait: float = 1.8) -> Http:
    """A client that trusts no certificate: loading the usual authorities takes longer than a test."""
    return Http(wait, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))


def fixed(status: int, text: str, content_type: str = "text/plain") -> Answers:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, content_type=content_type)

    return answer


def desk(*asked: Probe, deadline: float = 2.0) -> HealthDesk:
    return HealthDesk(asked, lambda: datetime.now(UTC), deadline)


async def found(probe: Probe) -> tuple[str, str]:
    reading = (await desk(probe).ask()).readings[0]
    return str(reading.state), reading.cause


# For each package: the smallest configuration, and the flags that keep it in its folder and off the network.
REAL = {
    "prometheus": ("global: {}", "--storage.tsdb.path=data"),
    "prometheus-alertmanager": (
        "{route: {receiver: none}, receivers: [{name: none}]}",
        "--storage.path=data",
        "--cluster.listen-address=",
    ),
}


@asynccontextmanager
async def running(package: str, folder: Path) -> AsyncIterator[str]:
    """A real server of a Debian package, whose program has the package's name; it may not listen yet."""
    program = shutil.which(package) or pytest.fail(f"this test needs the Debian package {package}: apt-get install it")
    file, port = folder / "config.yml", free_port()
    config, *flags = REAL[package]
    file.write_text(config)
    arguments = (f"--config.file={file}", f"--web.listen-address=127.0.0.1:{port}", *flags)
    process = await asyncio.create_subprocess_exec(
        program, *arguments, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()
