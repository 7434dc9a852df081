"""Loki: is it ready, and if not, is it only starting.

https://grafana.com/docs/loki/latest/reference/loki-http-api/#identify-ready-loki-instance
"""

import re

from bot.domain.health import UP, Finding, State
from bot.services.http import Answer, Http
from bot.services.verdict import check, misfit, words

# What a Loki that is not ready says (in lower case), first match first. The order of the parts in it is not fixed.
_NOT_READY = (
    (r"^application is stopping$", Finding(State.DOWN, "it is shutting down")),
    # For 15 s after its ring is well it holds back on purpose, counted from the first time that somebody asked.
    (r"waiting for \S+ after being ready$", Finding(State.STARTING, "not ready yet: it waits 15 s after its start")),
    (r"^some services .*^(failed|stopping|terminated): ", Finding(State.DEGRADED, "some of its parts do not run")),
    (r"^some services .*^(starting|new): ", Finding(State.STARTING, "not ready yet: some of its parts are starting")),
    (r"^some services are not running:", Finding(State.DEGRADED, "some of its parts do not run")),
    (r"not ready: .*\bstarting$", Finding(State.STARTING, "not ready yet: its ingester is starting")),
    (r"^query frontend not ready: ", Finding(State.DEGRADED, "its query frontend is not ready")),
    (r"ingester not ready: ", Finding(State.DEGRADED, "its ingester is not ready")),
)


class LokiProbe:
    """Asks `/ready`, whose text tells a start from trouble."""

    name = "loki"

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http

    async def read(self) -> Finding:
        """Up, starting, degraded (a part of it is not ready), or why not."""
        return await check(self._http, self._url, "/ready", _judge)


def _judge(answer: Answer) -> Finding:
    told = words(answer)  # stripped: Go ends its errors with a newline
    if answer.status == 200 and told == "ready":
        return UP
    if answer.status == 503:
        for pattern, finding in _NOT_READY:
            if re.search(pattern, told, re.MULTILINE | re.DOTALL):
                return finding
    return misfit(answer, "as Loki does")
