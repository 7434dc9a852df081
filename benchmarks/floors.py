"""The least that a figure can be: a bare Bolt app that only acknowledges, bare imports, one write and one post."""

import asyncio
import os
import sys
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

IMPORTS = (
    "aiohttp, apscheduler.schedulers.asyncio, dotenv, httpx, prometheus_client, pydantic_settings, pymongo, "
    "slack_bolt.async_app, slack_sdk.web.async_client, structlog"
)


async def echo() -> None:
    """`python -m benchmarks.floors`: acknowledges `/ops`, over Bolt's own Socket Mode, and does nothing else."""
    app = AsyncApp(client=AsyncWebClient(os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]))

    @app.command("/ops")
    async def _(ack: Any) -> None:
        await ack()

    web = AsyncWebClient(base_url=os.environ["SLACK_API_URL"])
    handler: Any = AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"], web_client=web)
    await handler.start_async()


if __name__ == "__main__":
    sys.exit(asyncio.run(echo()))
