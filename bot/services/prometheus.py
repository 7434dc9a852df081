"""Prometheus: is it ready; which of its targets are down, and which of its rules fire.

https://prometheus.io/docs/prometheus/latest/management_api/#readiness-check
https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from collections.abc import Sequence
from typing import Any

from bot.domain.deep_health import RULES, TARGETS, Fact, Link
from bot.domain.health import UP, Finding, State
from bot.domain.wording import counted
from bot.services.asking import UNSAID, Source, facts, listed, text_of
from bot.services.http import Answer, Http
from bot.services.verdict import check, misfit, shown, words


class PrometheusProbe:
    """Asks `/-/ready`. 503 with a short text is Prometheus replaying its log; with a page, a proxy without one."""

    name = "prometheus"

    def __init__(self, url: str, http: Http) -> None:
        self._url = url
        self._http = http
        self._source = Source(url, http)
        self.link = shown(url)

    async def read(self) -> Finding:
        """Up, starting, or why not."""
        return await check(self._http, self._url, "/-/ready", _judge)

    async def look(self) -> Sequence[Fact]:
        """Targets, rules and version."""
        return await facts((TARGETS, self._targets()), (RULES, self._rules()), ("version", self._version()))

    async def _targets(self) -> Fact:
        targets = (await self._source.json("/api/v1/targets", state="active"))["data"]["activeTargets"]
        down = [target for target in targets if target["health"] == "down"]
        up = sum(target["health"] == "up" for target in targets)
        fresh = len(targets) - up - len(down)
        text = f"{up:,} of {counted(len(targets), 'target')} up" if targets else "it has no targets"
        if fresh:
            text += f", {fresh:,} not asked yet"
        if down:
            text += f"; down: {listed(map(_named, down))}"
        return Fact(TARGETS, text, not down and bool(targets), (Link("targets", f"{self.link}/targets"),))

    async def _rules(self) -> Fact:
        groups = (await self._source.json("/api/v1/rules", type="alert"))["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"] if rule["type"] == "alerting"]
        firing = [rule["name"] for rule in rules if rule["state"] == "firing"]
        broken = [rule["name"] for rule in rules if rule["health"] == "err"]
        if not rules:
            return Fact(RULES, "it has no alerting rules")
        text = f"{len(firing) or 'none'} of {counted(len(rules), 'alerting rule')} firing"
        text += f": {listed(firing)}" if firing else ""
        text += f"; not to be evaluated: {listed(broken)}" if broken else ""
        return Fact(RULES, text, not firing and not broken, (Link("alerts", f"{self.link}/alerts"),))

    async def _version(self) -> Fact:
        return Fact(
            "version", text_of((await self._source.json("/api/v1/status/buildinfo"))["data"], "version") or UNSAID
        )


def _judge(answer: Answer) -> Finding:
    # "Prometheus Server is Ready."; older ones, and servers that stand in for it, put another name first.
    if answer.status == 200 and words(answer).endswith("is ready."):
        return UP
    if answer.status == 503 and words(answer) == "service unavailable":
        return Finding(State.STARTING, "not ready yet: reading its stored data")
    return misfit(answer, "as Prometheus does")


def _named(target: dict[str, Any]) -> str:
    """`node at 10.0.0.7:9100`. Its last error is not repeated: it may hold an address with a password."""
    labels = target["labels"]
    return f"{text_of(labels, 'job') or 'no job'} at {text_of(labels, 'instance') or 'no instance'}"
