"""What asks the shared services, as the settings have them: one probe each, and the model that writes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from bot.domain.clock import utc_now
from bot.domain.deep_health import DeepHealthDesk, DeepProbe, Since
from bot.domain.health import HealthDesk
from bot.endpoint import Endpoint
from bot.services.alertmanager import AlertmanagerProbe
from bot.services.extra import ExtraProbe
from bot.services.grafana import GrafanaProbe, Login
from bot.services.http import Http
from bot.services.llm import LlmProbe, LlmWriter, Model
from bot.services.loki import LokiProbe
from bot.services.mongodb import MongoProbe
from bot.services.prometheus import PrometheusProbe
from bot.settings import Settings
from bot.store.database import Store
from bot.store.mongo import Database, close, connect, database_of


def probes(settings: Settings, http: Http, database: Database) -> list[DeepProbe]:
    """One probe for each service, in the order of the report."""
    return [
        MongoProbe(database),
        PrometheusProbe(_url(settings.prometheus_url), http),
        grafana(settings, http),
        LokiProbe(_url(settings.loki_url), http),
        llm(settings, http),
        AlertmanagerProbe(_url(settings.alertmanager_url), http),
        *(ExtraProbe(name, _url(endpoint), http) for name, endpoint in settings.extra_checks),
    ]


def grafana(settings: Settings, http: Http) -> GrafanaProbe:
    """What asks Grafana."""
    return GrafanaProbe(_url(settings.grafana_url), http, _grafana_login(settings))


def llm(settings: Settings, http: Http) -> LlmProbe:
    """What asks the LLM."""
    return LlmProbe(_url(settings.llm_url), http, _llm_key(settings), settings.llm_model)


def llm_writer(settings: Settings, http: Http, limit: float) -> LlmWriter:
    """What writes prose; `limit` is the seconds that it has."""
    return LlmWriter(Model(_url(settings.llm_url), settings.llm_model, _llm_key(settings), limit), http)


@asynccontextmanager
async def health_desk(settings: Settings, *, deep: bool = False) -> AsyncIterator[HealthDesk | DeepHealthDesk]:
    """The probes alone, for the shell; in depth with what watching has recorded."""
    mongo = connect(settings.mongodb_url.get_secret_value())
    http = Http()
    try:
        database = database_of(mongo)
        asked = probes(settings, http, database)
        desk = HealthDesk(asked, utc_now)
        yield DeepHealthDesk(desk, asked, _Recorded(database), utc_now) if deep else desk
    finally:
        await http.close()
        await close(mongo)


class _Recorded:
    """Implements bot.domain.deep_health.Records on what the bots' watching has put into MongoDB."""

    def __init__(self, database: Database) -> None:
        self._watch = Store(database, "shell", timedelta(0)).watch

    async def since(self) -> Mapping[str, Since]:
        """See Records.since."""
        return (await self._watch.look()).since(utc_now())


def _url(endpoint: Endpoint | None) -> str:
    return endpoint.with_credentials if endpoint else ""


def _llm_key(settings: Settings) -> str:
    return settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""


def _grafana_login(settings: Settings) -> Login:
    password = settings.grafana_password.get_secret_value() if settings.grafana_password else ""
    return Login(settings.grafana_user, password)
