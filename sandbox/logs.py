"""What Loki answers: readiness, and queries of a few lines (as of Loki 3)."""

import re
import time

from aiohttp import web

from sandbox.answers import Json, go_error


class Loki:
    """Readiness, labels, queries and pushed lines: as of Loki 3.

    `errors` are the lines with an error that each job wrote; `tenants`: callers must say which they are. While it is
    `busy`, its jobs have just written something, the audit trail included.
    """

    setting = "LOKI_URL"

    def __init__(self) -> None:
        self.streams: list[Json] = []
        self.errors: dict[str, int] = {}
        self.tenants = False
        self.busy = True

    def routes(self) -> list[web.RouteDef]:
        """Path by path."""
        return [
            web.get("/ready", self._ready),
            web.get("/loki/api/v1/labels", self._labels),
            web.get("/loki/api/v1/query_range", self._query),
            web.get("/loki/api/v1/query", self._count),
            web.post("/loki/api/v1/push", self._push),
        ]

    def starting(self) -> web.Response:
        """The 15 s after its ring is well."""
        return go_error(503, "Ingester not ready: waiting for 15s after being ready")

    def failing(self) -> web.Response:
        """Its ring is in trouble."""
        return go_error(503, "Ingester not ready: this instance owns no tokens")

    async def _ready(self, _: web.Request) -> web.Response:
        return go_error(200, "ready")

    async def _labels(self, _: web.Request) -> web.Response:
        names = sorted({name for stream in self.streams for name in stream["stream"]})
        return web.json_response({"status": "success", "data": names})

    async def _query(self, request: web.Request) -> web.Response:
        if self.tenants and "X-Scope-OrgID" not in request.headers:
            return go_error(401, "no org id")
        wanted = re.fullmatch(r'\{(\w+)(=~?)"(.*)"\}', request.query.get("query", ""))
        if not wanted:
            return go_error(400, "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER")
        label, sign, value = wanted.groups()
        pattern = value if sign == "=~" else re.escape(value)
        found = [
            one
            for one in [*self.streams, *(_just_now() if self.busy else ())]
            if re.fullmatch(pattern, one["stream"].get(label, ""))
        ]
        if request.query.get("limit") == "1" and found:
            newest = max(found, key=lambda one: max(line[0] for line in one["values"]))
            found = [{**newest, "values": [max(newest["values"], key=lambda line: str(line[0]))]}]
        return web.json_response({"status": "success", "data": {"resultType": "streams", "result": found}})

    async def _count(self, request: web.Request) -> web.Response:
        if self.tenants and "X-Scope-OrgID" not in request.headers:
            return go_error(401, "no org id")
        if request.query.get("query", "").startswith("{"):
            return go_error(400, "log queries are not supported as an instant query type")
        result = [{"metric": {"job": job}, "value": [time.time(), str(count)]} for job, count in self.errors.items()]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})

    async def _push(self, request: web.Request) -> web.Response:
        self.streams.extend((await request.json())["streams"])
        return web.Response(status=204)

    def writes(self, line: str, **labels: str) -> None:
        """A line of this moment, as a log shipper pushes it."""
        self.streams.append({"stream": labels, "values": [[str(time.time_ns()), line]]})


def _just_now() -> list[Json]:
    """What a bot and its audit trail write all the time."""
    line = [[str(time.time_ns()), '{"event": "worked"}']]
    return [
        {"stream": {"job": "butler"}, "values": line},
        {"stream": {"job": "audit", "stream": "audit"}, "values": line},
    ]
