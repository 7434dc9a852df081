"""Outages in the channel: one message each, found again by what it carries when no record tells of it."""

import asyncio
from datetime import datetime
from typing import Protocol

from bot.domain.health import State
from bot.domain.health_watch import Case, Outage
from bot.domain.incident import Incident
from bot.domain.outbox import Content, Letter
from bot.errors import StoreAwayError, UserError
from bot.slack.api import Api, SlackError
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.views import health_watch as view

ALERT = "opsbot_alert"
PREFIX = "health/"
POSTED_WITHIN = 5.0  # seconds


class Incidents(Protocol):
    """Where incidents are kept."""

    async def get(self, incident_id: str) -> Incident | None:
        """The incident with this whole ID. Raises StoreAwayError."""


class HealthBoard:
    """Implements bot.domain.health_watch_ports.OutageBoard."""

    def __init__(self, outbox: Outbox, api: Api, directory: Directory, incidents: Incidents) -> None:
        self._incidents = incidents
        self._outbox = outbox
        self._api = api
        self._directory = directory

    async def show(self, outage: Outage) -> bool:
        """See OutageBoard.show. It is told without MongoDB too, after a look whether another bot has done so."""
        channel = outage.channel or self._directory.ops_channel
        if not channel:
            return False
        facts: dict[str, str | int | bool] = {
            "services": view.shown_services(outage.down or outage.cases),
            "since": outage.began.isoformat(timespec="seconds"),
            "is_over": outage.ended is not None,
            "revision": outage.revision,
        }
        message = view.outage(outage, await self._card_of(outage.incident))
        letter = Letter(
            ALERT,
            outage.key,
            channel,
            Content(message.payload(), facts, outage.revision),
            outage.began,
            thread_ts=outage.thread or None,
        )
        # Only the first telling: an edit that nobody records could be taken for shown when MongoDB is back.
        await self._outbox.send(letter, even_unrecorded=outage.told == 0, in_doubt=True)
        if outage.revision > 1:
            if outage.told:
                await self._posted_anew(letter)
            await self._outbox.edit(letter.id, letter.content, letter.channel)
        return True

    async def _posted_anew(self, letter: Letter) -> None:
        """Posts it again if somebody deleted it: how an outage goes on and ends is to be seen."""
        known = await self._outbox.find(letter.id)
        if known is None or not known.ts:
            return
        try:
            async with asyncio.timeout(POSTED_WITHIN):  # the round goes on; what is not there yet follows by itself
                if await self._directory.look_at(letter.channel, known.ts) is None:
                    await self._outbox.repost(letter, known.ts)
        except StoreAwayError:
            raise
        except (UserError, TimeoutError):
            return  # Slack does not say; it is edited, if it is there

    async def _card_of(self, incident_id: str) -> str:
        """The link to an incident's card; empty if it is not known."""
        try:
            incident = await self._incidents.get(incident_id) if incident_id else None
        except StoreAwayError:
            return ""
        return self._directory.link_to(incident.channel, incident.card_ts or "") if incident else ""

    async def find(self, since: datetime) -> list[Outage] | None:
        """See OutageBoard.find. Only what the bot itself posted is believed."""
        found: dict[str, Outage] = {}
        if not self._directory.ops_channel:
            return None
        try:
            async for message in self._api.history(self._directory.ops_channel, since.timestamp()):
                carried = message.get("metadata") or {}
                told = carried.get("event_payload") or {}
                if carried.get("event_type") == ALERT and message.get("user") == self._directory.bot_user:
                    outage = from_facts(told)
                    if outage is not None:
                        found.setdefault(outage.key, outage)
        except SlackError:
            return None
        return list(found.values())


def from_facts(told: dict[str, object]) -> Outage | None:
    """The outage that a message's metadata tells of; None for another alert, and for one that is over."""
    key, services = str(told.get("key", "")), str(told.get("services", ""))
    if not key.startswith(PREFIX) or not services or told.get("is_over"):
        return None
    try:
        began, revision = datetime.fromisoformat(str(told.get("since", ""))), int(str(told.get("revision", "")))
    except ValueError:
        return None
    cases = tuple(Case(service, State.DOWN, "", began) for service in services.split(","))
    return Outage(key, began, cases, revision=revision, told=revision)
