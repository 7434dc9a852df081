"""The stand-ins answer as the real services do: the same requests, the same statuses and shapes."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.services.alertmanager import AlertmanagerProbe
from bot.services.http import Answer, Http
from bot.services.prometheus import PrometheusProbe
from sandbox.services import Services
from tests.peers import found, quick_http, running

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = quick_http()
    yield client
    await client.close()


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    stand_ins = Services()
    await stand_ins.start()
    yield stand_ins
    await stand_ins.stop()


def shape(value: object) -> object:
    """The keys and kinds of a JSON value, without what it says."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in sorted(value.items())}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def seen(answer: Answer) -> tuple[int, object]:
    try:
        return answer.status, shape(answer.json())
    except ValueError:
        return answer.status, answer.text


def silence(**changed: object) -> dict[str, Any]:
    now = datetime.now(UTC)
    told = {
        "matchers": [{"name": "alertname", "value": "HighLatency", "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=1)).isoformat(),
        "createdBy": "ops-bot",
        "comment": "INC-20261128-7KQ4",
        **changed,
    }
    return {key: value for key, value in told.items() if value is not None}


async def silenced(http: Http, url: str) -> list[tuple[int, object]]:
    """What an Alertmanager says to good and bad silences, to their changes and their end."""
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    silences = f"{url}/api/v2/silences"

    async def post(told: dict[str, Any]) -> Answer:
        return await http.ask("POST", silences, json=told)

    bad = (
        silence(endsAt=past),
        silence(endsAt=past, startsAt=past),
        silence(matchers=[]),
        silence(comment=None),
        silence(id=NOBODY),
        silence(matchers=[{"name": "a", "value": "(", "isRegex": True}]),
        silence(matchers=[{"name": "a", "value": ".*", "isRegex": True}]),
    )
    answers = [await post(told) for told in bad]
    made = await post(silence())
    name = made.json()["silenceID"]
    longer = await post(silence(id=name, endsAt=(datetime.now(UTC) + timedelta(hours=2)).isoformat()))
    other = await post(silence(id=name, matchers=[{"name": "alertname", "value": "Other", "isRegex": False}]))
    kept, new = longer.json()["silenceID"] == name, other.json()["silenceID"] != name
    assert kept, "another end keeps the id"
    assert new, "other matchers make a new silence"
    listed = await http.ask("GET", f'{silences}?filter=alertname="Other"')
    assert [one["id"] for one in listed.json()] == [other.json()["silenceID"]]
    one = f"{url}/api/v2/silence/"
    answers += [made, longer, other, listed, await http.ask("GET", one + name), await http.ask("GET", one + NOBODY)]
    ends = (other.json()["silenceID"], other.json()["silenceID"], NOBODY, "no-uuid")
    answers += [await http.ask("DELETE", one + which) for which in ends]
    expired = (await http.ask("GET", silences)).json()
    assert {silence["status"]["state"] for silence in expired} == {"expired"}
    return [seen(answer) for answer in answers]


async def test_silences_behave_as_in_the_real_alertmanager(http: Http, services: Services, tmp_path: Path) -> None:
    """Every status and every shape of the stand-in is the real server's."""
    async with running("prometheus-alertmanager", tmp_path) as url:
        while await found(AlertmanagerProbe(url, http)) != ("up", ""):
            pass
        real = await silenced(http, url)
    assert await silenced(http, services.url("alertmanager")) == real


async def test_prometheus_answers_in_the_real_shapes(http: Http, services: Services, tmp_path: Path) -> None:
    """The envelope of a query and of the targets is the real server's."""
    async with running("prometheus", tmp_path) as url:
        while await found(PrometheusProbe(url, http)) != ("up", ""):
            pass
        for path in ("/-/ready", "/api/v1/query?query=nothing"):
            real = await http.ask("GET", url + path)
            assert seen(await http.ask("GET", services.url("prometheus") + path)) == seen(real)
    up = (await http.ask("GET", services.url("prometheus") + "/api/v1/query?query=up")).json()
    assert {sample["value"][1] for sample in up["data"]["result"]} == {"1"}


async def test_grafana_keeps_annotations_and_finds_them_by_their_tags(http: Http, services: Services) -> None:
    """Repeated tags mean all of them; a text is needed."""
    annotations = services.url("grafana") + "/api/annotations"
    assert (await http.ask("POST", annotations, json={"text": ""})).status == 400
    for tags in (["incident:1", "event:declared"], ["incident:1", "event:resolved"]):
        made = await http.ask("POST", annotations, json={"text": "x", "tags": tags})
    assert made.json() == {"message": "Annotation added", "id": 2}
    one = await http.ask("GET", annotations + "?tags=incident:1&tags=event:declared")
    assert [annotation["id"] for annotation in one.json()] == [1]


async def test_loki_gives_back_what_was_pushed(http: Http, services: Services) -> None:
    """Nanoseconds stay strings; an error is plain text."""
    loki = services.url("loki")
    stream = {"stream": {"app": "bot"}, "values": [["1569266497240578000", "hello"]]}
    assert (await http.ask("POST", f"{loki}/loki/api/v1/push", json={"streams": [stream]})).status == 204
    told = await http.ask("GET", f'{loki}/loki/api/v1/query_range?query={{app="bot"}}')
    assert told.json()["data"] == {"resultType": "streams", "result": [stream]}
    assert (await http.ask("GET", f"{loki}/loki/api/v1/labels")).json()["data"] == ["app"]
    wrong = await http.ask("GET", f"{loki}/loki/api/v1/query_range?query=app")
    assert (wrong.status, wrong.media_type) == (400, "text/plain")


async def test_the_llm_answers_a_chat(http: Http, services: Services) -> None:
    """The answer is one plausible text in OpenAI's envelope."""
    asked = {"model": "qwen", "messages": [{"role": "user", "content": "Summarise."}]}
    told = (await http.ask("POST", services.url("llm") + "/v1/chat/completions", json=asked)).json()
    assert told["choices"][0]["message"] == {"role": "assistant", "content": services.llm.answer}
    assert told["model"] == "qwen"
    assert json.dumps(told)
