"""Silences alerts for people and windows: recorded first, then made in Alertmanager, and kept there as recorded."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.audit import SYSTEM, AuditDesk
from bot.domain.clock import Clock
from bot.domain.role import RoleDesk
from bot.domain.silence import MOST, Matcher, Remote, Silence, SilencerAwayError, State, Wish, mint, said
from bot.domain.silence_keeper import ALONG, SilenceKeeper
from bot.domain.silence_ports import Silencer, Silences
from bot.errors import ConflictError, NotFoundError, UserError

TRIES = 20  # of a change that others keep overtaking


@dataclass(frozen=True)
class Made:
    """What came of a wish; `trouble` in it: why it is not in force yet. `is_longer`: there was one, it lasts longer."""

    silence: Silence
    is_longer: bool = False


@dataclass(frozen=True)
class Listing:
    """What is silenced: the bot's own, and what was made in Alertmanager. `trouble`: why that was not asked."""

    ours: tuple[Silence, ...]
    others: tuple[Remote, ...] = ()
    trouble: str = ""


class SilenceDesk:
    """Makes, prolongs and ends silences."""

    def __init__(
        self, silences: Silences, silencer: Silencer, keeper: SilenceKeeper, roles: RoleDesk, audit: AuditDesk,
        clock: Clock,
    ) -> None:  # fmt: skip
        self._silences = silences
        self._silencer = silencer
        self._keeper = keeper
        self._roles = roles
        self._audit = audit
        self._clock = clock

    async def silence(self, wish: Wish) -> Made:
        """Makes one, or has the one that matches the same last longer.

        Raises RefusedError, ConflictError, SilencerRefusedError, UserError and StoreAwayError: then nothing is changed.
        """
        if not self._silencer.is_there:
            raise UserError("There is no Alertmanager to ask.", "Whoever runs the bot sets ALERTMANAGER_URL.")
        await self._roles.must_have_one(wish.who, "silence alerts")
        if wish.length > MOST:
            raise UserError("A silence lasts 24 hours at most.", "Say it again tomorrow if it is still needed.")
        now = self._clock()
        about = (wish.who, wish.reason, wish.subject, wish.author)
        new = Silence(mint(), wish.matchers, now, now + wish.length, *about)
        while not await self._silences.add(new):
            known = await self._silences.same(new.same)
            if known is not None:
                return await self._longer(known, new)
            new = replace(new, id=mint())  # the ID is taken
        await self._audit.wrote(wish.who, "silence", new.id, detail=f"{said(wish.matchers)}: {wish.reason}")
        return Made(await self._keeper.put(new))

    async def _longer(self, known: Silence, new: Silence) -> Made:
        def step(silence: Silence) -> Silence:
            if new.ends_at <= silence.ends_at:
                raise ConflictError(
                    f"{said(new.matchers)} is silenced already, until {silence.ends_at:%H:%M} UTC ({silence.id}).",
                    "A longer time prolongs it; `/ops silence expire` ends it.",
                    by=silence.owner,
                )
            _must_be_wanted(silence)
            about = replace(silence, owner=new.owner, author=new.author, reason=new.reason)
            return replace(about, ends_at=new.ends_at, subject=new.subject or silence.subject)

        longer = await self._change(known.id, step)
        await self._audit.wrote(new.owner, "silence", known.id, detail=f"until {new.ends_at:%Y-%m-%d %H:%M} UTC")
        return Made(longer, is_longer=True)

    async def expire(self, silence_id: str, who: str) -> Made:
        """Ends one now. Raises RefusedError, NotFoundError, ConflictError and StoreAwayError."""
        await self._roles.must_have_one(who, "end a silence")
        return Made(await self._end(silence_id, who))

    async def _end(self, silence_id: str, who: str) -> Silence:
        def step(silence: Silence) -> Silence:
            _must_be_wanted(silence)
            return replace(silence, state=State.EXPIRED, expired_by=who)

        ended = await self._change(silence_id, step)
        await self._audit.wrote(who, "expire silence", silence_id, detail=said(ended.matchers))
        return ended

    async def list(self) -> Listing:
        """What is silenced. Raises StoreAwayError."""
        ours = tuple(await self._silences.wanted())
        if not self._silencer.is_there:
            return Listing(ours, (), "There is no Alertmanager: ALERTMANAGER_URL is empty.")
        try:
            found = await self._silencer.active()
        except SilencerAwayError as error:
            return Listing(ours, (), error.problem)
        known = {silence.remote_id for silence in ours}
        return Listing(ours, tuple(one for one in found if one.id not in known))

    async def for_window(
        self, window_id: str, scope: int, matchers: Sequence[Matcher], until: datetime, who: str
    ) -> None:
        """Silences for a window that is under way, until then; called again it lasts longer, if that is later by now.

        One that ran out before the window was extended holds anew; one that somebody ended stays ended. What
        Alertmanager cannot do now is done when it can. Raises StoreAwayError, and SilencerRefusedError.
        """
        now = self._clock()
        until = max(until, now + ALONG)  # the window goes on, though its planned end may be past
        about = (who, f"maintenance {window_id}", window_id)
        new = Silence(f"SIL-{window_id}-{scope}", tuple(matchers), now, until, *about, is_windows=True, scope=scope)
        if await self._silences.add(new):
            await self._audit.wrote(who, "silence", new.id, detail=said(new.matchers))
            await self._keeper.put(new)
            return
        known = await self._silences.get(new.id)
        if known is not None and known.state is not State.EXPIRED and known.ends_at < until:
            await self._change(new.id, lambda silence: replace(silence, state=State.WANTED, ends_at=until))

    async def end_for_window(self, window_id: str, scopes: Collection[int] | None = None) -> None:
        """Ends the window's silences that hold, or those for these scopes. Raises StoreAwayError."""
        for silence in await self._silences.wanted():
            is_its = silence.is_windows and silence.subject == window_id
            if not is_its or (scopes is not None and silence.scope not in scopes):
                continue
            try:
                await self._end(silence.id, SYSTEM)
            except ConflictError:
                continue  # another bot did

    async def tick(self) -> None:
        """See SilenceKeeper.tick."""
        await self._keeper.tick()

    async def _change(self, silence_id: str, step: Callable[[Silence], Silence]) -> Silence:
        """One write against the version that was read, and then Alertmanager; the silence as it is afterwards."""
        for _ in range(TRIES):
            before = await self._silences.get(silence_id)
            if before is None:
                raise NotFoundError(f"I know no silence {silence_id}.", "`/ops silence list` has those there are.")
            after = replace(step(before), version=before.version + 1)
            if await self._silences.save(after, before.version):
                await self._keeper.settle(silence_id)
                return await self._silences.get(silence_id) or after
        raise ConflictError(f"{silence_id} is being changed by many people at once.", "Try again.")


def _must_be_wanted(silence: Silence) -> None:
    if silence.state is not State.WANTED:
        raise ConflictError(f"{silence.id} is over already.", "Nothing was changed.", by=silence.expired_by)
