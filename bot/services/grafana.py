"""Grafana: does it answer, is its database well, and can people sign in.

https://grafana.com/docs/grafana/latest/developers/http_api/other/#health-api
"""

import asyncio

from bot.domain.health import SWITCHED_OFF, UP, Finding, State
from bot.services.http import Answer, Http, NoAnswerError, Redirect
from bot.services.verdict import at, check, misfit


class GrafanaProbe:
    """Asks `/api/health` (the database) and `/login` (the page that people need) at once."""

    name = "grafana"

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http

    async def read(self) -> Finding:
        """The health page's word; when that is fine, the sign-in page's."""
        if not self._url:
            return SWITCHED_OFF
        health, login = await asyncio.gather(check(self._http, self._url, "/api/health", _judge), self._login())
        return login if health.state is State.UP else health

    async def _login(self) -> Finding:
        try:
            # A redirect is a sign-in by other means. HEAD as in `curl -I`: the page itself does not matter.
            answer = await self._http.ask("HEAD", at(self._url, "/login"))
        except NoAnswerError as error:
            return Finding(State.DEGRADED, f"its sign-in page fails: {error.cause}")
        if answer.status < 400:
            return UP
        return Finding(State.DEGRADED, f"its sign-in page fails ({answer.status})")


def _judge(answer: Answer) -> Finding:
    database = _database(answer)
    if answer.status == 200 and database == "ok":
        return UP
    if answer.status in (200, 503) and database:
        return Finding(State.DEGRADED, "its database does not answer")
    return misfit(answer, "as Grafana does")


def _database(answer: Answer) -> str:
    """What Grafana says of its database ("ok", "failing"); empty when this is not its health page."""
    if answer.redirect is not Redirect.NOWHERE or answer.media_type != "application/json":
        return ""
    try:
        told = answer.json()
    except ValueError:
        return ""
    return str(told.get("database") or "") if isinstance(told, dict) else ""
