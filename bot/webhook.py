"""Alertmanager's webhook (version 4) and Grafana's variant of it, read strictly: a notice, or which field is wrong.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.domain.alert import Alert, Notice, Pairs

# What is kept of each, so that a group of hundreds of members stays well below the 16 MB of a document.
PAIRS = 40
NAME_KEPT = 100
LABEL_KEPT = 300
ANNOTATION_KEPT = 600
URL_KEPT = 2_000
LABELS_KEPT, ANNOTATIONS_KEPT = 5_000, 10_000  # bytes of all pairs of an alert
# What is shown goes before the rest, if there is more than is kept.
FIRST = ("alertname", "severity", "summary", "message", "description", "runbook_url", "runbook", "dashboard",
         "dashboard_url")  # fmt: skip
YEAR_1 = 1  # Go's zero time: not known, or not over yet

Texts = dict[str, str]


class WrongPayloadError(Exception):
    """A payload that is not what monitoring sends; the message names the field and what is wrong with it."""


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)


class _Alert(_Model):
    status: Literal["firing", "resolved"]
    labels: Texts
    annotations: Texts = {}
    starts_at: AwareDatetime = Field(alias="startsAt")
    ends_at: AwareDatetime | None = Field(default=None, alias="endsAt")
    url: str = Field(default="", alias="generatorURL")
    fingerprint: Annotated[str, Field(max_length=200)] = ""


class _Payload(_Model):
    version: Literal["4", "1"]
    key: Annotated[str, Field(alias="groupKey", min_length=1, max_length=20_000)]
    status: Literal["firing", "resolved"]
    labels: Texts = Field(default={}, alias="groupLabels")
    source: str = Field(default="", alias="externalURL")
    alerts: Annotated[list[_Alert], Field(min_length=1)]
    left_out: Annotated[int, Field(alias="truncatedAlerts", ge=0, le=1_000_000_000)] = 0


def read(body: bytes) -> Notice:
    """What a notification says. Raises WrongPayloadError."""
    try:
        payload = _Payload.model_validate_json(body)
        alerts = tuple(map(_alert, payload.alerts))
    except ValidationError as error:
        raise WrongPayloadError(_complaint(error)) from None
    except OverflowError:
        raise WrongPayloadError("alerts: a time is too far away to be one") from None
    # Whole, since a silence of the group matches by them; or it is known that they are not.
    labels = _pairs(payload.labels, LABELS_KEPT, LABELS_KEPT)
    is_cut = dict(labels) != payload.labels
    return Notice(payload.key, labels, alerts, payload.source, payload.version == "1", payload.left_out, is_cut)


def _alert(told: _Alert) -> Alert:
    labels = _pairs(told.labels, LABEL_KEPT, LABELS_KEPT)
    return Alert(
        fingerprint=told.fingerprint or _fingerprint(told.labels),
        labels=labels,
        annotations=_pairs(told.annotations, ANNOTATION_KEPT, ANNOTATIONS_KEPT),
        is_firing=told.status == "firing",
        starts_at=_moment(told.starts_at),
        ends_at=_moment(told.ends_at),
        url=told.url if len(told.url.encode()) <= URL_KEPT else "",
    )


def _moment(told: datetime | None) -> datetime | None:
    """In UTC, to the millisecond as MongoDB keeps it; None for what is no moment."""
    if told is None or told.year == YEAR_1:
        return None
    return told.astimezone(UTC).replace(microsecond=told.microsecond // 1000 * 1000)


def _pairs(texts: Texts, each: int, most: int) -> Pairs:
    """Names and values in order, each value cut to so many characters, all together to so many bytes."""
    found: list[tuple[str, str]] = []
    for name, value in sorted(texts.items(), key=lambda pair: (pair[0] not in FIRST, pair[0]))[:PAIRS]:
        pair = name[:NAME_KEPT], value[:each]
        most -= sum(len(part.encode()) for part in pair)
        if most < 0:
            break
        found.append(pair)
    return tuple(sorted(found))


def _fingerprint(labels: Texts) -> str:
    said = "\x00".join(f"{name}\x01{value}" for name, value in sorted(labels.items()))
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _complaint(error: ValidationError) -> str:
    """The first few wrong fields, by their names in the payload. What was sent is not repeated."""
    wrong = error.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{'.'.join(map(str, one['loc'])) or 'the body'}: {one['msg']}"[:300] for one in wrong[:3]]
    more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
    return "; ".join(told) + more
