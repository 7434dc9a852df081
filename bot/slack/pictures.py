"""Pictures, drawn by matplotlib where it is installed, and sent to one person with words that say what they show."""

import asyncio
import importlib
import importlib.util

import structlog

from bot.domain.health_history import History
from bot.domain.paper import Paper
from bot.domain.stats import Stats
from bot.errors import UserError
from bot.slack.api import Api, SlackError
from bot.slack.drawing import FAINT, GROUND, INK, new_figure, png
from bot.slack.files import Files
from bot.slack.history_picture import draw_history
from bot.slack.views import health_history as history_view
from bot.slack.views import stats as view
from bot.slack.views.export import private_comment

log = structlog.get_logger("pictures")

# Told apart by people who do not see red and green, and by their order and labels by everybody.
COLOURS = {"sev1": "#a4243b", "sev2": "#d8973c", "sev3": "#5b8e7d", "sev4": "#8a9bb0"}
HOURS = "#3d5a80"


class Pictures:
    """Implements Pictures of bot.domain.stats and of bot.domain.health_history."""

    def __init__(self, api: Api, files: Files) -> None:
        self._api = api
        self._files = files
        self._turn = asyncio.Lock()  # matplotlib draws one at a time

    @property
    def can_draw(self) -> bool:
        """See Pictures.can_draw."""
        return importlib.util.find_spec("matplotlib") is not None

    async def send_stats(self, stats: Stats, who: str) -> None:
        """See bot.domain.stats.Pictures.send_stats."""
        async with self._turn:
            content = await asyncio.to_thread(draw_stats, stats)
        await self._send(Paper("incidents.png", content, view.title(stats), view.alt(stats)), "/incident stats", who)

    async def send_history(self, history: History, who: str) -> None:
        """See bot.domain.health_history.Pictures.send_history."""
        async with self._turn:
            content = await asyncio.to_thread(draw_history, history)
        await self._send(
            Paper("services.png", content, history_view.title(history), history_view.alt(history)),
            "/health history",
            who,
        )

    async def _send(self, paper: Paper, asked: str, who: str) -> None:
        """A file cannot be shown to one person in a channel, so it is a direct message."""
        comment = private_comment(f"the picture that goes with the answer to {asked}")  # its title stands below it
        try:
            opened = await self._api.patiently("conversations.open", users=who)
            await self._files.share(paper, str(opened["channel"]["id"]), comment=comment)
        except SlackError as error:
            log.warning("picture not sent", cause=str(error))
            raise UserError(
                f"Slack did not take the picture ({error}).", "The numbers above are all it shows."
            ) from error


def draw_stats(stats: Stats) -> bytes:
    """A PNG: incidents by severity, and openings by hour of the UTC day. Takes some tenths of a second."""
    whole = importlib.import_module("matplotlib.ticker").MaxNLocator
    figure = new_figure(9, 3.6)
    figure.suptitle(f"{view.title(stats)}\n{view.times(stats)}", color=INK, fontsize=11)
    left, right = figure.subplots(1, 2, width_ratios=(1, 2))
    names = [severity.value for severity, _ in stats.by_severity]
    bars = left.bar(names, [count for _, count in stats.by_severity], color=[COLOURS[name] for name in names])
    left.bar_label(bars, color=INK)
    left.set_title("by severity", color=INK, fontsize=10)
    right.bar(range(24), stats.by_hour, color=HOURS)
    right.set_title("opened in this hour (UTC)", color=INK, fontsize=10)
    right.set_xticks(range(0, 24, 3), [f"{hour:02d}:00" for hour in range(0, 24, 3)])
    for axes in (left, right):
        axes.set_facecolor(GROUND)
        axes.tick_params(colors=INK, labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(FAINT)
        axes.yaxis.set_major_locator(whole(integer=True))
    return png(figure)
