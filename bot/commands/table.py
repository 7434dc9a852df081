"""The one table of contents: every command in the order of the help, and what the app asks of a workspace for them.

Help, the manifest and the words that a mention may leave out are read from here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.commands import checklist, escalate, health, incident, maintenance, ops, shared_words
from bot.commands.grammar import Command, is_help
from bot.commands.words import closest, key, shown, words
from bot.errors import WordError

COMMANDS: tuple[Command, ...] = (
    health.COMMAND,
    checklist.COMMAND,
    maintenance.COMMAND,
    incident.COMMAND,
    escalate.COMMAND,
    ops.COMMAND,
)

SUMMARIES: tuple[tuple[str, str], ...] = tuple((f"/{row.name}", row.summary) for row in COMMANDS)


@dataclass(frozen=True)
class Shortcut:
    """An entry of a message's menu: what Slack sends back, its name (24 characters) and description (150)."""

    callback_id: str
    name: str
    description: str


@dataclass(frozen=True)
class Needed:
    """A scope or an event of Slack's, and why the bot needs it; `is_optional` where not every workspace has it."""

    name: str
    reason: str
    is_optional: bool = False


OPEN_FROM_MESSAGE = "incident_open"

SHORTCUTS: tuple[Shortcut, ...] = (
    Shortcut(OPEN_FROM_MESSAGE, "Open an incident", "Opens an incident from this message, which it quotes and links."),
    Shortcut("timeline_add", "Add to the timeline", "Makes the message a key event in the timeline of an incident."),
)

# https://docs.slack.dev/reference/scopes
SCOPES: tuple[Needed, ...] = (
    Needed("commands", "the slash commands"),
    Needed("chat:write", "cards, announcements and answers"),
    Needed("app_mentions:read", "the same words as a mention, which is the way in threads"),
    Needed("channels:history", "what is written in incident threads; cards that the database missed"),
    Needed("groups:history", "the same where the operations channel is private"),
    Needed("channels:read", "find the operations channel by its name; whether a person is in it"),
    Needed("groups:read", "the same where it is private"),
    Needed("reactions:read", "a pin reaction marks a key event"),
    Needed("users:read", "names in the timeline"),
    Needed("files:write", "an incident's export in its thread, the runbook's log, statistics as a picture"),
    Needed("files:read", "whether a file was shared, where Slack's answer got lost"),
    Needed("im:write", "files and hints that are for one person alone; who is called is asked directly too"),
    Needed("im:history", "whether a direct message arrived, where Slack's answer got lost"),
    Needed(
        "usergroups:read",
        "who is in a user group that has a role, how groups are called; paid plans only, not needed without",
        is_optional=True,
    ),
)

# https://docs.slack.dev/reference/events
EVENTS: tuple[Needed, ...] = (
    Needed("app_mention", "words for the bot, in threads too"),
    Needed("message.channels", "what is written in incident threads"),
    Needed("message.groups", "the same where the operations channel is private"),
    Needed("reaction_added", "a key event is marked"),
    Needed("reaction_removed", "a key event is no longer marked"),
    Needed("app_home_opened", "the Home tab shows the current state"),
)

_SEVERITIES = ("sev1", "sev2", "sev3", "sev4")


@dataclass(frozen=True)
class HelpLine:
    """How to type something, what it does, and an example (may be empty)."""

    usage: str
    says: str
    example: str


@dataclass(frozen=True)
class HelpPage:
    """All about one command, or with `command` empty the overview: a line for each."""

    command: str
    summary: str
    lines: tuple[HelpLine, ...]


def help(command: str | None = None) -> HelpPage:  # noqa: A001 — it is the word that people type
    """The page for a command's name (with or without its slash), the overview for None or ""; else WordError."""
    if not command:
        lines = tuple(HelpLine(f"/{row.name} {row.hint}", row.summary, f"/{row.name} help") for row in COMMANDS)
        return HelpPage("", "What Ops Bot does.", lines)
    row = _row(key(command).removeprefix("/"))
    if row is None:
        problem = f"There is no command {shown(command)}."
        raise WordError(problem, _nearest(command), text=command, start=0, end=len(command))
    return HelpPage(
        row.name,
        row.summary,
        tuple(
            HelpLine(f"/{row.name} {usage.words}".rstrip(), usage.says, f"/{row.name} {usage.example}".rstrip())
            for usage in row.usages
        ),
    )


def _row(name: str) -> Command | None:
    return next((row for row in COMMANDS if row.name == name), None)


def _owners(word: str) -> tuple[str, ...]:
    return tuple(row.name for row in COMMANDS if key(word) in row.verbs)


def mention(text: str, here: Sequence[str] = (), known: Collection[str] = ()) -> tuple[str, str]:
    """The command and the words after it in what follows the bot's own mention; no words at all mean `/ops`.

    `here` are the commands whose thread it is written in: their words come first, also where others have them, unless
    only the others can take what follows. `known` are the incidents that it may name. WordError for a word that no
    command has, or several where what follows does not tell them apart, or that is said of something else than this
    thread without naming it.
    """
    line = words(text.lstrip(" ,:;.–—"))  # "@Ops Bot, health" and "@Ops Bot: health"
    if not line.words:
        return "ops", ""
    first, text = line.words[0], line.text
    row = _row(first.key.removeprefix("/"))
    if row is not None:
        return row.name, text[first.end :].strip()
    if is_help(first):
        return "ops", text.strip()
    owners = _owners(first.text) if not first.quoted else ()
    own = next((name for name in here if name in owners), None)
    if own is not None:
        return shared_words.here_or_elsewhere(line, own, owners, known), text.strip()
    if not owners and incident.begins_with_id(line):
        return "incident", text.strip()  # which says what was meant
    if not owners:
        # Where a mention is the only way, in a thread, `/ops help` cannot be typed.
        remedy = _nearest(first.text, "Mention the bot with `help`, which lists what there is.")
        if first.key in _SEVERITIES and len(line.words) > 1:
            remedy = f"Did you mean `open {first.key} …`?"
        raise first.wrong(f"I do not know the word {shown(first.text)}.", remedy)
    name = owners[0] if len(owners) == 1 else shared_words.meant(line, owners)
    if name is None:
        raise shared_words.ways(line, [row for row in COMMANDS if row.name in owners])
    if nameless := shared_words.nameless(line, name, here):
        raise nameless
    return name, text.strip()


def _nearest(word: str, otherwise: str = "`/ops help` lists what there is.") -> str:
    choices = [row.name for row in COMMANDS] + [verb for row in COMMANDS for verb in row.verbs]
    meant = next((row.others[key(word)] for row in COMMANDS if key(word) in row.others), None)
    near = meant or closest(word.removeprefix("/"), dict.fromkeys(choices))
    return f"Did you mean `{near}`?" if near else otherwise
