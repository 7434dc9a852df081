"""Log lines: one pipeline, one trace_id, and no secret in any spelling or place."""

import asyncio
import io
import json
import logging
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import logs
from bot.redaction import MASK, Redactor

SECRET = 'cañary/p@ss "w:rd'
SECRET_FIRST = f"{SECRET} failed"
PARTS = ("cañary", "ca%C3%B1ary", "ca\\u00f1ary", "p@ss", "p%40ss", "canary")


class Log(NamedTuple):
    """What was written so far, as text and as lines."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def log() -> Log:
    return configured("json", "info")


def configured(log_format: str, level: str) -> Log:
    stream = io.StringIO()
    logs.configure(log_format, level, (SECRET, "admin"), stream)
    return Log(stream)


def raised(error: Exception) -> Exception:
    with suppress(type(error)):
        raise error
    return error


def test_a_line_has_time_level_event_logger_and_what_was_given(log: Log) -> None:
    """Each line is one JSON object; the time is UTC."""
    structlog.get_logger("bot.outbox").info("posted", channel="C0OPS", tries=2)
    (line,) = log.lines
    assert line.pop("timestamp").endswith("Z")
    assert line == {"level": "info", "event": "posted", "logger": "bot.outbox", "channel": "C0OPS", "tries": 2}


@pytest.mark.parametrize("name", ["slack_bolt", "slack_sdk.web", "pymongo.client", "apscheduler", "aiohttp", "asyncio"])
def test_libraries_log_through_the_same_pipeline(log: Log, name: str) -> None:
    """A warning of a library is a line like ours, with the trace_id and without secrets."""
    with logs.trace(trace_id="0123456789abcdef"):
        logging.getLogger(name).warning("token %s", SECRET, extra={"detail": f"admin {SECRET}"})
    (line,) = log.lines
    assert (line["event"], line["detail"]) == (f"token {MASK}", f"{MASK} {MASK}")
    assert (line["logger"], line["level"], line["trace_id"]) == (name, "warning", "0123456789abcdef")


@pytest.mark.parametrize("name", ["httpx", "pymongo.command", "apscheduler.scheduler", "aiohttp.access", "asyncio"])
def test_libraries_that_tell_too_much_are_quiet_even_at_debug(name: str) -> None:
    """httpx writes whole URLs at INFO, APScheduler a line for each tick."""
    log = configured("json", "debug")
    logging.getLogger(name).info("GET http://somebody:password@host")
    assert not log.lines


class Broken:
    """An object that cannot even be shown."""

    def __repr__(self) -> str:
        raise ValueError(SECRET)


def in_context(log: Any) -> None:
    with logs.trace(told=SECRET):
        log.info("failed")


PLACES: dict[str, Callable[[Any], object]] = {
    "event": lambda log: log.info(SECRET_FIRST),
    "field": lambda log: log.info("failed", why=SECRET),
    "name of a field": lambda log: log.info("failed", **{SECRET: 1}),
    "deep inside": lambda log: log.info("failed", a={"b": [(SECRET, {SECRET: {SECRET}})]}),
    "deeper than is unfolded": lambda log: log.info("failed", a=[[[[[[[[[[SECRET]]]]]]]]]]),
    "bytes": lambda log: log.info("failed", body=SECRET.encode()),
    "a URL": lambda log: log.info("failed", url=f"http://u:{quote(SECRET, safe='')}@host/"),
    "lower-case percent-encoding": lambda log: log.info("failed", url=quote(SECRET, safe="").lower()),
    "JSON inside": lambda log: log.info("failed", body=json.dumps({"a": SECRET})),
    "repr": lambda log: log.info("failed", of=[{"a": SECRET}].__repr__()),
    "base64": lambda log: log.info("failed", b=b64encode(SECRET.encode()).decode()),
    "an exception as a field": lambda log: log.info("failed", error=ValueError(SECRET)),
    "an exception": lambda log: log.error("failed", exc_info=raised(ValueError(SECRET))),
    "what cannot be shown": lambda log: log.info("failed", it=Broken()),
    "a bound field": lambda log: log.bind(with_it=SECRET).info("failed"),
    "a context": in_context,
    "the name of the logger": lambda log: structlog.get_logger(SECRET).info("failed"),
    "the stack": lambda log: log.info("failed", stack_info=True, note=SECRET),
}


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("place", PLACES)
def test_no_secret_gets_through_wherever_it_is(log_format: str, place: str) -> None:
    """Whatever field it is in and however it is encoded, the line is written and the secret is not in it."""
    log = configured(log_format, "info")
    PLACES[place](structlog.get_logger("bot"))
    assert "failed" in log.text
    assert not [part for part in PARTS if part in log.text]


def test_a_traceback_keeps_its_frames_and_loses_its_secrets(log: Log) -> None:
    """An exception with a cause is written whole, both texts masked."""
    error = RuntimeError(f"no answer from http://u:{SECRET}@host")
    error.__cause__ = raised(ValueError(SECRET))
    structlog.get_logger("bot").error("failed", exc_info=raised(error))
    (line,) = log.lines
    assert "in raised" in line["exception"]
    assert line["exception"].count(MASK) == 2


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("xoxb-12-ab-CD and xapp-1-A0-99-ff", f"{MASK} and {MASK}"),
        ("xoxe.xoxp-1-Mi0yLTE", MASK),
        ("mongodb://root:a@b@h/x", f"mongodb://{MASK}@h/x"),
        ("https://tok3n@h/x?a=b@c", f"https://{MASK}@h/x?a=b@c"),
        ("http://127.0.0.1:8080/users/@ann", "http://127.0.0.1:8080/users/@ann"),
        ("Authorization: Bearer abc.def-1 end", f"Authorization: Bearer {MASK} end"),
        ("basic dXNlcjpwYXNz", f"basic {MASK}"),
        ("https://hooks.slack.com/commands/T0/1/abc", f"https://hooks.slack.com/{MASK}"),
        (
            "wss://wss-primary.slack.com/link/?ticket=ab-12&app_id=1",
            f"wss://wss-primary.slack.com/link/?ticket={MASK}&app_id=1",
        ),
        ("the admin, not the administrator", f"the {MASK}, not the administrator"),
    ],
)
def test_what_looks_like_a_secret_is_masked_too(written: str, masked: str) -> None:
    """Tokens, credentials in URLs, authorizations and one-time addresses; short passwords as whole words only."""
    assert Redactor(["admin"]).text(written) == masked


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(), st.lists))
@settings(deadline=None, max_examples=60)
def test_any_value_becomes_json_without_an_error(value: object) -> None:
    """The redactor copes with whatever it is given."""
    json.dumps(Redactor([SECRET]).value({"a": value}), allow_nan=False).encode()


@given(st.text(min_size=6), st.text(), st.text())
@settings(deadline=None, max_examples=150)
def test_no_secret_of_any_characters_survives(secret: str, before: str, after: str) -> None:
    """Whatever surrounds it, a known secret is not in the text any more."""
    if (shown := secret.strip()) and len(shown) >= 6 and shown not in MASK:
        text = Redactor([secret]).text(f"{before}{secret}{after}".encode("utf-8", "backslashreplace").decode())
        assert shown not in text.replace(MASK, "\0")


def test_odd_numbers_and_loops_do_not_break_a_line() -> None:
    """NaN, huge integers, lone surrogates and lists that hold themselves are written as something."""
    log = configured("json", "info")  # here, so that pytest's own handler does not stumble over them
    loop: list[object] = []
    loop.append(loop)
    structlog.get_logger("bot").info("odd", nan=float("nan"), huge=10**5000, half="\ud800", loop=loop)
    assert log.lines[0]["nan"] == "nan"


def test_a_line_that_cannot_be_made_is_replaced_and_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """logging's own complaint would print the arguments to stderr."""
    log = configured("json", "info")
    logging.getLogger("library").warning("%d", SECRET)
    assert log.lines == [{"level": "error", "logger": "library", "event": "a log line could not be written"}]
    assert capfd.readouterr().err == ""


def test_a_closed_stream_is_no_error(log: Log) -> None:
    """When nobody reads the log any more, the bot goes on."""
    log.stream.close()
    structlog.get_logger("bot").info("unheard")


async def test_a_trace_holds_for_its_context_only(log: Log) -> None:
    """Each trace has its own id of 16 hex digits; tasks that run beside it have theirs."""
    ours = structlog.get_logger("bot")

    async def handle(command: str) -> str:
        with logs.trace(command=command) as trace_id:
            await asyncio.sleep(0)
            ours.info("handled")
        return trace_id

    ids = await asyncio.gather(handle("/health"), handle("/incident"))
    ours.info("outside")
    assert [(line.get("trace_id"), line.get("command")) for line in log.lines] == [
        (ids[0], "/health"),
        (ids[1], "/incident"),
        (None, None),
    ]
    assert all(len(bytes.fromhex(trace_id)) == 8 for trace_id in ids)


def test_audit_lines_are_marked_and_written_at_any_level() -> None:
    """`stream="audit"` finds them in Loki; LOG_LEVEL does not silence them, a field cannot rename them."""
    log = configured("json", "error")
    structlog.get_logger("bot").info("not written")
    logs.audit("incident closed", by="U0ANN", stream="elsewhere")
    (line,) = log.lines
    assert (line["event"], line["stream"], line["by"]) == ("incident closed", "audit", "U0ANN")


def test_what_people_typed_does_not_steer_a_terminal() -> None:
    """On a console escape sequences are shown, and an invented line stays within its own."""
    stream = io.StringIO()
    logs.configure("console", "info", stream=stream)
    logs.audit("open", detail="\x1b[2J\x9b31mdown", subject="a\n12:00 [info] all is well")
    assert "detail=\\x1b[2J\\x9b31mdown" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1
    assert not set("\x1b\x9b") & set(stream.getvalue())
