"""The page's interface takes nothing that the page would not send: each is refused in words, and changes nothing."""

from typing import Any

import pytest

from sandbox.slack import Slack
from tests.sandbox_bench import OPS, button, client_of, option, plain
from tests.test_sandbox_page import Page, page, slack

__all__ = ["page", "slack"]  # fixtures

MESSAGE: dict[str, Any] = {"channel": OPS, "ts": "1.0"}
CLICK: dict[str, Any] = {"container": {"type": "message", **MESSAGE}, "block_id": "b", "action_id": "go"}
ACTS: dict[str, dict[str, Any]] = {
    "says": {"channel": OPS, "text": "/health"},
    "writes": {"channel": OPS, "text": "hello"},
    "edits": {**MESSAGE, "text": "changed"},
    "deletes": MESSAGE,
    "reacts": {**MESSAGE, "name": "eyes"},
    "unreacts": {**MESSAGE, "name": "eyes"},
    "clicks": CLICK,
    "submits": {"view_id": "V0"},
    "closes": {"view_id": "V0"},
    "shortcut": {**MESSAGE, "callback_id": "keep"},
    "home": {},
}
WRONG: tuple[Any, ...] = (5, 1.5, True, None, [], ["x"], {}, {"x": 1})


async def refused(page: Page, path: str, body: object, status: int = 400) -> str:
    """Asserts that this is refused and nothing is changed; the words."""
    before = page.slack.workspace.version
    async with page.session.post(f"{page.slack.url}{path}", json=body) as answer:
        told = await answer.json()
    assert (answer.status, told["ok"]) == (status, False), (body, told)
    assert page.slack.workspace.version == before
    assert page.slack.faults.active == []
    words: str = told["error"]
    assert words.endswith("."), words
    return words


@pytest.mark.parametrize("act", ACTS)
async def test_a_field_of_another_type_or_a_missing_one_is_named(page: Page, act: str) -> None:
    """Numbers, lists, objects, null where a text belongs, and nothing at all."""
    whole = {"as": "U0ANN", "act": act, **ACTS[act]}
    for field in whole:
        for wrong in WRONG:
            if field != "container" or not isinstance(wrong, dict):
                assert f"“{field}” has to be " in await refused(page, "/sandbox/act", {**whole, field: wrong})
        left = {name: value for name, value in whole.items() if name != field}
        assert f"“{field}” has to be " in await refused(page, "/sandbox/act", left)


async def test_fields_that_may_be_left_out_have_a_type_too(page: Page) -> None:
    """Threads, what is sent to the channel as well, and what else is filled in."""
    writes = {"as": "U0ANN", "act": "writes", **ACTS["writes"]}
    mores: tuple[dict[str, Any], ...] = ({"thread_ts": 5}, {"thread_ts": []}, {"broadcast": "yes"}, {"broadcast": 1})
    for more in mores:
        assert "has to be" in await refused(page, "/sandbox/act", {**writes, **more})
    assert await refused(page, "/sandbox/act", {"as": "U0ANN", "act": "dances"}) == (
        f"“act” is 'dances', which is none of {', '.join(ACTS)}."
    )
    for container in ({}, {"type": 5}, {"type": "chair"}, {"type": "view"}, {"type": "message", "channel": OPS}):
        await refused(page, "/sandbox/act", {"as": "U0ANN", "act": "clicks", **CLICK, "container": container})
    assert (await page.act("writes", channel="C0NOWHERE", text="x"))["error"] == "there is no channel 'C0NOWHERE'"


async def test_what_nobody_can_send_is_said(slack: Slack, page: Page) -> None:
    """Nothing at all, and reactions that are no emoji's name."""
    ts = (await page.act("writes", channel=OPS, text="hello"))["ts"]
    for name in ("", ":", "not an emoji", "x\ny", "a" * 101, "<!here>"):
        assert "invalid_name" in (await page.act("reacts", channel=OPS, ts=ts, name=name))["error"]
    assert slack.workspace.message(OPS, ts).reactions == {}
    for name in ("+1", "e-mail", "wave::skin-tone-4"):
        assert (await page.act("reacts", channel=OPS, ts=ts, name=name))["ok"]
    for text in ("", "  "):
        for act in ("says", "writes"):
            assert (await page.act(act, channel=OPS, text=text))["error"] == "there is nothing to send"


async def test_values_are_entered_all_or_none(slack: Slack, page: Page) -> None:
    """One that the element could not give leaves the others as they were; so does a button that is not there."""
    picks = {"type": "checkboxes", "action_id": "tick", "options": [option("One", "1")]}
    note = {"type": "plain_text_input", "action_id": "n"}
    blocks: list[dict[str, Any]] = [
        {"type": "actions", "block_id": "b", "elements": [picks, button("Go", "go")]},
        {"type": "input", "block_id": "note", "label": plain("Why"), "element": note},
    ]
    ts = (await client_of(slack).chat_postMessage(channel=OPS, text="x", blocks=blocks))["ts"]
    click = {"as": "U0ANN", "act": "clicks", **CLICK, "container": {"type": "message", "channel": OPS, "ts": ts}}
    wrongs: tuple[dict[str, Any], ...] = (
        {"values": {"note": {"n": ["x"]}}}, {"values": {"note": {"n": "well"}, "b": {"tick": 5}}},
        {"values": {"b": {"tick": [5, {}]}}}, {"values": []}, {"values": {"b": 5}},
        {"action_id": "tick", "value": "1"}, {"action_id": "tick", "value": [[]]},
    )  # fmt: skip
    for wrong in wrongs:
        await refused(page, "/sandbox/act", {**click, **wrong})
    version = slack.workspace.version
    answer = await page.act("clicks", **{**CLICK, "container": click["container"], "action_id": "nothing"},
                            values={"note": {"n": "well"}})  # fmt: skip
    assert "no element 'nothing'" in answer["error"]
    assert slack.workspace.version == version


async def test_what_is_no_json_object_is_refused(page: Page) -> None:
    """Another type, no JSON, other encodings, nested too deep, half a character: 4xx, in the page's own form."""
    for path in ("/sandbox/act", "/sandbox/services", "/sandbox/faults"):
        bodies: tuple[Any, ...] = (5, [], "text", [{}])
        for body in bodies:
            assert await refused(page, path, body) == "The body has to be a JSON object."
        deep: object = {}
        for _ in range(40):
            deep = {"values": deep}
        assert "nested deeper than" in await refused(page, path, deep)
        assert await refused(page, path, {"act": "\ud800"}) == "The body is not JSON in UTF-8."
        for data, kind, status in (
            (b"", "application/json", 400), (b"{", "application/json", 400), (b"null", "application/json", 400),
            (b"\xff\xfe{}", "application/json", 400),
            (b"[" * 200_000, "application/json", 400), (b"{}", "application/json; charset=nonsense", 400),
            (b"{}", "text/plain", 415), (b"a=b", "application/x-www-form-urlencoded", 415),
        ):  # fmt: skip
            headers = {"Content-Type": kind}
            async with page.session.post(f"{page.slack.url}{path}", data=data, headers=headers) as answer:
                assert (answer.status, (await answer.json())["ok"]) == (status, False), data


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("services", {}),
        ("services", {"name": "loki"}),
        ("services", {"name": "loki", "state": ["slow"]}),
        ("services", {"name": 5, "state": "slow"}),
        ("services", {"name": "nothing", "state": "slow"}),
        ("faults", {}),
        ("faults", {"kind": ["latency"]}),
        ("faults", {"kind": "lateness"}),
        ("faults", {"kind": "latency", "value": "2"}),
        ("faults", {"kind": "latency", "value": -1}),
        ("faults", {"kind": "latency", "value": float("nan")}),
        ("faults", {"kind": "latency", "value": 10**400}),
        ("faults", {"kind": "latency", "value": 1, "count": "all"}),
        ("faults", {"kind": "latency", "value": 1, "count": 0}),
        ("faults", {"kind": "latency", "value": 1, "method": None}),
        ("faults", {"kind": "status", "value": "broken"}),
        ("faults", {"kind": "status", "value": 99}),
        ("faults", {"kind": "error"}),
        ("faults", {"kind": "refresh", "value": []}),
        ("faults", {"kind": "refuse", "value": "long"}),
    ],
)
async def test_switches_and_faults_take_what_there_is(page: Page, path: str, body: dict[str, Any]) -> None:
    """Names, states, kinds and values of another kind break nothing, now or at the next call of the bot."""
    await refused(page, f"/sandbox/{path}", body)
    assert (await page.get("/sandbox/services"))["services"][0]["state"] == "up"
