"""What the doctor tells of services that are ready though the bot cannot use them."""

import pytest

from sandbox.mongo import Mongod
from sandbox.services import Services
from sandbox.slack import Slack
from tests.test_doctor import at, examined, line, slack

pytestmark = pytest.mark.long

__all__ = ["slack"]  # a fixture


async def test_a_model_and_a_login_that_readiness_does_not_try_are_tried(slack: Slack, mongod: Mongod) -> None:
    """Both services are up; the model is another, and the password wrong. The remedies name the settings."""
    services = Services()
    await services.start()
    there = {name: services.environment()[name] for name in ("LLM_URL", "GRAFANA_URL")}
    try:
        status, text = await examined(slack, at(mongod), **there, LLM_MODEL="llama")
        assert (status, line(text, "llm")[:9], line(text, "grafana")[:13]) == (1, "OK llm up", "OK grafana up")
        found = "WARN llm model its models: qwen; llama (LLM_MODEL) is not among them → Set LLM_MODEL to a model that"
        assert line(text, "llm model").startswith(found)
        found = "WARN grafana login not told: it does not let admin in (401); see GRAFANA_USER and GRAFANA_PASSWORD → C"
        assert line(text, "grafana login").startswith(found)
        _, text = await examined(slack, at(mongod), **there, GRAFANA_PASSWORD="")
        assert line(text, "grafana login").startswith("OK grafana login GRAFANA_PASSWORD is not set, so nobody")
        await services.switch("llm", "failing")
        _, text = await examined(slack, at(mongod), **there)
        assert line(text, "llm").endswith("refuses the API key (401) → Correct LLM_API_KEY.")
    finally:
        await services.stop()
