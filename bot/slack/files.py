"""Files: an address for the bytes, the bytes, and the message that shares them; all files of a message, or none.

1. files.getUploadURLExternal   repeated freely: what is not completed, nobody ever sees
2. POST to the address          after a failure with a new address
3. files.completeUploadExternal shares them; after an unknown result files.info tells before it is tried again

https://docs.slack.dev/messaging/working-with-files#uploading_files
"""

import asyncio
import io
import json
from collections.abc import Sequence

import aiohttp
import structlog

from bot.domain.paper import Paper
from bot.slack import api
from bot.slack.api import Api, DeclinedError, NotSentError, RateLimitedError, SlackError, UnknownError
from bot.slack.mrkdwn import Mrkdwn

log = structlog.get_logger("files")

TRIES = 3
UPLOAD_LIMIT = aiohttp.ClientTimeout(total=60.0, connect=5.0)  # seconds; an export may have tens of megabytes
ALT_MOST = 1_000  # characters that Slack takes


class Files:
    """Shares files. `settle` is how long, in seconds, Slack may need until it shows what came of an unknown result."""

    def __init__(self, api: Api, session: aiohttp.ClientSession, settle: float = 2.0) -> None:
        self._api = api
        self._session = session
        self._settle = settle

    async def share(
        self, paper: Paper, channel: str, *, thread_ts: str | None = None, comment: Mrkdwn | None = None
    ) -> str:
        """Shares one file and returns its id; see `share_all`. Raises SlackError."""
        return (await self.share_all([paper], channel, thread_ts=thread_ts, comment=comment))[0]

    async def share_all(
        self, papers: Sequence[Paper], channel: str, *, thread_ts: str | None = None, comment: Mrkdwn | None = None
    ) -> list[str]:
        """Shares files in one message and returns their ids. `channel` is the id of a conversation that the bot is in.

        Raises SlackError: after an UnknownError they may still appear, after any other nothing was shared.
        """
        ids = [await self._uploaded(paper) for paper in papers]
        named = [{"id": one, "title": paper.title or paper.name} for one, paper in zip(ids, papers, strict=True)]
        arguments = {"files": json.dumps(named), "channel_id": channel}
        if thread_ts:
            arguments["thread_ts"] = thread_ts
        if comment:
            arguments["initial_comment"] = comment
        await self._complete(ids[0], channel, arguments)
        return ids

    async def _uploaded(self, paper: Paper) -> str:
        """Has Slack take the bytes; the file's id."""
        arguments = {"filename": paper.name, "length": len(paper.content)}
        if paper.alt:
            arguments["alt_txt"] = paper.alt[:ALT_MOST]
        for attempt in range(1, TRIES + 1):
            try:
                answer = await self._api.patiently("files.getUploadURLExternal", **arguments)
            except UnknownError as error:
                raise NotSentError(f"no address for the upload: {error}") from error
            try:
                await self._send(str(answer["upload_url"]), paper.content)
            except (RateLimitedError, NotSentError, UnknownError) as error:
                log.warning("file not uploaded", name=paper.name, attempt=attempt, cause=str(error))
                if attempt == TRIES:
                    raise NotSentError(f"the upload failed: {error}") from error
                await asyncio.sleep(_pause(error, attempt))
            else:
                return str(answer["file_id"])
        raise AssertionError  # the loop returns or raises

    async def _send(self, address: str, content: bytes) -> None:
        # The session has no token, and a redirect could lead anywhere.
        try:
            async with self._session.post(
                address,
                data=io.BytesIO(content),  # sent in pieces, so that others get their turn
                headers={"Content-Type": "application/octet-stream"},
                timeout=UPLOAD_LIMIT,
                allow_redirects=False,
            ) as answer:
                status, wait = answer.status, answer.headers.get("Retry-After", "")
        except aiohttp.ClientConnectorError as error:
            raise NotSentError(str(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnknownError(f"{type(error).__name__}: {error}") from error
        if status == 429:
            raise RateLimitedError(float(wait) if wait.isdigit() else 1.0)
        if status >= 500:
            raise UnknownError(f"the upload was answered {status}")
        if status != 200:
            raise DeclinedError(f"upload_{status}")

    async def _complete(self, file_id: str, channel: str, arguments: dict[str, str]) -> None:
        """Shares what was uploaded. One file of a message is as good as all: Slack shares them together."""
        doubt: UnknownError | None = None
        for attempt in range(1, TRIES + 1):
            try:
                await self._api.call("files.completeUploadExternal", **arguments)
            except (RateLimitedError, NotSentError) as error:
                if attempt == TRIES and doubt is None:
                    raise
                await asyncio.sleep(_pause(error, attempt))
            except UnknownError as error:
                doubt = error
            except DeclinedError:
                # An upload is completed once, so after a doubt this may mean that it was.
                if doubt is None:
                    raise
            else:
                return
            if doubt is not None and await self._is_shared(file_id, channel):
                return
        raise doubt or UnknownError("never asked")

    async def _is_shared(self, file_id: str, channel: str) -> bool:
        """Whether the file is in the channel. Slack shares files some time after it said so."""
        for wait in (1.0, 2.0):
            await asyncio.sleep(wait * self._settle)
            try:
                answer = await self._api.patiently("files.info", file=file_id)
            except DeclinedError:
                continue  # not there yet, or never
            shares = answer["file"].get("shares") or {}
            if any(channel in places for places in shares.values()):
                return True
        return False


def _pause(error: SlackError, attempt: int) -> float:
    """Seconds until the next attempt."""
    return error.retry_after if isinstance(error, RateLimitedError) else api.BACKOFF * attempt
