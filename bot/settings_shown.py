"""What `--check-config` tells of settings that can be used: each with its value, and of secrets that they are set."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.domain.clock import spelled
from bot.endpoint import Endpoint, ThreadLink, mongodb_place
from bot.redaction import Redactor
from bot.settings import DEFAULT_ADDRESSES, Settings

KEPT = "set, not shown"
# Texts that people are shown in Slack, but that may hold a code for a conference: a log is no place for them.
_KEPT_BACK = {"phone_bridge"}


def shown(settings: Settings, env_files: Sequence[Path]) -> str:
    """The text; values that are the defaults are marked. Nothing secret is in it."""
    files = [str(path) for path in env_files] or [str(path) for path in (Path(".env"),) if path.is_file()]
    width = max(map(len, type(settings).model_fields))
    lines = [f"The settings can be used. They were read from: {', '.join([*files, 'the environment'])}."]
    for name in type(settings).model_fields:
        mark = "  (default)" if _is_default(settings, name) else ""
        lines.append(f"{name.upper():<{width}}  {_text(settings, name)}{mark}")
    return Redactor(settings.secrets()).text("\n".join(lines) + "\n")


def _is_default(settings: Settings, name: str) -> bool:
    value = getattr(settings, name)
    address = DEFAULT_ADDRESSES[settings.endpoints].get(name)
    if address is None:
        return bool(value == type(settings).model_fields[name].default)
    if isinstance(value, SecretStr):
        return value.get_secret_value() == address
    return isinstance(value, Endpoint) and value == Endpoint(address)


def _text(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if name == "mongodb_url":
        return mongodb_place(settings.mongodb_url.get_secret_value())
    if name.endswith("_url") and value is None and name in DEFAULT_ADDRESSES["host"]:
        return "switched off"
    if value is None or value == ():
        return "not set"
    return KEPT if isinstance(value, SecretStr) or name in _KEPT_BACK else _said(value)


def _said(value: object) -> str:
    match value:
        case Endpoint():
            text = value.url + ("?…" if value.query.get_secret_value() else "")
        case ThreadLink():
            text = f"{value.channel}, message {value.ts}"
        case timedelta():
            text = spelled(value)
        case (str(name), Endpoint() as address):
            text = f"{name}={_said(address)}"
        case (str(name), timedelta()):
            text = name
        case tuple():
            text = ", ".join(map(_said, value))
        case _:
            text = _address(str(value)) if "://" in str(value) else str(value)
    return text


def _address(url: str) -> str:
    """Without the credentials and the query, which may be one."""
    scheme, _, rest = url.partition("://")
    place, question, _ = rest.rpartition("@")[2].partition("?")
    return f"{scheme}://{place}" + ("?…" if question else "")
