"""What watches the shared services, as the settings have it: in depth, in rounds, over time; incidents of outages."""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.clock import Clock
from bot.domain.deep_health import DeepHealthDesk, DeepProbe
from bot.domain.health import HealthDesk
from bot.domain.health_history import HistoryDesk, Pictures
from bot.domain.health_watch_desk import Rhythm, WatchDesk
from bot.domain.health_watch_ports import OutageBoard, Ports
from bot.domain.incident_desk import IncidentDesk
from bot.domain.incident_news import IncidentNews
from bot.domain.outage import OutageDesk
from bot.domain.window_desk import WindowDesk
from bot.domain.window_thread import WindowThread
from bot.metrics import Metrics
from bot.settings import Settings
from bot.slack.directory import Directory
from bot.store.database import Store

CONFIRM = 5.0  # seconds from a first failure to the confirming probe, at most; a quarter of a shorter interval


PATIENCE = timedelta(minutes=5)  # a restart and a lead that ends are no time that nobody watched


@dataclass(frozen=True)
class Around:
    """What the health of services needs of the rest of the bot. `rhythm` None: as the interval says."""

    health: HealthDesk
    store: Store
    windows: WindowDesk
    board: OutageBoard
    directory: Directory
    pictures: Pictures
    metrics: Metrics
    clock: Clock
    rhythm: Rhythm | None = None


@dataclass(frozen=True)
class Watching:
    """The desks that have to do with the services."""

    health: HealthDesk
    deep: DeepHealthDesk
    history: HistoryDesk
    watch: WatchDesk
    outages: OutageDesk


def watching(
    settings: Settings,
    probes: list[DeepProbe],
    around: Around,
    incidents: IncidentDesk,
    news: IncidentNews,
) -> Watching:
    """Builds them."""
    store, directory, clock = around.store, around.directory, around.clock
    health = around.health
    windows = WindowThread(around.windows, lambda: directory.ops_channel)
    rhythm = around.rhythm or usual(settings.health_interval)
    store.watch.lease = rhythm.lease
    watch = WatchDesk(health, Ports(store.watch, around.board, windows, news, around.metrics), rhythm, clock)
    return Watching(
        health=health,
        deep=DeepHealthDesk(health, probes, watch, clock),
        history=HistoryDesk(store.rounds, around.pictures, health.names, rhythm.patience, clock),
        watch=watch,
        outages=OutageDesk(store.outages, incidents),
    )


def usual(every: timedelta) -> Rhythm:
    """The rhythm of rounds `every` so often. A lead that ended between two rounds would go to and fro."""
    lease, patience = every * 1.5 + timedelta(seconds=15), max(PATIENCE, every * 3)
    return Rhythm(min(CONFIRM, every.total_seconds() / 4), lease, patience)
