"""Alertmanager: is it ready; which alerts fire, and which silences hold.

https://prometheus.io/docs/alerting/latest/management_api/#readiness-check
https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.domain.deep_health import Fact, Link
from bot.domain.health import UP, Finding
from bot.domain.wording import counted
from bot.services.asking import UNSAID, Source, facts, listed, text_of
from bot.services.http import Answer, Http
from bot.services.verdict import check, misfit, shown, words

NAMES = 10_000  # different ones of alerts are told apart


class AlertmanagerProbe:
    """Asks `/-/ready`, which a good Alertmanager answers with OK."""

    name = "alertmanager"

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http
        self._source = Source(url, http)
        self.link = shown(url)

    async def read(self) -> Finding:
        """Up, or why not."""
        return await check(self._http, self._url, "/-/ready", _judge)

    async def look(self) -> Sequence[Fact]:
        """Alerts, silences and version."""
        return await facts(("alerts", self._alerts()), ("silences", self._silences()), ("version", self._version()))

    async def _alerts(self) -> Fact:
        names, counts = dict[str, None](), Counter[str]()

        def each(alert: Any) -> None:
            state = alert["status"]["state"]
            counts[state] += 1
            if state == "active" and len(names) < NAMES:
                names[_named(alert)] = None

        await self._source.each("/api/v2/alerts", each)
        active, quiet = counts["active"], counts["suppressed"]
        text = f"{counted(active, 'alert')} firing" if active else "no alert is firing"
        text += f": {listed(names)}" if active else ""
        text += f"; {quiet:,} silenced or inhibited" if quiet else ""
        return Fact("alerts", text, not active, (Link("alerts", f"{self.link}/#/alerts"),))

    async def _silences(self) -> Fact:
        ends: list[datetime] = []

        def each(silence: Any) -> None:
            if silence["status"]["state"] == "active":
                ends.append(datetime.fromisoformat(silence["endsAt"]))

        await self._source.each("/api/v2/silences", each)
        if not ends:
            return Fact("silences", "no silence is active")
        text = f"{counted(len(ends), 'silence')} active, the first ends at {min(ends):%Y-%m-%d %H:%M} UTC"
        return Fact("silences", text, links=(Link("silences", f"{self.link}/#/silences"),))

    async def _version(self) -> Fact:
        # The same answer holds the configuration, of which nothing is shown.
        return Fact("version", text_of((await self._source.json("/api/v2/status"))["versionInfo"], "version") or UNSAID)


def _judge(answer: Answer) -> Finding:
    if answer.status == 200 and words(answer) == "ok":
        return UP
    return misfit(answer, "as Alertmanager does")


def _named(alert: dict[str, Any]) -> str:
    return text_of(alert["labels"], "alertname") or "one without a name"
