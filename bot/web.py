"""The bot's HTTP endpoints: alive, ready, metrics, and in HTTP mode Slack's requests.

Whatever comes in, the answer is JSON (metrics apart), and a request that is wrong gets a 4xx: never a traceback.
"""

import asyncio
import hmac
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, Protocol

import structlog
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot import shapes
from bot.crowd import BACKLOG, Crowd
from bot.errors import StoreAwayError, UserError
from bot.metrics import CONTENT_TYPE
from bot.webhook import WrongPayloadError

log = structlog.get_logger("web")

BODY_LIMIT = 1024 * 1024  # bytes; Slack's largest payloads are a fraction of it
BODY_SECONDS = 5.0  # Slack gives up after three
IDLE_SECONDS = 20.0  # a connection that sends no whole request is closed; Prometheus asks every 15 s
LINGER_SECONDS = 1.0  # what still comes after an answer is read for so long
STOP_SECONDS = 2.0
CONNECTIONS = 200  # with the sockets to Slack and MongoDB far below the 1,024 open files that systems allow
REPLAY_SECONDS = 600.0  # a signature holds from five minutes before its timestamp to five minutes after it
SIGNATURES_KEPT = 50_000

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


@dataclass(frozen=True)
class Readiness:
    """Whether the bot takes commands. `degraded`: it does, but something (MongoDB, say) is away; `reasons` say what."""

    status: Literal["ready", "degraded", "starting", "stopping"]
    reasons: tuple[str, ...] = ()

    @property
    def takes_commands(self) -> bool:
        """Whether a load balancer should send requests."""
        return self.status in ("ready", "degraded")


@dataclass(frozen=True)
class SlackEvents:
    """HTTP mode: `answer` gets the requests that Slack signed and that hold JSON or a form, with the body read."""

    signing_secret: str = field(repr=False)
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Alerts:
    """Monitoring's webhook: `take` gets the body of who knows the token, and returns when its content is kept.

    It raises WrongPayloadError for a body that is none, UserError (StoreAwayError) when it cannot be kept. Without a
    token nobody is let in. `lost` hears of a body that is not read at all, since it is `too large`.
    """

    token: str = field(repr=False)
    take: Callable[[bytes], Awaitable[None]]
    lost: Callable[[str], None]


@dataclass(frozen=True)
class Entrances:
    """What is served besides the bot's own state, as far as there is any; `calendar` gives an `.ics` file."""

    slack: SlackEvents | None = None
    alerts: Alerts | None = None
    calendar: Callable[[], Awaitable[bytes]] | None = None


class Exposition(Protocol):
    """Where the metrics come from."""

    def exposition(self) -> bytes:
        """Prometheus's text format."""

    def vitals(self) -> Mapping[str, object]:
        """A few of them by name, for whoever asks whether the bot is ready."""


class Web:
    """The HTTP server. With port 0 it takes any free port."""

    def __init__(
        self,
        host: str,
        port: int,
        readiness: Callable[[], Readiness],
        metrics: Exposition,
        entrances: Entrances = Entrances(),
    ) -> None:
        self._host = host
        self._port = port
        self._readiness = readiness
        self._metrics = metrics
        self._doors = entrances
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    async def start(self) -> int:
        """Listens, and returns the port. Raises OSError if the address is taken or not ours."""
        crowd = Crowd(CONNECTIONS)
        app = web.Application(middlewares=[_in_json], client_max_size=BODY_LIMIT)
        app.router.add_get("/healthz", self._alive)
        app.router.add_get("/readyz", self._ready)
        app.router.add_get("/metrics", self._exposition)
        if self._doors.calendar:
            app.router.add_get("/calendar.ics", self._ics)
        if self._doors.slack:
            app.router.add_post("/slack/events", _Signed(self._doors.slack, crowd).receive)
        if self._doors.alerts:
            app.router.add_post("/alerts", _Told(self._doors.alerts, crowd).receive)
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGER_SECONDS,
            shutdown_timeout=STOP_SECONDS,
        )
        await runner.setup()
        self._runner = runner
        try:
            self._listening = await asyncio.get_running_loop().create_server(
                crowd.of(runner), self._host, self._port, backlog=BACKLOG
            )
        except OSError as error:
            where, why = f"{self._host}:{self._port}", str(error.strerror).rpartition(": ")[2]
            remedy = "Set another HOST or PORT, or end what listens there."
            raise OSError(f"it cannot listen at {where} ({why}). {remedy}") from error
        return int(self._listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stops listening, lets running requests end for two seconds, closes every connection. May be called again."""
        runner, self._runner = self._runner, None
        if self._listening:
            self._listening.close()
        if runner:
            await runner.cleanup()

    async def _alive(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def _ready(self, _: web.Request) -> web.Response:
        now = self._readiness()
        status = HTTPStatus.OK if now.takes_commands else HTTPStatus.SERVICE_UNAVAILABLE
        told = {"status": now.status, "reasons": list(now.reasons), "vitals": self._metrics.vitals()}
        return web.json_response(told, status=status)

    async def _ics(self, _: web.Request) -> web.Response:
        if self._doors.calendar is None:
            raise web.HTTPNotFound
        try:
            body = await self._doors.calendar()
        except StoreAwayError as error:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.problem)
        except UserError as error:  # without the library there is no calendar, however often it is asked for
            return refusal(HTTPStatus.NOT_IMPLEMENTED, str(error))
        return web.Response(body=body, headers={"Content-Type": "text/calendar; charset=utf-8"})

    async def _exposition(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})


class _Told:
    """Lets monitoring's notifications in. Alertmanager sends again what is answered with 5xx, and nothing else."""

    def __init__(self, alerts: Alerts, crowd: Crowd) -> None:
        self._crowd = crowd
        self._take = alerts.take
        self._lost = alerts.lost
        self._token = alerts.token

    async def receive(self, request: web.Request) -> web.StreamResponse:
        if not self._token:
            return refusal(HTTPStatus.NOT_FOUND, "ALERT_WEBHOOK_TOKEN is not set, so the bot takes no alerts")
        if not self._knows_token(request.headers.get("Authorization", "")):
            answer = refusal(HTTPStatus.UNAUTHORIZED, "the bearer token is missing or wrong")
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        return await self._taken(request)

    def _knows_token(self, header: str) -> bool:
        scheme, _, token = header.partition(" ")
        is_same = hmac.compare_digest(token.strip().encode(errors="surrogateescape"), self._token.encode())
        return is_same and scheme.lower() == "bearer"

    async def _taken(self, request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except TimeoutError:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the body did not come in time")
        except web.HTTPRequestEntityTooLarge:
            self._lost("too large")
            log.warning("a notification of alerts is over 1 MB and lost: set max_alerts in Alertmanager's receiver")
            raise
        except (web.RequestPayloadError, ConnectionError):  # or nobody is there any more
            return refusal(HTTPStatus.BAD_REQUEST, "the body cannot be read")
        try:
            with self._crowd.serving(request):
                await self._take(body)
        except WrongPayloadError as error:
            return refusal(HTTPStatus.BAD_REQUEST, str(error))
        except UserError as error:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return web.json_response({"status": "kept"})


class _Signed:
    """Lets through what Slack signed: https://docs.slack.dev/authentication/verifying-requests-from-slack/

    Bolt verifies as well, but answers malformed headers and bodies with 500 and a traceback. A request that comes a
    second time is refused.
    """

    def __init__(self, slack: SlackEvents, crowd: Crowd) -> None:
        self._crowd = crowd
        self._answer = slack.answer
        self._verifier = SignatureVerifier(slack.signing_secret)
        self._seen: dict[str, float] = {}  # when, by time.monotonic; the oldest first

    async def receive(self, request: web.Request) -> web.StreamResponse:
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            return refusal(HTTPStatus.UNAUTHORIZED, "the request is not signed as Slack signs")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = (await request.read()).decode()
        except TimeoutError:
            return refusal(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time")
        except (UnicodeDecodeError, web.RequestPayloadError, ConnectionError):
            return refusal(HTTPStatus.BAD_REQUEST, "the body cannot be read")
        if not self._verifier.is_valid(body, timestamp, signature):
            return refusal(
                HTTPStatus.UNAUTHORIZED, "the signature does not fit, or the request is older than 5 minutes"
            )
        return await self._taken(request, body, signature)

    async def _taken(self, request: web.Request, body: str, signature: str) -> web.StreamResponse:
        if not shapes.is_payload(body, request.content_type, request.charset):
            return refusal(HTTPStatus.BAD_REQUEST, "the body is neither a JSON object nor a form as Slack sends them")
        # Slack's own retry may have the same signature, if it comes within the second: the event's ID tells them apart.
        is_retry = "X-Slack-Retry-Num" in request.headers and body.startswith("{")
        if not self._is_first(signature) and not is_retry:
            return refusal(HTTPStatus.CONFLICT, "this request came before, and is not done again")
        is_done = False
        try:
            with self._crowd.serving(request):
                answer = await self._answer(request)
            is_done = answer.status < HTTPStatus.BAD_REQUEST
        finally:
            if not is_done:  # Slack may try again within the same second
                self._seen.pop(signature, None)
        return answer

    def _is_first(self, signature: str) -> bool:
        now = time.monotonic()
        while self._seen and (
            len(self._seen) >= SIGNATURES_KEPT or next(iter(self._seen.values())) < now - REPLAY_SECONDS
        ):
            del self._seen[next(iter(self._seen))]
        is_first = signature not in self._seen
        self._seen.setdefault(signature, now)
        return is_first


def refusal(status: HTTPStatus, why: str) -> web.Response:
    """A refusal in JSON: `{"error": …}`."""
    return web.json_response({"error": why}, status=status)


@web.middleware
async def _in_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Turns aiohttp's own refusals (unknown path, wrong method, body too large) into JSON."""
    try:
        return await handler(request)
    except web.HTTPException as refused:
        if refused.status < HTTPStatus.BAD_REQUEST:
            raise
        answer = refusal(HTTPStatus(refused.status), refused.reason.lower())
        if "Allow" in refused.headers:
            answer.headers["Allow"] = refused.headers["Allow"]
        return answer
