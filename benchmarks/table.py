"""One line of the table: what was measured, beside the least that it can be or the most that it may be."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

HEAD = "| what | bot | floor | ratio | promise | |\n| --- | ---: | ---: | ---: | --- | --- |\n"


@dataclass(frozen=True)
class Figure:
    """A median, beside its floor of the same run.

    Promised is at most `most` times the floor, at most `plus` above it, or at most `limit`.
    What takes less than `least` counts as that for the ratio: below, a busy machine makes more of a difference.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    most: float | None = None
    plus: float | None = None
    limit: float | None = None
    least: float = 0.0

    @property
    def ratio(self) -> float | None:
        """How many times the floor it is."""
        floor = max(self.floor or 0.0, self.least)
        return max(self.value, self.least) / floor if floor else None

    @property
    def is_kept(self) -> bool:
        """Whether it is within what is promised."""
        if self.limit is not None and self.value > self.limit:
            return False
        if self.plus is not None and self.floor is not None and self.value > self.floor + self.plus:
            return False
        return self.most is None or self.ratio is None or self.ratio <= self.most

    def __str__(self) -> str:
        told = {"": self.limit, "+": self.plus, "× ": self.most}
        promises = [
            f"at most {sign}{value:g}{'' if sign == '× ' else ' ' + self.unit}".rstrip()
            for sign, value in told.items()
            if value is not None
        ]
        floor = _told(self.floor, self.unit) if self.floor is not None else ""
        ratio = f"× {self.ratio:.2f}" if self.ratio is not None else ""
        kept = "" if self.is_kept else "not kept"
        return f"| {' | '.join((self.name, _told(self.value, self.unit), floor, ratio, ', '.join(promises), kept))} |"


def show(figures: Iterable[Figure]) -> bool:
    """Prints the table; whether all promises are kept."""
    all_of_them = list(figures)
    sys.stdout.write(HEAD)
    sys.stdout.writelines(f"{one}\n" for one in all_of_them)
    return all(one.is_kept for one in all_of_them)


def say(line: str) -> None:
    """A line for whoever measures, beside the table."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _told(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()
