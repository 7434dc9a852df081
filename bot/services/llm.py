"""The LLM server (OpenAI-compatible): does it take requests.

`/health` is not part of OpenAI's API: llama-server answers 200 with JSON or 503 while it loads, vLLM 200 with an empty
body or 503 when its engine died, others do not have it. So only its status counts, and 404 asks `/v1/models`.
"""

from bot.domain.health import SWITCHED_OFF, UP, Finding, State
from bot.services.http import Answer, Http, NoAnswerError, bearer
from bot.services.verdict import at, is_proxy, misfit


class LlmProbe:
    """Asks `/health`, and `/v1/models` where there is none. The key is sent with both; empty means none."""

    name = "llm"

    def __init__(self, url: str, http: Http, api_key: str = "") -> None:
        self._url = url
        self._http = http
        self._authorization = bearer(api_key)

    async def read(self) -> Finding:
        """Up, starting, degraded (it refuses the key), or why not."""
        if not self._url:
            return SWITCHED_OFF
        try:
            answer = await self._ask("/health")
            if answer.status == 404:
                answer = await self._ask("/v1/models")
        except NoAnswerError as error:
            return Finding(State.DOWN, error.cause)
        return _judge(answer)

    async def _ask(self, path: str) -> Answer:
        return await self._http.ask("GET", at(self._url, path), authorization=self._authorization)


def _judge(answer: Answer) -> Finding:
    # The body is not looked at. Its type is: a page for people, or a file, is not what such a server sends.
    fits = answer.media_type in ("", "application/json", "text/plain")
    if 200 <= answer.status < 300 and fits:
        return UP
    if answer.status == 503 and not is_proxy(answer):
        return Finding(State.STARTING, "loading its model, or its engine has stopped")
    if answer.status in (401, 403):
        return Finding(State.DEGRADED, f"it answers, but refuses the API key ({answer.status})")
    return misfit(answer, "as an LLM server does")
