"""Tells people in direct messages that a role is theirs now, or no longer."""

from bot.domain.clock import Clock
from bot.domain.outbox import Content, Letter
from bot.domain.role import Role
from bot.domain.role_changes import Change
from bot.domain.rotation import Turn
from bot.slack.direct import DIRECT, Whisper
from bot.slack.directory import Directory
from bot.slack.outbox import Outbox
from bot.slack.views import role as view


class RoleVoice:
    """Implements bot.domain.role_changes.RoleVoice."""

    def __init__(self, whisper: Whisper, outbox: Outbox, directory: Directory, clock: Clock) -> None:
        self._whisper = whisper
        self._outbox = outbox
        self._directory = directory
        self._clock = clock

    async def changed(self, who: str, change: Change) -> None:
        """See RoleVoice.changed."""
        key = f"role/{change.after.role}/v{change.after.version}"
        await self._whisper.say(who, key, view.changed(who, change))

    async def your_turn(self, who: str, role: Role, turn: Turn) -> None:
        """See RoleVoice.your_turn."""
        key = f"role/{role}/turn-{turn.since:%Y%m%d%H%M}"
        if not await self._whisper.say(who, key, view.your_turn(role, turn)) and self._directory.ops_channel:
            content = Content(view.nobody_there(who, role, turn).payload(), {"about": key})
            await self._outbox.send(Letter(DIRECT, key, self._directory.ops_channel, content, self._clock()))

    async def turn_over(self, who: str, role: Role, turn: Turn) -> None:
        """See RoleVoice.turn_over."""
        await self._whisper.say(who, f"role/{role}/over-{turn.since:%Y%m%d%H%M}", view.turn_over(role, turn))
