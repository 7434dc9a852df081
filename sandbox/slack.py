"""The whole workspace on one port: puts the parts together, serves them, and is what tests hold in their hands."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from aiohttp import web

from sandbox.api_chat import Chat
from sandbox.api_conversations import Directory
from sandbox.api_files import Files
from sandbox.api_views import Views
from sandbox.asks import Asks
from sandbox.conversations import Conversations
from sandbox.deeds import Deeds
from sandbox.delivery import RETRY_AFTER, Delivery
from sandbox.faults import Faults
from sandbox.http_events import HttpEvents
from sandbox.interactions import Interactions
from sandbox.manifest import Manifest
from sandbox.people import Person
from sandbox.records import Call, Page, Refusal
from sandbox.response_urls import ResponseUrls
from sandbox.screens import Screens
from sandbox.sight import ChannelSight, Post, ThreadSight
from sandbox.socket_mode import SocketMode
from sandbox.waiting import PATIENCE, until
from sandbox.web_api import Credentials, WebApi
from sandbox.workspace import Workspace

_T = TypeVar("_T")
UPLOADS = 50 * 1024 * 1024


class Routes(Protocol):
    """Something that is served on the same port."""

    def add_to(self, app: web.Application) -> None:
        """Add routes."""


class Slack:
    """A throw-away workspace.

    `manifest` is the parsed manifest (None: every command, shortcut, scope and event is allowed); `scopes` are granted
    instead of those it asks for; `strict_rate` limits posts to about one a second and channel; `retry_after` has the
    seconds before each retry of an event, `ack_within` the seconds to acknowledge in; `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        manifest: Mapping[str, Any] | None = None,
        *,
        scopes: frozenset[str] | None = None,
        strict_rate: bool = False,
        retry_after: tuple[float, ...] = RETRY_AFTER,
        ack_within: float = 3.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.manifest = Manifest.read(manifest, scopes)
        self.workspace = Workspace(clock)
        self.credentials = Credentials()
        self.faults = Faults()
        self.sockets = SocketMode(self.workspace, ack_within)
        self.http = HttpEvents(self.workspace, self.credentials.signing_secret, ack_within)
        self.delivery = Delivery(self.workspace, self.manifest, self.sockets, retry_after)
        self.conversations = Conversations(self.workspace, self.delivery.tell)
        self.screens = Screens(self.workspace)
        self.hooks = ResponseUrls(self.workspace, self.conversations)
        self.files = Files(self.conversations, self.faults)
        asks = Asks(self.workspace, self.delivery)
        self.deeds = Deeds(asks, self.conversations, self.hooks, self.manifest)
        self.interactions = Interactions(self.workspace, asks, self.screens, self.hooks)
        methods = (
            Chat(self.conversations, strict_rate=strict_rate).methods()
            | Directory(self.workspace, self.manifest).methods()
            | Views(self.workspace, self.screens, self.manifest, self._link).methods()
            | self.files.methods()
        )
        self._api = WebApi(self.workspace, self.credentials, self.manifest, self.faults, methods)
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0, control: Routes | None = None) -> None:
        """Listen; `control` adds the page and its endpoints."""
        app = web.Application(client_max_size=UPLOADS)
        app.router.add_route("*", "/api/{method}", self._api.handle)
        app.router.add_get("/link/{ticket}", self.sockets.link)
        app.router.add_post("/hook/{token}", self.hooks.post)
        app.router.add_post("/files/upload/{id}", self.files.receive)
        app.router.add_get("/files/{id}/{name}", self.files.download)
        if control is not None:
            control.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        self.hooks.base = self.files.base = self.url

    async def stop(self) -> None:
        """Close everything."""
        await self.delivery.stop()
        await self.sockets.close()
        await self.http.stop()
        if self._runner:
            await self._runner.cleanup()

    async def __aenter__(self) -> "Slack":
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    # For the bot.

    def environment(self) -> dict[str, str]:
        """The settings with which the bot finds this workspace; the signing secret only in HTTP mode."""
        settings = {"SLACK_BOT_TOKEN": self.credentials.bot_token, "SLACK_API_URL": f"{self.url}/api/"}
        if self.events_url:
            return settings | {"SLACK_SIGNING_SECRET": self.credentials.signing_secret}
        return settings | {"SLACK_APP_TOKEN": self.credentials.app_token}

    @property
    def events_url(self) -> str:
        """The bot's request URL; setting it makes payloads go there instead of to sockets, "" makes them go back."""
        return self.http.url

    @events_url.setter
    def events_url(self, url: str) -> None:
        self.http.url = url
        self.delivery.line = self.http if url else self.sockets

    async def subscribe(self, url: str) -> None:
        """Set the request URL as Slack does: only if the bot answers the challenge, else UnansweredError."""
        await self.http.verify(url)
        self.events_url = url

    @property
    def connected(self) -> int:
        """How many sockets the bot has open."""
        return len(self.sockets.connections)

    async def until_connected(self, count: int = 1, within: float = PATIENCE) -> None:
        """Wait until the bot has that many sockets open."""
        await self.until(lambda: self.connected >= count, f"{count} open sockets", within)

    async def redeliver(self) -> None:
        """Try all events that wait for their next attempt now."""
        await self.delivery.redeliver()

    # For tests.

    def person(self, name: str) -> Person:
        """Somebody, by short name or id: ann, bob and cyd are in #ops-shared, dee is not."""
        return Person(self, self.workspace.person(name))

    def channel(self, name: str = "#ops-shared") -> ChannelSight:
        """What a channel shows."""
        return ChannelSight(self.workspace, self.workspace.channel(name).id)

    def thread(self, parent: Post | str) -> ThreadSight:
        """What a thread shows, by its parent or the parent's ts."""
        ts = parent.ts if isinstance(parent, Post) else parent
        for messages in self.workspace.messages.values():
            if ts in messages:
                return ThreadSight(self.workspace, messages[ts])
        raise LookupError(f"no message {ts}")

    async def until(self, predicate: Callable[[], _T | None], what: str = "it", within: float = PATIENCE) -> _T:
        """Wait until `predicate()` is truthy and return that; see `sandbox.waiting.until`."""
        return await until(self.workspace, predicate, what, within)

    async def shows(
        self, *words: str, channel: str = "#ops-shared", thread: Post | str | None = None, within: float = PATIENCE
    ) -> Post:
        """Wait until one message of the channel (or thread) shows all these words, and return the newest such."""

        def there() -> Post | None:
            posts = self.channel(channel).messages if thread is None else self.thread(thread).messages
            return next((post for post in reversed(posts) if all(word in post.shown for word in words)), None)

        where = channel if thread is None else "the thread"
        return await self.until(there, f"{where} to show {words}", within)

    @property
    def calls(self) -> list[Call]:
        """Every Web API call, oldest first."""
        return self.workspace.ledger.calls

    def calls_of(self, method: str) -> list[Call]:
        """The calls of one method."""
        return [call for call in self.calls if call.method == method]

    @property
    def refusals(self) -> list[Refusal]:
        """Everything that the bot did and Slack refuses, oldest first."""
        return self.workspace.ledger.refusals

    @property
    def pages(self) -> list[Page]:
        """Mentions by the bot that would have notified many people."""
        return self.workspace.ledger.pages

    @contextlib.contextmanager
    def expects(self, *errors: str) -> Iterator[list[Refusal]]:
        """Within this block these errors are right: at its end they move from `refusals` into what it yields."""
        found: list[Refusal] = []
        before = {id(one) for one in self.refusals}
        try:
            yield found
        finally:
            found += [one for one in self.refusals if one.error in errors and id(one) not in before]
            right = {id(one) for one in found}
            self.refusals[:] = [one for one in self.refusals if id(one) not in right]
        if missing := set(errors) - {one.error for one in found}:
            raise AssertionError(f"Slack was expected to refuse something with {sorted(missing)}, but did not")

    async def settled(self, quiet: float = 0.05) -> None:
        """Wait until nothing is on its way to the bot and nothing has changed for a moment; bots work meanwhile."""
        with self.workspace.while_waiting():
            await self.still(quiet)

    async def still(self, quiet: float) -> None:
        """The same without telling anybody that somebody waits."""
        while True:
            change = self.workspace.next_change
            try:
                await asyncio.wait_for(change.wait(), quiet)
            except TimeoutError:
                return

    def _link(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/link/{self.sockets.ticket()}"
