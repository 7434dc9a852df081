"""One more HTTP address to check, from EXTRA_CHECKS: any 2xx is up."""

from collections.abc import Sequence

from bot.domain.deep_health import Fact
from bot.domain.health import UP, Finding, State
from bot.services.http import Answer, Http
from bot.services.verdict import check, misfit, shown, words


class ExtraProbe:
    """Asks one address. The MCP server's `/metrics` is 404 where the Prometheus client is not installed: not down."""

    def __init__(self, name: str, url: str, http: Http) -> None:
        self.name = name
        self._url = url
        self._http = http
        self.link = shown(url).partition("?")[0]
        self._is_metrics = url.partition("?")[0].rstrip("/").endswith("/metrics")

    async def read(self) -> Finding:
        """Up (with a word about missing metrics), or why not."""
        return await check(self._http, self._url, "", self._judge)

    async def look(self) -> Sequence[Fact]:
        """Nothing more: what is behind an address of the settings is not known."""
        return ()

    def _judge(self, answer: Answer) -> Finding:
        if self._is_metrics and answer.status == 404:
            return Finding(State.UP, "it answers, but has no metrics: the Prometheus client is not installed (404)")
        if 200 <= answer.status < 300 and not (self._is_metrics and answer.is_html):
            return UP
        if answer.status >= 500 and words(answer).startswith("not ready"):  # Promtail, and others of its family
            return Finding(State.DEGRADED, f"it answers that it is not ready ({answer.status})")
        return misfit(answer, "with metrics" if self._is_metrics else "")
