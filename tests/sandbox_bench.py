"""What tests of the workspace itself need: a Web API client, a bare websocket, and a small Bolt app."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack

Json = dict[str, Any]
OPS = "C0OPSSHARED"
GENERAL = "C0GENERAL"


class Now:
    """A clock that a test can move."""

    def __init__(self) -> None:
        self.time = 1_764_000_000.0

    def __call__(self) -> float:
        return self.time


def client_of(slack: Slack, token: str | None = None) -> AsyncWebClient:
    """A client that tries once, with the bot's token unless another is given."""
    environment = slack.environment()
    return AsyncWebClient(
        token=environment["SLACK_BOT_TOKEN"] if token is None else token,
        base_url=environment["SLACK_API_URL"],
        retry_handlers=[],
        timeout=2,
    )


async def refused(slack: Slack, method: str, **arguments: Any) -> Json:
    """Call a method that Slack is to refuse, and return the answer; the refusal is taken off the books."""
    try:
        await client_of(slack).api_call(method, json=arguments)
    except SlackApiError as error:
        slack.refusals.pop()
        answer: Json = error.response.data
        return answer
    raise AssertionError(f"{method} was not refused")


class Link:
    """A bare websocket of the bot that acknowledges only what a test tells it to."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def frame(self, within: float = 2.0) -> Json:
        """The next frame."""
        found: Json = await self.ws.receive_json(timeout=within)
        return found

    async def ack(self, envelope: Json, payload: Json | None = None) -> None:
        """Acknowledge an envelope."""
        body = {"payload": payload} if payload is not None else {}
        await self.ws.send_json({"envelope_id": envelope["envelope_id"], **body})

    async def quiet(self, seconds: float = 0.05) -> bool:
        """Whether nothing comes for a moment."""
        try:
            await self.frame(seconds)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def link(slack: Slack) -> AsyncIterator[Link]:
    """Open one websocket; its hello frame is read."""
    async with aiohttp.ClientSession() as session:
        answer = await client_of(slack).apps_connections_open(app_token=slack.credentials.app_token)
        async with session.ws_connect(str(answer["url"])) as ws:
            opened = Link(ws)
            assert (await opened.frame())["type"] == "hello"
            yield opened


def bolt(slack: Slack) -> AsyncApp:
    """A Bolt app on the workspace, with nothing registered."""
    return AsyncApp(client=client_of(slack), process_before_response=True, ignoring_self_events_enabled=False)


@asynccontextmanager
async def running(slack: Slack, app: AsyncApp) -> AsyncIterator[None]:
    """The app behind one socket."""
    environment = slack.environment()
    web = AsyncWebClient(base_url=environment["SLACK_API_URL"])
    handler: Any = AsyncSocketModeHandler(app, environment["SLACK_APP_TOKEN"], web_client=web)
    await handler.connect_async()
    await slack.until_connected()
    yield
    await handler.close_async()
    # Bolt leaves its tasks to be collected; let them end within this loop.
    await asyncio.sleep(0)


def section(text: str, **more: Any) -> Json:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(label: str, action_id: str, **more: Any) -> Json:
    """A button."""
    return {"type": "button", "text": plain(label), "action_id": action_id, **more}


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def option(text: str, value: str) -> Json:
    """An option."""
    return {"text": plain(text), "value": value}


def question(label: str, block_id: str, element: Json, **more: Any) -> Json:
    """An input block."""
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **more}


def modal(*blocks: Json, **more: Any) -> Json:
    """A modal with a submit button."""
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Form"),
        "submit": plain("Go"),
        "blocks": list(blocks),
        **more,
    }


async def answered(bot: Link, act: Awaitable[Any]) -> tuple[Json, Any]:
    """Let a person act, acknowledge what comes of it without words; the payload, and what the act returned."""
    acting = asyncio.ensure_future(act)
    envelope = await bot.frame()
    await bot.ack(envelope)
    return envelope["payload"], await acting


MANIFEST = {
    "features": {
        "app_home": {"home_tab_enabled": True},
        "slash_commands": [
            {"command": "/incident", "description": "Incidents", "usage_hint": "open", "should_escape": True},
            {"command": "/raw", "description": "Unescaped"},
        ],
        "shortcuts": [{"name": "Add to the timeline", "callback_id": "to_timeline", "type": "message"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "channels:history", "app_mentions:read"]}},
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["message.channels", "app_mention", "app_home_opened"]},
    },
}

# A card with one of each kind of element that messages use.
CARD = [
    section("*INC-1* <@U0BOB>"),
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            button("Resolve", "resolve", value="INC-1"),
            {"type": "overflow", "action_id": "more", "options": [option("Export", "export"), option("Link", "link")]},
            {"type": "users_select", "action_id": "assign", "placeholder": plain("Assign")},
            {
                "type": "static_select",
                "action_id": "severity",
                "placeholder": plain("Severity"),
                "options": [option("sev1", "1"), option("sev2", "2")],
                "initial_option": option("sev2", "2"),
            },
        ],
    },
    {
        "type": "actions",
        "block_id": "ticks",
        "elements": [
            {
                "type": "checkboxes",
                "action_id": "tick",
                "options": [option("snapshot configs", "a"), option("drain node", "b")],
                "initial_options": [option("drain node", "b")],
            }
        ],
    },
]
