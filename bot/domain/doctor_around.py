"""What the doctor looks at around Slack and MongoDB: the other services, the webhook's token, the time zones."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.deep_health import Fact
from bot.domain.doctor import Line, fail, fine, warn
from bot.domain.health import HealthDesk, Reading, State

# From different parts of the world: a system with half of its zone data has some.
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
SHORTEST = 16  # characters of the webhook's token


Ask = Callable[[], Awaitable[Fact]]

_ELSEWHERE = "Correct LLM_URL: it ends before /v1/models."
_MODELS = (
    ("credentials", "Correct LLM_API_KEY."),
    ("answered, but not", _ELSEWHERE),
    ("redirected", _ELSEWHERE),
    ("not JSON", _ELSEWHERE),
    ("another shape", _ELSEWHERE),
)


async def services(
    health: HealthDesk,
    besides: str,
    settings: Sequence[str],
    deeper: Mapping[str, Callable[[], Awaitable[Line]]] | None = None,
) -> Sequence[Line]:
    """A line for each service but one; `settings` has the addresses' names, a service not among them is an extra.

    Of one that is up `deeper` may have a question more, whose line follows.
    """
    names = [name for name in health.names if name != besides]
    if not names:
        return []
    readings = (await health.ask(names)).readings
    up = [reading.service for reading in readings if reading.state is State.UP]
    asked = {name: ask() for name, ask in (deeper or {}).items() if name in up}
    told = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    lines = ((_service(reading, settings), told.get(reading.service)) for reading in readings)
    return [line for pair in lines for line in pair if line is not None]


async def sign_in(ask: Ask, *, has_password: bool) -> Line:
    """Whether Grafana takes the login with which it is asked for dashboards; readiness needs none."""
    topic = "grafana login"
    fact = await ask()
    if fact.is_told:
        taken = "GRAFANA_USER and GRAFANA_PASSWORD let the bot in"
        return fine(topic, taken if has_password else "none needed to see its dashboards")
    if not has_password:
        return fine(topic, "GRAFANA_PASSWORD is not set, so nobody is told of its dashboards")
    if "does not let" in fact.text:
        remedy = "Correct GRAFANA_USER and GRAFANA_PASSWORD; `/health grafana` then lists its dashboards."
        return warn(topic, fact.text, remedy)
    return warn(topic, fact.text, "Mend Grafana, or correct its address in GRAFANA_URL, and ask again.")


async def model(ask: Ask) -> Line:
    """Whether the LLM has the model that writes summaries."""
    topic = "llm model"
    fact = await ask()
    if not fact.is_told:
        remedy = next((remedy for phrase, remedy in _MODELS if phrase in fact.text), "Mend the LLM, and ask again.")
        return warn(topic, f"its models are {fact.text}", remedy)
    if fact.is_good:
        return fine(topic, f"LLM_MODEL is among its models: {fact.text}")
    remedy = "Set LLM_MODEL to a model that it serves, or have it serve that one: till then summaries have no prose."
    return warn(topic, f"its models: {fact.text}", remedy)


def _service(reading: Reading, settings: Sequence[str]) -> Line:
    wanted = f"{reading.service.upper()}_URL"
    setting = wanted if wanted in settings else "EXTRA_CHECKS"
    if reading.state is State.OFF:
        return fine(reading.service, "switched off in the settings")
    if reading.state is State.UP:
        took = "" if reading.latency is None else f" ({reading.latency * 1000:.0f} ms)"
        return fine(reading.service, f"up{took}")
    found = f"{reading.state}: {reading.cause}" if reading.cause else str(reading.state)
    return warn(reading.service, found, _remedy(reading, setting, may_be_empty=setting == wanted))


def _remedy(reading: Reading, setting: str, *, may_be_empty: bool) -> str:
    """By the probes' own phrases; what answers there need not be started."""
    if reading.state is State.STARTING:
        return "Wait a minute, and ask again."
    if "API key" in reading.cause:
        return "Correct LLM_API_KEY."
    if reading.state is State.DEGRADED:
        return f"Mend it, or the credentials that the bot has for it (see {setting})."
    for phrase, remedy in (
        ("answered, but not as", f"Correct its address in {setting}: something else answers there."),
        ("TLS", f"Write http:// instead of https:// in {setting}, or have it speak TLS."),
        ("certificate", f"Name it in {setting} as its certificate does; SSL_CERT_FILE may name an authority of yours."),
    ):
        if phrase in reading.cause:
            return remedy
    if may_be_empty:
        return f"Start it, correct {setting}, or leave that empty if there is none."
    return f"Start it, or correct its address in {setting}."


async def webhook(token: str, *, is_expected: bool) -> Sequence[Line]:
    """The token of POST /alerts; `is_expected`: there is an Alertmanager that could send alerts."""
    topic = "webhook token"
    if not token and is_expected:
        remedy = "Set ALERT_WEBHOOK_TOKEN here and in Alertmanager's receiver, as the README shows."
        return [warn(topic, "ALERT_WEBHOOK_TOKEN is not set, so POST /alerts lets nobody in", remedy)]
    if not token:
        return [fine(topic, "not set, and no Alertmanager is either")]
    if len(token) < SHORTEST:
        remedy = f"Make one of {SHORTEST} characters or more (openssl rand -hex 24), here and in Alertmanager."
        return [warn(topic, "set, but so short that it could be guessed", remedy)]
    return [fine(topic, "set, and long enough")]


async def zones(window: str, zone: Callable[[str], object] = ZoneInfo) -> Sequence[Line]:
    """Whether there are rules of time zones, those of the maintenance window's above all."""
    missing = []
    for name in dict.fromkeys((window, *ZONES)):
        try:
            zone(name)
        except (ZoneInfoNotFoundError, OSError, ValueError):
            missing.append(name)
    if missing:
        remedy = "Install the time zones: the Python package tzdata (in requirements.txt) or the system's."
        return [fail("time zones", f"there is no data for {', '.join(missing)}", remedy)]
    return [fine("time zones", f"their data is there; the window is in {window}")]
