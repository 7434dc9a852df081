"""The report: a table in Markdown."""

from dataclasses import dataclass

from faults.checker import Findings

HEAD = ("fault", "rounds", "expected", "lost", "doubled", "else wrong", "longest delay")


@dataclass(frozen=True)
class Row:
    """What came of one fault."""

    fault: str
    rounds: int
    findings: Findings

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing doubled, nothing wrong."""
        return not (self.findings.lost or self.findings.doubled or self.findings.wrong)

    def __str__(self) -> str:
        one = self.findings
        counts = (len(one.lost), len(one.doubled), len(one.wrong))
        return _line((self.fault, f"{self.rounds}", f"{one.expected:,}", *map(str, counts), f"{one.delay:.1f} s"))


def head() -> str:
    """The first two lines."""
    return _line(HEAD) + "\n" + _line(("---", *["---:"] * (len(HEAD) - 1)))


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
