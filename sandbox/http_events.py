"""HTTP mode: payloads posted to the bot's request URL, signed with the signing secret.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import json
import secrets
from urllib.parse import urlencode

import aiohttp

from sandbox.delivery import Retry, UnansweredError
from sandbox.records import Json
from sandbox.workspace import Workspace

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class HttpEvents:
    """Posts to `url`. Interactions and commands are form-encoded, events are JSON."""

    def __init__(self, workspace: Workspace, signing_secret: str, ack_within: float) -> None:
        self.url = ""
        self._workspace = workspace
        self._secret = signing_secret
        self._limit = aiohttp.ClientTimeout(total=ack_within)
        self._session: aiohttp.ClientSession | None = None

    async def stop(self) -> None:
        """Close the client."""
        if self._session:
            await self._session.close()

    async def verify(self, url: str) -> None:
        """Slack's handshake before it accepts a request URL; UnansweredError if the challenge does not come back."""
        challenge = secrets.token_hex(16)
        body = {"token": "verification-token-of-the-sandbox", "challenge": challenge, "type": "url_verification"}
        try:
            answer = await self._post(url, JSON, json.dumps(body), Retry())
        except UnansweredError as failure:
            self._workspace.refuse("url_verification", failure.reason, failure.detail)
            raise
        if answer.get("challenge", answer.get("text")) != challenge:
            self._workspace.refuse("url_verification", "challenge_failed", str(answer)[:200])
            raise UnansweredError("challenge_failed", blame=True, detail=str(answer)[:200])

    async def send(self, kind: str, payload: Json, retry: Retry) -> Json:
        """Post one payload and return the JSON of the answer, `{}` if it is empty."""
        if kind == "events_api":
            return await self._post(self.url, JSON, json.dumps(payload), retry)
        form = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
        return await self._post(self.url, FORM, urlencode(form), retry)

    async def _post(self, url: str, content_type: str, body: str, retry: Retry) -> Json:
        headers = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0", **self._signature(body)}
        if retry.attempt:
            headers |= {"X-Slack-Retry-Num": str(retry.attempt), "X-Slack-Retry-Reason": retry.reason}
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            async with self._session.post(url, data=body.encode(), headers=headers, timeout=self._limit) as answer:
                text = await answer.text()
                status, answered = answer.status, answer.content_type
        except TimeoutError:
            raise UnansweredError("http_timeout", blame=True, detail=f"no answer in {self._limit.total:g} s") from None
        except aiohttp.ClientError as failure:
            raise UnansweredError("connection_failed", blame=False, detail=str(failure)) from failure
        if status != 200:
            raise UnansweredError("http_error", blame=True, detail=f"HTTP {status}: {text[:200]}")
        return _body(text, answered)

    def _signature(self, body: str) -> dict[str, str]:
        timestamp = str(int(self._workspace.clock()))
        signed = hmac.new(self._secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256)
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signed.hexdigest()}"}


def _body(text: str, content_type: str) -> Json:
    if not text:
        return {}
    if content_type != JSON:
        return {"text": text}
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else {}
