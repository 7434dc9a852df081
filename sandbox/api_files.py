"""Files: an upload address, the upload, and its completion in a channel.

https://docs.slack.dev/messaging/working-with-files#uploading_files
"""

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.api_chat import conversation
from sandbox.conversations import Conversations, Draft
from sandbox.records import Json, SlackError
from sandbox.rules import check_content
from sandbox.web_api import Method
from sandbox.workspace import BOT_USER

WRITE = ("files:write",)


@dataclass
class Upload:
    """A file on its way in; `content` is None until it was uploaded."""

    id: str
    name: str
    length: int
    alt_txt: str = ""
    content: bytes | None = None
    shared: Json = field(default_factory=dict)


class Files:
    """The files of the workspace. `base` is set when the server listens."""

    def __init__(self, conversations: Conversations) -> None:
        self.base = ""
        self.uploads: dict[str, Upload] = {}
        self._conversations = conversations
        self._workspace = conversations.workspace

    def methods(self) -> dict[str, Method]:
        """By name."""
        return {
            "files.getUploadURLExternal": Method(self.address, WRITE),
            "files.completeUploadExternal": Method(self.complete, WRITE),
            "files.info": Method(self.info, ("files:read",)),
        }

    def address(self, args: Json) -> Json:
        """files.getUploadURLExternal: `filename`, `length` in bytes, `alt_txt` for a picture."""
        name, length = args.get("filename"), str(args.get("length") or "")
        if not name or not length.isdigit() or int(length) < 1:
            raise SlackError("invalid_arguments", messages=("filename and a length above 0 are required",))
        upload = Upload(self._workspace.mint("F"), str(name), int(length), str(args.get("alt_txt") or ""))
        self.uploads[upload.id] = upload
        return {"upload_url": f"{self.base}/files/upload/{upload.id}", "file_id": upload.id}

    async def receive(self, request: web.Request) -> web.Response:
        """`POST /files/upload/<id>`: the bytes, raw or as the one file of a form."""
        upload = self.uploads.get(request.match_info["id"])
        if upload is None:
            return web.Response(status=404, text="no such upload")
        if request.content_type == "multipart/form-data":
            form = await request.post()
            part: Any = next(iter(form.values()))
            content = part.file.read() if isinstance(part, web.FileField) else str(part).encode()
        else:
            content = await request.read()
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
        """files.completeUploadExternal: shares the uploads in `channel_id` as one message, if one is given."""
        named = args.get("files")
        if not isinstance(named, list) or not named or not all(isinstance(one, dict) for one in named):
            raise SlackError("invalid_arguments", messages=("must provide an array [json-pointer:/files]",))
        uploads = [self._uploaded(one) for one in named]
        shown = [self._shown(upload, one.get("title")) for upload, one in zip(uploads, named, strict=True)]
        where = args.get("channel_id") or args.get("channels")
        if where:
            channel = conversation(self._workspace, {"channel": str(where).split(",", maxsplit=1)[0]}, member=True)
            content = check_content({"text": args.get("initial_comment") or ""}, may_be_empty=True)
            thread_ts = str(args["thread_ts"]) if args.get("thread_ts") else None
            draft = Draft(channel.id, BOT_USER, content.text or "", thread_ts=thread_ts, files=shown)
            self._conversations.post(draft)
        return {"files": shown}

    def info(self, args: Json) -> Json:
        """files.info."""
        upload = self.uploads.get(str(args.get("file")))
        if upload is None or not upload.shared:
            raise SlackError("file_not_found", str(args.get("file")))
        return {"file": upload.shared}

    def _uploaded(self, named: Json) -> Upload:
        upload = self.uploads.get(str(named.get("id")))
        if upload is None:
            raise SlackError("file_not_found", str(named.get("id")))
        if upload.content is None:
            raise SlackError("file_upload_incomplete", f"nothing was uploaded for {upload.id}")
        return upload

    def _shown(self, upload: Upload, title: str | None) -> Json:
        upload.shared = {
            "id": upload.id,
            "name": upload.name,
            "title": title or upload.name,
            "size": upload.length,
            **({"alt_txt": upload.alt_txt} if upload.alt_txt else {}),
            "user": BOT_USER,
            "url_private": f"{self.base}/files/{upload.id}/{upload.name}",
            "permalink": f"{self.base}/files/{upload.id}/{upload.name}",
        }
        return upload.shared
