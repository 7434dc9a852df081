"""Windows and freezes in the channel: announcements, their heads, and what people do, each through the outbox."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.announcement import Rung
from bot.domain.announcement_ports import Posted
from bot.domain.clock import Clock
from bot.domain.freeze import FreezeRung
from bot.domain.outbox import Content, Letter, State, UndeliveredError, letter_id
from bot.domain.presence import Able
from bot.domain.window import Act, Deed, Window
from bot.slack.board import ANNOUNCEMENT, REPLY
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.views import approval as approval_view
from bot.slack.views import freeze as freeze_view
from bot.slack.views import window as view
from bot.slack.views.parts import Message, said

_STEP = 1_000  # revisions of a message within one step of its window
SAID_WITHIN = 2.0  # seconds that Slack's word on an act is waited for at a time
COORDINATED_WITHIN = 4.0  # seconds that Slack's word on the coordination thread is waited for


@dataclass(frozen=True)
class Thread:
    """A thread by its channel's id and the timestamp of its first message."""

    channel: str
    ts: str


class WindowBoard:
    """Implements the boards of bot.domain.announcement_ports and bot.domain.window_ports."""

    def __init__(self, outbox: Outbox, directory: Directory, coordination: Thread | None, clock: Clock) -> None:
        self._outbox = outbox
        self._directory = directory
        self._coordination = coordination
        self._clock = clock

    async def announce(self, rung: Rung, late: timedelta, head_ts: str | None, good_until: datetime) -> Posted:
        """See WindowBoard.announce."""
        shown = view.reply(rung, late) if head_ts else view.head(rung, late, None)
        version = rung.window.version
        facts: dict[str, str | int] = {"window": rung.window.id, "rung": rung.name, "version": version}
        # A head is posted as its first edit would show it, so that it is not edited at once.
        letter = Letter(
            ANNOUNCEMENT,
            rung.key,
            self._directory.ops_channel,
            Content(shown.payload(), facts, _STEP * (version + (1 if head_ts else 2))),
            self._clock(),
            thread_ts=head_ts,
            broadcast=head_ts is not None,
            good_until=good_until,
        )
        return await self._posted(letter, good_until, version)

    async def announce_freeze(self, rung: FreezeRung, late: timedelta, good_until: datetime) -> Posted:
        """See WindowBoard.announce_freeze."""
        content = Content(freeze_view.told(rung, late).payload(), {"freeze": rung.freeze.id, "rung": rung.name})
        channel = self._directory.ops_channel
        letter = Letter(ANNOUNCEMENT, rung.key, channel, content, self._clock(), good_until=good_until)
        return await self._posted(letter, good_until, 0)

    async def _posted(self, letter: Letter, good_until: datetime, version: int) -> Posted:
        # What is only looked for may be there without a record.
        ts = await self._outbox.post(letter, in_doubt=good_until <= self._clock())
        # A bot that died may have posted it as it was then.
        known = await self._outbox.find(letter.id)
        told = known.content.facts.get("version", version) if known else version
        return Posted(letter.channel, ts, int(told))

    async def refresh_held_up(self, rung: Rung, late: timedelta) -> None:
        """See WindowBoard.refresh_held_up."""
        window = rung.window
        letter = letter_id(ANNOUNCEMENT, rung.key)
        facts: dict[str, str | int] = {"window": window.id, "rung": rung.name, "version": window.version}
        await self._keep(letter, view.reply(rung, late), facts, window.version + 1)

    async def answered(self, window: Window, key: str, asked: datetime) -> None:
        """See WindowBoard.answered."""
        facts: dict[str, str | int] = {"window": window.id, "rung": key.rpartition("/")[2], "version": window.version}
        shown = view.answered(window, asked)
        await self._keep(letter_id(ANNOUNCEMENT, key), shown, facts, window.version + 1, names_people=False)

    async def refresh_head(self, head: Rung, late: timedelta, latest: Rung, step: int) -> None:
        """See WindowBoard.refresh_head."""
        shown = view.head(head, late, latest)
        facts: dict[str, str | int] = {"window": head.window.id, "rung": head.name}
        names_people = latest.is_held_up
        await self._keep(letter_id(ANNOUNCEMENT, head.key), shown, facts, step + 1, names_people=names_people)

    async def say(self, window: Window, act: Act, head_ts: str, people: Able) -> bool:
        """See NewsBoard.say."""
        thread_ts = head_ts
        if not thread_ts and act.deed in (Deed.APPROVED, Deed.REJECTED) and window.scope is not None:
            known = await self._outbox.find(letter_id(REPLY, _key(window, window.scope.version)))
            if known is not None and known.ts is None and known.state not in (State.PARKED, State.DROPPED):
                return False
            thread_ts = (known.ts if known else None) or ""
        letter = Letter(
            REPLY,
            _key(window, act.version),
            self._directory.ops_channel,
            Content(approval_view.acted(window, act, people).payload(), {"window": window.id}),
            self._clock(),
            thread_ts=thread_ts or None,
            broadcast=bool(thread_ts) and approval_view.is_broadcast(act),
        )
        # What was done next is told once this is there: sent by two bots, the later letter might be the first.
        sent = await self._outbox.send(letter)
        await asyncio.wait({sent}, timeout=SAID_WITHIN)
        return sent.done()

    async def refresh_scope(self, window: Window, approvers: Able) -> None:
        """See NewsBoard.refresh_scope. Those that were replaced lose their buttons."""
        for act in window.acts:
            if act.deed is Deed.SCOPED:
                shown = approval_view.scope(window, act, approvers)
                letter = letter_id(REPLY, _key(window, act.version))
                await self._keep(letter, shown, {"window": window.id}, window.version + 1)

    async def _keep(
        self, letter: str, shown: Message, facts: dict[str, str | int], step: int, *, names_people: bool = True
    ) -> None:
        """Has a message show a step, and within it whom it `names_people` as by now: that changes without a step.

        Each step has room for many revisions. Of two bots that know different people the one that is wrong will know
        better soon, and mends it.
        """
        known = await self._outbox.find(letter)
        if known is None or known.content.revision >= (step + 1) * _STEP:
            return
        least, last = step * _STEP, known.content.revision
        if last < least or (names_people and known.content.body != shown.payload()):
            content = Content(shown.payload(), facts, max(least, last + 1))
            await self._outbox.edit(letter, content, self._directory.ops_channel)

    async def coordinate(self, window: Window, act: Act) -> str:
        """See NewsBoard.coordinate."""
        where = self._coordination
        if where is None:
            return ""
        content = Content(said(approval_view.excepted(window, act)).payload(), {"window": window.id})
        key = f"{_key(window, act.version)}/coordination"
        sent = await self._outbox.send(Letter(REPLY, key, where.channel, content, self._clock(), thread_ts=where.ts))
        await asyncio.wait({sent}, timeout=COORDINATED_WITHIN)
        if sent.done() and isinstance(error := sent.exception(), UndeliveredError):
            return f"the coordination thread cannot be written to: {error.reason}"
        return ""


def _key(window: Window, version: int) -> str:
    return f"{window.id}/v{version}"
