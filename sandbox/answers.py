"""What the shared services answer: small imitations of their HTTP interfaces, in the shapes of the real ones."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

Json = dict[str, Any]

PROXY_PAGE = "<html><head><title>503 Service Temporarily Unavailable</title></head><body>nginx</body></html>"


def proxy_without_service() -> web.Response:
    """What a proxy says while the service behind it does not listen yet."""
    return web.Response(status=503, text=PROXY_PAGE, content_type="text/html")


def go_error(status: int, words: str) -> web.Response:
    """Go's `http.Error`: plain text with a newline at the end."""
    return web.Response(status=status, text=words + "\n", headers={"X-Content-Type-Options": "nosniff"})


def unauthorised() -> web.Response:
    """The answer of a server that was given a password file, to callers without the password."""
    return web.Response(status=401, text="Unauthorized\n", headers={"WWW-Authenticate": "Basic"})


class Prometheus:
    """Ready, targets and the instant query `up`: as of Prometheus 2.42."""

    setting = "PROMETHEUS_URL"

    def routes(self) -> list[web.RouteDef]:
        """Path by path."""
        return [
            web.get("/-/ready", self._ready),
            web.get("/api/v1/targets", self._targets),
            web.get("/api/v1/query", self._query),
        ]

    def starting(self) -> web.Response:
        """While it replays its log."""
        return web.Response(status=503, text="Service Unavailable")

    def failing(self) -> web.Response:
        """It has no half-ready state: here it was given a password that the caller lacks."""
        return unauthorised()

    async def _ready(self, _: web.Request) -> web.Response:
        return web.Response(text="Prometheus Server is Ready.\n")

    async def _targets(self, _: web.Request) -> web.Response:
        now = datetime.now(UTC).isoformat()
        active = [
            {
                "discoveredLabels": {"__address__": f"{job}:9090", "job": job},
                "labels": {"instance": f"{job}:9090", "job": job},
                "scrapePool": job,
                "scrapeUrl": f"http://{job}:9090/metrics",
                "globalUrl": f"http://{job}:9090/metrics",
                "lastError": "",
                "lastScrape": now,
                "lastScrapeDuration": 0.004,
                "health": "up",
                "scrapeInterval": "15s",
                "scrapeTimeout": "10s",
            }
            for job in ("prometheus", "butler", "mcp")
        ]
        return web.json_response(
            {"status": "success", "data": {"activeTargets": active, "droppedTargets": [], "droppedTargetCounts": {}}}
        )

    async def _query(self, request: web.Request) -> web.Response:
        if request.query.get("query", "") != "up":
            return web.json_response({"status": "success", "data": {"resultType": "vector", "result": []}})
        result = [
            {"metric": {"__name__": "up", "job": job, "instance": f"{job}:9090"}, "value": [time.time(), "1"]}
            for job in ("prometheus", "butler", "mcp")
        ]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})


class Grafana:
    """Health, sign-in page and annotations: as of Grafana 11."""

    setting = "GRAFANA_URL"

    def __init__(self) -> None:
        self.annotations: list[Json] = []

    def routes(self) -> list[web.RouteDef]:
        """Path by path; HEAD goes with each GET."""
        return [
            web.get("/api/health", self._health),
            web.get("/healthz", self._alive),
            web.get("/login", self._login),
            web.post("/api/annotations", self._annotate),
            web.get("/api/annotations", self._annotated),
        ]

    def starting(self) -> web.Response:
        """Its own port opens only after its migrations; a proxy in front is there before."""
        return proxy_without_service()

    def failing(self) -> web.Response:
        """Its database does not answer."""
        return _pretty({"database": "failing", "version": "11.5.0", "commit": "4550cfb5b7"}, 503)

    async def _health(self, _: web.Request) -> web.Response:
        return _pretty({"database": "ok", "version": "11.5.0", "commit": "4550cfb5b7"})

    async def _alive(self, _: web.Request) -> web.Response:
        return web.Response(text="Ok")

    async def _login(self, _: web.Request) -> web.Response:
        return web.Response(text="<!DOCTYPE html><html><title>Grafana</title></html>", content_type="text/html")

    async def _annotate(self, request: web.Request) -> web.Response:
        told = await request.json()
        if not told.get("text"):
            return web.json_response({"message": "Failed to save annotation"}, status=400)
        self.annotations.append({"id": len(self.annotations) + 1, "tags": [], **told})
        return web.json_response({"message": "Annotation added", "id": len(self.annotations)})

    async def _annotated(self, request: web.Request) -> web.Response:
        tags = set(request.query.getall("tags", []))
        return web.json_response([one for one in self.annotations if tags <= set(one["tags"])])


class Loki:
    """Readiness, labels, a query and pushed lines: as of Loki 3."""

    setting = "LOKI_URL"

    def __init__(self) -> None:
        self.streams: list[Json] = []

    def routes(self) -> list[web.RouteDef]:
        """Path by path."""
        return [
            web.get("/ready", self._ready),
            web.get("/loki/api/v1/labels", self._labels),
            web.get("/loki/api/v1/query_range", self._query),
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
        if not request.query.get("query", "").startswith("{"):
            return go_error(400, "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER")
        return web.json_response({"status": "success", "data": {"resultType": "streams", "result": self.streams}})

    async def _push(self, request: web.Request) -> web.Response:
        self.streams.extend((await request.json())["streams"])
        return web.Response(status=204)


def _pretty(told: Json, status: int = 200) -> web.Response:
    """Grafana indents what it says by two spaces."""
    return web.Response(status=status, text=json.dumps(told, indent=2), content_type="application/json")
