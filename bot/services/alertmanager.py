"""Alertmanager: is it ready.

https://prometheus.io/docs/alerting/latest/management_api/#readiness-check
"""

from bot.domain.health import UP, Finding
from bot.services.http import Answer, Http
from bot.services.verdict import check, misfit, words


class AlertmanagerProbe:
    """Asks `/-/ready`, which a good Alertmanager answers with OK."""

    name = "alertmanager"

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http

    async def read(self) -> Finding:
        """Up, or why not."""
        return await check(self._http, self._url, "/-/ready", _judge)


def _judge(answer: Answer) -> Finding:
    if answer.status == 200 and words(answer) == "ok":
        return UP
    return misfit(answer, "as Alertmanager does")
