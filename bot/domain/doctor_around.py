"""What the doctor looks at around Slack and MongoDB: the other services, the webhook's token, the time zones."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.doctor import Line, fail, fine, warn
from bot.domain.health import HealthDesk, Reading, State

# From different parts of the world: a system with half of its zone data has some.
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
SHORTEST = 16  # characters of the webhook's token


async def services(health: HealthDesk, besides: str, settings: Sequence[str]) -> Sequence[Line]:
    """A line for each service but one; `settings` has the addresses' names, a service not among them is an extra."""
    names = [name for name in health.names if name != besides]
    if not names:
        return []
    return [_service(reading, settings) for reading in (await health.ask(names)).readings]


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
