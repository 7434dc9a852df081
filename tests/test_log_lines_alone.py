"""What a log is spared, and that its lines have a trace: rules without a bot."""

import io
import json
import logging
from collections.abc import Iterator

import aiohttp
import pytest
import structlog
from pydantic import SecretStr

from bot import logs
from bot.lifecycle import run
from bot.metrics import Metrics
from bot.slack.api import Api
from bot.slack.bolt import bolt_app, web_client
from bot.slack.directory import Directory


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the log gets."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure("json", "info", (), stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_tick_left_out_is_not_logged_and_an_error_is(written: io.StringIO) -> None:
    """APScheduler's warnings of jobs that still run stay out; its errors are written."""
    scheduler = logging.getLogger("apscheduler.scheduler")
    scheduler.warning("skipped: maximum number of running instances reached")
    scheduler.error("a real one")
    logging.getLogger("apscheduler.executors.default").warning("a job was missed")
    assert [json.loads(line)["event"] for line in written.getvalue().splitlines()] == ["a real one", "a job was missed"]


async def test_bolt_does_not_warn_of_the_token_in_the_environment(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is given by the bot itself, so what Bolt would find is no news."""
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-a")
    async with aiohttp.ClientSession() as session:
        api = Api(web_client(None, "http://127.0.0.1:1/", session), Metrics(), lambda: "U0BOT")
        bolt_app(Directory(api, "ops"), SecretStr("xoxb-1-a"))
    assert written.getvalue() == ""


def test_vitals_agree_with_what_readiness_says_of_mongodb() -> None:
    """MongoDB away is down at once, whatever the last round found."""
    metrics = Metrics()
    metrics.service_probed("mongodb", "up", 0.1)
    metrics.mongo(False)
    assert metrics.vitals()["services"] == {"mongodb": "down"}
    metrics.mongo(True)
    assert metrics.vitals()["services"] == {"mongodb": "up"}


class Speaking:
    """A bot that logs a line at its start, and fails it so that it stops."""

    async def start(self) -> None:
        """Says so."""
        structlog.get_logger("app").info("ready")
        raise OSError("enough")

    async def stop(self) -> int:
        """Says so."""
        structlog.get_logger("app").info("closing")
        return 0


def test_lines_of_start_and_stop_have_a_trace(written: io.StringIO) -> None:
    """Each line has a trace_id: one for the start, another for the stop."""
    assert run(Speaking) == 1
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    trace = {line["event"]: line.get("trace_id") for line in lines}
    assert trace["ready"]
    assert trace["stopping"] == trace["closing"] == trace["stopped"] != trace["ready"]
    assert all(line.get("trace_id") for line in lines)
