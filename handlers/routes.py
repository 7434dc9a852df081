"""Who takes what comes in, found by its name at once: Bolt would ask sixty listeners, one after the other."""

import re
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Routes(Generic[T]):
    """Takers of one kind of thing. A whole name goes before patterns, and those in the order they were entered."""

    _whole: dict[str, tuple[str, T]] = field(default_factory=dict)
    _patterns: list[tuple[re.Pattern[str], str, T]] = field(default_factory=list)

    def enter(self, identity: str | re.Pattern[str], taker: T) -> None:
        """From now on `taker` takes what is called so, or fits the pattern as a whole."""
        if isinstance(identity, str):
            self._whole[identity] = (identity, taker)
        else:
            self._patterns.append((identity, _label(identity), taker))

    def find(self, name: str) -> tuple[str, T]:
        """What log and metrics call it, and its taker. Raises LookupError."""
        if name in self._whole:
            return self._whole[name]
        for pattern, label, taker in self._patterns:
            if pattern.fullmatch(name):
                return label, taker
        raise LookupError(name)


def _label(pattern: re.Pattern[str]) -> str:
    """What all that fits begins with: names that people choose would be without end. "unknown" for anything."""
    return pattern.pattern.removesuffix(".*").removesuffix("_") or "unknown"
