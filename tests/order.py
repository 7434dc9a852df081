"""The order of a run's files: those that wait and those that work side by side, and short ones at the end.

Workers take one file after the other; `--no-loadscope-reorder` leaves the order as it is here. Within a file, tests
that share a world come last and in a row: its loop stands still while others run, and a bot that stood still is deaf.
"""

from itertools import chain, groupby, zip_longest

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those with most slow tests first, each followed by one that has none."""
    files = [sorted(tests, key=_shares) for _, tests in groupby(items, lambda test: test.path)]
    slow = sorted((one for one in files if _slow(one)), key=_slow, reverse=True)
    quick = [one for one in files if not _slow(one)]
    none: list[pytest.Item] = []
    items[:] = chain.from_iterable(chain(*pair) for pair in zip_longest(slow, quick, fillvalue=none))


def _slow(tests: list[pytest.Item]) -> int:
    return sum(test.get_closest_marker("long") is not None for test in tests)


def _shares(test: pytest.Item) -> bool:
    mark = test.get_closest_marker("asyncio")
    return mark is not None and mark.kwargs.get("loop_scope") == "module"
