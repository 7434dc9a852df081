"""What Alertmanager answers: readiness, alerts, and silences with its rules (API v2, as of Alertmanager 0.25)."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.answers import Json, proxy_without_service, unauthorised


class Alertmanager:
    """Silences are kept as they were sent, by id; alerts as they were posted."""

    setting = "ALERTMANAGER_URL"

    def __init__(self) -> None:
        self.silences: dict[str, Json] = {}
        self.alerts: list[Json] = []
        self.started = datetime.now(UTC)

    def routes(self) -> list[web.RouteDef]:
        """Path by path."""
        return [
            web.get("/-/ready", self._ready),
            web.get("/api/v2/alerts", self._alerts),
            web.get("/api/v2/status", self._status),
            web.get("/api/v2/silences", self._list),
            web.post("/api/v2/silences", self._make),
            web.get("/api/v2/silence/{id}", self._show),
            web.delete("/api/v2/silence/{id}", self._expire),
        ]

    def starting(self) -> web.Response:
        """It has no such state of its own; a proxy in front is there before."""
        return proxy_without_service()

    def failing(self) -> web.Response:
        """It has no half-ready state: here it was given a password that the caller lacks."""
        return unauthorised()

    async def _ready(self, _: web.Request) -> web.Response:
        return web.Response(text="OK")

    async def _alerts(self, _: web.Request) -> web.Response:
        return web.json_response(self.alerts)

    async def _status(self, _: web.Request) -> web.Response:
        version = {"version": "0.25.0", "branch": "", "buildDate": "", "buildUser": "", "goVersion": "", "revision": ""}
        cluster = {"peers": [], "status": "disabled"}
        told = {"cluster": cluster, "config": {"original": "route:\n"}, "uptime": _stamp(self.started)}
        return web.json_response({**told, "versionInfo": version})

    async def _list(self, request: web.Request) -> web.Response:
        wanted = [re.fullmatch(r'(\w+)="?(.*?)"?', text) for text in request.query.getall("filter", [])]
        pairs = {(found[1], found[2]) for found in wanted if found}
        return web.json_response(
            [
                _shown(silence)
                for silence in self.silences.values()
                if pairs <= {(matcher["name"], matcher["value"]) for matcher in silence["matchers"]}
            ]
        )

    async def _make(self, request: web.Request) -> web.Response:
        told: Json = await request.json()
        for missing in ("comment", "createdBy", "startsAt", "endsAt"):
            if missing not in told:
                return web.json_response({"code": 602, "message": f"{missing} in body is required"}, status=422)
        if not told.get("matchers"):
            words = "matchers in body should have at least 1 items"
            return web.json_response({"code": 612, "message": words}, status=422)
        if told.get("id") and told["id"] not in self.silences:
            return web.json_response("silence not found", status=404)
        if complaint := _complaint(told):
            return web.json_response(complaint, status=400)
        return web.json_response({"silenceID": self._keep(told)})

    def _keep(self, told: Json) -> str:
        """The same id for another end; a new one for other matchers, the old silence being ended."""
        now = datetime.now(UTC)
        matchers = [{"isEqual": True, **matcher} for matcher in told["matchers"]]
        old = self.silences.get(told.get("id", ""))
        if old and old["matchers"] != matchers:
            old["endsAt"] = _stamp(now)
            old = None
        name = old["id"] if old else str(uuid.uuid4())
        starts = max(_time(told["startsAt"]), now) if not old else _time(old["startsAt"])
        self.silences[name] = {
            "id": name,
            "updatedAt": _stamp(now),
            "comment": told["comment"],
            "createdBy": told["createdBy"],
            "startsAt": _stamp(starts),
            "endsAt": told["endsAt"],
            "matchers": matchers,
        }
        return name

    async def _show(self, request: web.Request) -> web.Response:
        silence = self.silences.get(request.match_info["id"])
        return web.json_response(_shown(silence)) if silence else web.Response(status=404)

    async def _expire(self, request: web.Request) -> web.Response:
        name = request.match_info["id"]
        if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name):
            return web.json_response({"code": 601, "message": "silenceID in path must be of type uuid"}, status=422)
        if name not in self.silences:
            return web.json_response("silence not found", status=500)  # as 0.25 does
        now = datetime.now(UTC)
        if _time(self.silences[name]["endsAt"]) > now:
            self.silences[name]["endsAt"] = _stamp(now)
        return web.Response()


def _complaint(told: Json) -> str:
    starts, ends = _time(told["startsAt"]), _time(told["endsAt"])
    if ends < starts:
        return "Failed to create silence: start time must be before end time"
    if ends < datetime.now(UTC):
        return "Failed to create silence: end time can't be in the past"
    return _empty_match(told["matchers"])


def _empty_match(matchers: list[dict[str, Any]]) -> str:
    """A silence must not fit alerts that lack all of its labels."""
    try:
        empty = [bool(re.fullmatch(one["value"], "")) if one.get("isRegex") else one["value"] == "" for one in matchers]
    except re.error:
        return "silence invalid: invalid label matcher 0: invalid regular expression"
    if all(fits is one.get("isEqual", True) for fits, one in zip(empty, matchers, strict=True)):
        return "silence invalid: at least one matcher must not match the empty string"
    return ""


def _shown(silence: Json) -> Json:
    now = datetime.now(UTC)
    ended, begun = _time(silence["endsAt"]) <= now, _time(silence["startsAt"]) <= now
    return {**silence, "status": {"state": "expired" if ended else "active" if begun else "pending"}}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
