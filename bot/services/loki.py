"""Loki: is it ready, or only starting; how old is the newest line, where are the errors, is there an audit trail.

https://grafana.com/docs/loki/latest/reference/loki-http-api/
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.domain.deep_health import AUDIT_TRAIL, ERRORS, NEWEST_LINE, Fact
from bot.domain.health import UP, Finding, State
from bot.domain.wording import counted
from bot.services.asking import NotToldError, Source, decoded, facts, rough, text_of
from bot.services.http import Answer, Http
from bot.services.verdict import check, misfit, shown, words

LINES = '{job=~".+"}'
AUDIT = '{stream="audit"}'
BACK = "24h"  # how far lines are looked for
COUNTED = 'sum by (job) (count_over_time({job=~".+"} |~ "(?i)\\\\b(error|fatal|panic)\\\\b" [15m]))'
OLD = timedelta(minutes=10)  # log shippers send every few seconds, and something is always written

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
        self._source = Source(url, http)
        self.link = shown(url)

    async def read(self) -> Finding:
        """Up, starting, degraded (a part of it is not ready), or why not."""
        return await check(self._http, self._url, "/ready", _judge)

    async def look(self) -> Sequence[Fact]:
        """The newest line, errors by job, and the audit trail."""
        return await facts((NEWEST_LINE, self._newest()), (ERRORS, self._errors()), (AUDIT_TRAIL, self._audit()))

    async def _newest(self) -> Fact:
        age = await self._age(LINES)
        if age is None:
            return Fact(NEWEST_LINE, f"none within {BACK}: no log shipper reaches it", is_good=False)
        return Fact(NEWEST_LINE, f"{rough(age)} old", age <= OLD)

    async def _audit(self) -> Fact:
        age = await self._age(AUDIT)
        if age is None:
            return Fact(AUDIT_TRAIL, f'no line with stream="audit" within {BACK}', is_good=False)
        return Fact(AUDIT_TRAIL, f'stream="audit" is there, its newest line {rough(age)} old')

    async def _errors(self) -> Fact:
        found = (await self._query("/loki/api/v1/query", query=COUNTED))["result"]
        counts = {text_of(one["metric"], "job") or "no job": int(float(one["value"][1])) for one in found}
        counts = {job: count for job, count in counts.items() if count}
        if not counts:
            return Fact(ERRORS, "none")
        worst = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        text = ", ".join(f"{job} {count:,}" for job, count in worst[:6])
        more = f" and {len(worst) - 6} more jobs" if len(worst) > 6 else ""
        lines = counted(sum(counts.values()), "line")
        return Fact(ERRORS, f"{lines} with an error: {text}{more}", is_good=False)

    async def _age(self, lines: str) -> timedelta | None:
        """Since the newest of these lines."""
        told = await self._query("/loki/api/v1/query_range", query=lines, limit=1, direction="backward", since=BACK)
        stamps = [int(value[0]) for stream in told["result"] for value in stream["values"]]
        if not stamps:
            return None
        return datetime.now(UTC) - datetime.fromtimestamp(max(stamps) / 1e9, UTC)

    async def _query(self, path: str, **query: str | int) -> Any:
        answer = await self._source.answer("GET", f"{path}?{urlencode(query)}")
        if answer.status == 401 and words(answer) == "no org id":
            raise NotToldError("it wants a tenant (X-Scope-OrgID), which the bot has no setting for")
        return decoded(answer)["data"]


def _judge(answer: Answer) -> Finding:
    told = words(answer)  # stripped: Go ends its errors with a newline
    if answer.status == 200 and told == "ready":
        return UP
    if answer.status == 503:
        for pattern, finding in _NOT_READY:
            if re.search(pattern, told, re.MULTILINE | re.DOTALL):
                return finding
    return misfit(answer, "as Loki does")
