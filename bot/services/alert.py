"""What Alertmanager has: the fingerprints of all its alerts, and which run of it answers (API v2).

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from typing import Any

import structlog

from bot.domain.alert_ports import MonitoringAwayError, Present
from bot.services.http import Http, Limits, NoAnswerError
from bot.services.listed import NotAListError, each_of
from bot.services.verdict import at

ALERTS = "/api/v2/alerts"
# The list has no pages. It is read as it comes: what is held is one alert, and the fingerprints.
WHOLE = Limits(30.0, 256 * 1024 * 1024)  # some 250,000 alerts
SHORT = Limits(5.0)
OTHER = "what answers there is no Alertmanager"

log = structlog.get_logger("alertmanager")


class Monitoring:
    """Implements bot.domain.alert_ports.Monitoring. With an empty address there is no Alertmanager."""

    def __init__(self, url: str, http: Http, whole: Limits = WHOLE) -> None:
        self._url = url
        self._http = http
        self._whole = whole
        self._trouble = ""

    @property
    def is_there(self) -> bool:
        """See Monitoring.is_there."""
        return bool(self._url)

    async def look(self) -> Present:
        """See Monitoring.look. The list has silenced, inhibited and muted alerts too; it lacks those that are over.

        Which run it is is asked last: one that was started in between is no run that is known for long.
        """
        try:
            found = Present(await self._fingerprints(), await self._run())
        except MonitoringAwayError as error:
            self._note(str(error))
            raise
        self._note("")
        return found

    def _note(self, trouble: str) -> None:
        """Says in the log when it cannot be read, why, and when it can be again; not at every look."""
        if trouble and trouble != self._trouble:
            log.warning(
                "Alertmanager's alerts cannot be read: those that end while they are silenced stay as firing",
                cause=trouble,
            )
        elif self._trouble and not trouble:
            log.info("Alertmanager's alerts can be read again")
        self._trouble = trouble

    async def _fingerprints(self) -> frozenset[str]:
        found = set[str]()

        def each(alert: Any) -> None:
            found.add(_text(alert["fingerprint"]))

        try:
            answer = await each_of(self._http, at(self._url, ALERTS), each, self._whole)
        except NoAnswerError as error:
            raise MonitoringAwayError(error.cause) from error
        except NotAListError:
            raise MonitoringAwayError(OTHER) from None
        if answer.status != 200:
            raise MonitoringAwayError(f"it answered with {answer.status}")
        return frozenset(found)

    async def _run(self) -> str:
        try:
            answer = await self._http.ask("GET", at(self._url, "/api/v2/status"), limits=SHORT)
            if answer.status != 200:
                raise MonitoringAwayError(f"it answered with {answer.status}")
            return _text(answer.json()["uptime"])
        except NoAnswerError as error:
            raise MonitoringAwayError(error.cause) from error
        except (LookupError, TypeError, ValueError):
            raise MonitoringAwayError(OTHER) from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
