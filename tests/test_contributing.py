"""CONTRIBUTING.md and README.md name files: those that they name are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"`((?:bot|handlers|sandbox|tests|faults|docs|benchmarks)/[\w./-]+\.\w+)`")


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "README.md"])
def test_the_files_that_are_named_are_there(document: str) -> None:
    """But for those that somebody is to write: they have NAME in their place."""
    named = [path for path in NAMED.findall((ROOT / document).read_text("utf-8")) if "NAME" not in path]
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).is_file()] == []
