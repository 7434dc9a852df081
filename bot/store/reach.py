"""Whether MongoDB can be reached, how long somebody waits for it, and the driver's errors in our words."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    ServerSelectionTimeoutError,
    WriteConcernError,
)

from bot.errors import StoreAwayError

T = TypeVar("T")

# A server that answers "no" for reasons that pass or that only an operator can mend: login (18), rights (13),
# a primary that steps down, a disk that is full. For the person it is the same: nothing was changed.
AWAY_CODES = {13, 18, 91, 189, 10107, 11600, 11602, 13435, 13436, 14031}
# Seconds for one question, and for those that the rest of a long answer takes: longer than a server that lives may
# take for it, and far less than the driver's own, which asks a server that hangs again, and waits for the others who
# do: ten in all.
# Writes have the driver's time: one that nobody waits for any more could still be made, after newer ones.
PATIENCE, LONG_PATIENCE = 2.2, 4.4


class Reach:
    """Whether MongoDB can be reached. Once it could not, nothing waits for it until a probe found it back."""

    def __init__(self) -> None:
        self.is_away = False
        self._asked: set[asyncio.Task[Any]] = set()

    @contextmanager
    def trying(self, *, writes: bool = True, probes: bool = False) -> Iterator[None]:
        """Turns the driver's errors into StoreAwayError; `probes` asks even if MongoDB was away a moment ago."""
        if self.is_away and not probes:
            raise StoreAwayError
        try:
            yield
        except DuplicateKeyError:
            raise
        except (ServerSelectionTimeoutError, ConfigurationError) as error:  # the latter: no name, or too old a server
            self.is_away = True
            raise StoreAwayError from error
        except (ConnectionFailure, ExecutionTimeout, WriteConcernError) as error:
            self.is_away = True
            raise StoreAwayError(in_doubt=writes and "refused" not in str(error)) from error
        except OperationFailure as error:
            if error.code not in AWAY_CODES and not error.timeout and not _lacks_index(error):
                raise
            raise StoreAwayError from error
        self.is_away = False

    async def answer(self, call: Coroutine[Any, Any, T], within: float | None = None) -> T:
        """What a call that reads returns or raises; NetworkTimeout when that takes too long: `within`, or PATIENCE.

        The call itself goes on, also when whoever asked is cancelled: one that is cancelled keeps its locks for ever.
        """
        within = PATIENCE if within is None else within
        asked = asyncio.create_task(call)
        self._asked.add(asked)
        asked.add_done_callback(self._heard)
        for _ in range(2):  # in two halves: after the process stood still, an answer that is there is read first
            if (await asyncio.wait({asked}, timeout=within / 2))[0]:
                return asked.result()
        raise NetworkTimeout(f"no answer within {within:g} s")

    def _heard(self, asked: asyncio.Task[Any]) -> None:
        self._asked.discard(asked)
        if not asked.cancelled():
            asked.exception()  # nobody may wait for it any more, and then it is no error of the loop's


def _lacks_index(error: OperationFailure) -> bool:
    """Whether an index is not there yet: after an update of the bot MongoDB may take minutes to make one."""
    return error.code == 2 and "hint provided does not correspond" in str(error)
