"""/health: is everything up, what is behind it, and how was it? And the button of an outage's message."""

from collections.abc import Mapping
from typing import Any

from bot.commands import health as words
from bot.commands.grammar import Help
from bot.domain.incident import TITLE_LIMIT, Opening, Severity
from bot.domain.progress import Progress
from bot.errors import StoreAwayError, away_means
from bot.slack.views import deep_health as deep_view
from bot.slack.views import health as view
from bot.slack.views import health_history as history_view
from bot.slack.views import health_watch as watch_view
from bot.slack.views import incident as incident_view
from bot.slack.views import ops as ops_view
from handlers.call import Call
from handlers.desks import Desks
from handlers.help import show_help


async def run(desks: Desks, call: Call, text: str) -> None:
    """Asks the services and answers privately, wherever it is typed. Services that are named are asked in depth."""
    said = words.parse(text, desks.health.names)
    match said:
        case Help():
            await show_help(call, said.topic)
        case words.History():
            with away_means("so the history cannot be shown"):
                history = await call.slowly(desks.history.of(said.period), history_view.gathering(said.period))
            await call.answer(history_view.told(history))
            await desks.history.picture(history, call.who)
        case words.Look(deep=False, json=True) | words.Look(deep=False, services=()):
            names = desks.health.chosen(said.services)
            report = await call.slowly(desks.health.ask(names), view.asking(names))
            await call.answer(view.as_json(report) if said.json else view.report(report))
        case words.Look():
            names = desks.health.chosen(said.services)
            progress = Progress()
            deep = await call.slowly(desks.deep_health.ask(names, progress), lambda: view.asking(names, progress.step))
            await call.answer(deep_view.as_json(deep) if said.json else deep_view.report(deep))


async def open_pressed(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """*Open incident* below an outage: the first press opens one, later ones are told which there is."""
    call.must_be_inside()
    carried = watch_view.read(str(body["actions"][0].get("value") or ""))
    if carried is None:
        await call.answer(ops_view.stale())
        return
    key, severity, title = carried
    quote = await desks.places.quote(call.channel, str(body["message"]["ts"]), desks.places.bot_user)
    opening = Opening(title[:TITLE_LIMIT], Severity(severity), call.who, call.channel, quote=quote)
    done = await call.slowly(desks.outages.open(key, opening), watch_view.opening(title))
    if done.opened is None:
        url = await _link(desks, done.incident)
        await call.answer(watch_view.already(done.who, done.incident, url))
        return
    incident = done.opened.incident
    url = desks.places.link_to_thread(incident.channel, incident.card_ts or "")
    await call.answer(incident_view.opened(incident, url, [], is_saved=done.opened.is_saved))


async def _link(desks: Desks, incident_id: str) -> str:
    try:
        found = await desks.incidents.ending_with(incident_id) if incident_id else []
    except StoreAwayError:
        return ""
    return desks.places.link_to(found[0].channel, found[0].card_ts or "") if found else ""
