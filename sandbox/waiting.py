"""Waiting for something to be seen, woken by every change of the workspace."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

from sandbox.records import CannotError
from sandbox.sight import everything
from sandbox.workspace import Workspace

_T = TypeVar("_T")
PATIENCE = 20.0  # seconds: a busy machine is no failure
TICK = 0.25  # seconds; for conditions that time alone makes true


async def until(workspace: Workspace, predicate: Callable[[], _T | None], what: str, within: float = PATIENCE) -> _T:
    """Wait until `predicate()` is truthy and return that. AssertionError, with all that is shown, if it takes longer.

    A predicate may reach for what is not there yet: LookupError, AttributeError and CannotError mean "not yet".
    """
    with workspace.while_waiting():
        return await _found(workspace, predicate, what, within)


async def _found(workspace: Workspace, predicate: Callable[[], _T | None], what: str, within: float) -> _T:
    deadline = time.monotonic() + within
    while True:
        change = workspace.next_change
        why = ""
        try:
            if found := predicate():
                return found
        except (LookupError, AttributeError, CannotError) as error:
            why = f" (last: {type(error).__name__}: {error})"
        left = deadline - time.monotonic()
        if left <= 0:
            raise AssertionError(f"waited {within:g} s for {what}{why}; shown is:\n{everything(workspace)}")
        try:
            await asyncio.wait_for(change.wait(), min(left, TICK))
        except TimeoutError:
            continue
