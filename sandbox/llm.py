"""What an OpenAI-compatible LLM server answers: a chat that sums up the facts it is told, or says what a test wants.

Shapes as of llama.cpp's server and vLLM.
"""

import asyncio
import json
import time
import uuid
from collections import deque
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Json = dict[str, Any]

ANSWER = (
    "Summary: the service stopped answering, was restarted, and recovered.\n"
    "Impact: requests failed until then.\n"
    "Next: find out why it stopped, and add an alert that fires earlier."
)


@dataclass(frozen=True)
class Reply:
    """One answer to a chat: `content` is what the model says; `body`, if there, is sent instead of OpenAI's envelope.

    It comes after `delay` seconds. A `finish` of "length" says that the model was cut off.
    """

    content: str | None = ""
    status: int = 200
    body: str | None = None
    media_type: str = "application/json"
    delay: float = 0.0
    finish: str = "stop"


class Llm:
    """Health, models and chat. `flavour` decides what `/health` is:

    "llama-server" 200 with JSON, "vllm" 200 with nothing, "python" (llama_cpp.server) 404.

    `replies` are given first, in order; `asked` are the requests that came. A `strict` server refuses what OpenAI's
    first version did not have.
    """

    setting = "LLM_URL"

    def __init__(self, flavour: str = "llama-server") -> None:
        self.flavour = flavour
        self.answer = ANSWER
        self.replies: deque[Reply] = deque()
        self.asked: list[Json] = []
        self.authorizations: list[str] = []
        self.strict = False

    def routes(self) -> list[web.RouteDef]:
        """Path by path."""
        return [
            web.get("/health", self._health),
            web.get("/v1/models", self._models),
            web.post("/v1/chat/completions", self._chat),
        ]

    def starting(self) -> web.Response:
        """While llama-server loads its model."""
        error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
        return web.json_response({"error": error}, status=503)

    def failing(self) -> web.Response:
        """It has no half-ready state: here it refuses the caller's key."""
        return web.json_response({"detail": "Invalid API key"}, status=401)

    async def _health(self, _: web.Request) -> web.Response:
        if self.flavour == "python":
            return web.json_response({"detail": "Not Found"}, status=404)
        return web.Response() if self.flavour == "vllm" else web.json_response({"status": "ok"})

    async def _models(self, _: web.Request) -> web.Response:
        model = {"id": "qwen", "object": "model", "created": int(time.time()), "owned_by": "sandbox"}
        return web.json_response({"object": "list", "data": [model]})

    async def _chat(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        self.authorizations.append(request.headers.get("Authorization", ""))
        if self.strict and set(asked) & {"response_format", "chat_template_kwargs"}:
            error = {"message": "Unknown field", "type": "invalid_request_error", "code": None, "param": None}
            return web.json_response({"error": error}, status=400)
        reply = self.replies.popleft() if self.replies else Reply(self._says(asked))
        await asyncio.sleep(reply.delay)
        if reply.body is not None:
            return web.Response(status=reply.status, text=reply.body, content_type=reply.media_type)
        return web.json_response(_envelope(asked, reply), status=reply.status)

    def _says(self, asked: Json) -> str:
        """A summary of the facts in the last message, if it is a document with facts."""
        try:
            told = json.loads(asked["messages"][-1]["content"])
            return json.dumps(_summary(told["facts"]))
        except (ValueError, LookupError, TypeError):
            return self.answer


def _summary(facts: Json) -> Json:
    """Plausible words, made of nothing but the facts."""
    cause = facts.get("cause", "")
    over = facts.get("resolution", "")
    ending = f"It was over when this was done: {over}." if over else "It is not over yet, and people work on it."
    return {
        "what_happened": f"The team was told: {facts['title']}. {ending} {f'The cause was: {cause}.' if cause else ''}",
        "impact": f"Affected: {facts['affected']}."
        if "affected" in facts
        else "What was affected was not written down.",
        "what_helped": f"This helped: {over}." if over else "",
        "open_questions": ([] if cause else ["What was the cause?"]) + ["Which alert could have told of it earlier?"],
    }


def _envelope(asked: Json, reply: Reply) -> Json:
    said = {"role": "assistant", "content": reply.content}
    prompt, answer = len(json.dumps(asked.get("messages", []))) // 4, len(reply.content or "") // 4
    return {
        "id": f"chatcmpl-{uuid.uuid4()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.get("model", "qwen"),
        "choices": [{"index": 0, "message": said, "logprobs": None, "finish_reason": reply.finish}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
    }
