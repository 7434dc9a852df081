"""What Slack tells the doctor, asked once each: no call here waits for its turn or is tried again."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from bot.domain.clock import Clock
from bot.domain.doctor_slack import Introduction, NoLookError, Place
from bot.slack.api import Api, DeclinedError, NotSentError, RateLimitedError, SlackError
from bot.slack.directory import Directory

_HALF = timedelta(seconds=0.5)  # the Date header has whole seconds, cut off


class SlackExam:
    """Implements bot.domain.doctor_slack.SlackLook. `app` calls with the app token; None in HTTP mode."""

    def __init__(self, api: Api, app: Api | None, clock: Clock) -> None:
        self._api = api
        self._app = app
        self._clock = clock

    async def introduction(self) -> Introduction:
        """See SlackLook.introduction. The header is the one way to a token's scopes (slack-ruby-client#378)."""
        before = self._clock()
        try:
            answer, headers = await self._api.with_headers("auth.test")
        except SlackError as error:
            raise _untold(error) from error
        after = self._clock()
        told = headers.get("x-oauth-scopes")
        scopes = None if told is None else frozenset(name.strip() for name in told.split(",") if name.strip())
        gap = ahead(before, after, headers.get("date", ""))
        return Introduction(str(answer.get("user", "")), str(answer.get("team", "")), scopes, gap)

    async def place(self, channel: str) -> Place | None:
        """See SlackLook.place. A directory of its own, since the bot's remembers what it found."""
        directory = Directory(self._api, channel)
        try:
            await directory.search()
            if not directory.ops_channel:
                return None
            answer = await self._api.call("conversations.info", channel=directory.ops_channel)
        except DeclinedError as error:
            if error.code == "channel_not_found":
                return None
            raise _untold(error) from error
        except SlackError as error:
            raise _untold(error) from error
        found: dict[str, Any] = answer.get("channel") or {}
        return Place(directory.ops_channel, bool(found.get("is_member")), bool(found.get("is_archived")))

    async def is_there(self, user_id: str) -> bool:
        """See SlackLook.is_there."""
        try:
            answer = await self._api.call("users.info", user=user_id)
        except DeclinedError as error:
            if error.code in {"user_not_found", "user_not_visible"}:
                return False
            raise _untold(error) from error
        except SlackError as error:
            raise _untold(error) from error
        return not answer["user"].get("deleted")

    async def opens(self) -> None:
        """See SlackLook.opens. The address that Slack gives is not used, and is good for one connection only."""
        if self._app is None:
            return
        try:
            await self._app.call("apps.connections.open")
        except SlackError as error:
            raise _untold(error) from error


def ahead(before: datetime, after: datetime, date: str) -> timedelta | None:
    """How far our clock is ahead of `date`, as a question tells that took from `before` to `after`; None without one.

    Slack wrote it at some moment of the question: a difference that a slow answer explains is none.
    """
    try:
        told = parsedate_to_datetime(date).astimezone(UTC) + _HALF
    except ValueError:
        return None
    gap = before + (after - before) / 2 - told
    return gap if abs(gap) > (after - before) / 2 + _HALF else timedelta(0)


def _untold(error: SlackError) -> NoLookError:
    """In our own words: what libraries say of a broken connection may hold the address with its password."""
    if isinstance(error, DeclinedError):
        return NoLookError(error.code, error.code)
    if isinstance(error, RateLimitedError):
        return NoLookError(f"it asks to wait {error.retry_after:g} s")
    return NoLookError("no connection" if isinstance(error, NotSentError) else "no usable answer")
