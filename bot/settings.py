"""All settings in one frozen object, read once, with every complaint at once.

The fields are in the order of `.env.example`, which explains each. A setting that is empty counts as not set; only an
empty address of a service says something: that the service is switched off.
"""

import os
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot import endpoint, envfiles, readings
from bot.domain.clock import spelled
from bot.domain.rule import WindowRule
from bot.endpoint import Endpoint, ThreadLink
from bot.errors import ConfigError

# The two columns of the operations guide; it has no row for Alertmanager.
DEFAULT_ADDRESSES: dict[str, dict[str, str]] = {
    "host": {
        "mongodb_url": "mongodb://127.0.0.1:27017/butler",
        "prometheus_url": "http://127.0.0.1:9090",
        "grafana_url": "http://127.0.0.1:3000",
        "loki_url": "http://127.0.0.1:3100",
        "llm_url": "http://127.0.0.1:8000",
        "alertmanager_url": "http://127.0.0.1:9093",
    },
    "docker": {
        "mongodb_url": "mongodb://shared-mongo:27017/butler",
        "prometheus_url": "http://shared-prometheus:9090",
        "grafana_url": "http://grafana:3000",
        "loki_url": "http://loki:3100",
        "llm_url": "http://llm-api:8000",
        "alertmanager_url": "http://alertmanager:9093",
    },
}


def _reads(reading: Callable[[str], object]) -> BeforeValidator:
    """Reads a text; a value that is no text any more passes as it is."""
    return BeforeValidator(lambda value: reading(value.strip()) if isinstance(value, str) else value)


def _one_of(*words: str) -> BeforeValidator:
    def reading(text: str) -> str:
        if text.lower() not in words:
            raise ValueError(f"is {text!r}; write one of {', '.join(words)}")
        return text.lower()

    return _reads(reading)


def _slack_api(text: str) -> str:
    return endpoint.http_endpoint(text).with_credentials + "/"


def _mongodb(text: str) -> str:
    if complaint := endpoint.mongodb_complaint(text):
        raise ValueError(complaint)
    return text


Text = Annotated[str, _reads(str)]
Duration = Annotated[timedelta, _reads(readings.duration)]
Service = Annotated[Endpoint | None, _reads(readings.endpoint)]
Secret = Annotated[SecretStr | None, _reads(readings.no_spaces)]


class Settings(BaseSettings):
    """What the bot is told at its start. Made by `load`; `model_validate` takes the texts by field name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    slack_bot_token: Annotated[SecretStr, _reads(lambda text: readings.token(text, "xoxb-"))]
    slack_app_token: Annotated[SecretStr | None, _reads(lambda text: readings.token(text, "xapp-"))] = None
    slack_signing_secret: Annotated[Secret, Field(validate_default=True)] = None
    slack_api_url: Annotated[str, _reads(_slack_api)] = "https://slack.com/api/"
    ops_channel: Annotated[str, _reads(readings.channel)] = "#ops-shared"
    ops_admins: Annotated[tuple[str, ...], _reads(readings.people)] = ()
    mongodb_url: Annotated[SecretStr, _reads(_mongodb)]
    endpoints: Annotated[Literal["host", "docker"], _one_of("host", "docker")] = "host"
    prometheus_url: Service
    grafana_url: Service
    loki_url: Service
    llm_url: Service
    alertmanager_url: Service
    grafana_user: Text = "admin"
    grafana_password: SecretStr | None = None
    llm_model: Text = "qwen"
    llm_api_key: Secret = None
    extra_checks: Annotated[tuple[tuple[str, Endpoint], ...], _reads(readings.extra_checks)] = ()
    maintenance_window: Annotated[WindowRule, _reads(readings.window_rule)] = readings.window_rule(
        "Sat 02:00-06:00 UTC"
    )
    announce_before: Annotated[tuple[tuple[str, timedelta], ...], _reads(readings.rungs)] = readings.rungs("24h,1h,15m")
    ending_soon: Annotated[Duration, Field(validate_default=True)] = timedelta(minutes=30)
    health_interval: Annotated[timedelta, _reads(readings.interval)] = timedelta(seconds=60)
    escalate_after: Duration = timedelta(minutes=10)
    update_every: Duration = timedelta(minutes=30)
    alert_webhook_token: Secret = None
    phone_bridge: Text | None = None
    runbook_url: Annotated[str | None, _reads(endpoint.public_url)] = None
    coordination_thread: Annotated[ThreadLink | None, _reads(endpoint.thread_link)] = None
    host: Annotated[str, _reads(readings.host)] = "127.0.0.1"
    port: Annotated[int, _reads(readings.port)] = 8080
    log_format: Annotated[Literal["json", "console"], _one_of("json", "console")] = "json"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], _one_of("debug", "info", "warning", "error")] = (
        "info"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`load` is the one reader of the environment: it fills `${NAME}` in across sources, which pydantic cannot."""
        return (init_settings,)

    @model_validator(mode="before")
    @classmethod
    def _addresses_by_endpoints(cls, given: dict[str, Any]) -> dict[str, Any]:
        column = str(given.get("endpoints", "")).strip().lower()
        return {**DEFAULT_ADDRESSES.get(column, DEFAULT_ADDRESSES["host"]), **given}

    @field_validator("slack_signing_secret")
    @classmethod
    def _one_way_in(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "slack_app_token" not in info.data:  # it is wrong, and that is said already
            return secret
        if secret and info.data["slack_app_token"]:
            raise ValueError(
                "is set, and so is SLACK_APP_TOKEN; keep SLACK_APP_TOKEN for Socket Mode or SLACK_SIGNING_SECRET for"
                " HTTP mode, and leave the other one out"
            )
        if not secret and not info.data["slack_app_token"]:
            raise ValueError(
                "is missing, and so is SLACK_APP_TOKEN; set SLACK_APP_TOKEN (xapp-…, under Basic Information, App-Level"
                " Tokens, with the scope connections:write) for Socket Mode, or SLACK_SIGNING_SECRET for HTTP mode"
            )
        return secret

    @field_validator("ending_soon")
    @classmethod
    def _within_the_window(cls, ending_soon: timedelta, info: ValidationInfo) -> timedelta:
        rule: WindowRule | None = info.data.get("maintenance_window")  # None: it is wrong, and that is said already
        if rule is not None and ending_soon >= rule.length:
            raise ValueError(
                f"is {spelled(ending_soon)}, but MAINTENANCE_WINDOW lasts {spelled(rule.length)}, so nobody would be"
                " warned of its end; write a shorter time, like 10m"
            )
        return ending_soon

    @property
    def http_mode(self) -> bool:
        """Whether Slack calls the bot over HTTP; otherwise the bot opens sockets to Slack."""
        return self.slack_signing_secret is not None

    @property
    def mongodb_database(self) -> str:
        """The database of `MONGODB_URL`, `butler` if it names none."""
        return endpoint.mongodb_database(self.mongodb_url.get_secret_value())

    def secrets(self) -> tuple[str, ...]:
        """Every text that must not be shown, passwords inside addresses included."""
        values: list[str] = []
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr) and name != "mongodb_url":
                values.append(value.get_secret_value())
            elif isinstance(value, Endpoint):
                values += value.secrets
        values += [secret for _, check in self.extra_checks for secret in check.secrets]
        values += [
            *endpoint.url_secrets(self.mongodb_url.get_secret_value()),
            *endpoint.url_secrets(self.slack_api_url),
        ]
        return tuple(dict.fromkeys(value for value in values if value))


SETTING_NAMES = tuple(name.upper() for name in Settings.model_fields)
MAY_BE_EMPTY = frozenset(
    name for name in SETTING_NAMES if Settings.model_fields[name.lower()].annotation == Endpoint | None
)


def load(env_files: Sequence[Path] = (), environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the process environment over `env_files` (else `.env`, if there). Raises ConfigError."""
    gathered = envfiles.gather(env_files, os.environ if environ is None else environ, SETTING_NAMES)
    texts = {
        name: text for name, text in gathered.resolve(SETTING_NAMES).items() if text.strip() or name in MAY_BE_EMPTY
    }
    try:
        settings = Settings.model_validate({name.lower(): text for name, text in texts.items()})
    except ValidationError as error:
        raise ConfigError([*gathered.complaints, *_sentences(error, gathered.unresolved)]) from None
    if gathered.complaints:
        raise ConfigError(gathered.complaints)
    return settings


def _sentences(error: ValidationError, unresolved: Set[str]) -> list[str]:
    sentences = []
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0]).upper()
        if detail["type"] == "missing":
            what = (
                "is missing; set it in the environment or in .env (the bot token, xoxb-…, is under OAuth & Permissions)"
            )
        else:
            what = str(detail.get("ctx", {}).get("error", "cannot be used; see .env.example"))
        # What lacks an undefined ${NAME} is wrong for that reason alone, and so is what misses it.
        if name not in unresolved and not any(other in what for other in unresolved):
            sentences.append(f"{name} {what}.")
    return sentences
