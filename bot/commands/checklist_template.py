"""The lines of the checklist's template: what is to be done, what proves it, who does it, by when.

TEXT [bot:TAG] [@ROLE] [by start-30m]

TAG and ROLE are of TAGS and ROLES. `start` and `end` are the window's; `-30m`, `+1h` or `-1h30m` may follow.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.commands.role import ROLES
from bot.commands.words import closest, is_blank, shown

MOST_ITEMS = 40  # of all phases together; what one message can show
TEXT_LIMIT = 200
TAGS = ("announced", "summary", "health", "mongodb", "prometheus", "grafana", "loki", "llm", "alertmanager")
DUE_EXAMPLES = "Write `start-30m`, `end`, `end+1h` or the like."

_BULLETS = re.compile(r"^(?:\s*(?:[-*•☐☑]|\[[ xX]?\])(?:\s+|$))*")
_TAG = re.compile(r"\s*\[bot:\s*([^\[\]]{0,40})\]\s*$", re.IGNORECASE)
_WHO = re.compile(r"(?:^|\s+)@([\w-]{1,40})\s*$")
_BY = re.compile(r"(?:^|\s+)by\s+((?:start|end)\S{0,20})\s*$", re.IGNORECASE)
_DUE = re.compile(r"(start|end)(?:([+-])(?:([0-9]{1,3})h)?(?:([0-9]{1,4})m)?)?")


@dataclass(frozen=True)
class Line:
    """One item: `tag` of TAGS, `assignee` of ROLES, `due` as `start-30m`; each may be empty."""

    text: str
    tag: str = ""
    assignee: str = ""
    due: str = ""


class LineError(ValueError):
    """What is wrong with a line, in words for the form."""


def due(text: str) -> str | None:
    """`start-30m` and the like as we write it; None for anything else."""
    plain = text.strip().casefold().translate(str.maketrans("‐‑‒–—−", "------"))
    found = _DUE.fullmatch(plain)
    if found is None or (found[2] and not (found[3] or found[4])):
        return None
    hours, minutes = int(found[3] or 0), int(found[4] or 0)
    away = (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")
    return f"{found[1]}{found[2]}{away}" if away else found[1]


def lines(text: str) -> list[Line]:
    """The items of one phase; empty lines are left out. Raises LineError for the first that cannot be read."""
    found = []
    for number, typed in enumerate(text.splitlines(), start=1):
        if is_blank(typed):
            continue
        try:
            found.append(_line(typed))
        except LineError as error:
            raise LineError(f"Line {number}: {error}") from None
    return found


def _line(typed: str) -> Line:
    rest, tag, assignee, moment = _BULLETS.sub("", typed, count=1).strip(), "", "", ""
    while True:
        if (by := _BY.search(rest)) and not moment:
            moment, rest = _moment(by[1]), rest[: by.start()]
        elif (who := _WHO.search(rest)) and not assignee:
            assignee, rest = _role(who[1]), rest[: who.start()]
        elif (bot := _TAG.search(rest)) and not tag:
            tag, rest = _tag(bot[1]), rest[: bot.start()]
        else:
            break
    clean = " ".join(rest.split())
    if not any(map(str.isalnum, clean)):
        raise LineError("it says nothing to do.")
    if len(clean) > TEXT_LIMIT:
        raise LineError(f"it has {len(clean)} characters; {TEXT_LIMIT} is the most.")
    return Line(clean, tag, assignee, moment)


def _moment(text: str) -> str:
    found = due(text)
    if found is None:
        raise LineError(f"by {shown(text)} is no time. {DUE_EXAMPLES}")
    return found


def _role(text: str) -> str:
    name = text.casefold().replace("_", "-")
    if name not in ROLES:
        near = closest(name, ROLES)
        hint = f"did you mean @{near}?" if near else f"there are {', '.join(f'@{role}' for role in ROLES)}."
        raise LineError(f"@{text} is no role; {hint} People are given items with `/checklist assign`.")
    return name


def _tag(text: str) -> str:
    name = text.strip().casefold()
    if name not in TAGS:
        near = closest(name, TAGS)
        hint = f"did you mean [bot:{near}]?" if near else f"there are {', '.join(TAGS)}."
        raise LineError(f"the bot cannot prove {shown(text.strip() or 'nothing')}; {hint}")
    return name


def complaints(phases: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the form, by the name of the phase: wrong lines, no item at all, too many of them."""
    wrong, counts = {}, {}
    for phase, text in phases.items():
        try:
            counts[phase] = len(lines(text))
        except LineError as error:
            wrong[phase] = str(error)
    if not wrong and not sum(counts.values()):
        return {next(iter(phases)): "A checklist has one item at least."}
    if not wrong and sum(counts.values()) > MOST_ITEMS:
        longest = max(counts, key=counts.__getitem__)
        return {longest: f"All phases together have {sum(counts.values())} items; {MOST_ITEMS} is the most."}
    return wrong
