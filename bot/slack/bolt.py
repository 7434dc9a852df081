"""Slack's libraries as the bot uses them: the client, Bolt without its own polling, and both ways in to it."""

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import aiohttp.web
import structlog
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import UserError
from bot.slack.api import DeclinedError, SlackError
from bot.slack.directory import Directory
from bot.slack.socket import Answer, Sockets

log = structlog.get_logger("slack")


def web_client(token: SecretStr | None, base_url: str, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client that tries each call once: its own retry of broken connections posts twice."""
    return AsyncWebClient(
        token.get_secret_value() if token else "",
        base_url=base_url,
        session=session,
        retry_handlers=[],
        logger=logging.getLogger("slack_sdk"),
    )


def bolt_app(directory: Directory, token: SecretStr) -> AsyncApp:
    """Bolt, which acknowledges at once and lets lazy listeners do the work."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # From what auth.test said at the start: Bolt would ask again, before the first acknowledgement.
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=token.get_secret_value(),
            bot_id=directory.bot_id,
            bot_user_id=directory.bot_user,
        )

    # Bolt looks there by itself, and warns that it does not use what it found. Nobody needs it any more.
    os.environ.pop("SLACK_BOT_TOKEN", None)
    return AsyncApp(
        name="opsbot",  # without one, Bolt reads the sources of the whole call stack for it
        logger=logging.getLogger("slack_bolt"),
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,  # bot.web did it, sockets need none
    )


def by_socket(bolt: AsyncApp) -> Answer:
    """What answers an envelope of Socket Mode: only Bolt's status 200 is an acknowledgement."""

    async def answer(envelope: dict[str, Any]) -> dict[str, Any] | None:
        response = await bolt.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=envelope["payload"]))
        if response.status != 200:
            return None
        return {"payload": json.loads(response.body)} if response.body.startswith("{") else {}

    return answer


def by_http(bolt: AsyncApp) -> Callable[[aiohttp.web.Request], Awaitable[aiohttp.web.StreamResponse]]:
    """What answers a request of HTTP mode."""

    async def answer(request: aiohttp.web.Request) -> aiohttp.web.StreamResponse:
        return await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))

    return answer


async def introduced(directory: Directory) -> None:
    """Returns when Slack said who we are, however long that takes. Raises UserError when it refuses the token."""
    while not directory.bot_user:
        try:
            await directory.introduce()
        except DeclinedError as error:
            raise UserError(
                f"Slack refuses SLACK_BOT_TOKEN ({error.code}).", "Copy the bot token of the installed app again."
            ) from error
        except SlackError as error:
            log.warning("Slack does not answer", cause=str(error))
            await asyncio.sleep(1.0)


async def connected(sockets: Sockets) -> None:
    """Returns when a connection is open. Raises UserError when Slack refuses the token."""
    try:
        await sockets.start()
    except DeclinedError as error:
        raise UserError(
            f"Slack refuses SLACK_APP_TOKEN ({error.code}).",
            "Make an app-level token with the scope connections:write, and switch Socket Mode on.",
        ) from error
