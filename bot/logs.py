"""Log lines: JSON for machines or text for people, with a trace_id, and with every secret masked at one point.

Ours (structlog) and those of libraries (logging) take the same way; the last processor before the renderer masks.
"""

import contextlib
import logging
import re
import secrets as randomness
import sys
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

from bot.domain.audit import AuditEntry
from bot.domain.audit_chain import Link
from bot.redaction import Redactor

AUDIT = "audit"
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FIRST = ("timestamp", "level", "event", "logger", "trace_id")
# Below these levels the libraries write whole URLs, bodies or a line for each tick.
_QUIET = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "pymongo": logging.WARNING,
    "apscheduler": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "apscheduler.scheduler": logging.ERROR,  # a tick left out while the job still runs is how it is meant here
    "asyncio": logging.WARNING,
    "slack_bolt": logging.INFO,
    "slack_sdk": logging.INFO,
}


class _Lines(logging.StreamHandler[TextIO]):
    """Writes lines; one that cannot be made is replaced by a line that says so, without its contents."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        with contextlib.suppress(OSError, ValueError):  # nobody reads the stream any more
            where = Redactor().text(record.name).replace('"', "'")
            self.stream.write(
                f'{{"level": "error", "logger": "{where}", "event": "a log line could not be written"}}\n'
            )
            self.flush()


def configure(log_format: str, level: str, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Sends all logging of this process to `stream` (stdout), as `json` or `console`, from `level` upwards."""
    out = stream or sys.stdout
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    handler = _Lines(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _Masking(Redactor(secrets)),
                *_renderers(log_format, out),
            ],
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.getLogger(AUDIT).setLevel(logging.INFO)  # the audit trail does not depend on LOG_LEVEL


def _renderers(log_format: str, out: TextIO) -> list[Processor]:
    if log_format == "console":
        return [_printable, structlog.dev.ConsoleRenderer(colors=out.isatty())]
    return [structlog.processors.JSONRenderer()]


def _printable(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What somebody typed must not steer the terminal of whoever reads the log; JSON escapes it by itself."""
    return {
        key: _STEERING.sub(lambda found: f"\\x{ord(found[0]):02x}", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


class _Masking:
    """The one redaction point: every field, whatever it is, becomes plain data without secrets."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        ordered = {**{key: event[key] for key in _FIRST if key in event}, **event}
        return {self._redactor.text(str(key)): self._redactor.value(value) for key, value in ordered.items()}


@contextlib.contextmanager
def trace(trace_id: str = "", **fields: Any) -> Iterator[str]:
    """Adds `trace_id` (a new one of 16 hex digits unless given) and `fields` to every line in this context.

    The field `via` says where what happens came from: see AuditEntry.
    """
    trace_id = trace_id or randomness.token_hex(8)
    with structlog.contextvars.bound_contextvars(trace_id=trace_id, **fields):
        yield trace_id


def audit(event: str, **fields: Any) -> None:
    """One line of the audit trail (`stream="audit"`, by which Loki finds it): written whatever LOG_LEVEL is."""
    structlog.get_logger(AUDIT).info(event, **{**fields, "stream": AUDIT})


def audited(entry: AuditEntry) -> AuditEntry:
    """Writes the entry of the audit trail, and returns it with the trace and the way (`via`) that it happened under."""
    around = structlog.contextvars.get_contextvars()
    trace_id = str(around.get("trace_id") or randomness.token_hex(8))
    whole = replace(entry, trace_id=trace_id, via=str(around.get("via", "")))
    audit(
        entry.act,
        who=entry.who,
        subject=entry.subject,
        outcome=entry.outcome.value,
        detail=entry.detail,
        trace_id=trace_id,
        via=whole.via,
    )
    return whole


def chained(links: Sequence[Link]) -> None:
    """Says in the audit trail's stream what MongoDB has: who changes it there has to change it here, too."""
    first, last = links[0], links[-1]
    audit("chained", first=first.number, last=last.number, before=first.before, hash=last.hash)
