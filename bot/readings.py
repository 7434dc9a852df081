"""The text of each setting read into its value, or a ValueError that says what is wrong and what to write instead.

The texts of secrets are never repeated; of everything else the complaint shows what was written.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.health import SERVICES
from bot.domain.rule import WEEKDAYS, WindowRule
from bot.endpoint import Endpoint, http_endpoint

_WORDS_OF_HEALTH = ("deep", "json", "history", "help")  # what `/health` itself understands
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_WINDOW = re.compile(
    r"(?P<day>[A-Za-z]+)\s+(?P<start>\d{1,2}:\d{2})\s*[-–]\s*(?P<end>\d{1,2}:\d{2})(?:\s+(?P<zone>\S+))?"
)


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `24h`, `7d`: one number and one unit, up to a year."""
    match = re.fullmatch(r"(\d{1,9})([smhd])", text, re.ASCII)
    if not match:
        raise ValueError(f"is {text!r}, which is no duration; write a number and s, m, h or d, like 15m")
    length = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if not timedelta(0) < length <= timedelta(days=366):
        raise ValueError(f"is {text!r}; write a duration longer than nothing and not longer than a year, like 15m")
    return length


def interval(text: str) -> timedelta:
    """A duration from `5s` to `1h`: services are asked as often."""
    length = duration(text)
    if not timedelta(seconds=5) <= length <= timedelta(hours=1):
        raise ValueError(f"is {text!r}; write a duration from 5s to 1h, like 60s")
    return length


def rungs(text: str) -> tuple[tuple[str, timedelta], ...]:
    """`24h,1h,15m`: names as they are written with their lengths, the longest first."""
    found: dict[timedelta, str] = {}
    wrong: list[str] = []
    for name in _entries(text):
        try:
            length = duration(name)
        except ValueError as error:
            wrong.append(str(error))
            continue
        if length in found:
            wrong.append(f"has {found[length]!r} and {name!r}, which are the same time; keep one of them")
        found.setdefault(length, name)
    if wrong:
        raise ValueError("; and it ".join(wrong))
    return tuple((found[length], length) for length in sorted(found, reverse=True))


def window_rule(text: str) -> WindowRule:
    """`Sat 02:00-06:00 UTC`: any weekday, any IANA zone (UTC if there is none); it may cross midnight."""
    match = _WINDOW.fullmatch(text)
    if not match:
        raise ValueError(f"is {text!r}, which is no weekly window; write it like Sat 02:00-06:00 UTC")
    day, start, end, zone = match["day"], match["start"], match["end"], match["zone"] or "UTC"
    times = [*_complaint(_time_of_day, start), *_complaint(_time_of_day, end)]
    if not times and _time_of_day(start) == _time_of_day(end):
        times = [f"is {text!r}, which ends when it starts; write an end other than {start}"]
    wrong = [*_complaint(_weekday, day), *times, *_complaint(_zone, zone)]
    if wrong:
        raise ValueError("; and it ".join(wrong))
    return WindowRule(_weekday(day), _time_of_day(start), _time_of_day(end), _zone(zone))


def _complaint(reading: Callable[[str], object], part: str) -> list[str]:
    """What a reading says is wrong with a part of a text; empty if nothing is."""
    try:
        reading(part)
    except ValueError as error:
        return [str(error)]
    return []


def _weekday(word: str) -> int:
    """The weekday that a word of three letters or more begins: `Sat`, `saturday`, `Thurs`."""
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= 3 and name.lower().startswith(word.lower()):
            return number
    raise ValueError(f"has {word!r}, which is no weekday; write one of {', '.join(d[:3] for d in WEEKDAYS)}")


def _time_of_day(text: str) -> time:
    hours, minutes = map(int, text.split(":"))
    if (hours, minutes) == (24, 0):
        return time(0, 0)  # the end of the day, as people write it
    if hours > 23 or minutes > 59:
        raise ValueError(f"has {text!r}, which is no time of day; write 00:00 to 23:59")
    return time(hours, minutes)


def _zone(name: str) -> ZoneInfo:
    if name.upper() in ("UTC", "GMT", "Z"):
        return ZoneInfo("UTC")
    try:
        zone = ZoneInfo(name)
        datetime.now(UTC).astimezone(zone)
    except (OSError, ValueError, LookupError):  # a folder of zones, a path, an unknown name
        raise ValueError(f"has {name!r}, which is no time zone; write UTC or an IANA name like Europe/Paris") from None
    return zone


def channel(text: str) -> str:
    """`#name` for a name, an id (`C…`, `G…`) as it is."""
    if re.fullmatch(r"[CG][A-Z0-9]{8,20}", text):
        return text
    name = text.removeprefix("#")
    if not re.fullmatch(r"[^\sA-Z#@,.:;/\\\"'<>&]{1,80}", name):
        raise ValueError(f"is {text!r}, which is no channel; write its name like #ops-shared, or its id (C…)")
    return f"#{name}"


def people(text: str) -> tuple[str, ...]:
    """User ids, separated by commas."""
    ids = tuple(dict.fromkeys(_entries(text)))
    wrong = [repr(who) for who in ids if not re.fullmatch(r"[UW][A-Z0-9]{2,20}", who)]
    if wrong:
        what = "which is no user id" if len(wrong) == 1 else "which are no user ids"
        raise ValueError(
            f"has {', '.join(wrong)}, {what}; write ids like U012AB3CD (in the person's profile: Copy member ID)"
        )
    return ids


def endpoint(text: str) -> Endpoint | None:
    """The address of a service; an empty text switches it off."""
    return http_endpoint(text) if text else None


def extra_checks(text: str) -> tuple[tuple[str, Endpoint], ...]:
    """`name=url,…`: names in lower case with the addresses to ask."""
    found: dict[str, Endpoint] = {}
    wrong: list[str] = []
    for number, entry in enumerate(_entries(text), start=1):
        name, equals, url = (part.strip() for part in entry.partition("="))
        try:
            _add_check(found, number, name.lower() if equals else "", url)
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise ValueError("; and it ".join(wrong))
    return tuple(found.items())


def _add_check(found: dict[str, Endpoint], number: int, name: str, url: str) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,39}", name):
        raise ValueError(
            f"has entry {number} without a usable name; write name=url, like mcp=http://127.0.0.1:8004/metrics"
        )
    if name in SERVICES or name in _WORDS_OF_HEALTH:
        raise ValueError(f"has the name {name!r}, which /health already uses; choose another name")
    if name in found:
        raise ValueError(f"has the name {name!r} twice; choose another name for one of them")
    try:
        found[name] = http_endpoint(url)
    except ValueError as error:
        raise ValueError(f"has {name!r}, whose address {error}") from None


def port(text: str) -> int:
    """0 (any free port) to 65535."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise ValueError(f"is {text!r}, which is no port; write a number from 0 (any free one) to 65535")
    return int(text)


def host(text: str) -> str:
    """An address to listen on, or a name of this machine."""
    if not re.fullmatch(r"[0-9A-Za-z.:_-]+", text):
        raise ValueError(f"is {text!r}, which is no host; write an address to listen on, like 127.0.0.1 or 0.0.0.0")
    return text


def token(text: str, prefix: str) -> str:
    """A token of Slack, known by its prefix."""
    if not text.startswith(prefix):
        begins = re.match(r"xox[a-z]-|xoxe\.|xapp-", text)
        seen = f"begins with {begins[0]}" if begins else "does not begin as it should"
        raise ValueError(f"{seen}; give the token that begins with {prefix}")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text.removeprefix(prefix)):
        raise ValueError("has characters that no token has, or nothing after its prefix; copy it again as a whole")
    return text


def no_spaces(text: str) -> str:
    """A secret in one piece, of characters that an HTTP header can carry."""
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("has a space or another character that such a secret cannot have; copy it again")
    return text


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]
