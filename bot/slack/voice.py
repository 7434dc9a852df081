"""How the bot speaks to one person: where they typed, in the channel for them alone, in a form."""

from typing import Any

import aiohttp
import structlog
from slack_sdk.models.views import View

from bot.errors import UserError
from bot.slack.api import Api, DeclinedError, SlackError
from bot.slack.views.home import sheet
from bot.slack.views.parts import Message

log = structlog.get_logger("voice")

_TOO_LATE = {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"}
_NOT_THERE = {"user_not_in_channel", "not_in_channel", "channel_not_found", "is_archived"}


class Voice:
    """Implements handlers.call.Voice on the Web API and on response_url."""

    def __init__(self, api: Api, session: aiohttp.ClientSession) -> None:
        self._api = api
        self._session = session

    async def respond(self, url: str, message: Message, *, replacing: bool) -> bool:
        """See Voice.respond. A response_url takes five answers in 30 minutes, and needs no scope."""
        body: dict[str, Any] = {**message.payload(), "response_type": "ephemeral", "replace_original": replacing}
        try:
            async with self._session.post(url, json=body) as answer:
                if answer.status != 200:
                    log.warning("response_url declined", status=answer.status)
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("response_url failed", cause=type(error).__name__)
            return False

    async def whisper(self, channel: str, who: str, message: Message, thread_ts: str | None) -> bool:
        """See Voice.whisper."""
        try:
            await self._whisper(channel, who, message, thread_ts)
        except SlackError as error:
            log.warning("not told", who=who, cause=str(error))
            return False
        return True

    async def _whisper(self, channel: str, who: str, message: Message, thread_ts: str | None) -> None:
        thread = {"thread_ts": thread_ts} if thread_ts else {}
        if channel:
            try:
                await self._api.patiently(
                    "chat.postEphemeral", channel=channel, user=who, **thread, **message.payload()
                )
            except DeclinedError as error:
                if error.code not in _NOT_THERE:
                    raise
            else:
                return
        # What people wrote may have links in it, and nobody asked for what is behind them.
        still = {"unfurl_links": False, "unfurl_media": False}
        await self._api.patiently("chat.postMessage", channel=who, **still, **message.payload())

    async def open_form(self, trigger_id: str, view: View) -> str:
        """See Voice.open_form. A trigger lives three seconds and opens one form."""
        try:
            answer = await self._api.call("views.open", trigger_id=trigger_id, view=view.to_dict())
        except DeclinedError as error:
            if error.code in _TOO_LATE:
                raise UserError("Slack gave up waiting for the form.", "Try again, or say it in one line.") from error
            raise
        return str((answer.get("view") or {}).get("id", ""))

    async def lay_over(self, trigger_id: str, message: Message) -> bool:
        """See Voice.lay_over."""
        try:
            await self._api.call("views.open", trigger_id=trigger_id, view=sheet("Ops Bot", message).to_dict())
        except SlackError as error:
            log.info("not laid over the Home", cause=str(error))
            return False
        return True

    async def change_form(self, view_id: str, view: View) -> None:
        """See Voice.change_form."""
        try:
            await self._api.patiently("views.update", view_id=view_id, view=view.to_dict())
        except DeclinedError as error:
            if error.code != "not_found":
                raise
