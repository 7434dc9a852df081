"""The incidents opened during a window: found for its summary and for lists, linked from its thread when they open."""

from datetime import datetime, timedelta

from bot.domain.clock import Clock
from bot.domain.incident import Incident
from bot.domain.window_summary import During, Held, during
from bot.domain.window_summary_ports import Attended, SummaryPorts
from bot.errors import StoreAwayError

MOST = 50
JUST_BEFORE = timedelta(minutes=10)
JUST_ENDED = timedelta(hours=1)  # so long after a window's end a bot that comes back still links what was opened in it


class WindowIncidents:
    """Any number of bots look again and again; each incident is linked once."""

    def __init__(self, ports: SummaryPorts, clock: Clock) -> None:
        self._ports = ports
        self._clock = clock
        self._linked: set[tuple[str, str]] = set()

    async def tick(self) -> None:
        """Links what was opened since the last look. Raises StoreAwayError."""
        now = self._clock()
        linked: set[tuple[str, str]] = set()
        for attended in await self._ports.records.recent(now - JUST_ENDED, now):
            held = attended.held
            if not held.head or (held.actual_end and held.actual_end < now - JUST_ENDED):
                continue
            for incident in await self.during(held, _until(attended, now)):
                name = (held.id, incident.id)
                if not incident.url:
                    continue  # its card is still on its way
                if name not in self._linked:
                    await self._ports.board.opened(held, incident)
                linked.add(name)
        self._linked = linked

    async def of(self, window_id: str) -> tuple[During, ...]:
        """Those of a window so far; none while MongoDB is away."""
        now = self._clock()
        try:
            attended = await self._ports.records.attended(window_id, now)
            return await self.during(attended.held, _until(attended, now)) if attended and attended.has_begun else ()
        except StoreAwayError:
            return ()

    async def during(self, held: Held, until: datetime) -> tuple[During, ...]:
        """Those opened from its beginning until then, in order; an emergency's own is opened just before."""
        now, link = self._clock(), self._ports.people.link_to
        found = [
            incident
            async for incident in self._ports.opened.opened(held.began - JUST_BEFORE, until, MOST)
            if _is_of(held, incident)
        ]
        if not found:
            return ()
        others = [one for one in await self._ports.records.recent(held.began, now) if one.held.id != held.id]
        return tuple(
            during(
                incident,
                link(incident.channel, incident.card_ts) if incident.card_ts else "",
                tuple(one.held.id for one in others if _is_of(one.held, incident) and _was_then(one, incident, now)),
            )
            for incident in reversed(found)
        )


def _is_of(held: Held, incident: Incident) -> bool:
    return incident.opened_at >= held.began or incident.id == held.incident_id


def _was_then(attended: Attended, incident: Incident, now: datetime) -> bool:
    return incident.opened_at < _until(attended, now)


def _until(attended: Attended, now: datetime) -> datetime:
    held = attended.held
    return held.ended if attended.is_over or held.actual_end else now
