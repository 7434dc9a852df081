"""The one place where errors become words: a person's mistake as it stands, a fault of ours with a reference."""

from collections.abc import Coroutine, Sequence
from typing import Any

import structlog

from bot.errors import ConflictError, StoreAwayError, UserError
from bot.slack.views import ops as view
from bot.slack.views.parts import Message
from handlers.call import Call, OutsideError, UnsaidError
from handlers.desks import Places
from handlers.gate import OutsiderError
from handlers.trace import reference_now

log = structlog.get_logger("handlers")


class Errors:
    """Runs what a person asked for and tells them when it fails."""

    def __init__(self, places: Places) -> None:
        self._places = places

    async def tell(self, call: Call, work: Coroutine[Any, Any, None]) -> str:
        """Runs `work` to its end, whatever happens; the outcome in one word."""
        try:
            await work
        except OutsideError:
            return await self._say(call, view.elsewhere(self._places.ops_channel, self._places.ops_name), "outside")
        except OutsiderError as error:
            return "refused" if error.is_app else await self._say(call, view.complaint(error), "refused")
        except UserError as error:
            return await self._say(call, view.complaint(error), outcome_of(error), error.words)
        except UnsaidError:
            log.exception("could not tell the person", who=call.who, outcome="ok")
            return "ok"  # the act is done; that it may not be would be false
        except Exception:  # the one error handler
            reference = reference_now()
            log.exception("unexpected error", reference=reference)
            return await self._say(call, view.unexpected(reference), "failed")
        return "ok"

    async def _say(self, call: Call, message: Message, outcome: str, words: Sequence[str] | None = None) -> str:
        try:
            lost = [await self._places.with_names(one) for one in (call.written if words is None else words)]
            await call.answer(view.giving_back(message, lost) if lost else message)
        except Exception:  # the one error handler: Slack does not take the words, the log has them
            log.exception("could not tell the person", who=call.who, outcome=outcome)
        return outcome


def outcome_of(error: UserError) -> str:
    """The error in one word, for the metrics."""
    if isinstance(error, StoreAwayError):
        return "store_away"
    return "conflict" if isinstance(error, ConflictError) else "refused"
