"""A model that is broken, slow or talks nonsense: a draft comes all the same, from the template, and says why."""

import json
from collections.abc import AsyncIterator

import pytest

from sandbox.llm import Reply
from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.test_incident import opened
from tests.test_summary import drafted, saying
from tests.world import World


@pytest.fixture
async def world(slack: Slack, mongod: Mongod, services: Services) -> AsyncIterator[World]:
    """A world whose bot asks the stand-in of the LLM server."""
    async with World(slack, mongod.url(), {"LLM_URL": services.url("llm")}) as ready:
        yield ready


USELESS = [
    (Reply("The service was down."), "it is not JSON"),
    (Reply("<html><body>hello</body></html>"), "it is not JSON"),
    (Reply("[1, 2]"), "it is not a JSON object"),
    (Reply(json.dumps({"summary": "x"})), "it does not have the fields that were asked for"),
    (saying(severity="sev1"), "it does not have the fields that were asked for"),
    (saying(impact=["none"]), "a part of it is not a text"),
    (saying(open_questions="why?"), "its open questions are not a short list"),
    (saying(open_questions=[{"q": 1}]), "a part of it is not a text"),
    (saying(open_questions=["why?"] * 50), "its open questions are not a short list"),
    (saying(what_happened=" "), "a part of it is empty"),
    (saying(what_happened="<b></b>"), "a part of it is empty"),
    (saying(impact="x" * 5_000), "a part of it is too long"),
    (saying(impact="It took 4711 minutes."), "it states a number that the records do not have"),
    (saying(impact="It began at 03:33."), "it states a time that the records do not have"),
    (saying(impact="It was a SEV1."), "it states a severity that the records do not have"),
    (saying(impact="As in INC-20200101-AAAA."), "it states an incident that the records do not have"),
    (Reply("\n" * 20_000), "it is not JSON"),
    (Reply("x" * 100_000), "the LLM answered with far too much"),
    (Reply("{", finish="length"), "the LLM did not come to an end"),
    (Reply(None), "the LLM said nothing"),
    (Reply(body="<html>It works!</html>", media_type="text/html"), "what the LLM server answered is not a chat"),
    (Reply(body='{"choices": []}'), "what the LLM server answered is not a chat"),
    (Reply(body='{"choices": 7}'), "what the LLM server answered is not a chat"),
    (Reply(body='{"error": "s3cret"}', status=500), "the LLM server does not help: answered with an error (500)"),
    (Reply(body='{"detail": "s3cret"}', status=401), "the LLM refuses the API key (401)"),
    (Reply(body='{"detail": "s3cret"}', status=404), "does not have that model"),
    (Reply(body='{"detail": "s3cret"}', status=429), "limits how often it is asked"),
]

BROKEN = [
    ("refuse", "the LLM cannot be reached: connection refused"),
    ("drop", "the LLM cannot be reached: connection dropped"),
    ("starting", "the LLM server does not help: loading its model, or its engine has stopped"),
    ("failing", "the LLM refuses the API key (401)"),
    ("html", "what the LLM server answered is not a chat"),
    ("junk", "the LLM answered with far too much"),
    ("redirect", "redirected to another host"),
]


async def test_nonsense_of_a_model_gives_the_templates_prose_and_the_reason(world: World, services: Services) -> None:
    """Whatever is wrong with the answer: a draft comes, made of the records, and says why, without the nonsense."""
    _, incident_id = await opened(world)
    for reply, reason in USELESS:
        services.llm.replies.clear()
        services.llm.replies.append(reply)
        world.slack.workspace.ephemerals.clear()
        await world.ann.says("/incident", "summary")
        shown = await world.ann.sees("Draft, not posted yet")
        assert f"from a template, since {reason}" in shown.shown or reason in shown.shown, reason
        assert "checkout is down. It began on 2026-11-25 12:00 UTC and was opened by ann" in shown.shown
        assert "What was the cause?" in shown.shown
        assert "s3cret" not in shown.shown
        assert "4711" not in shown.shown
    stored = await world.documents("summaries", incident_id=incident_id)
    assert {document["source"] for document in stored} == {"template"}


async def test_a_server_that_is_broken_is_named(world: World, services: Services) -> None:
    """Each way to be broken gives the template, and its reason in words."""
    await opened(world)
    for state, reason in BROKEN:
        await services.switch("llm", state)
        draft = await drafted(world)
        assert "from a template, since" in draft.shown, state
        assert reason in draft.shown, state
