"""The bot's one HTTP client: short waits, small answers, and errors in words that may be shown to anybody.

The only importer of httpx. Nothing here repeats a body, a header, an address or a credential: httpx's own messages may.
"""

import asyncio
import base64
import json as jsonlib
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

# As much of a body as is read; /metrics and most answers of services are smaller, and junk may be endless.
MAX_BODY = 64 * 1024

Take = Callable[[bytes], bool]
"""Takes a piece of a body; False if no more need to come."""


@dataclass(frozen=True)
class Limits:
    """How many seconds a whole answer may take, and how many bytes of it are read."""

    wait: float
    size: int = MAX_BODY


class NoAnswerError(Exception):
    """No HTTP answer came. `cause` says why in our words."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Redirect(StrEnum):
    """Where an answer sends the caller. It is never followed: a credential must not travel on."""

    NOWHERE = ""
    SAME_HOST = "another page"
    OTHER_HOST = "another host"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: the media type in lower case without parameters ("" for none), and as many bytes as were read."""

    status: int
    media_type: str
    body: bytes
    redirect: Redirect = Redirect.NOWHERE
    is_cut: bool = False  # it was longer than what was to be read

    @property
    def is_html(self) -> bool:
        """Whether a page for people came, as proxies and sign-in walls send it."""
        return self.media_type in ("text/html", "application/xhtml+xml")

    @property
    def text(self) -> str:
        """The body as text, without the white space around it."""
        return self.body.decode("utf-8", "replace").strip()

    def json(self) -> Any:
        """The decoded body. Raises ValueError for anything that is not JSON (a body that was cut is not)."""
        try:
            return jsonlib.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def bearer(token: str) -> str:
    """The Authorization header for a token; none for an empty one."""
    return f"Bearer {token}" if token else ""


def basic(user: str, password: str) -> str:
    """The Authorization header for a user and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# What httpx and the socket raise for an address, a port or a header that cannot be sent at all.
_MISSET = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, ValueError)


class Http:
    """A shared client. `wait` is the seconds within which a whole answer must have come (below the desk's deadline).

    Certificates are checked by `certificates`, else by SSL_CERT_FILE or SSL_CERT_DIR, else by the usual authorities.
    """

    def __init__(self, wait: float = 1.8, certificates: ssl.SSLContext | None = None) -> None:
        self._wait = wait
        self._client = httpx.AsyncClient(
            verify=certificates or _authorities(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            trust_env=False,  # no proxies, no .netrc
            follow_redirects=False,
            # A kept connection may be half dead, which would make a healthy service look broken.
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=0),
            # Cookies ignore ports, so one service would be shown the other's.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # Not compressed: 64 kB of a zip bomb are 64 MB.
            headers={"User-Agent": "ops-bot", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def ask(
        self,
        method: str,
        url: str,
        *,
        authorization: str = "",
        json: object = None,
        limits: Limits | None = None,
    ) -> Answer:
        """One request. `json` becomes the body; `limits` replace the client's own.

        Raises NoAnswerError when no HTTP answer came; every status is an answer.
        """
        return await self._asked(lambda: self._request(method, url, authorization, json), limits)

    async def pour(self, url: str, take: Take, *, limits: Limits) -> Answer:
        """GET of something long: what comes with status 200 goes to `take` in pieces, and the answer has no body.

        Nothing more is read after `take` was False. Raises NoAnswerError as `ask` does.
        """
        return await self._asked(lambda: self._request("GET", url, "", None), limits, take)

    async def _asked(
        self, request: Callable[[], httpx.Request], limits: Limits | None, take: Take | None = None
    ) -> Answer:
        within = limits or Limits(self._wait)
        try:
            # One limit over all: httpx's own are for each step, which a trickle of bytes renews for ever.
            async with asyncio.timeout(within.wait):
                return await self._answer(request(), within.size, take)
        except TimeoutError:
            raise NoAnswerError(f"no answer within {within.wait:g} s") from None
        except (httpx.HTTPError, httpx.StreamError, OSError, *_MISSET) as error:
            raise NoAnswerError(_in_words(error)) from None

    def _request(self, method: str, url: str, authorization: str, json: object) -> httpx.Request:
        address = httpx.URL(url)
        if (address.port or 0) > 65535:
            raise ValueError("no such port")  # the socket's own complaint comes wrapped in a group
        if address.userinfo:
            # httpx logs whole addresses: a password in one becomes a header before it gets there.
            authorization = authorization or basic(address.username, address.password)
            address = address.copy_with(username=None, password=None)
        headers = {"Authorization": authorization} if authorization else {}
        return self._client.build_request(method, address, headers=headers, json=json, timeout=None)

    async def _answer(self, request: httpx.Request, size: int, take: Take | None) -> Answer:
        response = await self._client.send(request, stream=True)
        try:
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            answer = Answer(response.status_code, media_type, b"", _redirect(response))
            if take is not None and response.status_code == 200:
                return replace(answer, is_cut=not await _poured(response, size, take))
            return replace(answer, body=await _beginning(response, size))
        finally:
            await response.aclose()


@cache
def _authorities(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """The usual authorities, or those that the environment names: read once, since that takes a while."""
    return httpx.create_ssl_context(trust_env=True)


async def _beginning(response: httpx.Response, size: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= size:
            break
    return bytes(body[:size])


async def _poured(response: httpx.Response, size: int, take: Take) -> bool:
    """Passes on what comes; False if it is longer than `size`."""
    left = size
    async for chunk in response.aiter_raw():
        left -= len(chunk)
        if left < 0:
            return False
        if not take(chunk):
            break
    return True


def _redirect(response: httpx.Response) -> Redirect:
    if response.next_request is None:
        return Redirect.NOWHERE
    here, there = response.request.url, response.next_request.url
    return Redirect.SAME_HOST if here.netloc == there.netloc else Redirect.OTHER_HOST


def _in_words(error: Exception) -> str:
    """Why there is no answer. Only the kinds of the errors are looked at: their messages may hold addresses."""
    if isinstance(error, _MISSET):
        return "its address or key in the settings cannot be used"
    if cause := _network_trouble(error):
        return cause
    if isinstance(error, httpx.RemoteProtocolError):
        # httpx has one kind for "hung up" and "spoke gibberish"; these words of its message are constants.
        hung_up = any(words in str(error) for words in ("disconnected", "peer closed"))
        return "connection dropped" if hung_up else "what answers there does not speak HTTP"
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    return "connection dropped"


_NETWORK: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLCertVerificationError, "its certificate is not valid"),
    (ssl.SSLError, "no secure connection (TLS failed)"),
    (socket.gaierror, "its name does not resolve"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionError, "connection dropped"),
)


def _network_trouble(error: BaseException) -> str:
    """The network's reason behind any library's error, in words; empty when there is none."""
    behind = tuple(_behind(error))
    for kind, words in _NETWORK:
        if any(isinstance(one, kind) for one in behind):
            return words
    return ""


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what caused it, and all members of groups (one for each address of a name)."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _behind(member)
        error = error.__cause__ or error.__context__
