"""The buttons below alerts, and the list of what fires."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.domain.silence import Wish
from bot.errors import away_means
from bot.slack.views import alert as view
from bot.slack.views import silence as silence_view
from handlers.call import Call
from handlers.desks import Desks

Body = Mapping[str, Any]

HOUR = timedelta(hours=1)


async def show_list(desks: Desks, call: Call) -> None:
    """`/ops alerts`: what fires."""
    with away_means("so what fires cannot be shown; Alertmanager has it"):
        await call.answer(view.listed(await desks.alerts.listed()))


async def open_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Open incident*: anybody may; the second press says which there is."""
    call.must_be_inside()
    ts = str((body.get("message") or {}).get("ts") or "")
    found = await desks.alerts.open_incident(_pressed(body), call.who, ts)
    incident = found.incident
    url = desks.places.link_to_thread(incident.channel, incident.card_ts or "")
    await call.answer(view.opened(incident, url, is_new=found.is_new))


async def silence_pressed(desks: Desks, call: Call, body: Body) -> None:
    """*Silence 1h*: all that has the group's labels."""
    call.must_be_inside()
    group = await desks.alerts.get(_pressed(body))
    if not group.matchers:
        await call.answer(view.too_long() if group.is_cut else view.too_wide())
        return
    author = await desks.places.with_names(f"<@{call.who}>")
    wish = Wish(group.matchers, HOUR, call.who, f"alert {group.name}"[:300], group.incident_id, author)
    await call.answer(silence_view.made(await call.slowly(desks.silences.silence(wish), silence_view.asking())))


def _pressed(body: Body) -> str:
    return str(body["actions"][0].get("value") or "")
