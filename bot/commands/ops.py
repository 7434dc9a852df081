"""`/ops`: the bot itself: help, who has which role, who did what.

/ops help [command]
/ops roles
/ops role …                                   see bot/commands/role.py
/ops audit [N]
/ops whoami
/ops runbook [YYYY-MM]
/ops alerts
/ops doctor
/ops silence …                              see `silence`
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.commands import role, silence
from bot.commands.grammar import Command, Help, Usage, asks_help, is_help, unknown, whole_number
from bot.commands.role import HandOut
from bot.commands.words import Line, shown, words

AUDIT_DEFAULT = 10
AUDIT_MOST = 50  # what one message can show

_MONTH = re.compile(r"(20[0-9]{2})-([0-9]{1,2})")

COMMAND = Command(
    "ops",
    "Ops Bot itself: help, roles, the audit trail, what you may do.",
    "help [command] | roles | role NAME @who|none | audit [N] | whoami | runbook | alerts | doctor | silence",
    (
        Usage("help [command]", "every command, or all about one", "help incident", "help"),
        Usage("roles", "who has which role", "roles", "roles"),
        *role.USAGES,
        Usage(
            "audit [N]",
            f"the last N privileged acts and refusals ({AUDIT_DEFAULT} if you say none)",
            "audit 20",
            "audit",
        ),
        Usage("whoami", "your roles and what you may do", "whoami", "whoami"),
        Usage("runbook [YYYY-MM]", "the log of all incidents, or of a month, as a file", "runbook 2026-11", "runbook"),
        Usage("alerts", "what fires, the worst first", "alerts", "alerts"),
        Usage(
            "doctor", "is the bot set up well: tokens, scopes, channel, MongoDB, services, clock", "doctor", "doctor"
        ),
        *silence.USAGES,
    ),
)


@dataclass(frozen=True)
class Roles:
    """List the roles."""


@dataclass(frozen=True)
class Audit:
    """Show the last entries of the audit trail, at most 50."""

    count: int = AUDIT_DEFAULT


@dataclass(frozen=True)
class WhoAmI:
    """Show the person's own roles and rights."""


@dataclass(frozen=True)
class Runbook:
    """Give the log of incidents and emergencies: of the month that begins with this day, or with None all of it."""

    month: date | None = None


@dataclass(frozen=True)
class Alerts:
    """List what fires."""


@dataclass(frozen=True)
class Doctor:
    """Look at how the bot is set up."""


Said = Doctor | Help | silence.Silencing | Alerts | Roles | HandOut | Audit | WhoAmI | Runbook


def parse(text: str) -> Said:
    """What the text after `/ops` asks for."""
    line = words(text)
    if not line.words:
        return Help("")
    first = line.words[0]
    if asks_help(line):
        return _help(line) if is_help(first) else Help(COMMAND.name)
    read = VERBS.get(first.key)
    if read is None:
        raise unknown(first, COMMAND)
    return read(line)


def _help(line: Line) -> Help:
    """The topic is what was typed, without its slash; the table refuses one that it does not have."""
    line.no_more_than(2)
    return Help(line.words[1].text.removeprefix("/") if len(line.words) > 1 else "")


def _roles(line: Line) -> Roles:
    line.no_more_than(1)
    return Roles()


def _audit(line: Line) -> Audit:
    line.no_more_than(2)
    return Audit(whole_number(line.words[1], AUDIT_MOST, "a number of entries")) if len(line.words) > 1 else Audit()


def _whoami(line: Line) -> WhoAmI:
    line.no_more_than(1)
    return WhoAmI()


def _runbook(line: Line) -> Runbook:
    line.no_more_than(2)
    if len(line.words) < 2:
        return Runbook()
    word = line.words[1]
    found = _MONTH.fullmatch(word.key)
    if not found or not 1 <= int(found[2]) <= 12:
        raise word.wrong(f"{shown(word.text)} is not a month.", "Write it like `runbook 2026-11`.")
    return Runbook(date(int(found[1]), int(found[2]), 1))


def _alerts(line: Line) -> Alerts:
    line.no_more_than(1)
    return Alerts()


def _doctor(line: Line) -> Doctor:
    line.no_more_than(1)
    return Doctor()


VERBS: dict[str, Callable[[Line], Said]] = {
    "help": _help,
    "roles": _roles,
    "role": role.read,
    "audit": _audit,
    "whoami": _whoami,
    "runbook": _runbook,
    "alerts": _alerts,
    "doctor": _doctor,
    silence.VERB: silence.read,
}
