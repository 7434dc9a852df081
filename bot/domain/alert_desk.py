"""Takes what monitoring tells of alerts: kept first, then shown in one message for each group, and in its incident."""

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.domain.alert import Group, Notice, Turn, in_words, turned
from bot.domain.alert_incident import BEGUN, AlertIncidents, Found
from bot.domain.alert_ports import AlertBoard, Groups
from bot.domain.alert_steps import heard
from bot.domain.alert_storm import Storms
from bot.domain.alert_storm_news import StormNews
from bot.domain.clock import Clock
from bot.domain.incident import Severity
from bot.domain.incident_news import IncidentNews, News
from bot.domain.outbox import UndeliveredError
from bot.domain.timeline import Attached, Kind
from bot.errors import ConflictError, NotFoundError, StoreAwayError

TRIES = 20  # of a change that others keep overtaking
LEFT_BEHIND = timedelta(seconds=15)  # a turn untold for so long was left by a bot that died
LISTED = 20
NAMED = 50  # groups that are still firing, by name


Spawn = Callable[[Coroutine[Any, Any, None], str], Any]
"""Runs background work of this name under supervision."""


@dataclass(frozen=True)
class Listing:
    """The groups that fire, worst first, each with its message's link ("" for none); `total` counts all that do."""

    groups: tuple[tuple[Group, str], ...]
    total: int


class AlertDesk:
    """The alerts. `heard` returns when a notification is kept; telling of it goes on in the background."""

    def __init__(
        self,
        groups: Groups,
        board: AlertBoard,
        incidents: AlertIncidents,
        news: IncidentNews,
        spawn: Spawn,
        clock: Clock,
    ) -> None:
        self._groups = groups
        self._board = board
        self._incidents = incidents
        self._news = news
        self._storms = Storms(groups, board, incidents, clock)
        self._storm_news = StormNews(groups, board, incidents, news, clock)
        self._spawn = spawn
        self._clock = clock
        self._showing = asyncio.Lock()
        self._turns: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def heard(self, notice: Notice) -> None:
        """Keeps what a notification changes. Raises StoreAwayError; ConflictError if too many come at once."""
        for _ in range(TRIES):
            known = await self._groups.get(notice.group_id)
            after = heard(known, notice, self._clock())
            if after is None:
                return
            if await self.changed(known, after):
                return
        raise ConflictError("Too many notifications of one group come at once.", "It is to be sent again.")

    async def changed(self, known: Group | None, after: Group) -> bool:
        """Keeps a change of a group and has it told; False if another was quicker. Raises StoreAwayError."""
        kept = await self._kept(known, after)
        if kept is None:
            return False
        if kept.untold:
            self._spawn(self._tell_soon(kept), f"alert {kept.id}")
        elif known is not None and known.left_out != kept.left_out and kept.ts and not kept.digest:
            self._spawn(self._show_soon(kept), f"alert {kept.id}")
        return True

    async def _show_soon(self, group: Group) -> None:
        """No news for anybody, but the message says how many it does not know of."""
        try:
            await self._shown(group)
        except (StoreAwayError, UndeliveredError):
            return  # the next change shows it

    async def _kept(self, known: Group | None, after: Group) -> Group | None:
        if after.episode == (known.episode if known else 0):
            return after if await self._saved(known, after, begins=False) else None
        if digest := self._storms.remembered(after.changed_at):
            return await self._begun(known, after, digest)
        # One after the other, so that each sees how many others there are.
        async with self._showing:
            digest = self._storms.remembered(after.changed_at)
            if not digest:
                digest = await self._storms.join(after.changed_at)
                return await self._begun(known, after, digest)
        return await self._begun(known, after, digest)

    async def _begun(self, known: Group | None, after: Group, digest: str) -> Group | None:
        incident = await self._incidents.of(after.incident_id)
        storm = after.storm if incident is None and await self._incidents.of_group(after) else digest
        after = replace(after, digest=digest, storm=storm, incident_id=incident.id if incident else "", asked=None)
        if not await self._saved(known, after, begins=True):
            return None
        self._storms.began(after.began)
        return after

    async def _saved(self, known: Group | None, after: Group, *, begins: bool) -> bool:
        if known is None:
            return await self._groups.add(after)
        return await self._groups.save(after, known.version, begins=begins)

    # Telling

    async def _tell_soon(self, group: Group) -> None:
        """What MongoDB or Slack do not take now is told later, by this bot or another."""
        try:
            if group.digest and not group.incident_id:
                await self._storms.tell(group)
            else:
                await self.tell(group.id)
        except (StoreAwayError, UndeliveredError):
            return

    async def tell(self, group_id: str) -> None:
        """Tells the untold turns in message, thread and timeline; telling twice changes nothing."""
        async with self._turns.setdefault(group_id, asyncio.Lock()):
            group = await self._groups.get(group_id)
            if group is None or not self._board.channel:
                return
            if not group.digest:
                group = await self._shown(group)
            for turn in group.untold:
                if not group.digest and not turn.is_first:
                    await self._board.news(group, turn)
                if group.incident_id and not await self._entered(group, turn):
                    return  # its card is not there yet: told again later
            if group.digest and group.untold:
                await self._storms.tell(group)
            else:
                if group.storm and group.untold:
                    await self._groups.join_digest(group.storm, None)
                await self._groups.told_all([(group.id, group.version)])

    async def _entered(self, group: Group, turn: Turn) -> bool:
        """Tells a turn in the group's incident; False if its thread cannot be told yet."""
        key, url = f"{group.id}/v{turn.version}", self._link(group)
        entry = Attached(Kind.ALERT, key, turn.at, in_words(group, turn), url)
        await self._news.attach(group.incident_id, entry.kind, key, turn.at, entry.text, url)
        text = turned(group, turn)
        news = News(key, turn.at, text, is_good=not turn.firing, url=url, attached=(entry,))
        return not text or await self._news.say(group.incident_id, news)

    async def _shown(self, group: Group) -> Group:
        incident = await self._incidents.of_group(group)
        ts = await self._board.alert(group, incident)
        if ts != group.ts:
            await self._groups.posted(group, self._board.channel, ts)
        return replace(group, channel=self._board.channel, ts=ts)

    def _link(self, group: Group) -> str:
        return self._board.link_to(group.channel, group.ts)

    async def tick(self) -> None:
        """Keeps the messages of storms, and tells what was left behind. Raises StoreAwayError."""
        now = self._clock()
        if await self._groups.is_at_rest(now - LEFT_BEHIND, now - BEGUN):
            return
        await self._storms.tick()
        await self._storm_news.tick()
        await self._incidents.finish()
        await self._show_anew()
        for group in await self._groups.untold(now - LEFT_BEHIND):
            try:
                await self.tell(group.id)
            except UndeliveredError:
                continue  # the outbox has it in the log; the others have nothing to do with it

    async def _show_anew(self) -> None:
        for group in await self._groups.stale() if self._board.channel else ():
            try:
                await self._groups.shown(await self._shown(group))
            except UndeliveredError:
                continue  # as above

    async def mend(self) -> None:
        """Shows anew what fires and whose message was deleted: what joined since then, nobody saw."""
        for group_id, episode in await self._board.lost():
            group = await self._groups.get(group_id)
            if group is not None and group.is_firing and not group.digest and group.episode == episode:
                with suppress(UndeliveredError):  # the outbox has it in the log, and it is tried again
                    await self._shown(group)

    # What people ask for

    async def get(self, group_id: str) -> Group:
        """The group with this ID. Raises NotFoundError."""
        group = await self._groups.get(group_id)
        if group is None:
            raise NotFoundError("That alert is not known any more.", "`/ops alerts` lists what fires.")
        return group

    async def open_incident(self, topic_id: str, who: str, ts: str) -> Found:
        """Opens an incident from a group or a storm, or finds the open one; see AlertIncidents.open."""
        return await self._incidents.open(topic_id, who, ts)

    async def listed(self) -> Listing:
        """What fires. Raises StoreAwayError."""
        found = await self._groups.firing(LISTED)
        linked = []
        for group in found:
            digest = await self._groups.digest(group.digest) if group.digest else None
            link = self._board.link_to(digest.channel, digest.ts) if digest else self._link(group)
            linked.append((group, link))
        return Listing(tuple(linked), sum((await self._groups.count_firing()).values()))

    async def counts(self) -> dict[Severity, int]:
        """How many groups fire. Raises StoreAwayError."""
        return await self._groups.count_firing()

    async def firing(self) -> list[str]:
        """What is still firing, in words, worst first; what is silenced is among it. Raises StoreAwayError."""
        found = await self._groups.firing(NAMED)
        return [f"{group.name} ({len(group.firing)})" if len(group.firing) > 1 else group.name for group in found]
