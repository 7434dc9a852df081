"""Calls to Slack's Web API, with every result as one of four: done, not sent, refused, or unknown.

The SDK's own retry of broken connections is off: it posts twice (the first request may have been carried out).

SlackError
├── NotSentError       nothing reached Slack; calling again is safe
├── RateLimitedError   Slack asks to wait; nothing was done
├── DeclinedError      Slack said no (`code`); calling again gives the same answer
└── UnknownError       Slack may or may not have done it; look before calling again
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Protocol

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.outbox import Letter

BACKOFF = 0.2  # seconds before the second try of anything, twice as much before the third
PAGE = 200
AT_LEAST = 2 * PAGE
_WRITING = ("chat.", "views.")
_PASSING = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}


class SlackError(Exception):
    """A call that did not succeed."""


class NotSentError(SlackError):
    """No connection came about."""


class UnknownError(SlackError):
    """The connection broke, time ran out, or Slack answered 5xx."""


class DeclinedError(SlackError):
    """Slack answered `ok: false`; `code` is its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RateLimitedError(SlackError):
    """Slack answered 429; `retry_after` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:g} s")
        self.retry_after = retry_after


class CallMeter(Protocol):
    """Counts calls."""

    def slack_called(self, method: str, answer: str) -> None:
        """One call of `method` was answered: `ok`, Slack's error code, or how it failed."""


class Api:
    """The few methods that the bot needs, on one client and one connection pool.

    `bot_user` tells who the bot is in Slack, once that is known: metadata can be written by any app.
    """

    def __init__(self, client: AsyncWebClient, meter: CallMeter, bot_user: Callable[[], str] = str) -> None:
        self._client = client
        self._meter = meter
        self._patient: Counter[str] = Counter()
        self._done = asyncio.Event()  # set when the next of them ends
        self._bot_user = bot_user

    async def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Calls `method` once and returns the answer. Raises SlackError."""
        return (await self.with_headers(method, **arguments))[0]

    async def with_headers(self, method: str, **arguments: Any) -> tuple[dict[str, Any], Mapping[str, str]]:
        """As `call`, with the headers of Slack's answer, their names in lower case."""
        try:
            # Methods that read take no JSON: https://docs.slack.dev/apis/web-api/#basics
            if method.startswith(_WRITING):
                answer = await self._client.api_call(method, json=arguments)
            else:
                answer = await self._client.api_call(method, data=_form(arguments))
        except SlackApiError as error:
            outcome = _outcome(error)
            self._meter.slack_called(method, _name(outcome))
            raise outcome from error
        except aiohttp.ClientConnectorError as error:
            self._meter.slack_called(method, "not_sent")
            raise NotSentError(str(error)) from error
        except (aiohttp.ClientError, SlackClientError, TimeoutError, OSError) as error:
            self._meter.slack_called(method, "unknown")
            raise UnknownError(f"{type(error).__name__}: {error}") from error
        self._meter.slack_called(method, "ok")
        headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        return answer.data if isinstance(answer.data, dict) else {}, headers

    async def patiently(self, method: str, **arguments: Any) -> dict[str, Any]:
        """As `call`, for calls that may be made twice: waits as Slack asks, tries three times in all."""
        self._patient[method] += 1
        try:
            return await self._patiently(method, arguments)
        finally:
            self._patient[method] -= 1
            done, self._done = self._done, asyncio.Event()
            done.set()

    async def _patiently(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        for attempt in (1, 2, 3):
            try:
                return await self.call(method, **arguments)
            except RateLimitedError as error:
                if attempt == 3:
                    raise
                await asyncio.sleep(error.retry_after)
            except (NotSentError, UnknownError):
                if attempt == 3:
                    raise
                await asyncio.sleep(BACKOFF * attempt)
        raise AssertionError  # the loop returns or raises

    async def gently(self, method: str, **arguments: Any) -> dict[str, Any]:
        """As `call`, for long readings that nobody waits for: rests whenever and for as long as Slack asks.

        What people wait for goes first: while somebody's call of the same method is under way, this one is not made.
        Raises SlackError, but for a wish to wait.
        """
        failures = 0
        while True:
            while self._patient[method]:
                await self._done.wait()
            try:
                return await self.call(method, **arguments)
            except RateLimitedError as error:
                await asyncio.sleep(error.retry_after)
            except (NotSentError, UnknownError):
                failures += 1
                if failures == 3:
                    raise
                await asyncio.sleep(BACKOFF * failures)

    async def post(self, letter: Letter) -> str:
        """Posts a letter and returns its timestamp. Raises SlackError."""
        extra: dict[str, Any] = {}
        if letter.thread_ts:
            extra = {"thread_ts": letter.thread_ts, "reply_broadcast": letter.broadcast}
        answer = await self.call(
            "chat.postMessage",
            channel=letter.channel,
            metadata=metadata(letter),
            unfurl_links=False,
            unfurl_media=False,
            **extra,
            **letter.content.body,
        )
        return str(answer["ts"])

    async def update(self, letter: Letter) -> None:
        """Makes the posted message show the letter's content. Raises SlackError."""
        await self.call(
            "chat.update", channel=letter.channel, ts=letter.ts, metadata=metadata(letter), **letter.content.body
        )

    async def delete(self, channel: str, ts: str) -> None:
        """Removes a message of ours; one that is gone already is fine. Raises SlackError."""
        try:
            await self.patiently("chat.delete", channel=channel, ts=ts)
        except DeclinedError as error:
            if error.code != "message_not_found":
                raise

    async def history(self, channel: str, oldest: float, latest: float | None = None) -> AsyncIterator[dict[str, Any]]:
        """The channel's messages since `oldest` (seconds), newest first, with metadata. Raises SlackError."""
        until = {} if latest is None else {"latest": f"{latest:.6f}"}
        async for message in self._pages("conversations.history", channel=channel, oldest=f"{oldest:.6f}", **until):
            yield message

    async def replies(self, channel: str, thread_ts: str) -> AsyncIterator[dict[str, Any]]:
        """A thread's messages, oldest first, its root included. Raises SlackError."""
        async for message in self._pages("conversations.replies", channel=channel, ts=thread_ts):
            yield message

    async def thread(self, channel: str, thread_ts: str) -> AsyncIterator[list[dict[str, Any]]]:
        """The same by pages and gently, with metadata. Raises SlackError."""
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            what = {"ts": thread_ts, "limit": PAGE, "include_all_metadata": True}
            answer = await self.gently("conversations.replies", channel=channel, **what, **more)
            yield list(answer.get("messages", ()))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _pages(self, method: str, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
        cursor = ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = await self.patiently(method, include_all_metadata=True, limit=PAGE, **arguments, **more)
            for message in answer.get("messages", ()):
                yield message
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def find(self, letter: Letter, since: float) -> list[str]:
        """The timestamps of all messages of the bot's own that carry the letter's key, oldest first.

        A channel is read back to `since` (seconds), and 400 messages at least: our clock may be far off.
        Raises SlackError; NotSentError as long as it is not known which messages are the bot's own.
        """
        author = self._bot_user()
        if not author:
            raise NotSentError("Slack has not said yet who the bot is")
        found = []
        if letter.thread_ts:
            async for message in self.replies(letter.channel, letter.thread_ts):
                if _is(message, letter, author):
                    found.append(str(message["ts"]))
        else:
            count = 0
            async for message in self._pages("conversations.history", channel=letter.channel):
                count += 1
                if count > AT_LEAST and float(message["ts"]) < since:
                    break
                if _is(message, letter, author):
                    found.append(str(message["ts"]))
        return sorted(found, key=float)


def metadata(letter: Letter) -> dict[str, Any]:
    """The metadata that makes a message findable. Readable by the whole workspace."""
    return {"event_type": letter.event_type, "event_payload": {**letter.content.facts, "key": letter.key}}


def key_of(message: Mapping[str, Any]) -> tuple[str, str] | None:
    """The event type and key of a message's metadata, if it has them."""
    carried = message.get("metadata") or {}
    payload = carried.get("event_payload") or {}
    if "event_type" not in carried or "key" not in payload:
        return None
    return str(carried["event_type"]), str(payload["key"])


def _form(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in arguments.items()}


def _is(message: Mapping[str, Any], letter: Letter, author: str) -> bool:
    return message.get("user") == author and key_of(message) == (letter.event_type, letter.key)


def _outcome(error: SlackApiError) -> SlackError:
    response = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    headers = getattr(response, "headers", None) or {}
    data = getattr(response, "data", None)
    code = str(data.get("error", "")) if isinstance(data, dict) else ""
    if status == 429 or code in ("ratelimited", "rate_limited"):
        wait = headers.get("Retry-After") or headers.get("retry-after") or "1"
        return RateLimitedError(float(wait) if str(wait).replace(".", "", 1).isdigit() else 1.0)
    if status >= 500 or not code or code in _PASSING:
        return UnknownError(f"Slack answered {status} {code}".strip())
    return DeclinedError(code)


def _name(outcome: SlackError) -> str:
    if isinstance(outcome, DeclinedError):
        return outcome.code
    return "rate_limited" if isinstance(outcome, RateLimitedError) else "unknown"
