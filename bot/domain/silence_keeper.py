"""Keeps Alertmanager's silences as the records have them, one bot at a time, and tells owners what they should know."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock
from bot.domain.silence import Remote, Silence, SilencerAwayError, SilencerRefusedError, State, warning_due, week_of
from bot.domain.silence_ports import SilenceBoard, Silencer, Silences, Windows
from bot.domain.window import State as WindowState

SAME_MOMENT = timedelta(seconds=2)  # ends that differ by less are the same: clocks and roundings
# The silence of a window that goes on after its planned end is prolonged by so much, when it would end that soon: a bot
# that dies leaves no more than that behind.
ALONG, AHEAD = timedelta(minutes=20), timedelta(minutes=5)
FORGOTTEN = timedelta(hours=24)  # after its planned end a window's silence ends by itself, and its owner is told before
LOOKED = timedelta(minutes=10)  # how often all that Alertmanager has is looked through for old ones


class SilenceKeeper:
    """Settles what differs. What Alertmanager does not do now is done at a later tick."""

    def __init__(
        self, silences: Silences, windows: Windows, silencer: Silencer, board: SilenceBoard, audit: AuditDesk,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._silences = silences
        self._windows = windows
        self._silencer = silencer
        self._board = board
        self._audit = audit
        self._clock = clock
        self._looked_at: datetime | None = None

    async def tick(self) -> None:
        """Has Alertmanager silence what is wanted and nothing else, and tells owners. Raises StoreAwayError."""
        for silence_id in await self._silences.unsettled(self._clock()):
            await self.settle(silence_id)
        if not self._silencer.is_there:
            return
        for silence in await self._silences.wanted():
            if warning_due(silence, self._clock()) and not await self._goes_along(silence):
                await self._board.ends_soon(silence)
        await self._look_for_old_ones()

    async def put(self, silence: Silence) -> Silence:
        """Makes one whose record is new, and claimed. Raises SilencerRefusedError, and then it is over."""
        try:
            remote_id = await self._silencer.make(silence, self._clock())
            return await self._save(silence, replace(silence, remote_id=remote_id, sent_until=silence.ends_at))
        except SilencerRefusedError:
            await self._save(silence, replace(silence, state=State.OVER))
            raise
        except SilencerAwayError as error:
            return await self._save(silence, replace(silence, trouble=error.problem))
        finally:
            await self._silences.release(silence.id)

    async def settle(self, silence_id: str) -> None:
        """Has Alertmanager do what the record says, unless another bot is at it. Raises StoreAwayError."""
        silence = await self._silences.claim(silence_id)
        if silence is None:
            return
        try:
            silence = await self._along(silence)
            if silence.state is State.EXPIRED:
                await self._keep_expired(silence)
            elif silence.state is State.WANTED and silence.ends_at <= self._clock():
                await self._save(silence, replace(silence, state=State.OVER))
            elif silence.state is State.WANTED:
                await self._keep_made(silence)
        except (SilencerAwayError, SilencerRefusedError) as error:
            if silence.trouble != error.problem:
                await self._save(silence, replace(silence, trouble=error.problem))
        finally:
            await self._silences.release(silence_id)

    async def _along(self, silence: Silence) -> Silence:
        """A window's silence lasts as long as the window, which may go on after its planned end until it is ended."""
        now = self._clock()
        if silence.state is not State.WANTED or silence.ends_at - now > AHEAD or not await self._goes_along(silence):
            return silence
        longer = replace(silence, ends_at=now + ALONG)
        if longer.ends_at <= silence.ends_at:
            return silence
        return await self._save(silence, longer)

    async def _goes_along(self, silence: Silence) -> bool:
        """Whether it is a window's that is under way, and not so long after its planned end that it was forgotten."""
        if not silence.is_windows:
            return False
        window = await self._windows.get(silence.subject)
        is_on = window is not None and window.state is WindowState.UNDER_WAY
        return is_on and window is not None and self._clock() + ALONG < window.end + FORGOTTEN

    async def _keep_expired(self, silence: Silence) -> None:
        """Also one that is back, since Alertmanager was killed and forgot that it had been expired."""
        remote = await self._remote(silence)
        if remote is not None and remote.is_active:
            await self._silencer.expire(remote.id)
        if silence.trouble:
            await self._save(silence, replace(silence, trouble=""))

    async def _keep_made(self, silence: Silence) -> None:
        remote = await self._remote(silence)
        if remote is None:
            if silence.remote_id:
                await self._audit.wrote(SYSTEM, "silence", silence.id, detail="made again: Alertmanager had lost it")
            await self._make(replace(silence, remote_id=""), silence)
        elif remote.is_active:
            await self._keep_end(silence, remote)
        elif remote.ends_at < (silence.sent_until or silence.ends_at) - SAME_MOMENT:
            # Said before it is kept: a bot that dies in between says it once all the same.
            await self._board.expired_elsewhere(silence)
            await self._audit.wrote(SYSTEM, "expire silence", silence.id, detail="somebody did in Alertmanager")
            await self._save(silence, replace(silence, state=State.EXPIRED, expired_by="", trouble=""))
        elif _is_same(silence.sent_until, silence.ends_at):
            await self._save(silence, replace(silence, state=State.OVER))
        else:
            await self._make(replace(silence, remote_id=""), silence)  # it ran out before it was prolonged

    async def _keep_end(self, silence: Silence, remote: Remote) -> None:
        """The later word counts: the record's end, or the one that somebody set in Alertmanager since."""
        found = replace(silence, remote_id=remote.id, sent_until=silence.ends_at, trouble="")
        if _is_same(remote.ends_at, silence.ends_at):
            if found != silence:
                await self._save(silence, found)
        elif silence.sent_until is not None and _is_same(silence.sent_until, silence.ends_at):
            await self._save(silence, replace(found, ends_at=remote.ends_at, sent_until=remote.ends_at))
        else:
            await self._make(replace(silence, remote_id=remote.id), silence)

    async def _make(self, wanted: Silence, silence: Silence) -> None:
        remote_id = await self._silencer.make(wanted, self._clock())
        await self._save(silence, replace(wanted, remote_id=remote_id, sent_until=wanted.ends_at, trouble=""))

    async def _remote(self, silence: Silence) -> Remote | None:
        known = await self._silencer.get(silence.remote_id) if silence.remote_id else None
        return known or await self._silencer.find(silence)

    async def _save(self, silence: Silence, after: Silence) -> Silence:
        """Keeps what came of it, unless the record was changed meanwhile: then the next look sees to it."""
        after = replace(after, version=silence.version + 1)
        return after if await self._silences.save(after, silence.version) else silence

    async def _look_for_old_ones(self) -> None:
        now = self._clock()
        if self._looked_at is not None and now - self._looked_at < LOOKED:
            return
        self._looked_at = now
        try:
            found = await self._silencer.active()
        except SilencerAwayError:
            return
        ours = {silence.remote_id: silence for silence in await self._silences.wanted()}
        for remote in found:
            silence = ours.get(remote.id)
            if silence is None and remote.comment.startswith("SIL-"):
                continue  # one of the bot's that is over by its record: that is seen to elsewhere
            week = week_of(silence.starts_at if silence else remote.starts_at, now)
            if week is not None:
                await self._board.is_old(remote, silence, week)


def _is_same(one: datetime | None, other: datetime) -> bool:
    return one is not None and abs(one - other) < SAME_MOMENT
