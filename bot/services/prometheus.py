"""Prometheus: is it ready.

https://prometheus.io/docs/prometheus/latest/management_api/#readiness-check
"""

from bot.domain.health import UP, Finding, State
from bot.services.http import Answer, Http
from bot.services.verdict import check, misfit, words


class PrometheusProbe:
    """Asks `/-/ready`. 503 with a short text is Prometheus replaying its log; with a page, a proxy without one."""

    name = "prometheus"

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http

    async def read(self) -> Finding:
        """Up, starting, or why not."""
        return await check(self._http, self._url, "/-/ready", _judge)


def _judge(answer: Answer) -> Finding:
    # "Prometheus Server is Ready."; older ones, and servers that stand in for it, put another name first.
    if answer.status == 200 and words(answer).endswith("is ready."):
        return UP
    if answer.status == 503 and words(answer) == "service unavailable":
        return Finding(State.STARTING, "not ready yet: reading its stored data")
    return misfit(answer, "as Prometheus does")
