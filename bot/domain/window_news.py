"""Tells what was done to windows, once each, in their threads; calls their attendants when they begin and end."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import Enum, auto

from bot.domain.announcement import Announcement, Ladder, Occasion, State, rungs
from bot.domain.approval import Rights
from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.presence import Able
from bot.domain.window import Act, Deed, Window
from bot.domain.window_ports import Attendant, NewsBoard, Windows

ATTENDED_WITHIN = timedelta(seconds=30)  # then another bot may take over


class _How(Enum):
    """What is to be done with an act that was not told yet."""

    SAY = auto()
    SILENT = auto()  # there is nothing to be corrected, or a rung tells it
    WAIT = auto()  # a rung is on its way that may tell it


class WindowNews:
    """Goes through acts in their order. What was told of a window decides whether an act corrects it."""

    def __init__(
        self,
        windows: Windows,
        board: NewsBoard,
        rights: Rights,
        audit: AuditDesk,
        ladder: Ladder,
    ) -> None:
        self._windows = windows
        self._board = board
        self._rights = rights
        self._audit = audit
        self._ladder = ladder
        self._named: dict[str, tuple[int, Able]] = {}  # who was last named as who may approve, by window

    async def tell(
        self, window: Window, told: Mapping[str, Announcement], head_ts: str, before: int | None = None
    ) -> bool:
        """Tells the untold acts, or those `before` one; whether none is left. Raises StoreAwayError.

        Each is told when the one before it is in the thread, whichever bot told that. `told` was read after the window.
        """
        untold = [act for act in window.acts if act.version in window.untold]
        for act in (act for act in untold if before is None or act.version < before):
            if act.deed is Deed.MOVED and window.successor is not None:
                await self._windows.succeed(window.successor)  # a bot that died may have left it here
            how = self._how(window, act, told)
            if how is _How.WAIT:
                return False
            if how is _How.SAY and not await self._say(window, act, head_ts):
                return False
            if window.scope is not None:
                await self._board.refresh_scope(window, await self._rights.approvers(window))
            trouble = await self._board.coordinate(window, act) if act.deed is Deed.EXCEPTED else ""
            if await self._windows.told(window.id, act.version) and trouble:
                await self._audit.wrote(SYSTEM, "coordinate", window.id, Outcome.REFUSED, trouble)
        return True

    async def name_approvers(self, window: Window, approvers: Able) -> None:
        """Has the message of a scope that waits name who may approve it now: roles change hands, and go round."""
        waits = window.is_live and window.scope is not None and window.scope.lacks
        if waits and self._named.get(window.id) != (window.version, approvers):
            await self._board.refresh_scope(window, approvers)
            self._named[window.id] = (window.version, approvers)

    async def _say(self, window: Window, act: Act, head_ts: str) -> bool:
        is_frozen = act.deed is Deed.OVERTAKEN
        people = await self._rights.leads() if is_frozen else await self._rights.approvers(window)
        return await self._board.say(window, act, head_ts, people)

    def _how(self, window: Window, act: Act, told: Mapping[str, Announcement]) -> _How:
        heard = bool(window.head) or any(one.state is State.ANNOUNCED for one in told.values())
        if act.deed in (Deed.BEGAN, Deed.ENDED):
            occasion = Occasion.START if act.deed is Deed.BEGAN else Occasion.END
            return self._by_rung(window, act, told, occasion)
        if self._is_moot(window, act, told):
            return _How.SILENT
        if any(one.state is State.CLAIMED for one in told.values()):
            return _How.WAIT
        always = (Deed.SCOPED, Deed.APPROVED, Deed.REJECTED, Deed.EXCEPTED, Deed.OVERTAKEN, Deed.ROLLED_BACK)
        return _How.SAY if heard or act.deed in always else _How.SILENT

    def _is_moot(self, window: Window, act: Act, told: Mapping[str, Announcement]) -> bool:
        """Whether there is nothing to say of it (any more)."""
        match act.deed:
            case Deed.SCOPED | Deed.APPROVED | Deed.REJECTED:  # of a scope that is no longer the window's
                return not window.is_live or window.scope is None or act.version < window.scope.version
            case Deed.CANCELLED | Deed.MOVED:  # and taken back before anybody was told
                return any(one.deed is Deed.RESTORED and one.version > act.version for one in window.acts)
            case Deed.FROZEN:
                return not window.frozen or any(one.version >= act.version for one in told.values())
            case Deed.OVERTAKEN:
                return not window.is_live or window.exemption is not None
            case Deed.THAWED:
                return bool(window.frozen) or not window.is_live
        return act.deed in (Deed.SCHEDULED, Deed.NOT_HELD)

    def _by_rung(self, window: Window, act: Act, told: Mapping[str, Announcement], occasion: Occasion) -> _How:
        """A start and an end are told by their rungs; in words of their own where the rung told otherwise before."""
        rung = next(one for one in rungs(window, self._ladder) if one.occasion is occasion)
        known = told.get(rung.key)
        if known is None or known.state is State.CLAIMED:
            return _How.WAIT
        if known.state is State.SKIPPED:  # a start that was frozen when it was due is told when it comes after all
            return _How.SAY if window.head and act.deed is Deed.BEGAN and _was_freed(window, act) else _How.SILENT
        return _How.SILENT if known.version >= act.version else _How.SAY


def _was_freed(window: Window, began: Act) -> bool:
    """Whether it began since it was excepted, or its freeze lifted, after its planned start."""
    freed = [act for act in window.acts if act.deed in (Deed.THAWED, Deed.EXCEPTED) and act.version < began.version]
    return bool(freed) and freed[-1].at >= window.start


class Attendance:
    """Calls the attendants for what they do not know of: at least once each, however often bots die."""

    def __init__(self, windows: Windows, attendants: Sequence[Attendant], lease: timedelta = ATTENDED_WITHIN) -> None:
        self._windows = windows
        self._attendants = tuple(attendants)
        self._lease = lease

    async def tick(self) -> None:
        """Tells every attendant of what it awaits. Raises what one raised; it is called again."""
        while (window := await self._windows.claim_owed(self._lease)) is not None:
            for act in (act for act in window.acts if act.version in window.owed):
                calls = [one.ended(window) if act.deed is Deed.ENDED else one.began(window) for one in self._attendants]
                for outcome in await asyncio.gather(*calls, return_exceptions=True):
                    if isinstance(outcome, BaseException):
                        raise outcome
                await self._windows.attended(window.id, act.version)
