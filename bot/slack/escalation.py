"""Asks people to come: in the incident's thread and directly, each once however often and by however many bots."""

import asyncio
from datetime import timedelta

import structlog

from bot.domain.clock import Clock
from bot.domain.escalation import Escalation, State, Step
from bot.domain.incident import Incident
from bot.domain.outbox import Content, Letter, UndeliveredError, letter_id
from bot.slack.api import SlackError
from bot.slack.direct import Direct
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.views import escalation as view
from bot.slack.views.parts import Message

log = structlog.get_logger("escalation")

ESCALATION = "opsbot_escalation"
CARD_WITHIN = timedelta(seconds=30)  # then people are asked directly alone: the incident has no thread
WITHIN = 5.0  # seconds for Slack to show that somebody is asked, before it is looked at again


class EscalationBoard:
    """Implements bot.domain.escalation_desk.EscalationBoard."""

    def __init__(self, outbox: Outbox, direct: Direct, directory: Directory, phone_bridge: str, clock: Clock) -> None:
        self._outbox = outbox
        self._direct = direct
        self._directory = directory
        self._phone_bridge = phone_bridge
        self._clock = clock

    async def ask(self, incident: Incident, escalation: Escalation, step: Step) -> None:
        """See EscalationBoard.ask. Who cannot be written to directly is asked in the thread alone.

        Where no card comes (Slack takes nothing in the channel), people are asked directly all the same.
        """
        has_thread = bool(incident.card_ts)
        if not has_thread and self._clock() - step.at < CARD_WITHIN:
            raise _not_yet()
        key = f"{escalation.id}/{step.number}"
        asking = view.asking(incident, escalation, step, self._phone_bridge)
        on_its_way = await self._send(key, incident.channel, asking, incident.card_ts) if has_thread else None
        for ask in step.asked:
            channel = await self._direct_channel(ask.who)
            if channel:
                await self._send(f"{key}/{ask.who}", channel, self._directly(incident, escalation, step))
        if on_its_way is None:
            log.warning("nobody is asked in the thread: the incident has no card", escalation=escalation.id)
            return
        done, _ = await asyncio.wait({on_its_way}, timeout=WITHIN)
        if not done:
            raise _not_yet()
        try:
            on_its_way.result()
        except UndeliveredError as error:
            if error.is_stale:
                raise
            log.warning("nobody is asked in the thread", escalation=escalation.id, cause=error.reason)

    def _directly(self, incident: Incident, escalation: Escalation, step: Step) -> Message:
        url = self._directory.link_to_thread(incident.channel, incident.card_ts or "")
        return view.asking_directly(incident, escalation, step, url, self._phone_bridge)

    async def _direct_channel(self, who: str) -> str:
        try:
            return await self._direct.channel(who)
        except SlackError as error:
            log.warning("not asked directly yet", who=who, cause=str(error))
            raise _not_yet() from error

    async def _send(
        self, key: str, channel: str, message: Message, thread_ts: str | None = None
    ) -> asyncio.Future[str]:
        letter = Letter(ESCALATION, key, channel, Content(message.payload()), self._clock(), thread_ts=thread_ts)
        return await self._outbox.send(letter)

    async def end(self, incident: Incident, escalation: Escalation) -> None:
        """See EscalationBoard.end."""
        if escalation.state is State.HELD and incident.card_ts:
            message = view.has_it(incident, escalation)
            await self._send(f"{escalation.id}/held", incident.channel, message, incident.card_ts)
        for step in escalation.steps:
            key = f"{escalation.id}/{step.number}"
            await self._edit(key, incident.channel, view.asking(incident, escalation, step, self._phone_bridge))
            for ask in step.asked:
                channel = await self._direct_channel(ask.who)
                if channel:
                    await self._edit(f"{key}/{ask.who}", channel, self._directly(incident, escalation, step))

    async def _edit(self, key: str, channel: str, message: Message) -> None:
        content = Content(message.payload(), revision=2)
        await self._outbox.edit(letter_id(ESCALATION, key), content, channel)


def _not_yet() -> UndeliveredError:
    return UndeliveredError("", "Slack does not take the call just now.", "It is tried again by itself.")
