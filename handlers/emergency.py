"""Emergency maintenance: declared by word; announced beside another one by a button."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.commands import maintenance as words
from bot.domain.emergency import LENGTH
from bot.domain.incident import TITLE_LIMIT, Opening, Severity
from bot.slack.views import emergency as view
from bot.slack.views.parts import said as told
from handlers.call import Call, reading
from handlers.desks import Desks


async def take(desks: Desks, call: Call, said: words.Emergency) -> None:
    """Opens its incident and announces its window, unless another one that is under way may be the same."""
    call.must_be_inside()
    title = await desks.places.with_names(said.title)
    opening = Opening(title[:TITLE_LIMIT], Severity.SEV2, call.who, call.channel)
    length = said.length or LENGTH
    declared = await call.slowly(desks.emergencies.declare(opening, length), view.declaring(title))
    incident = declared.opened.incident
    link = desks.places.link_to_thread(incident.channel, incident.card_ts or "")
    await call.answer(view.declared(declared, length, link))


async def announce_pressed(desks: Desks, call: Call, body: Mapping[str, Any]) -> None:
    """*Announce it too*: it is not the same as the one that was under way."""
    call.must_be_inside()
    incident_id, _, seconds = str(body["actions"][0].get("value") or "").partition(" ")
    with reading():
        length = timedelta(seconds=int(seconds))
    window = await desks.emergencies.announce(incident_id, call.who, length)
    await call.answer(told(view.announced(window)))
