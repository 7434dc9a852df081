"""How health is shown in the channel: a full sentence, services side by side, JSON to be copied."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from bot.domain.health import Reading, Report, State
from bot.slack.views import health as view
from bot.slack.views.parts import Message

NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


def reading(service: str, state: State = State.UP, cause: str = "", latency: float | None = 0.012) -> Reading:
    return Reading(service, state, latency if state is not State.OFF else None, cause, NOW)


def shown(message: Message) -> str:
    return json.dumps(message.payload(), ensure_ascii=False)


@pytest.mark.parametrize(
    ("readings", "sentence"),
    [
        ([reading("a"), reading("b")], "Both services are up."),
        (
            [reading("a"), reading("prometheus", State.DOWN, "connection refused", None)],
            "1 of 2 services is up; prometheus is down: connection refused.",
        ),
        ([reading("a"), reading("b", State.OFF, "switched off")], "a is up; 1 is switched off."),
        ([reading("loki", State.STARTING, "not ready yet")], "loki is starting: not ready yet."),
        ([reading("llm", State.OFF, "switched off")], "llm is switched off in the settings."),
        (
            [reading("a", State.DOWN), reading("b", State.DOWN, "x.")],
            "None of 2 services are up; a is down; b is down: x.",
        ),
        ([], "No services are set up."),
        (
            [reading(f"s{n}", State.DOWN, "gone") for n in range(6)],
            (
                "None of 6 services are up; s0 is down: gone; s1 is down: gone; s2 is down: gone; s3 is down: gone; "
                "2 more are not up."
            ),
        ),
    ],
)  # fmt: skip
def test_the_text_is_a_full_sentence(readings: Sequence[Reading], sentence: str) -> None:
    """Notifications and screen readers get the whole news without a sign or a colour."""
    assert view.report(Report(NOW, tuple(readings))).text == sentence


def test_each_service_is_shown_with_a_sign_a_word_and_its_latency() -> None:
    """Services stand side by side; whatever is not plainly up says why below."""
    readings = (
        reading("loki"),
        reading("llm", latency=0.0004),
        reading("mcp", State.UP, "it has no metrics"),
        reading("grafana", State.DEGRADED, "its database does not answer", 0.02),
        reading("prometheus", State.OFF, "switched off in the settings"),
    )
    message = shown(view.report(Report(NOW, readings)))
    for cell in (
        ":white_check_mark: *loki* up · 12 ms",
        ":white_check_mark: *llm* up · under 1 ms",
        ":warning: *grafana* degraded · 20 ms",
        ":warning: *grafana* is degraded: its database does not answer",
        ":white_check_mark: *mcp* is up: it has no metrics",
        ":heavy_minus_sign: *prometheus* switched off",
        "2026-11-28 02:00 UTC",
    ):
        assert cell in message


def test_asking_says_how_many_or_which() -> None:
    """While the services are asked the channel sees that."""
    assert view.asking(["a", "b", "c"]).text == "Asking 3 services…"
    assert view.asking(["loki"]).text == "Asking loki…"


def preformatted(message: Message) -> str:
    text: str = message.payload()["blocks"][0]["text"]["text"]
    assert len(text) <= 3000
    assert text.count("```") == 2
    return text.removeprefix("```\n").removesuffix("\n```")


def test_json_in_the_channel_is_the_report_itself() -> None:
    """What is copied out of the block is the report's JSON."""
    report = Report(NOW, (reading("a"), reading("b", State.DOWN, "<!channel> & `x`", None)))
    text = preformatted(view.as_json(report))
    assert json.loads(text) == report.as_json()
    assert not set("<>&`") & set(text)


def test_json_that_is_too_long_is_shortened_and_stays_json() -> None:
    """Fewer services are shown, with the number of those left out."""
    report = Report(NOW, tuple(reading(f"service-{n}", State.DOWN, "x" * 300) for n in range(60)))
    told = json.loads(preformatted(view.as_json(report)))
    assert len(told["services"]) + told["left_out"] == 60
    assert len(told["services"]) > 10


readings_of_any_kind = st.lists(
    st.builds(
        Reading,
        service=st.text(max_size=60) | st.just("<&" * 200),
        state=st.sampled_from(State),
        latency=st.none() | st.floats(0, 100),
        cause=st.text(max_size=60) | st.sampled_from(["<!channel>", "<@U0ANN> ```", "<https://x|y>", "&" * 500]),
        at=st.just(NOW),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=30)
@given(readings_of_any_kind)
def test_any_name_and_cause_yields_blocks_that_slack_takes(readings: list[Reading]) -> None:
    """Whatever the names and causes are: valid blocks within the limits, and nothing that mentions or links."""
    report = Report(NOW, tuple(readings))
    for message in (view.report(report), view.as_json(report), view.asking([r.service for r in readings])):
        payload = message.payload()
        assert 0 < len(payload["text"]) <= 3000
        assert len(payload["blocks"]) <= 50
        assert len(json.dumps(payload["blocks"], ensure_ascii=False)) < 20_000
        for block in Block.parse_all(payload["blocks"]):
            block.to_dict()  # raises for what is longer than Slack allows
        written = json.dumps(payload).replace("<!date^", "")
        assert not any(live in written for live in ("<!", "<@", "<#", "<http"))
        for block in payload["blocks"]:
            texts = [block["text"]] if "text" in block else block.get("fields") or block["elements"]
            assert all(0 < len(text["text"]) <= 3000 for text in texts)
            assert len(block.get("fields", ())) <= 10
