"""`/ops`: the bot itself: help, who has which role, who did what.

/ops help [command]
/ops roles
/ops role tech-lead|on-call|duty-officer @who [backup @who]
/ops audit [N]
/ops whoami
/ops runbook [YYYY-MM]
/ops alerts
/ops silence …                              see `silence`
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.commands import silence
from bot.commands.grammar import Command, Help, Usage, asks_help, is_help, unknown, whole_number
from bot.commands.people import Who, mentioned, who
from bot.commands.words import Line, closest, shown, span, words

ROLES = ("tech-lead", "on-call", "duty-officer")
AUDIT_DEFAULT = 10
AUDIT_MOST = 50  # what one message can show

_MONTH = re.compile(r"(20[0-9]{2})-([0-9]{1,2})")

COMMAND = Command(
    "ops",
    "Ops Bot itself: help, roles, the audit trail, what you may do.",
    "help [command] | roles | role NAME @who [backup @who] | audit [N] | whoami | runbook | alerts | silence",
    (
        Usage("help [command]", "every command, or all about one", "help incident", "help"),
        Usage("roles", "who has which role", "roles", "roles"),
        Usage(
            "role tech-lead|on-call|duty-officer @who [backup @who]",
            "hand out a role",
            "role on-call @ann backup @bob",
            "role",
        ),
        Usage(
            "audit [N]",
            f"the last N privileged acts and refusals ({AUDIT_DEFAULT} if you say none)",
            "audit 20",
            "audit",
        ),
        Usage("whoami", "your roles and what you may do", "whoami", "whoami"),
        Usage("runbook [YYYY-MM]", "the log of all incidents, or of a month, as a file", "runbook 2026-11", "runbook"),
        Usage("alerts", "what fires, the worst first", "alerts", "alerts"),
        *silence.USAGES,
    ),
)


@dataclass(frozen=True)
class Roles:
    """List the roles."""


@dataclass(frozen=True)
class SetRole:
    """Give a role (one of ROLES) to somebody, with a backup or without one."""

    role: str
    owner: Who
    backup: Who | None = None


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


Said = Help | silence.Silencing | Alerts | Roles | SetRole | Audit | WhoAmI | Runbook


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


def _role(line: Line) -> SetRole:
    role, at = _role_name(line)
    if at == len(line.words):
        raise line.rest(at).wrong(
            "Who is it?", f"Write it like `role {role} @ann`, with `backup @bob` if there is one."
        )
    owner, after = who(line.words[at]), line.words[at + 1 :]
    if not after:
        return SetRole(role, owner)
    if after[0].key != "backup":
        raise after[0].wrong(f"{shown(after[0].text)} does not belong here.", "Only `backup @who` may follow.")
    if len(after) < 2:
        raise line.rest(len(line.words)).wrong("Who is the backup?", "Write it like `backup @bob`.")
    line.no_more_than(at + 3)
    backup = who(after[1])
    if backup == owner:
        raise after[1].wrong("The backup is the owner.", "Name somebody else, or nobody.")
    return SetRole(role, owner, backup)


def _role_name(line: Line) -> tuple[str, int]:
    """The role, however its words are joined (`on-call`, `oncall`, `on call`), and the place of the word after it."""
    choices = f"There are {', '.join(f'`{role}`' for role in ROLES)}."
    named = list(itertools.takewhile(lambda word: mentioned(word) is None, line.words[1:]))
    if not named:
        raise (line.words[1] if len(line.words) > 1 else line.rest(1)).wrong("Which role?", choices)
    for count in (2, 1):
        joined = "".join(word.key for word in named[:count]).replace("-", "").replace("_", "")
        for role in ROLES:
            if joined == role.replace("-", ""):
                return role, 1 + len(named[:count])
    word = span(named)
    near = closest(word.text, ROLES)
    raise word.wrong(f"There is no role {shown(word.text)}.", f"Did you mean `{near}`?" if near else choices)


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


VERBS: dict[str, Callable[[Line], Said]] = {
    "help": _help,
    "roles": _roles,
    "role": _role,
    "audit": _audit,
    "whoami": _whoami,
    "runbook": _runbook,
    "alerts": _alerts,
    silence.VERB: silence.read,
}
