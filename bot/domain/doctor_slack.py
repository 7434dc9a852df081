"""What the doctor asks of Slack: the tokens, the scopes, the channel, the connections, and what time it is there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.clock import spelled
from bot.domain.doctor import Line, fail, fine, warn

# Slack refuses a signature of five minutes ago; well before that announcements are plainly late or early.
CLOCK_WARN = timedelta(seconds=5)
CLOCK_FAIL = timedelta(seconds=60)
SILENT = 6.0  # seconds without a sign of life after which a connection counts as dead
NAMED = 6  # scopes or people that a line names one by one
ASKED = 20  # admins that are looked up

_WAY = "Mend the way to Slack (network, proxy, DNS), or SLACK_API_URL."
_COPY_BOT = "Copy the bot token (xoxb-…, OAuth & Permissions) into SLACK_BOT_TOKEN again, and restart the bot."
_SCOPES = "Paste manifest.yaml into the app (App Manifest), and install it to the workspace once more."
_COPY_APP = "Make an app-level token (xapp-…, Basic Information) with connections:write, and switch Socket Mode on."


class NoLookError(Exception):
    """Slack did not tell; `code` is its word for why (empty if it gave no usable answer), `cause` says it in ours."""

    def __init__(self, cause: str, code: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.code = code


@dataclass(frozen=True)
class Introduction:
    """Whom Slack knows by the bot token, what it may do, and how far our clock is ahead; None: not told."""

    user: str
    team: str
    scopes: frozenset[str] | None
    ahead: timedelta | None


@dataclass(frozen=True)
class Place:
    """A channel as the bot sees it."""

    id: str
    is_member: bool
    is_archived: bool = False


@dataclass(frozen=True)
class Wanted:
    """The scopes of the manifest: those that the bot needs, and those that only some workspaces can give."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()


class SlackLook(Protocol):
    """Asks Slack, once each. Every method raises NoLookError."""

    async def introduction(self) -> Introduction:
        """By the bot token."""

    async def place(self, channel: str) -> Place | None:
        """The channel with this `#name` or id; None if the bot sees none."""

    async def is_there(self, user_id: str) -> bool:
        """Whether somebody of the workspace has this id, and has not left."""

    async def opens(self) -> None:
        """Whether Slack would open a connection for the app token."""


class Connections(Protocol):
    """The connections that are open."""

    @property
    def connected(self) -> int:
        """How many there are."""

    @property
    def wanted(self) -> int:
        """How many there should be."""

    @property
    def silence(self) -> float:
        """Seconds since the best of them showed a sign of life."""


async def token(look: SlackLook, wanted: Wanted) -> Sequence[Line]:
    """The bot token, its scopes and the clock, all by one question."""
    try:
        told = await look.introduction()
    except NoLookError as error:
        if error.code:
            return [fail("bot token", f"Slack refuses SLACK_BOT_TOKEN ({error.code})", _COPY_BOT)]
        return [fail("bot token", f"Slack cannot be asked: {error.cause}", _WAY)]
    return [fine("bot token", f"Slack knows it as {told.user} in {told.team}"), _scopes(told, wanted), _clock(told)]


def _scopes(told: Introduction, wanted: Wanted) -> Line:
    if told.scopes is None:
        return warn("scopes", "Slack did not tell what the app may do", "Ask again; if it stays, compare by hand.")
    missing = [scope for scope in wanted.needed if scope not in told.scopes]
    if missing:
        return fail("scopes", f"{len(missing)} missing: {_some(missing)}", _SCOPES)
    if lacking := [scope for scope in wanted.optional if scope not in told.scopes]:
        return warn("scopes", f"all that are needed; missing, of use on paid plans: {_some(lacking)}", _SCOPES)
    more = sorted(told.scopes - {*wanted.needed, *wanted.optional})
    tail = f"; the app may more than the bot needs: {_some(more)}" if more else ""
    return fine("scopes", f"all {len(wanted.needed) + len(wanted.optional)} of the manifest{tail}")


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _clock(told: Introduction) -> Line:
    if told.ahead is None:
        return warn("clock", "Slack did not tell its time", "Ask again; if it stays, compare the clock by hand.")
    off = abs(told.ahead)
    if off <= CLOCK_WARN:
        return fine("clock", f"within {spelled(CLOCK_WARN)} of Slack's")
    found = f"{spelled(off)} {'ahead of' if told.ahead > timedelta(0) else 'behind'} Slack's"
    remedy = "Have this machine's clock set by NTP (chrony, systemd-timesyncd)."
    return (fail if off > CLOCK_FAIL else warn)("clock", found, remedy)


async def channel(look: SlackLook, wanted: str) -> Sequence[Line]:
    """The ops channel: there, and the bot in it."""
    return [await _place(look, wanted, "channel", "OPS_CHANNEL")]


async def coordination(look: SlackLook, channel_id: str) -> Sequence[Line]:
    """The channel of the coordination thread; without it the bot works, only its copies do not arrive."""
    line = await _place(look, channel_id, "coordination thread", "COORDINATION_THREAD")
    return [warn(line.topic, line.found, line.remedy) if line.remedy else line]


async def _place(look: SlackLook, wanted: str, topic: str, setting: str) -> Line:
    try:
        found = await look.place(wanted)
    except NoLookError as error:
        remedy = f"Mend the token or its scopes, or {setting}." if error.code else _WAY
        return fail(topic, f"Slack does not tell of {wanted}: {error.cause}", remedy)
    if found is None:
        return fail(
            topic, f"the bot sees no channel {wanted}", f"Correct {setting}, or type /invite @Ops Bot in that channel."
        )
    if found.is_archived:
        return fail(topic, f"{wanted} is archived", f"Unarchive it, or name another channel in {setting}.")
    if not found.is_member:
        return fail(topic, f"the bot is not in {wanted}", "Type /invite @Ops Bot in that channel.")
    return fine(topic, f"the bot is in {wanted}" + (f" ({found.id})" if found.id != wanted else ""))


async def admins(look: SlackLook, user_ids: Sequence[str]) -> Sequence[Line]:
    """Who may hand out the first roles: ids are easily copied wrong, and people leave."""
    if not user_ids:
        return [fine("admins", "OPS_ADMINS names nobody: only a tech lead can hand out roles")]
    asked = user_ids[:ASKED]
    try:
        there = await asyncio.gather(*map(look.is_there, asked))
    except NoLookError as error:
        return [warn("admins", f"Slack does not tell who is there: {error.cause}", "Mend what is said above of Slack.")]
    gone = [user_id for user_id, is_there in zip(asked, there, strict=True) if not is_there]
    if not gone:
        return [fine("admins", "everybody whom OPS_ADMINS names is in the workspace")]
    remedy = "Copy the member ID (U…) from the person's profile into OPS_ADMINS, and restart the bot."
    return [warn("admins", f"OPS_ADMINS names who is not in the workspace: {_some(gone)}", remedy)]


async def opening(look: SlackLook) -> Sequence[Line]:
    """From outside the running bot: whether Slack opens connections for the app token."""
    try:
        await look.opens()
    except NoLookError as error:
        if error.code:
            return [fail("sockets", f"Slack refuses SLACK_APP_TOKEN ({error.code})", _COPY_APP)]
        return [fail("sockets", f"Slack cannot be asked for a connection: {error.cause}", _WAY)]
    return [fine("sockets", "Slack opens Socket Mode connections for SLACK_APP_TOKEN")]


async def sockets(connections: Connections | None) -> Sequence[Line]:
    """Inside the running bot: the connections that are open; None in HTTP mode."""
    if connections is None:
        return [fine("sockets", "none needed: Slack calls POST /slack/events (HTTP mode)")]
    count = f"{connections.connected} of {connections.wanted} are connected"
    remedy = "The bot reconnects by itself; if this stays, its log says why (logger socket)."
    if not connections.connected:
        return [fail("sockets", count, remedy)]
    found = f"{count}, last sign of life {connections.silence:.0f} s ago"
    is_well = connections.connected >= connections.wanted and connections.silence <= SILENT
    return [fine("sockets", found) if is_well else warn("sockets", found, remedy)]
