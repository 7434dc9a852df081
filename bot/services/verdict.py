"""What an HTTP answer says about a service, as far as that is the same for all of them."""

from collections.abc import Callable

from bot.domain.health import SWITCHED_OFF, Finding, State
from bot.services.http import Answer, Http, NoAnswerError, Redirect

# The words that a readiness page answers with are few; a longer text is something else's.
_SHORT = 1000


async def check(http: Http, url: str, path: str, judge: Callable[[Answer], Finding]) -> Finding:
    """GET one address of a service and judge the answer; nothing is sent where the address is empty."""
    if not url:
        return SWITCHED_OFF
    try:
        return judge(await http.ask("GET", at(url, path)))
    except NoAnswerError as error:
        return Finding(State.DOWN, error.cause)


def at(url: str, path: str) -> str:
    """An address below the service's own, whichever way that one ends."""
    return url.rstrip("/") + path if path else url


def words(answer: Answer) -> str:
    """The body in lower case if it is a short plain text, as readiness pages are; else nothing."""
    plain = answer.media_type in ("text/plain", "")
    return answer.text.casefold() if plain and len(answer.body) <= _SHORT else ""


def is_proxy(answer: Answer) -> bool:
    """Whether a proxy says that it does not reach what is behind it."""
    return answer.status in (502, 504) or (answer.status == 503 and answer.is_html)


def misfit(answer: Answer, expected: str) -> Finding:
    """The finding for an answer that is not `expected` ("as Prometheus does"; empty: anything good would do)."""
    status = answer.status
    if answer.redirect is not Redirect.NOWHERE:
        return Finding(State.DOWN, f"redirected to {answer.redirect} instead of an answer ({status})")
    if status in (401, 403):
        return Finding(State.DEGRADED, f"it answers, but refuses the bot's credentials ({status})")
    if status == 429:
        return Finding(State.DEGRADED, "it answers, but limits how often it is asked (429)")
    if is_proxy(answer):
        return Finding(State.DOWN, f"a proxy answers, but not what is behind it ({status})")
    if status >= 500:
        return Finding(State.DOWN, f"answered with an error ({status})")
    return Finding(State.DOWN, f"answered, but not {expected} ({status})" if expected else f"answered with {status}")


def shown(url: str) -> str:
    """An address without the credentials in it: for people to open."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}".rstrip("/")
