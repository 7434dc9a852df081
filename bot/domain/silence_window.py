"""Silences what a window's scope names, from its actual start to its actual end, or until its yes is taken back.

A scope that is written meanwhile counts once it is approved; until then what was approved before goes on, and with a no
to it that ends too.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.audit import SYSTEM, AuditDesk, Outcome
from bot.domain.silence import Matcher, SilencerRefusedError
from bot.domain.window import Deed, Window


class Silences(Protocol):
    """Makes and ends silences. Each method raises StoreAwayError."""

    async def for_window(
        self, window_id: str, scope: int, matchers: Sequence[Matcher], until: datetime, who: str
    ) -> None:
        """Silences for a window until then, or changes the end. Raises SilencerRefusedError."""

    async def end_for_window(self, window_id: str, scopes: Collection[int] | None = None) -> None:
        """Ends the window's silences that hold, or those for these scopes."""


class WindowSilences:
    """Implements bot.domain.window_ports.Attendant."""

    def __init__(self, silences: Silences, audit: AuditDesk) -> None:
        self._silences = silences
        self._audit = audit

    async def began(self, window: Window) -> None:
        """See Attendant.began. What Alertmanager refuses is refused again however often it is asked."""
        scope = window.scope
        if scope is None or not window.is_live:
            return
        try:
            if scope.is_approved and scope.silencing:
                await self._silences.for_window(window.id, scope.version, scope.silencing, window.end, scope.by)
        except SilencerRefusedError as error:
            await self._audit.wrote(SYSTEM, "silence", window.id, Outcome.REFUSED, error.cause)
        if void := _void(window):
            await self._silences.end_for_window(window.id, void)

    async def ended(self, window: Window) -> None:
        """See Attendant.ended."""
        await self._silences.end_for_window(window.id)


def _void(window: Window) -> set[int]:
    """The versions of its scopes that silence nothing any more: all up to one that was rejected, or before one that is

    approved.
    """
    scopes, void = [0], set()
    for act in window.acts:
        if act.deed is Deed.SCOPED:
            scopes.append(act.version)
        elif act.deed is Deed.REJECTED:
            void.update(scopes)  # then none of its work is to be done, whatever was approved before
    if window.scope is not None and window.scope.is_approved:
        void.update(version for version in scopes if version < window.scope.version)
    return void
