"""What Alertmanager has: the fingerprints of all its alerts, and which run of it answers (API v2).

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from typing import Any

from bot.domain.alert_ports import MonitoringAwayError, Present
from bot.services.http import Http, Limits, NoAnswerError
from bot.services.verdict import at

MOST = 8 * 1024 * 1024  # bytes of the list: some 8,000 alerts
WAIT = 5.0


class Monitoring:
    """Implements bot.domain.alert_ports.Monitoring. With an empty address there is no Alertmanager."""

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http

    @property
    def is_there(self) -> bool:
        """See Monitoring.is_there."""
        return bool(self._url)

    async def look(self) -> Present:
        """See Monitoring.look. The list has silenced, inhibited and muted alerts too; it lacks those that are over.

        Which run it is is asked last: one that was started in between is no run that is known for long.
        """
        alerts = await self._json("/api/v2/alerts")
        status = await self._json("/api/v2/status")
        try:
            found = Present(frozenset(str(one["fingerprint"]) for one in alerts), status["uptime"])
        except (LookupError, TypeError):
            raise MonitoringAwayError from None
        if not isinstance(alerts, list) or not isinstance(found.run, str):
            raise MonitoringAwayError
        return found

    async def _json(self, path: str) -> Any:
        try:
            answer = await self._http.ask("GET", at(self._url, path), limits=Limits(WAIT, MOST))
        except NoAnswerError as error:
            raise MonitoringAwayError from error
        if answer.status != 200 or len(answer.body) >= MOST:
            raise MonitoringAwayError
        try:
            return answer.json()
        except ValueError:
            raise MonitoringAwayError from None
