"""What the shared services answer: small imitations of their HTTP interfaces, in the shapes of the real ones."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from aiohttp import encode_basic_auth, web

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


JOBS = ("prometheus", "butler", "mcp")


class Prometheus:
    """Ready, targets, rules, version and the instant query `up`: as of Prometheus 2.42.

    The jobs that are `down` have a target that cannot be reached; the alerting rules named in `firing` fire.
    """

    setting = "PROMETHEUS_URL"

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.rules = ["TargetDown", "ReviewPipelineBurnsBudget"]
        self.firing: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        """Path by path."""
        return [
            web.get("/-/ready", self._ready),
            web.get("/api/v1/targets", self._targets),
            web.get("/api/v1/query", self._query),
            web.get("/api/v1/rules", self._rules),
            web.get("/api/v1/status/buildinfo", self._version),
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
                "lastError": "dial tcp: connect: connection refused" if job in self.down else "",
                "lastScrape": now,
                "lastScrapeDuration": 0.004,
                "health": "down" if job in self.down else "up",
                "scrapeInterval": "15s",
                "scrapeTimeout": "10s",
            }
            for job in JOBS
        ]
        return web.json_response(
            {"status": "success", "data": {"activeTargets": active, "droppedTargets": [], "droppedTargetCounts": {}}}
        )

    async def _query(self, request: web.Request) -> web.Response:
        if request.query.get("query", "") != "up":
            return web.json_response({"status": "success", "data": {"resultType": "vector", "result": []}})
        result = [
            {
                "metric": {"__name__": "up", "job": job, "instance": f"{job}:9090"},
                "value": [time.time(), "0" if job in self.down else "1"],
            }
            for job in JOBS
        ]
        return web.json_response({"status": "success", "data": {"resultType": "vector", "result": result}})

    async def _rules(self, _: web.Request) -> web.Response:
        now = datetime.now(UTC).isoformat()
        rules: list[Json] = [
            {
                "state": "firing" if name in self.firing else "inactive",
                "name": name,
                "query": "up == 0",
                "duration": 60,
                "keepFiringFor": 0,
                "labels": {"severity": "sev2"},
                "annotations": {},
                "alerts": [],
                "health": "ok",
                "evaluationTime": 0.0003,
                "lastEvaluation": now,
                "type": "alerting",
            }
            for name in self.rules
        ]
        group: Json = {"name": "slo", "file": "rules.yml", "rules": rules, "interval": 15, "limit": 0}
        group |= {"evaluationTime": 0.0006, "lastEvaluation": now}
        return web.json_response({"status": "success", "data": {"groups": [group]}})

    async def _version(self, _: web.Request) -> web.Response:
        told = {
            "version": "2.42.0",
            "revision": "x",
            "branch": "HEAD",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "",
        }
        return web.json_response({"status": "success", "data": told})


class Grafana:
    """Health, sign-in page, search and annotations: as of Grafana 11. Who searches must be `user` with `password`."""

    setting = "GRAFANA_URL"

    def __init__(self) -> None:
        self.annotations: list[Json] = []
        self.user, self.password = "admin", "sandbox"
        self.dashboards = {
            "slo-review": "SLO: review pipeline",
            "slo-mcp": "SLO: MCP server",
            "slo-butler": "SLO: Butler bot",
            "node-overview": "Nodes",
        }

    def routes(self) -> list[web.RouteDef]:
        """Path by path; HEAD goes with each GET."""
        return [
            web.get("/api/health", self._health),
            web.get("/healthz", self._alive),
            web.get("/login", self._login),
            web.get("/api/search", self._search),
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

    async def _search(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != encode_basic_auth(self.user, self.password):
            return web.json_response({"message": "Unauthorized"}, status=401)
        wanted = request.query.get("query", "").casefold()
        found = [
            {"id": number, "uid": uid, "title": title, "uri": f"db/{uid}", "url": f"/d/{uid}/{uid}", "slug": ""}
            | {"type": "dash-db", "tags": [], "isStarred": False, "sortMeta": 0}
            for number, (uid, title) in enumerate(self.dashboards.items(), start=1)
            if wanted in title.casefold()
        ]
        return web.json_response(found)

    async def _annotate(self, request: web.Request) -> web.Response:
        told = await request.json()
        if not told.get("text"):
            return web.json_response({"message": "Failed to save annotation"}, status=400)
        self.annotations.append({"id": len(self.annotations) + 1, "tags": [], **told})
        return web.json_response({"message": "Annotation added", "id": len(self.annotations)})

    async def _annotated(self, request: web.Request) -> web.Response:
        tags = set(request.query.getall("tags", []))
        return web.json_response([one for one in self.annotations if tags <= set(one["tags"])])


def _pretty(told: Json, status: int = 200) -> web.Response:
    """Grafana indents what it says by two spaces."""
    return web.Response(status=status, text=json.dumps(told, indent=2), content_type="application/json")
