"""The picture of how the services were: a strip for each, and its latency as a line below it."""

from datetime import timedelta
from typing import Any

from bot.domain.health_history import History, Strip
from bot.slack.drawing import FAINT, GROUND, INK, new_figure, png
from bot.slack.views import health_history as view

# Told apart by people who do not see red and green, and by height as well: a piece that was up half of the time is half
# as high, and what nobody measured is empty.
UP, DOWN, LINE = "#5b8e7d", "#a4243b", "#3d5a80"
TICKS = 6
MOST = 12  # services; more would not be read


def draw_history(history: History) -> bytes:
    """A PNG. Takes some tenths of a second."""
    strips = history.strips[:MOST]
    figure = new_figure(9, 1 + 0.9 * len(strips))
    figure.suptitle(view.title(history), color=INK, fontsize=11)
    axes = figure.subplots(len(strips), 2, width_ratios=(3, 1), squeeze=False)
    for (strip_axes, latency_axes), one in zip(axes, strips, strict=True):
        _strip(strip_axes, one)
        for gap in history.gaps:  # over what was measured in the same piece
            begin, end = ((moment - history.since) / history.step for moment in (gap.since, gap.until))
            strip_axes.axvspan(begin, end, facecolor=GROUND, edgecolor=FAINT, hatch="///", linewidth=0)
        _latency(latency_axes, one)
        for each in (strip_axes, latency_axes):
            each.set_xlim(0, len(one.pieces))
            each.set_xticks([])
            each.set_facecolor(GROUND)
            each.spines[["top", "right", "left"]].set_visible(False)
            each.spines["bottom"].set_color(FAINT)
            each.tick_params(colors=INK, labelsize=7)
    _times(axes[-1][0], history)
    return png(figure)


def _strip(axes: Any, one: Strip) -> None:
    # Two areas with steps: a bar for each piece takes seconds to draw.
    edges = range(len(one.pieces) + 1)
    known = [0.0 if piece is None else 1.0 for piece in one.pieces]
    share = [0.0 if piece is None else piece.share for piece in one.pieces]
    axes.fill_between(edges, [*known, 0.0], step="post", color=DOWN, linewidth=0)
    axes.fill_between(edges, [*share, 0.0], step="post", color=UP, linewidth=0)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_title(f"{one.service}: {view.figures(one)}", color=INK, fontsize=9, loc="left")


def _latency(axes: Any, one: Strip) -> None:
    nothing = float("nan")
    heights = [piece.latency if piece and piece.latency is not None else nothing for piece in one.pieces]
    axes.plot(range(len(heights)), heights, color=LINE, linewidth=1, marker=".", markersize=2)
    axes.set_title("latency, ms", color=INK, fontsize=7, loc="right")
    axes.set_ylim(bottom=0)
    axes.locator_params(axis="y", nbins=2)


def _times(axes: Any, history: History) -> None:
    """A few moments below the last strip, in UTC."""
    count = len(history.strips[0].pieces)
    format_ = "%H:%M" if history.period <= timedelta(days=2) else "%b %d"
    places = [number * count // TICKS for number in range(TICKS)]
    axes.set_xticks(places, [f"{history.since + history.step * place:{format_}}" for place in places])
    about = "UTC; hatched: not watched" if history.gaps else "UTC"
    axes.set_xlabel(about, color=INK, fontsize=7)
