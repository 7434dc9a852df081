"""What the silences' desk needs: where silences are kept, Alertmanager, and where people are told of them."""

from datetime import datetime
from typing import Protocol

from bot.domain.silence import Remote, Silence
from bot.domain.window import Window


class Silences(Protocol):
    """Where silences are kept. Each method raises StoreAwayError when MongoDB is away."""

    async def add(self, silence: Silence) -> bool:
        """Keeps a new one, claimed by this bot; False if there is one with this ID, or a wanted one of the same."""

    async def get(self, silence_id: str) -> Silence | None:
        """The one with this ID."""

    async def same(self, name: str) -> Silence | None:
        """The wanted one that matches the same."""

    async def save(self, silence: Silence, was: int) -> bool:
        """Keeps a change; False if the stored version is not `was` any more."""

    async def wanted(self) -> list[Silence]:
        """All that are wanted, the soonest to end first."""

    async def unsettled(self, now: datetime) -> list[str]:
        """Those that Alertmanager is to be asked about: wanted ones, and expired ones whose time is not up."""

    async def claim(self, silence_id: str) -> Silence | None:
        """The silence, if no other bot is at it."""

    async def release(self, silence_id: str) -> None:
        """Ends the claim."""


class Silencer(Protocol):
    """Alertmanager. Each method raises SilencerAwayError."""

    @property
    def is_there(self) -> bool:
        """Whether there is one at all."""

    async def get(self, remote_id: str) -> Remote | None:
        """The silence that it calls so."""

    async def find(self, silence: Silence) -> Remote | None:
        """An active one that was made for this record; of several the oldest."""

    async def active(self) -> list[Remote]:
        """All that hold, or will."""

    async def make(self, silence: Silence, now: datetime) -> str:
        """Makes it, or changes the one with its `remote_id`; what it is called there. Raises SilencerRefusedError."""

    async def expire(self, remote_id: str) -> None:
        """Ends one; one that is over already is fine."""


class SilenceBoard(Protocol):
    """Tells of silences, each thing once however often and by however many bots it is told."""

    async def ends_soon(self, silence: Silence) -> None:
        """Tells the owner that it ends in a quarter of an hour."""

    async def expired_elsewhere(self, silence: Silence) -> None:
        """Tells the owner that somebody ended it in Alertmanager."""

    async def is_old(self, remote: Remote, silence: Silence | None, week: int) -> None:
        """Tells the owner of one that holds for longer than a day; the channel where nobody is known to own it."""


class Windows(Protocol):
    """Where windows are kept. Raises StoreAwayError when MongoDB is away."""

    async def get(self, window_id: str) -> Window | None:
        """The one with this ID."""
