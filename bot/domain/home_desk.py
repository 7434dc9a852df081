"""Draws people's Homes when they open them, and anew while they may still look at them and something has changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.checklist import Checklist
from bot.domain.clock import Clock
from bot.domain.freeze import Freeze
from bot.domain.health_watch import Watch
from bot.domain.home import Drawing, Facts, Page, Visit
from bot.domain.incident import Incident
from bot.domain.outbox import UndeliveredError
from bot.domain.role import Holder
from bot.domain.window import Window
from bot.errors import NotFoundError, StoreAwayError

RECENT = timedelta(hours=8)  # Slack does not tell when somebody leaves their Home: a working day
APART = timedelta(seconds=20)  # between two drawings of one Home that nobody opened anew
LEASE = timedelta(seconds=30)  # a drawing that was not confirmed by then is made again
AT_ONCE = 12  # Homes in one turn: Slack takes about a hundred views a minute


class Incidents(Protocol):
    """What is open."""

    async def open_ones(self) -> list[Incident]:
        """The open incidents, worst first. Raises StoreAwayError."""


class Windows(Protocol):
    """What is planned."""

    def by_rule(self, count: int = 3) -> list[Window]:
        """The next ones by the settings' rule."""

    async def current_or_next(self) -> Window:
        """The one under way, else the next. Raises StoreAwayError."""

    async def under_way(self) -> list[Window]:
        """All that are under way. Raises StoreAwayError."""

    async def freezes(self) -> list[Freeze]:
        """Those in force or to come. Raises StoreAwayError."""


class Checklists(Protocol):
    """What is to be ticked."""

    async def get(self, window_id: str) -> Checklist:
        """The window's checklist. Raises NotFoundError, StoreAwayError."""


class Roles(Protocol):
    """Who has which role."""

    async def holders(self) -> list[Holder]:
        """All of them. Raises StoreAwayError."""

    def is_admin(self, who: str) -> bool:
        """Whether the settings let this person hand out roles."""


class Watching(Protocol):
    """What watching the services has found out; it asks none of them."""

    async def known(self) -> Watch:
        """What is known. Raises StoreAwayError when MongoDB is away and nothing is remembered."""


class Visits(Protocol):
    """Whose Home was opened, and what it shows. Each method raises StoreAwayError."""

    async def opened(self, visit: Visit) -> None:
        """Keeps that a Home was opened; whoever draws it anew at the moment does so again."""

    async def since(self, moment: datetime) -> list[Visit]:
        """Those opened since then, whose drawing is the oldest first."""

    async def claim(self, visit: Visit, now: datetime, lease: timedelta) -> bool:
        """Takes on drawing it anew; False if another bot does, or it was opened meanwhile."""

    async def shown(self, visit: Visit) -> None:
        """Confirms what was claimed; nothing if it was opened meanwhile."""

    async def unsure(self, people: Sequence[str]) -> None:
        """Says of these Homes that they do not show what is recorded."""


class Screen(Protocol):
    """Slack's Home tab."""

    def drawn(self, page: Page) -> Drawing:
        """How the page looks."""

    async def show(self, who: str, drawing: Drawing) -> None:
        """Shows it. Raises UndeliveredError."""


@dataclass(frozen=True)
class Sources:
    """What a Home tells of."""

    incidents: Incidents
    windows: Windows
    checklists: Checklists
    roles: Roles
    watching: Watching


class HomeDesk:
    """Draws Homes; `tick` keeps those of the last hours current, each change once among all bots."""

    def __init__(self, sources: Sources, visits: Visits, screen: Screen, clock: Clock) -> None:
        self._sources = sources
        self._visits = visits
        self._screen = screen
        self._clock = clock
        self._last: Facts | None = None
        self._seen: dict[str, Visit] = {}  # Homes that this bot knows of while MongoDB does not answer
        self._unrecorded: set[str] = set()  # of these, what MongoDB has to hear when it is back

    async def opened(self, who: str) -> None:
        """Somebody opened their Home. Raises UndeliveredError when Slack does not take it."""
        now = self._clock()
        drawing = self._drawn(who, await self._facts(now), now)
        await self._screen.show(who, drawing)
        visit = Visit(who, now, drawing.mark, now)
        self._seen[who] = visit
        try:
            await self._visits.opened(visit)
        except StoreAwayError:
            self._unrecorded.add(who)

    async def tick(self) -> None:
        """Draws anew what has changed. Never raises StoreAwayError: that MongoDB is away is such a change."""
        now = self._clock()
        try:
            await self._record()
            visits = await self._visits.since(now - RECENT)
        except StoreAwayError:
            await self._without_store(now)
            return
        # Not only these: one that was opened while MongoDB was asked is not among them.
        recent = {who: visit for who, visit in self._seen.items() if now - visit.opened_at <= RECENT}
        self._seen = recent | {visit.who: visit for visit in visits}
        if not visits:
            return
        facts = await self._facts(now)
        changed = [(one, self._drawn(one.who, facts, now)) for one in visits if now - one.shown_at >= APART]
        for visit, drawing in [pair for pair in changed if pair[0].mark != pair[1].mark][:AT_ONCE]:
            if facts.is_away or not await self._visits.claim(visit, now, LEASE):
                continue
            if await self._shows(visit.who, drawing):
                await self._visits.shown(Visit(visit.who, visit.opened_at, drawing.mark, now))

    async def _record(self) -> None:
        """MongoDB is back: it hears who opened their Home, and whose shows something else than it thinks."""
        people = sorted(self._unrecorded)
        if not people:
            return
        known = {visit.who for visit in await self._visits.since(self._clock() - RECENT)}
        for who in people:
            if who not in known and who in self._seen:
                await self._visits.opened(self._seen[who])
        await self._visits.unsure(people)
        self._unrecorded.clear()

    async def _without_store(self, now: datetime) -> None:
        """Each bot says so by itself on the Homes that it knows: nothing tells them of each other, and it harms not."""
        if not self._seen:
            return
        facts = await self._facts(now)
        pairs = [(visit, self._drawn(visit.who, facts, now)) for visit in self._seen.values()]
        for visit, drawing in [pair for pair in pairs if pair[0].mark != pair[1].mark][:AT_ONCE]:
            who = visit.who
            self._unrecorded.add(who)
            if await self._shows(who, drawing):
                self._seen[who] = Visit(who, visit.opened_at, drawing.mark, now)

    async def _shows(self, who: str, drawing: Drawing) -> bool:
        try:
            await self._screen.show(who, drawing)
        except UndeliveredError:
            return False  # the claim ends by itself, and the next turn tries again
        return True

    def _drawn(self, who: str, facts: Facts, now: datetime) -> Drawing:
        return self._screen.drawn(Page(who, facts, now, self._sources.roles.is_admin(who)))

    async def _facts(self, now: datetime) -> Facts:
        """What is known; what was known last where MongoDB does not answer. Watching goes on without it."""
        try:
            self._last = await self._gathered(now)
        except StoreAwayError:
            last = self._last or Facts(now, self._sources.windows.by_rule(1)[0])
            return replace(last, watch=await self._watch() or last.watch, is_away=True)
        return self._last

    async def _watch(self) -> Watch | None:
        try:
            return await self._sources.watching.known()
        except StoreAwayError:
            return None

    async def _gathered(self, now: datetime) -> Facts:
        sources = self._sources
        window = await sources.windows.current_or_next()
        return Facts(
            now,
            window,
            tuple(await sources.incidents.open_ones()),
            await self._checklist(window),
            tuple(await sources.windows.freezes()),
            tuple(await sources.roles.holders()),
            await sources.watching.known(),
            beside=tuple(one for one in await sources.windows.under_way() if one.id != window.id),
        )

    async def _checklist(self, window: Window) -> Checklist | None:
        try:
            return await self._sources.checklists.get(window.id)
        except NotFoundError:
            return None
