"""What all pictures share: their colours, and a figure of matplotlib's that becomes a PNG."""

import importlib
import io
from typing import Any

# A ground of its own, since text on a transparent one is lost in either Slack's light or its dark theme.
GROUND, INK, FAINT = "#ffffff", "#1d1c1d", "#d0d0d0"


def new_figure(width: float, height: float) -> Any:
    """An empty figure, so many inches wide and high."""
    # By name, since it is an extra, and takes half a second that a start should not.
    figure_of: Any = importlib.import_module("matplotlib.figure").Figure
    canvas_of: Any = importlib.import_module("matplotlib.backends.backend_agg").FigureCanvasAgg
    figure = figure_of(figsize=(width, height), dpi=150, facecolor=GROUND, layout="constrained")
    canvas_of(figure)
    return figure


def png(figure: Any) -> bytes:
    """The figure as a PNG."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    return drawn.getvalue()
