"""What tests of deep health share: one service asked in depth, and its facts."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.domain.deep_health import DeepHealthDesk, DeepProbe, Fact, Since
from bot.domain.health import HealthDesk

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


class Records:
    """What watching knows: Loki is up for two hours."""

    async def since(self) -> dict[str, Since]:
        return {"loki": Since(True, NOW - timedelta(hours=2))}


def desk(*probes: DeepProbe, deadline: float = 2.0) -> DeepHealthDesk:
    health = HealthDesk(probes, lambda: NOW, deadline)
    return DeepHealthDesk(health, probes, Records(), lambda: NOW, deadline)


async def told(probe: DeepProbe, deadline: float = 2.0) -> dict[str, Fact]:
    (look,) = (await desk(probe, deadline=deadline).ask()).looks
    return {fact.name: fact for fact in look.facts}


def texts(facts: dict[str, Fact]) -> dict[str, str]:
    return {name: fact.text for name, fact in facts.items()}


def bad(facts: dict[str, Fact]) -> list[str]:
    return [name for name, fact in facts.items() if not fact.is_good]


async def until_told(probe: DeepProbe, name: str, text: str) -> dict[str, Fact]:
    """Waits until the fact of this name says so."""
    async with asyncio.timeout(10):
        while True:
            facts = await told(probe)
            if text in facts.get(name, Fact("", "")).text:
                return facts
            await asyncio.sleep(0.4)  # a service has no bell, and each look is several requests
