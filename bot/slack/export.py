"""Where exports go: an incident's thread, or a person's direct conversation with the bot."""

from collections.abc import Sequence
from typing import Any

from bot.domain.export_left import Left
from bot.domain.incident import Incident
from bot.domain.paper import Paper
from bot.errors import UserError
from bot.slack.api import Api, DeclinedError, NotSentError, SlackError, UnknownError
from bot.slack.direct import Whisper
from bot.slack.files import Files
from bot.slack.mrkdwn import Mrkdwn
from bot.slack.views import export as view

_NO_THREAD = {"thread_not_found", "message_not_found", "channel_not_found", "not_in_channel", "is_archived"}


class Exports:
    """Implements bot.domain.export_desk.Sharing."""

    def __init__(self, api: Api, files: Files) -> None:
        self._api = api
        self._files = files

    async def in_thread(self, incident: Incident, papers: Sequence[Paper], who: str) -> bool:
        """See Sharing.in_thread."""
        return await self.below(incident.channel, incident.card_ts or "", papers, view.comment(incident, who))

    async def below(self, channel: str, ts: str, papers: Sequence[Paper], comment: Mrkdwn) -> bool:
        """Shares files in the thread of a message; False if there is no such thread. Raises UserError."""
        try:
            if not ts or not await self._has_thread(channel, ts):
                return False
            await self._files.share_all(papers, channel, thread_ts=ts, comment=comment)
        except SlackError as error:
            raise _complaint(error, "thread") from error
        return True

    async def _has_thread(self, channel: str, ts: str) -> bool:
        # Asked first: a file for a thread that is gone would be taken, and shown to nobody.
        try:
            await self._ask("conversations.replies", channel=channel, ts=ts, limit=1)
        except DeclinedError as error:
            if error.code in _NO_THREAD:
                return False
            raise
        return True

    async def _ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        """A call before the files: whatever becomes of it, nothing is shared yet."""
        try:
            return await self._api.patiently(method, **arguments)
        except UnknownError as error:
            raise NotSentError(str(error)) from error

    async def privately(self, who: str, papers: Sequence[Paper], about: str) -> None:
        """See Sharing.privately. Files take the id of a conversation, not that of a person.

        https://github.com/slackapi/bolt-js/issues/2115
        """
        try:
            opened = await self._ask("conversations.open", users=who)
            await self._files.share_all(papers, str(opened["channel"]["id"]), comment=view.private_comment(about))
        except SlackError as error:
            raise _complaint(error, "direct conversation with the bot") from error


def _complaint(error: SlackError, where: str) -> UserError:
    if isinstance(error, UnknownError):
        return UserError(
            f"Slack did not say whether it shared the files ({error}). What is recorded is not touched by that.",
            f"Look in the {where} before you ask again.",
        )
    return UserError(
        f"Slack did not take the files ({error}), so nothing was shared. What is recorded is not touched by that.",
        "Ask again in a moment." if not isinstance(error, DeclinedError) else "",
    )


class ExportVoice:
    """Implements bot.domain.export_left.Voice."""

    def __init__(self, whisper: Whisper) -> None:
        self._whisper = whisper

    async def cut_off(self, left: Left) -> None:
        """See Voice.cut_off."""
        await self._whisper.say(left.who, f"export/{left.token}", view.cut_off(left.subject))
