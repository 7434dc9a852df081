"""The page's side of the workspace: state, acts, notices and switches as JSON."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.control import Control
from sandbox.page_state import page_state
from sandbox.records import CannotError
from sandbox.slack import Slack
from tests.sandbox_bench import OPS, bolt, button, client_of, modal, option, plain, question, running, section

Json = dict[str, Any]
MANIFEST = {
    "features": {
        "slash_commands": [{"command": "/health", "description": "Is all well?", "usage_hint": "[service]"}],
        "shortcuts": [{"name": "Keep", "callback_id": "keep", "type": "message"}],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}},
    "settings": {"interactivity": {"is_enabled": True}, "event_subscriptions": {"bot_events": ["message.channels"]}},
}


class Services:
    """One service with a switch."""

    state = "up"

    def switches(self) -> list[dict[str, object]]:
        return [{"name": "loki", "state": self.state, "choices": ["up", "slow"]}]

    async def switch(self, name: str, state: str) -> None:
        if name != "loki":
            raise KeyError(name)
        self.state = state


class Page:
    """The page of one person, as the browser talks."""

    def __init__(self, session: aiohttp.ClientSession, slack: Slack) -> None:
        self.session = session
        self.slack = slack

    async def get(self, path: str) -> Json:
        async with self.session.get(f"{self.slack.url}{path}") as answer:
            found: Json = await answer.json()
            return found

    async def post(self, path: str, **body: Any) -> Json:
        async with self.session.post(f"{self.slack.url}{path}", json=body) as answer:
            found: Json = await answer.json()
            return found

    async def act(self, act: str, **more: Any) -> Json:
        return await self.post("/sandbox/act", **{"as": "U0ANN", "act": act, **more})

    async def state(self) -> Json:
        return await self.get("/sandbox/state?as=U0ANN")

    async def channel(self, name: str = "ops-shared") -> list[Json]:
        found: list[Json] = next(one["messages"] for one in (await self.state())["channels"] if one["name"] == name)
        return found


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A workspace with its page."""
    workspace = Slack(MANIFEST, retry_after=(), ack_within=1.0)
    await workspace.start(control=Control(workspace, Services()))
    yield workspace
    await workspace.stop()
    assert workspace.refusals == []


@pytest.fixture
async def page(slack: Slack) -> AsyncIterator[Page]:
    """Ann's browser."""
    async with aiohttp.ClientSession() as session:
        yield Page(session, slack)


async def test_the_state_has_what_a_person_sees(slack: Slack, page: Page) -> None:
    """People, channels, commands, shortcuts, and nothing that only others see."""
    await client_of(slack).chat_postEphemeral(channel=OPS, user="U0BOB", text="for Bob")
    await client_of(slack).chat_postEphemeral(channel=OPS, user="U0ANN", text="for Ann")
    state = await page.state()
    assert [channel["name"] for channel in state["channels"]] == ["ops-shared", "general", "random"]
    assert (state["me"], state["bot"], state["connected"], len(state["people"])) == ("U0ANN", "U0OPSBOT", 0, 5)
    assert state["commands"] == [
        {"command": "/health", "description": "Is all well?", "usage_hint": "[service]"},
    ]
    assert state["shortcuts"] == [{"callback_id": "keep", "name": "Keep", "type": "message"}]
    assert [(one["text"], one["ephemeral"]) for one in await page.channel()] == [("for Ann", True)]
    assert (await page.get("/sandbox/state"))["me"] is None


async def test_messages_are_written_and_changed_from_the_page(page: Page) -> None:
    """Threads hang below their parent; reactions and edits show."""
    parent = await page.act("writes", channel=OPS, text="hello @Ops Bot")
    await page.act("writes", channel=OPS, text="reply", thread_ts=parent["ts"])
    await page.act("edits", channel=OPS, ts=parent["ts"], text="changed")
    await page.act("reacts", channel=OPS, ts=parent["ts"], name="eyes")
    (message,) = await page.channel()
    assert (message["text"], message["edited"], message["reply_count"]) == ("changed", True, 1)
    assert message["reactions"] == [{"name": "eyes", "users": ["U0ANN"], "count": 1}]
    threads = (await page.state())["threads"]
    assert [one["text"] for one in threads[f"{OPS}/{parent['ts']}"]] == ["reply"]
    await page.act("unreacts", channel=OPS, ts=parent["ts"], name="eyes")
    await page.act("deletes", channel=OPS, ts=parent["ts"])
    (message,) = await page.channel()
    assert (message["deleted"], message["reactions"]) == (True, [])


async def test_what_a_person_cannot_do_is_said_in_words(slack: Slack, page: Page) -> None:
    """Threads take no commands; unknown acts and people are refused; so are forms of other sites."""
    parent = await page.act("writes", channel=OPS, text="a thread")
    answer = await page.act("says", channel=OPS, text="/health", thread_ts=parent["ts"])
    assert answer == {"ok": False, "error": "/health is not supported in threads. Sorry!"}
    assert (await page.act("says", channel=OPS, text="/nothing"))["error"] == "/nothing is not a valid command."
    assert (await page.act("dances"))["ok"] is False
    assert (await page.post("/sandbox/act", **{"as": "U0NOBODY", "act": "home"}))["ok"] is False
    async with page.session.post(f"{slack.url}/sandbox/act", data={"as": "U0ANN", "act": "home"}) as refused:
        assert refused.status == 415


async def test_a_failed_command_leaves_a_toast(page: Page) -> None:
    """The act itself went well; Slack's words about the app are among the toasts."""
    assert (await page.act("says", channel=OPS, text="/health"))["ok"] is True
    state = await page.state()
    assert "dispatch_failed" in state["toasts"][0]["text"]
    assert state["toasted"] == state["toasts"][0]["id"] == 1
    assert (await page.get("/sandbox/state?as=U0BOB"))["toasted"] == 1


async def test_clicks_and_forms_work_from_the_page(slack: Slack, page: Page) -> None:
    """Values travel as plain strings and lists; what was filled in beside a button goes along."""
    app, heard = bolt(slack), []
    boxes = {"type": "checkboxes", "action_id": "tick", "options": [option("one", "1"), option("two", "2")]}

    async def tick(ack: Any, body: Json, client: Any) -> None:
        await ack()
        heard.append(body["actions"][0])
        form = modal(question("Note", "note", {"type": "plain_text_input", "action_id": "n"}), title=plain("Why"))
        if body["actions"][0]["action_id"] == "go":
            heard.append(body["state"]["values"]["ticks"]["tick"])
            await client.views_open(trigger_id=body["trigger_id"], view=form)

    async def submitted(ack: Any, view: Json) -> None:
        wrong = view["state"]["values"]["note"]["n"]["value"] == "no"
        await (ack(response_action="errors", errors={"note": "Say more"}) if wrong else ack())

    async def swallow(ack: Any) -> None:
        await ack()

    app.action("tick")(tick)
    app.action("go")(tick)
    app.view("form")(submitted)
    app.event("message")(swallow)
    async with running(slack, app):
        blocks = [section("x"), {"type": "actions", "block_id": "ticks", "elements": [boxes, button("Go", "go")]}]
        ts = (await client_of(slack).chat_postMessage(channel=OPS, text="x", blocks=blocks))["ts"]
        where = {"container": {"type": "message", "channel": OPS, "ts": ts}, "block_id": "ticks"}
        await page.act("clicks", action_id="tick", value=["1"], **where)
        await page.act("clicks", action_id="go", values={"ticks": {"tick": ["1", "2"]}}, **where)
        await slack.until(lambda: slack.person("ann").modal, "the form")
        (form,) = (await page.state())["modals"]
        missing = await page.act("submits", view_id=form["id"], values={"note": {"n": None}})
        assert missing["ok"] is False
        await page.act("submits", view_id=form["id"], values={"note": {"n": "no"}})
        (form,) = (await page.state())["modals"]
        assert (form["view"]["title"]["text"], form["errors"]) == ("Why", {"note": "Say more"})
        await page.act("submits", view_id=form["id"], values={"note": {"n": "because"}})
        assert (await page.state())["modals"] == []
        answer = await page.act("clicks", action_id="nothing", **where)
        assert "no element 'nothing'" in answer["error"]
    assert [one["value"] for one in heard[0]["selected_options"]] == ["1"]
    assert [one["value"] for one in heard[2]["selected_options"]] == ["1", "2"]


async def test_an_app_that_is_only_read_takes_no_messages() -> None:
    """What the manifest switches off has no field to write in; other channels have one."""
    manifest = {**MANIFEST, "features": {"app_home": {"messages_tab_read_only_enabled": True}}}
    async with Slack(manifest) as slack:
        direct = slack.workspace.direct("U0ANN").id
        with pytest.raises(CannotError, match="Sending messages to this app has been turned off"):
            await slack.person("ann").messages_bot("help")
        shown = page_state(slack.workspace, slack.manifest, "U0ANN", 0)["channels"]
        assert [one["id"] for one in shown if one["is_read_only"]] == [direct]


async def test_the_page_hears_of_every_change(slack: Slack, page: Page) -> None:
    """Notices come soon, and not more than ten a second."""
    async with page.session.ws_connect(f"{slack.url}/sandbox/live?as=U0ANN") as live:
        for number in range(20):
            await slack.person("bob").writes(f"m{number}")
        first = await live.receive_json(timeout=1)
        second = await live.receive_json(timeout=1)
        assert second["changed"] > first["changed"]
        with pytest.raises(asyncio.TimeoutError):
            await live.receive_json(timeout=0.15)


async def test_services_and_faults_have_switches(slack: Slack, page: Page) -> None:
    """Those of the services are passed on; those of the workspace are its own."""
    assert (await page.post("/sandbox/services", name="loki", state="slow"))["ok"] is True
    assert (await page.get("/sandbox/services"))["services"][0]["state"] == "slow"
    assert (await page.post("/sandbox/services", name="nothing", state="slow"))["ok"] is False
    await page.post("/sandbox/faults", kind="latency", method="auth.test", value=0.01, count=None)
    assert (await page.get("/sandbox/faults"))["faults"] == [
        {"kind": "latency", "method": "auth.test", "count": None, "value": 0.01}
    ]
    assert (await page.post("/sandbox/faults", kind="lateness"))["ok"] is False
    for kind in ("clear", "abort", "close", "half_open", "refuse"):
        assert (await page.post("/sandbox/faults", kind=kind))["ok"] is True
    assert slack.faults.active == []


async def test_the_page_itself_is_served(slack: Slack, page: Page) -> None:
    """Its index at the root, its files beside it, nothing outside them."""
    async with page.session.get(f"{slack.url}/") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")
    async with page.session.get(f"{slack.url}/api.js") as answer:
        assert answer.status == 200
    async with page.session.get(f"{slack.url}/%2e%2e/slack.py") as answer:
        assert answer.status == 404


def test_the_page_shows_every_sign_that_the_bot_uses() -> None:
    """A shortcode that it does not know would stand there as it was written."""
    root = Path(__file__).parents[1]
    known = set(re.findall(r"([a-z0-9_+-]+) [^\s|]+", (root / "sandbox/page/emoji.js").read_text("utf-8")))
    sources = "".join(path.read_text("utf-8") for path in (root / "bot/slack").rglob("*.py"))
    used = set(re.findall(r"[\" (]:([a-z_]{3,}):", sources))
    assert "rotating_light" in used
    assert used - known == set()
