"""Files in Slack: an upload address, the bytes, and the file shared in a channel.

https://docs.slack.dev/messaging/working-with-files#uploading_files
"""

import json
from typing import Any

import aiohttp

from bot.slack.api import Api, DeclinedError, UnknownError


class Files:
    """Shares files."""

    def __init__(self, api: Api, session: aiohttp.ClientSession) -> None:
        self._api = api
        self._session = session

    async def share(  # noqa: PLR0913 - each is a field of Slack's
        self, name: str, content: bytes, channel: str, *, thread_ts: str | None = None, title: str = "", alt: str = "",
        comment: str = "",
    ) -> str:  # fmt: skip
        """Uploads a file and shares it; its id. `alt` says in words what a picture shows. Raises SlackError."""
        described = {"alt_txt": alt} if alt else {}
        place = await self._api.patiently("files.getUploadURLExternal", filename=name, length=len(content), **described)
        try:
            async with self._session.post(str(place["upload_url"]), data=content) as answer:
                if answer.status != 200:
                    raise DeclinedError(f"upload_{answer.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnknownError(f"{type(error).__name__}: {error}") from error
        file_id = str(place["file_id"])
        shared: dict[str, Any] = {"files": json.dumps([{"id": file_id, "title": title or name}]), "channel_id": channel}
        optional = {"thread_ts": thread_ts, "initial_comment": comment}
        shared |= {key: value for key, value in optional.items() if value}
        await self._api.call("files.completeUploadExternal", **shared)
        return file_id
