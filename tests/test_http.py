"""The HTTP client against hostile peers: words for every failure, small answers, nothing given away."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.services.http import MAX_BODY, Http, NoAnswerError, Redirect, bearer
from bot.services.loki import LokiProbe
from bot.services.prometheus import PrometheusProbe
from tests.peers import fixed, found, quick_http, serving

CANARY = "canary-7f3a"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = quick_http()
    yield client
    await client.close()


@asynccontextmanager
async def speaking(said: bytes) -> AsyncIterator[str]:
    """A peer that says these bytes after a request, and then nothing more, without hanging up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.parametrize(
    "url", ["prometheus:9090", "http://[::1", "http://", "http://127.0.0.1:99999", f"{CANARY}://x"]
)
async def test_an_address_that_is_none_is_a_mistake_in_the_settings(http: Http, url: str) -> None:
    """It is said so, and the address is not repeated."""
    assert await found(PrometheusProbe(url, http)) == ("down", "its address or key in the settings cannot be used")


async def test_a_name_that_does_not_resolve_is_said_in_words(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the resolver fails, without repeating the name or what stands before it."""

    def fails(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, f"{CANARY}: Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    probe = PrometheusProbe(f"http://user:{CANARY}@no-such-host.invalid", http)
    assert await found(probe) == ("down", "its name does not resolve")


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (b"220 mail.example ESMTP\r\n\r\n", "what answers there does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "what answers there does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 99\r\n\r\nPro", "no answer within 0.3 s"),
    ],
)
async def test_a_peer_that_is_no_http_server_is_said_in_words(said: bytes, cause: str) -> None:
    """Another protocol, endless headers and a body that never comes to its end are no answers."""
    client = quick_http(wait=0.3)
    async with speaking(said) as url:
        assert await found(PrometheusProbe(url, client)) == ("down", cause)
    await client.close()


async def test_a_trickle_of_bytes_does_not_renew_the_wait() -> None:
    """The wait is for the whole answer: a body that drips for ever is cut at it."""

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        while True:
            await response.write(b".")
            await asyncio.sleep(0.02)

    client = quick_http(wait=0.3)
    async with serving(drip) as url:
        with pytest.raises(NoAnswerError, match=r"no answer within 0\.3 s"):
            await client.ask("GET", url)
    await client.close()


async def test_of_a_large_body_only_the_beginning_is_read(http: Http) -> None:
    """5 MB of junk cost 64 kB."""
    async with serving(fixed(200, "junk" * 1_300_000)) as url:
        answer = await http.ask("GET", url)
    assert len(answer.body) == MAX_BODY
    with pytest.raises(ValueError, match=r"utf-8|Expecting"):
        answer.json()


async def test_the_client_keeps_no_cookies_and_follows_nothing(http: Http) -> None:
    """A cookie of one service is not shown to another, a redirect is reported, and what is sent is what was given."""
    seen = []

    async def answer(request: web.Request) -> web.StreamResponse:
        seen.append((request.headers.get("Cookie"), request.headers.get("Authorization"), await request.text()))
        return web.Response(status=302, headers={"Set-Cookie": "session=1", "Location": "/login"})

    async with serving(answer) as url:
        first = await http.ask("POST", url, authorization=bearer("k"), json={"a": 1})
        await http.ask("GET", url.replace("//", "//user:p%40ss@"))
    assert first.redirect is Redirect.SAME_HOST
    assert seen == [(None, "Bearer k", '{"a":1}'), (None, "Basic dXNlcjpwQHNz", "")]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate for localhost that nobody vouches for, in one file."""
    key, cert, both = tmp_path / "key.pem", tmp_path / "cert.pem", tmp_path / "both.pem"
    openssl = shutil.which("openssl") or pytest.fail("this test needs the Debian package openssl: apt-get install it")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    both.write_text(key.read_text() + cert.read_text())
    return both


async def test_a_bad_certificate_and_a_missing_one_are_told_apart(certificate: Path) -> None:
    """A certificate that nobody vouches for is refused, a known one is taken, and no TLS at all is a third thing."""
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(certificate)
    usual, knowing = Http(), Http(certificates=ssl.create_default_context(cafile=str(certificate)))
    async with serving(fixed(200, "ready"), theirs) as url:
        assert await found(LokiProbe(url, usual)) == ("down", "its certificate is not valid")
        assert await found(LokiProbe(url, knowing)) == ("down", "its certificate is not valid")  # another name
        assert await found(LokiProbe(url.replace("127.0.0.1", "localhost"), knowing)) == ("up", "")
    async with serving(fixed(200, "ready")) as url:
        plain = url.replace("http:", "https:")
        assert await found(LokiProbe(plain, usual)) == ("down", "no secure connection (TLS failed)")
    await usual.close()
    await knowing.close()
