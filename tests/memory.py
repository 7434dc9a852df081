"""The garbage collector of a test run: what is loaded stays, and is not looked through time and again.

Loaded first (`-p tests.memory` in pyproject.toml).
"""

import gc

import pytest

YOUNG = 50_000  # objects; by default the garbage collector looks through the youngest after 700


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Modules and tests are loaded now: nothing of that becomes garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """All is there."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    gc.enable()
