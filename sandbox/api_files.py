"""Files: an upload address, the upload, and its completion in a conversation.

https://docs.slack.dev/messaging/working-with-files#uploading_files
"""

import mimetypes
import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.api_chat import conversation
from sandbox.conversations import Conversations, Draft
from sandbox.faults import BrokenError, Faults, LimitedError
from sandbox.records import Json, SlackError
from sandbox.rules import check_content
from sandbox.web_api import Method
from sandbox.workspace import BOT_USER, Message

WRITE = ("files:write",)
ALT_LIMIT = 1_000  # characters
UPLOAD = "upload"  # by this name faults strike the upload of the bytes, which is no method of the Web API


@dataclass
class Upload:
    """A file on its way in; `content` is None until it was uploaded, `is_done` tells that it was completed."""

    id: str
    name: str
    length: int
    alt: str = ""
    content: bytes | None = None
    is_done: bool = False
    shown: Json = field(default_factory=dict)


class Files:
    """The files of the workspace. `base` is set when the server listens.

    Slack shares a file some time after it said so; `late` is how many answers of files.info still lack the share.
    """

    def __init__(self, conversations: Conversations, faults: Faults) -> None:
        self.base = ""
        self.late = 0
        self.uploads: dict[str, Upload] = {}
        self._conversations = conversations
        self._workspace = conversations.workspace
        self._faults = faults

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "files.getUploadURLExternal": Method(self.address, WRITE),
            "files.completeUploadExternal": Method(self.complete, WRITE),
            "files.info": Method(self.info, ("files:read",)),
        }

    def address(self, args: Json) -> Json:
        """files.getUploadURLExternal: `filename` and `length` in bytes."""
        name, length, alt = args.get("filename"), str(args.get("length") or ""), str(args.get("alt_txt") or "")
        if not name or not length.isdigit() or int(length) < 1:
            raise SlackError("missing_argument", "filename and a length above 0 are required")
        if len(alt) > ALT_LIMIT:
            raise SlackError("alt_txt_too_large", f"{len(alt)} characters")
        upload = Upload(self._workspace.mint("F"), str(name), int(length), alt)
        self.uploads[upload.id] = upload
        return {"upload_url": f"{self.base}/files/upload/{upload.id}", "file_id": upload.id}

    async def receive(self, request: web.Request) -> web.Response:
        """`POST /files/upload/<id>`: the bytes, raw or as the one file of a form. It takes no token."""
        striking = self._faults.take(UPLOAD)
        try:
            await self._faults.before(striking, request)
            answer = await self._take(request)
            await self._faults.after(striking, request)
        except LimitedError as limit:
            return web.Response(status=429, headers={"Retry-After": str(max(1, round(limit.retry_after)))})
        except BrokenError as broken:
            return web.Response(status=broken.status or 502)
        return answer

    async def _take(self, request: web.Request) -> web.Response:
        upload = self.uploads.get(request.match_info["id"])
        if upload is None or upload.is_done:
            return web.Response(status=404, text="no such upload")
        if "Authorization" in request.headers:
            self._workspace.refuse("files.upload", "token_leaked", "the address is a secret by itself")
        content = await _body(request)
        if len(content) != upload.length:
            self._workspace.refuse("files.upload", "size_mismatch", f"{len(content)} bytes, announced {upload.length}")
            return web.Response(status=400, text=f"{len(content)} bytes, announced {upload.length}")
        upload.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def download(self, request: web.Request) -> web.Response:
        """`GET /files/<id>/<name>`: the content, for the page."""
        upload = self.uploads.get(request.match_info["id"])
        if upload is None or upload.content is None:
            return web.Response(status=404, text="no such file")
        return web.Response(body=upload.content, content_type="application/octet-stream")

    def complete(self, args: Json) -> Json:
        """files.completeUploadExternal: shares the uploads as one message, all or none; in no channel without one."""
        named = args.get("files")
        if not isinstance(named, list) or not named or not all(isinstance(one, dict) for one in named):
            raise SlackError("invalid_arguments", messages=("must provide an array [json-pointer:/files]",))
        draft = self._draft(args)
        uploads = [self._uploaded(one) for one in named]
        for upload, one in zip(uploads, named, strict=True):
            upload.is_done = True
            upload.shown = self._shown(upload, one.get("title"))
            self._workspace.contents[upload.id] = upload.content or b""
        if draft is not None:
            draft.files.extend(upload.shown for upload in uploads)
            self._share(self._conversations.post(draft))
        return {"files": [{"id": upload.id, "title": upload.shown["title"]} for upload in uploads]}

    def _draft(self, args: Json) -> Draft | None:
        """The message to be, without its files. The channel must be an id, also of a direct conversation."""
        where = args.get("channel_id") or str(args.get("channels") or "").split(",", maxsplit=1)[0]
        if not where:
            return None
        # Slack asks for nine characters or more; ids here may be shorter. github.com/slackapi/bolt-js/issues/2115
        if not re.fullmatch(r"[CGDZ][A-Z0-9]+", str(where)):
            pattern = "input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]"
            raise SlackError("invalid_arguments", messages=(pattern,))
        channel = conversation(self._workspace, {"channel": where}, member=True)
        content = check_content({"text": args.get("initial_comment") or ""}, may_be_empty=True)
        thread_ts = str(args["thread_ts"]) if args.get("thread_ts") else None
        if thread_ts and thread_ts not in self._workspace.messages[channel.id]:
            raise SlackError("thread_not_found", f"no message {thread_ts} in {channel.id}")
        return Draft(channel.id, BOT_USER, content.text or "", thread_ts=thread_ts, subtype="file_share")

    def _share(self, message: Message) -> None:
        kind = "public" if message.channel.startswith("C") else "private"
        share = {"ts": message.ts} | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
        for shown in message.files:
            shown["shares"] = {kind: {message.channel: [share]}}
            self._conversations.file_shared(message, shown["id"])

    def info(self, args: Json) -> Json:
        """files.info."""
        upload = self.uploads.get(str(args.get("file")))
        if upload is None or not upload.shown:
            raise SlackError("file_not_found", str(args.get("file")))
        if self.late > 0:
            self.late -= 1
            return {"file": {**upload.shown, "shares": {}}}
        return {"file": upload.shown}

    def _uploaded(self, named: Json) -> Upload:
        upload = self.uploads.get(str(named.get("id")))
        if upload is None or upload.is_done:
            raise SlackError("file_not_found", f"{named.get('id')}: unknown, or completed before")
        if upload.content is None:
            raise SlackError("file_upload_incomplete", f"nothing was uploaded for {upload.id}")
        return upload

    def _shown(self, upload: Upload, title: str | None) -> Json:
        address = f"{self.base}/files/{upload.id}/{upload.name}"
        return {
            "id": upload.id,
            "name": upload.name,
            "title": title or upload.name,
            "mimetype": mimetypes.guess_type(upload.name)[0] or "text/plain",
            "size": upload.length,
            "user": BOT_USER,
            "alt_txt": upload.alt,
            "url_private": address,
            "permalink": address,
            "shares": {},
        }


async def _body(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    form = await request.post()
    part: Any = next(iter(form.values()))
    return bytes(part.file.read()) if isinstance(part, web.FileField) else str(part).encode()
