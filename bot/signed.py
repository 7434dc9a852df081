"""HTTP mode: what Slack signed, handed to Bolt once, however many bots share the address."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from bot.errors import StoreAwayError
from bot.web import SlackEvents, refusal

ASK_SECONDS = 0.3  # Slack waits three for the answer; without MongoDB's word the bot's own memory must do


class Taken(Protocol):
    """What any of the bots has taken."""

    async def is_first(self, key: str) -> bool:
        """Whether nobody has taken it; it counts as taken from now on. Raises StoreAwayError."""


Dispatch = Callable[[web.Request], Awaitable[web.StreamResponse]]


def slack_events(dispatch: Dispatch, secret: str, is_ready: Callable[[], bool], taken: Taken) -> SlackEvents:
    """Slack's entrance: a signed form that came to another bot, or before a restart, is refused like any replay."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if not is_ready():
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE)  # Slack sends events again
        if not await _is_first(request, taken):
            return refusal(HTTPStatus.CONFLICT, "this request came before, and is not done again")
        return await dispatch(request)

    return SlackEvents(secret, answer)


async def _is_first(request: web.Request, taken: Taken) -> bool:
    if (await request.read()).startswith(b"{"):
        return True  # an event: Slack may send it again, and its ID tells whether it was done
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await taken.is_first(f"request {request.headers['X-Slack-Signature']}")
    except (TimeoutError, StoreAwayError):
        return True
