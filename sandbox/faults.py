"""Trouble on request: slow, failing and cut Web API calls, by method and count."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from sandbox.records import SlackError
from sandbox.socket_mode import reset

KINDS = (
    "latency",
    "status",
    "rate_limited",
    "error",
    "reset_before",
    "reset_after",
    "timeout_before",
    "timeout_after",
)


@dataclass
class Fault:
    """One kind of trouble for `count` calls of `method` ("*" is any; None for ever).

    `value`: seconds for latency, rate_limited and timeout_*; the HTTP status for status; Slack's error code for error.
    `reset_*` cut the TCP connection; `*_before` leave the workspace as it was, `*_after` do what was asked.
    """

    kind: str
    method: str = "*"
    count: int | None = 1
    value: float | str = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no such fault: {self.kind!r}; there are {', '.join(KINDS)}")


class LimitedError(SlackError):
    """HTTP 429 with Retry-After: in whole seconds, as Slack says it, unless a fraction of one is asked for."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("ratelimited", f"retry after {retry_after:g} s")
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """What says how long to wait."""
        wait = self.retry_after if 0 < self.retry_after < 1 else max(1, round(self.retry_after))
        return {"Retry-After": str(wait)}


class BrokenError(Exception):
    """The call is not answered as Slack's API answers: another HTTP status, or no answer (None)."""

    def __init__(self, status: int | None) -> None:
        super().__init__(f"HTTP {status}" if status else "no answer")
        self.status = status


class Faults:
    """The faults in force; the oldest that fits a call strikes first, all latencies add up."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, kind: str, method: str = "*", *, count: int | None = 1, value: float | str = 0.0) -> Fault:
        """Put a fault in force and return it."""
        fault = Fault(kind, method, count, value)
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """End all trouble."""
        self.active.clear()

    def take(self, method: str) -> list[Fault]:
        """The faults that strike this call, each counted down: all latencies, and one of the other kinds."""
        striking: list[Fault] = []
        for fault in list(self.active):
            fits = fault.method in {"*", method}
            if not fits or (fault.kind != "latency" and any(one.kind != "latency" for one in striking)):
                continue
            striking.append(fault)
            if fault.count is not None:
                fault.count -= 1
                if fault.count <= 0:
                    self.active.remove(fault)
        return striking

    async def before(self, faults: list[Fault], request: web.Request) -> None:
        """Strike before the call is carried out."""
        for fault in faults:
            match fault.kind:
                case "latency":
                    await asyncio.sleep(float(fault.value))
                case "status":
                    raise BrokenError(int(fault.value))
                case "rate_limited":
                    raise LimitedError(float(fault.value))
                case "error":
                    raise SlackError(str(fault.value), "on request")
                case "timeout_before":
                    await asyncio.sleep(float(fault.value))
                    raise _cut(request)
                case "reset_before":
                    raise _cut(request)

    async def after(self, faults: list[Fault], request: web.Request) -> None:
        """Strike when the call has been carried out."""
        for fault in faults:
            if fault.kind == "timeout_after":
                await asyncio.sleep(float(fault.value))
                raise _cut(request)
            if fault.kind == "reset_after":
                raise _cut(request)


def _cut(request: web.Request) -> BrokenError:
    if request.transport is not None:
        reset(request.transport)
    return BrokenError(None)
