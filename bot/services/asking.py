"""Questions beyond readiness: a JSON answer of a service, or in our words why it does not tell."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from bot.domain.deep_health import Fact
from bot.services.http import Answer, Http, Limits, NoAnswerError
from bot.services.listed import NotAListError, each_of
from bot.services.verdict import at, misfit

# Lists of a large Prometheus: some four thousand targets. Whatever is longer is not read to its end.
LONG = Limits(3.0, 4 * 1024 * 1024)
LONGER = Limits(5.0, 256 * 1024 * 1024)  # of a list that is read as it comes
NAMED = 8  # things that a fact names one by one
UNSAID = "it does not say"
_NAME = 80


class NotToldError(Exception):
    """A service did not tell what it was asked; `cause` is for everybody to read."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True)
class Source:
    """Where a service is asked: its address (which may hold a password), the client, and what it wants to see."""

    url: str
    http: Http
    authorization: str = ""

    async def answer(self, method: str, path: str, json: object = None, limits: Limits = LONG) -> Answer:
        """Any answer. Raises NotToldError where none came."""
        try:
            return await self.http.ask(
                method, at(self.url, path), authorization=self.authorization, json=json, limits=limits
            )
        except NoAnswerError as error:
            raise NotToldError(error.cause) from None

    async def json(self, path: str, **query: str | int) -> Any:
        """The JSON of a good answer to GET. Raises NotToldError."""
        return decoded(await self.answer("GET", f"{path}?{urlencode(query)}" if query else path))

    async def each(self, path: str, take: Callable[[Any], None]) -> None:
        """Each object of a list that may be long; what was taken counts only if nothing is raised: NotToldError."""
        try:
            answer = await each_of(self.http, at(self.url, path), take, LONGER)
        except NoAnswerError as error:
            raise NotToldError(error.cause) from None
        except NotAListError:
            raise NotToldError("its answer has another shape than it should") from None
        if answer.status != 200:
            raise NotToldError(misfit(answer, "with what it was asked for").cause)


def decoded(answer: Answer) -> Any:
    """What a good answer says. Raises NotToldError for any other."""
    if not 200 <= answer.status < 300:
        raise NotToldError(misfit(answer, "with what it was asked for").cause)
    if len(answer.body) >= LONG.size:
        raise NotToldError("it has more to tell than can be read here")
    try:
        return answer.json()
    except ValueError:
        raise NotToldError("what it answered is not JSON") from None


async def facts(*questions: tuple[str, Awaitable[Fact]]) -> Sequence[Fact]:
    """The answers to questions asked at once, each under its name; one that fails says why and spoils no other."""
    return await asyncio.gather(*(_told(name, question) for name, question in questions))


async def _told(name: str, question: Awaitable[Fact]) -> Fact:
    try:
        return await question
    except NotToldError as error:
        return Fact(name, f"not told: {error.cause}", is_good=False, is_told=False)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        # The answer is JSON of another shape: a newer version, or something else at this address.
        return Fact(name, "not told: its answer has another shape than it should", is_good=False, is_told=False)


def listed(names: Iterable[object]) -> str:
    """Names of a service's own, each once, the first few of them: `a, b and 3 more`."""
    every = list(dict.fromkeys(_short(str(name)) for name in names))
    more = len(every) - NAMED
    return ", ".join(every[:NAMED]) + (f" and {more} more" if more > 0 else "")


def rough(age: timedelta) -> str:
    """`12 s`, `4 min`, `3 h`, `2 d`: how long ago something was."""
    seconds = max(0, round(age.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def took(seconds: float) -> str:
    """`340 ms` or `2.1 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def text_of(value: Mapping[str, Any], name: str) -> str:
    """A short text of an answer; empty for anything else."""
    found = value.get(name)
    return _short(found) if isinstance(found, str) else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _NAME else line[: _NAME - 1] + "…"
