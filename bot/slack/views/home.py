"""The app's Home tab: what is open, which window is next, what can be typed."""

from collections.abc import Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.domain.incident import Incident
from bot.domain.role import Holder
from bot.domain.window import Window
from bot.slack.mrkdwn import Mrkdwn, local, mrkdwn
from bot.slack.views import role as role_view
from bot.slack.views.parts import brief, context, header, paragraphs, section
from bot.slack.views.window import period

LISTED = 20
_UNKNOWN = Mrkdwn("MongoDB does not answer, so it is not known here who has which role.")


def home(
    incidents: Sequence[Incident] | None,
    window: Window,
    holders: Sequence[Holder] | None,
    commands: Sequence[tuple[str, str]],
    now: datetime,
) -> View:
    """One person's Home; `incidents` and `holders` are None while MongoDB does not answer."""
    blocks: list[Block] = [header("Open incidents"), *paragraphs(_open(incidents)), header("Maintenance")]
    blocks.append(section(mrkdwn("*{}* {} · {}: {}", window.id, window.title, period(window), window.phase(now))))
    blocks.append(header("Roles"))
    blocks += role_view.lines(holders, now) if holders is not None else [section(_UNKNOWN)]
    blocks.append(header("What you can type"))
    blocks += paragraphs([mrkdwn("`{}`  {}", name, says) for name, says in commands])
    blocks.append(context(mrkdwn("As of {}", local(now))))
    return View(type="home", blocks=blocks)


def _open(incidents: Sequence[Incident] | None) -> list[Mrkdwn]:
    if incidents is None:
        return [Mrkdwn("MongoDB does not answer, so the incidents cannot be listed.")]
    if not incidents:
        return [Mrkdwn("None.")]
    lines = [
        mrkdwn("*{}* {} · {}", incident.id, incident.severity.upper(), brief(incident.title, 300))
        for incident in incidents[:LISTED]
    ]
    if len(incidents) > LISTED:
        lines.append(mrkdwn("… and {} more.", len(incidents) - LISTED))
    return lines
