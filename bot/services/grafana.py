"""Grafana: does it answer, is its database well, can people sign in, and where are the SLO dashboards.

https://grafana.com/docs/grafana/latest/developers/http_api/other/#health-api
https://grafana.com/docs/grafana/latest/developers/http_api/folder_dashboard_search/
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.deep_health import DASHBOARDS, Fact, Link
from bot.domain.health import SWITCHED_OFF, UP, Finding, State
from bot.domain.wording import counted
from bot.services.asking import NAMED, Source, decoded, facts, text_of
from bot.services.http import Answer, Http, NoAnswerError, Redirect, basic
from bot.services.verdict import at, check, misfit, shown

_UID = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Login:
    """Whom the bot signs in as; without a password it does not."""

    user: str = ""
    password: str = ""


class GrafanaProbe:
    """Asks `/api/health` (the database) and `/login` (the page that people need) at once."""

    name = "grafana"

    def __init__(self, url: str, http: Http, login: Login | None = None) -> None:
        self._url = url
        self._http = http
        self._user = login.user if login and login.password else ""
        self._source = Source(url, http, basic(login.user, login.password) if login and login.password else "")
        self.link = shown(url)

    async def read(self) -> Finding:
        """The health page's word; when that is fine, the sign-in page's."""
        if not self._url:
            return SWITCHED_OFF
        health, login = await asyncio.gather(check(self._http, self._url, "/api/health", _judge), self._login())
        return login if health.state is State.UP else health

    async def look(self) -> Sequence[Fact]:
        """Its database, the dashboards, whom the bot signs in as, and its version."""
        return await facts(("database", self._database()), (DASHBOARDS, self._dashboards()))

    async def sign_in(self) -> Fact:
        """Whether it lets the bot in: what its dashboards tell."""
        return (await facts((DASHBOARDS, self._dashboards())))[0]

    async def _database(self) -> Fact:
        answer = await self._source.answer("GET", "/api/health")
        told = answer.json() if answer.status == 503 else decoded(answer)
        version = text_of(told, "version")
        text = f"{text_of(told, 'database') or 'says nothing'}{f', version {version}' if version else ''}"
        return Fact("database", text, told["database"] == "ok")

    async def _dashboards(self) -> Fact:
        answer = await self._source.answer("GET", "/api/search?type=dash-db&query=slo&limit=50")
        if answer.status in (401, 403) and not self._user:
            return Fact(DASHBOARDS, "not asked for: GRAFANA_PASSWORD is not set", is_good=False, is_told=False)
        if answer.status in (401, 403):
            text = f"not told: it does not let {self._user} in ({answer.status}); see GRAFANA_USER and GRAFANA_PASSWORD"
            return Fact(DASHBOARDS, text, is_good=False, is_told=False)
        links = [link for found in decoded(answer) if (link := self._linked(found)) is not None]
        by = f", signed in as {self._user}" if self._user else ""
        if not links:
            return Fact(DASHBOARDS, f"none found by the word slo{by}", is_good=False)
        more = f", of which {NAMED} are" if len(links) > NAMED else ""
        text = f"{counted(len(links), 'dashboard')}{by}{more}"
        return Fact(DASHBOARDS, text, links=tuple(links[:NAMED]))

    def _linked(self, found: dict[str, Any]) -> Link | None:
        # By its uid: the url in the answer is Grafana's word for where it thinks that it is.
        uid, title = text_of(found, "uid"), text_of(found, "title")
        return Link(title, f"{self.link}/d/{uid}") if title and _UID.fullmatch(uid) else None

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
