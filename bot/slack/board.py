"""What the channel shows: cards and threads, each through the outbox."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from bot.domain.clock import Clock
from bot.domain.incident import Act, Deed, Incident
from bot.domain.incident_facts import act_facts, act_from, attached_facts, attached_from, facts, from_facts
from bot.domain.incident_news import News
from bot.domain.outbox import Content, Letter
from bot.domain.read_back import Page, UnreadableError
from bot.domain.reminder import Asked
from bot.domain.standing import MERE_VISITORS
from bot.domain.summary import Draft
from bot.domain.summary_desk import Signature
from bot.domain.timeline import Entry
from bot.slack.api import Api, DeclinedError, SlackError
from bot.slack.directory import Directory
from bot.slack.messages import page
from bot.slack.outbox import Outbox
from bot.slack.views import incident as incident_view
from bot.slack.views import incident_thread
from bot.slack.views import summary as summary_view
from bot.slack.views import timeline as timeline_view
from bot.slack.views.incident_card import Links
from bot.slack.views.incident_card import card as incident_card
from bot.slack.views.parts import Message

log = structlog.get_logger("board")

INCIDENT = "opsbot_incident"
ANNOUNCEMENT = "opsbot_announcement"
REPLY = "opsbot_reply"  # what is said in a thread; its own type, so that a card stays the only one of its key
DELETED = 1_000_000  # the revision of a quotation of what is gone: no edit is newer
POSTED_WITHIN = 4.0  # seconds that a person waits for a summary; with Slack's limits it may take longer


@dataclass(frozen=True)
class Guide:
    """What the settings say that people should look at or call: links, and the phone bridge."""

    links: Links
    phone_bridge: str = ""


class Board:
    """Shows the domain's things; each has one message, however often it is shown."""

    def __init__(self, outbox: Outbox, api: Api, directory: Directory, guide: Guide, clock: Clock) -> None:
        self._outbox = outbox
        self._api = api
        self._directory = directory
        self._guide = guide
        self._clock = clock

    # Incidents

    async def card(self, incident: Incident, *, is_saved: bool, in_doubt: bool = False) -> str:
        """See IncidentBoard.card."""
        letter = self._card(incident, is_saved=is_saved)
        # The incident is worth more than its record: the card goes out even if MongoDB went away just now.
        return await self._outbox.post(letter, even_unrecorded=not in_doubt, in_doubt=in_doubt)

    async def refresh(self, incident: Incident) -> None:
        """See IncidentBoard.refresh."""
        letter = self._card(incident, is_saved=True)
        await self._outbox.edit(letter.id, letter.content, letter.channel)

    async def adopt(self, incident: Incident) -> None:
        """See IncidentBoard.adopt."""
        letter, ts = self._card(incident, is_saved=True), incident.card_ts or ""
        if not await self._outbox.edit(letter.id, letter.content, letter.channel, at=ts):  # then it may have no record
            await self._outbox.adopt(self._card(incident, is_saved=False), ts)
            await self._outbox.edit(letter.id, letter.content, letter.channel)

    async def reply(self, incident: Incident, act: Act) -> None:
        """See IncidentBoard.reply."""
        other = act.was if act.deed is Deed.NOTED else incident.duplicate_card
        url = self._directory.link_to_thread(incident.channel, other) if act.now else ""
        view = incident_thread.acted(incident, act, self._guide.phone_bridge, url)
        key, is_broadcast = f"v{act.version}", incident_thread.is_broadcast(act)
        await self._say(incident, key, view, broadcast=is_broadcast, facts=act_facts(act))

    async def remind(self, incident: Incident, due: datetime, asked: Asked) -> None:
        """See ReminderBoard.remind."""
        view = incident_thread.reminder(incident, asked)
        await self._say(incident, f"reminder-{due:%Y%m%d%H%M%S}", view)

    async def ask_whether_over(self, incident: Incident, since: datetime, asked: Asked) -> None:
        """See ReminderBoard.ask_whether_over."""
        await self._say(incident, f"silent-{since:%Y%m%d%H%M%S}", incident_thread.silent(incident, since, asked))

    async def ask_whether_same(self, later: Incident, earlier: Incident) -> None:
        """See SameBoard.ask_whether_same."""
        await self._say(later, f"same-as-{earlier.id}", incident_view.whether_same(later, earlier))

    async def news(self, incident: Incident, news: News) -> None:
        """See NewsBoard.news."""
        view, facts = incident_thread.news(incident, news), attached_facts(news.attached)
        await self._say(incident, news.key, view, facts=facts)

    async def _say(
        self,
        incident: Incident,
        what: str,
        view: Message,
        *,
        broadcast: bool = False,
        facts: Mapping[str, str | int] | None = None,
    ) -> None:
        """Says something in the thread; `what` names it within the incident, so that it is said once."""
        content = Content(view.payload(), {"incident": incident.id, **(facts or {})})
        letter = Letter(
            REPLY,
            f"{incident.id}/{what}",
            incident.channel,
            content,
            self._clock(),
            thread_ts=incident.card_ts,
            broadcast=broadcast,
        )
        await self._outbox.send(letter)

    async def repost(self, incident: Incident) -> str:
        """See IncidentBoard.repost."""
        letter = self._card(replace(incident, card_ts=None), is_saved=True)
        return await self._outbox.repost(letter, incident.card_ts or "")

    async def lost_cards(self) -> list[str]:
        """See IncidentBoard.lost_cards."""
        return await self._outbox.gone(INCIDENT)

    async def cards(self, since: datetime, until: datetime | None = None) -> AsyncIterator[Incident]:
        """See IncidentBoard.cards."""
        channel = self._directory.ops_channel
        try:
            async for message in self._api.history(channel, since.timestamp(), until.timestamp() if until else None):
                incident = self._told_by(message, channel)
                if incident is not None:
                    yield incident
        except SlackError as error:
            raise UnreadableError(str(error)) from error

    async def quoting(self, incident: Incident) -> Incident:
        """See IncidentBoard.quoting."""
        quote = incident.quote
        if quote is None or quote.words:
            return incident
        return replace(incident, quote=await self._directory.quote(quote.channel, quote.ts, quote.author))

    async def card_at(self, channel: str, ts: str) -> Incident | None:
        """See IncidentBoard.card_at."""
        if channel != self._directory.ops_channel:
            return None
        just_that = {"oldest": ts, "latest": ts, "inclusive": True, "limit": 1, "include_all_metadata": True}
        try:
            answer = await self._api.patiently("conversations.history", channel=channel, **just_that)
        except SlackError as error:
            raise UnreadableError(str(error)) from error
        found = [self._told_by(message, channel) for message in answer.get("messages", ()) if message.get("ts") == ts]
        return found[0] if found else None

    def _told_by(self, message: Mapping[str, Any], channel: str) -> Incident | None:
        """The incident whose card the message is. Only what the bot itself posted is believed."""
        carried = message.get("metadata") or {}
        if carried.get("event_type") != INCIDENT or message.get("user") != self._directory.bot_user:
            return None
        return from_facts(carried.get("event_payload") or {}, channel, str(message["ts"]))

    def _told_in(self, messages: Sequence[Mapping[str, Any]], incident: Incident) -> list[Mapping[str, Any]]:
        """What replies of the bot's own carry of what they tell."""
        found = []
        for message in messages:
            carried = message.get("metadata") or {}
            payload = carried.get("event_payload") or {}
            is_ours = carried.get("event_type") == REPLY and message.get("user") == self._directory.bot_user
            if is_ours and payload.get("incident") == incident.id:
                found.append(payload)
        return found

    async def added(self, incident: Incident, entry: Entry) -> None:
        """See Quotations.added."""
        text = await self._directory.with_names(entry.text)
        revision = DELETED if entry.deleted_at else 1 + len(entry.edits)
        content = Content(timeline_view.added(entry, text).payload(), {"incident": incident.id}, revision)
        key = f"{incident.id}/added-{entry.ts}"
        letter = Letter(REPLY, key, incident.channel, content, self._clock(), thread_ts=incident.card_ts)
        await self._outbox.send(letter)
        await self._outbox.edit(letter.id, content, letter.channel)

    async def thread(self, incident: Incident) -> AsyncIterator[Page]:
        """See Thread.thread."""
        try:
            async for messages in self._api.thread(incident.channel, incident.card_ts or ""):
                found = page(incident.channel, messages, self._directory.bot_user)
                named = replace(found, heard=[await self._directory.groups.heard(one) for one in found.heard])
                told = self._told_in(messages, incident)
                acts = tuple(act for one in told if (act := act_from(one)))
                attached = tuple(entry for one in told for entry in attached_from(one))
                yield replace(await self._members_only(named), acts=acts, attached=attached)
        except SlackError as error:
            log.warning("thread not read", incident=incident.id, cause=str(error))
            is_gone = isinstance(error, DeclinedError) and error.code == "thread_not_found"
            raise UnreadableError(str(error), is_gone=is_gone) from error

    async def _members_only(self, shown: Page) -> Page:
        """Without the pins of those who change nothing. Who has left the workspace may have pinned before."""
        people = {who for heard in shown.heard for who in heard.pins or ()}
        wrong = {who for who in people if await self._directory.standing(who, "") in MERE_VISITORS}
        heard = [replace(one, pins=one.pins - wrong) if one.pins and one.pins & wrong else one for one in shown.heard]
        return replace(shown, heard=heard)

    def _card(self, incident: Incident, *, is_saved: bool) -> Letter:
        url = self._directory.link_to_thread(incident.channel, incident.card_ts or "")
        original = self._directory.link_to_thread(incident.channel, incident.duplicate_card)
        view = incident_card(incident, self._guide.links, url, original, is_saved=is_saved)
        # Each version is drawn twice: without the link to its thread, and with it once the card was posted.
        revision = 2 * incident.version + bool(url) if is_saved else 0
        content = Content(view.payload(), facts(incident), revision)
        return Letter(INCIDENT, incident.id, incident.channel, content, self._clock())

    async def summary(self, incident: Incident, draft: Draft, signature: Signature) -> str:
        """See SummaryBoard.summary."""
        content = Content(summary_view.posted(draft, signature).payload(), {"incident": incident.id})
        key = f"{incident.id}/summary/{draft.number}"
        letter = Letter(REPLY, key, incident.channel, content, self._clock(), thread_ts=incident.card_ts)
        on_its_way = await self._outbox.send(letter)
        done, _ = await asyncio.wait({on_its_way}, timeout=POSTED_WITHIN)
        return on_its_way.result() if done else ""
