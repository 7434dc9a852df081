"""The order of a run's files: those that wait and those that work side by side, and short ones at the end.

Workers take one file after the other; `--no-loadscope-reorder` leaves the order as it is here.
"""

from itertools import chain, groupby, zip_longest

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those with most slow tests first, each followed by one that has none."""
    files = [list(tests) for _, tests in groupby(items, lambda test: test.path)]
    slow = sorted((one for one in files if _slow(one)), key=_slow, reverse=True)
    quick = [one for one in files if not _slow(one)]
    none: list[pytest.Item] = []
    items[:] = chain.from_iterable(chain(*pair) for pair in zip_longest(slow, quick, fillvalue=none))


def _slow(tests: list[pytest.Item]) -> int:
    return sum(test.get_closest_marker("long") is not None for test in tests)
