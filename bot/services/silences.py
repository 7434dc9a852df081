"""Alertmanager's silences: finds, makes, prolongs and expires them (API v2).

https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
Alertmanager knows no idempotency key: a silence of ours is found again by the ID at the beginning of its comment.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from bot.domain.silence import Matcher, Remote, Silence, SilencerAwayError, SilencerRefusedError
from bot.services.http import Answer, Http, Limits, NoAnswerError
from bot.services.listed import NotAListError, each_of
from bot.services.verdict import at

ONE = Limits(5.0, 1024 * 1024)
LONG = Limits(5.0, 256 * 1024 * 1024)
OTHER = "what answers there is no Alertmanager"
# Its clock may be behind ours: a silence that begins later than its now would not hold yet. It begins then at its now.
EARLIER = timedelta(hours=12)
BY = "Ops Bot"

_OPS = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}


class Silences:
    """Implements bot.domain.silence_desk.Silencer. With an empty address there is no Alertmanager."""

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http

    @property
    def is_there(self) -> bool:
        """See Silencer.is_there."""
        return bool(self._url)

    async def get(self, remote_id: str) -> Remote | None:
        """See Silencer.get."""
        answer = await self._ask("GET", f"/api/v2/silence/{quote(remote_id, safe='')}")
        return None if answer.status == 404 else _remote(_json(answer))

    async def find(self, silence: Silence) -> Remote | None:
        """See Silencer.find. The filter compares patterns as they are written, so it fits every kind of matcher."""
        filters = [("filter", f'{one.name}="{_escaped(one.value)}"') for one in silence.matchers]
        is_plain = all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", one.name) for one in silence.matchers)
        query = f"?{urlencode(filters)}" if is_plain else ""
        marks = (f"{silence.id} ", f"{silence.id}:")
        ours = [one for one in await self._active(query) if one.comment.startswith(marks)]
        return min(ours, key=lambda one: one.starts_at, default=None)

    async def active(self) -> list[Remote]:
        """See Silencer.active."""
        return await self._active("")

    async def make(self, silence: Silence, now: datetime) -> str:
        """See Silencer.make."""
        known = await self.get(silence.remote_id) if silence.remote_id else None
        is_known = known is not None and known.is_active
        begins = known.starts_at if known and is_known else min(now, silence.starts_at) - EARLIER
        body: dict[str, Any] = {
            "matchers": [
                {"name": one.name, "value": one.value, "isRegex": "~" in one.op, "isEqual": "!" not in one.op}
                for one in silence.matchers
            ],
            "startsAt": _text(begins),  # with another beginning it would be another silence
            "endsAt": _text(silence.ends_at),
            "createdBy": f"{silence.author or silence.owner} ({BY})",
            "comment": silence.comment,
        }
        if is_known:
            body["id"] = silence.remote_id
        answer = await self._ask("POST", "/api/v2/silences", body)
        if answer.status == 404 and is_known:
            del body["id"]  # it was killed in between, and does not know it any more
            answer = await self._ask("POST", "/api/v2/silences", body)
        if answer.status in (400, 422):
            raise SilencerRefusedError(_words(answer))
        made = _json(answer)
        if not isinstance(made, Mapping) or not isinstance(made.get("silenceID"), str):
            raise SilencerAwayError(OTHER)
        return str(made["silenceID"])

    async def expire(self, remote_id: str) -> None:
        """See Silencer.expire. One that is not known is answered with 404, in old versions with 500."""
        answer = await self._ask("DELETE", f"/api/v2/silence/{quote(remote_id, safe='')}")
        if answer.status >= 300 and answer.status not in (404, 500):
            raise SilencerAwayError(f"it answered with {answer.status}")

    async def _active(self, query: str) -> list[Remote]:
        """Those that hold; expired ones are in Alertmanager's list for five days, which may be long."""
        found: list[Remote] = []

        def each(told: Any) -> None:
            if told["status"]["state"] != "expired" and (one := _remote(told)).is_active:
                found.append(one)

        try:
            answer = await each_of(self._http, at(self._url, f"/api/v2/silences{query}"), each, LONG)
        except NoAnswerError as error:
            raise SilencerAwayError(error.cause) from error
        except NotAListError:
            raise SilencerAwayError(OTHER) from None
        _check(answer)
        if answer.status != 200:
            raise SilencerAwayError(f"it answered with {answer.status}")
        return found

    async def _ask(self, method: str, path: str, body: object = None) -> Answer:
        try:
            answer = await self._http.ask(method, at(self._url, path), json=body, limits=ONE)
        except NoAnswerError as error:
            raise SilencerAwayError(error.cause) from error
        _check(answer)
        return answer


def _check(answer: Answer) -> None:
    if answer.status in (401, 403):
        raise SilencerAwayError(f"it refuses the bot's credentials ({answer.status})")


def _json(answer: Answer) -> Any:
    if answer.status != 200:
        raise SilencerAwayError(f"it answered with {answer.status}")
    try:
        return answer.json()
    except ValueError:
        raise SilencerAwayError(OTHER) from None


def _remote(told: Any) -> Remote:
    try:
        return Remote(
            id=str(told["id"]),
            state=str(told["status"]["state"]),
            matchers=tuple(
                Matcher(one["name"], _OPS[one.get("isEqual", True), one["isRegex"]], one["value"])
                for one in told["matchers"]
            ),
            starts_at=datetime.fromisoformat(told["startsAt"]),
            ends_at=datetime.fromisoformat(told["endsAt"]),
            created_by=str(told["createdBy"]),
            comment=str(told["comment"]),
        )
    except (KeyError, TypeError, ValueError):
        raise SilencerAwayError(OTHER) from None


def _words(answer: Answer) -> str:
    """Its own words for why not, in one line: a JSON string, or an object with a message."""
    try:
        told = answer.json()
    except ValueError:
        told = answer.text
    text = told.get("message", "") if isinstance(told, Mapping) else told
    return " ".join(str(text).split())[:300] or f"it answered with {answer.status}"


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
