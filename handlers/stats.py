"""/incident stats: text at once, then a picture to whoever asked."""

from bot.commands.stats import Stats
from bot.errors import away_means
from bot.slack.views import stats as view
from handlers.call import Call
from handlers.desks import Desks


async def show(desks: Desks, call: Call, said: Stats) -> None:
    """Tells the numbers privately; the picture comes as a direct message where it can be drawn."""
    with away_means("so the incidents cannot be counted"):
        told = await call.slowly(desks.stats.of(said.period), view.counting(said.period))
    await call.answer(view.told(told))
    await desks.stats.picture(told, call.who)
