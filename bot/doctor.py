"""Puts the doctor's checks together, as the settings have it: for the running bot, and for the shell."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import aiohttp

from bot.commands.table import SCOPES
from bot.domain import doctor_around, doctor_slack, doctor_store
from bot.domain.audit_chain import Chain
from bot.domain.clock import Clock, utc_now
from bot.domain.doctor import AuditChain, Check, DoctorDesk, Line, fine
from bot.domain.doctor_slack import Connections, Wanted
from bot.domain.doctor_store import MONGODB, Undelivered
from bot.domain.health import HealthDesk
from bot.metrics import Metrics
from bot.probes import grafana, llm, probes
from bot.redaction import Redactor
from bot.services.http import Http
from bot.settings import SETTING_NAMES, Settings
from bot.slack.api import Api
from bot.slack.bolt import web_client
from bot.slack.delivery import Pace
from bot.slack.doctor import SlackExam
from bot.slack.refusals import HEALABLE
from bot.store.audit import AuditTrail
from bot.store.database import INDEXED
from bot.store.doctor import StoreExam
from bot.store.mongo import Database, Documents, close, connect, database_of
from bot.store.outbox import Outbox
from bot.store.reach import Reach

REQUEST_LIMIT = 5.0  # seconds for one question of Slack's


@dataclass(frozen=True)
class Ward:
    """What is looked at. `app` calls Slack with the app token; `connections` are those of a running bot.

    From the shell there are none, and Slack is asked whether it would open some. `chain` proves the audit trail whole.
    """

    api: Api
    database: Database
    letters: Undelivered
    health: HealthDesk
    http: Http
    app: Api | None = None
    connections: Callable[[], Connections | None] | None = None
    chain: AuditChain | None = None


def doctor(settings: Settings, ward: Ward, clock: Clock) -> DoctorDesk:
    """The desk with all checks, in the order in which they are told."""
    slack = SlackExam(ward.api, ward.app, clock)
    store = StoreExam(ward.database, INDEXED)
    deeper = {
        "grafana": partial(
            doctor_around.sign_in, grafana(settings, ward.http).sign_in, has_password=bool(settings.grafana_password)
        ),
        "llm": partial(doctor_around.model, llm(settings, ward.http).models),
    }
    token = settings.alert_webhook_token.get_secret_value() if settings.alert_webhook_token else ""
    checks = [
        Check("settings", partial(_settings, settings)),
        Check("bot token", partial(doctor_slack.token, slack, _scopes())),
        Check("channel", partial(doctor_slack.channel, slack, settings.ops_channel)),
        Check("admins", partial(doctor_slack.admins, slack, settings.ops_admins)),
        Check("sockets", partial(_sockets, settings, slack, ward)),
        Check(MONGODB, partial(doctor_store.mongodb, ward.health, store, settings.mongodb_database)),
        Check("outbox", partial(doctor_store.outbox, ward.letters, HEALABLE, clock)),
        Check("services", partial(doctor_around.services, ward.health, MONGODB, SETTING_NAMES, deeper)),
        Check(
            "webhook token", partial(doctor_around.webhook, token, is_expected=settings.alertmanager_url is not None)
        ),
        Check("time zones", partial(doctor_around.zones, settings.maintenance_window.zone.key)),
    ]
    if (thread := settings.coordination_thread) is not None:
        checks.append(Check("coordination thread", partial(doctor_slack.coordination, slack, thread.channel)))
    if ward.chain is not None:
        checks.append(Check("audit trail", partial(_chain, ward.chain)))
    return DoctorDesk(checks, Redactor(settings.secrets()).text, clock)


@asynccontextmanager
async def from_outside(settings: Settings) -> AsyncIterator[DoctorDesk]:
    """The desk for the shell, with connections of its own: nothing of a running bot is touched."""
    url = settings.mongodb_url.get_secret_value()
    mongo, http, metrics = connect(url), Http(), Metrics()
    limit = aiohttp.ClientTimeout(total=REQUEST_LIMIT, connect=REQUEST_LIMIT / 2)
    try:
        async with aiohttp.ClientSession(timeout=limit) as session:
            database = database_of(mongo)
            app = web_client(settings.slack_app_token, settings.slack_api_url, session)
            letters = Outbox(Documents(database["outbox"], Reach()), Pace().lease)
            ward = Ward(
                Api(web_client(settings.slack_bot_token, settings.slack_api_url, session), metrics),
                database,
                letters,
                HealthDesk(probes(settings, http, database), utc_now),
                http,
                Api(app, metrics) if settings.slack_app_token else None,
                chain=Chain(AuditTrail(Documents(database["audit"], Reach()))),
            )
            yield doctor(settings, ward, utc_now)
    finally:
        await http.close()
        await close(mongo)


async def _settings(settings: Settings) -> list[Line]:
    """They are right, or nothing would have begun; so are the kinds of the tokens."""
    way = "HTTP mode (SLACK_SIGNING_SECRET)" if settings.http_mode else "Socket Mode (SLACK_APP_TOKEN is an xapp token)"
    return [fine("settings", f"all can be used; SLACK_BOT_TOKEN is an xoxb token, {way}")]


async def _sockets(settings: Settings, slack: SlackExam, ward: Ward) -> list[Line]:
    if settings.http_mode or ward.connections is not None:
        return [*await doctor_slack.sockets(ward.connections() if ward.connections else None)]
    return [*await doctor_slack.opening(slack)]


async def _chain(chain: AuditChain) -> list[Line]:
    return [await chain.line()]


def _scopes() -> Wanted:
    return Wanted(
        tuple(scope.name for scope in SCOPES if not scope.is_optional),
        tuple(scope.name for scope in SCOPES if scope.is_optional),
    )
