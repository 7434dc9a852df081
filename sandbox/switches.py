"""All that can be broken from the page: the stand-ins of the services, and the real mongod."""

from sandbox.mongo import Mongod
from sandbox.services import Services

MONGODB = "mongodb"
_CHOICES = ("up", "hang", "refuse")


class Switches:
    """The switches of `services` with one more: mongod is up, paused (`hang`) or killed (`refuse`)."""

    def __init__(self, services: Services, mongod: Mongod) -> None:
        self._services = services
        self._mongod = mongod
        self._state = "up"

    @property
    def lost_mongod(self) -> int:
        """The process that ended as mongod though nobody switched it off, 0 if none did."""
        return self._mongod.pid if self._state != "refuse" and not self._mongod.running else 0

    def switches(self) -> list[dict[str, object]]:
        """Each with its name, its state and the states it can be in."""
        state = self._state if self._mongod.running else "refuse"
        return [{"name": MONGODB, "state": state, "choices": list(_CHOICES)}, *self._services.switches()]

    async def switch(self, name: str, state: str) -> None:
        """Breaks something or mends it. Raises KeyError or ValueError for what there is not."""
        if name != MONGODB:
            await self._services.switch(name, state)
            return
        if state not in _CHOICES:
            raise ValueError(f"no such state: {state}")
        # These block for a moment, on purpose: mongod ends with the thread that starts it: that must be the main one.
        if state == "refuse":
            self._mongod.kill()
        else:
            self._mongod.start()
            (self._mongod.pause if state == "hang" else self._mongod.resume)()
        self._state = state
