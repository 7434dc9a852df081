"""The garbage collector of a test run: what is loaded stays, and is not looked through time and again."""

import gc

import pytest

YOUNG = 50_000  # objects; by default the garbage collector looks through the youngest after 700


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """Modules and tests are loaded now: nothing of that becomes garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """All is there."""
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish() -> None:
    """One look for what was left open; pytest would take five, through all that every test has left."""
    gc.collect()
    gc.freeze()
