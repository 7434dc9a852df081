"""/ops silence: lists, makes and ends silences."""

from bot.commands.silence import ExpireSilence, ListSilences, MakeSilence, Silencing
from bot.domain.silence import Matcher, Wish
from bot.errors import away_means
from bot.slack.views import silence as view
from handlers.call import Call
from handlers.desks import Desks


async def take(desks: Desks, call: Call, said: Silencing) -> None:
    """Does what was typed; in an incident's thread the silence is for that incident unless another is named."""
    match said:
        case ListSilences():
            with away_means("so the silences cannot be listed; Alertmanager has those that hold"):
                await call.answer(view.listed(await call.slowly(desks.silences.list(), view.asking())))
        case MakeSilence():
            call.must_be_inside()
            done = await call.slowly(desks.silences.silence(await _wish(desks, call, said)), view.asking())
            await call.answer(view.made(done))
        case ExpireSilence():
            call.must_be_inside()
            await call.answer(view.expired(await call.slowly(desks.silences.expire(said.id, call.who), view.asking())))


async def _wish(desks: Desks, call: Call, said: MakeSilence) -> Wish:
    subject = said.subject
    if not subject and call.thread_ts:
        incident = await desks.incidents.in_thread(call.channel, call.thread_ts)
        subject = incident.id if incident is not None else ""
    matchers = tuple(Matcher(one.name, one.op, one.value) for one in said.matchers)
    author = await desks.places.with_names(f"<@{call.who}>")
    reason = await desks.places.with_names(said.reason)
    return Wish(matchers, said.length, call.who, reason, subject, author)
