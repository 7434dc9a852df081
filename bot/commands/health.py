"""`/health`: how the shared services are.

/health [service…] [deep] [json]
/health history [24h|7d]
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.commands import durations
from bot.commands.grammar import Command, Help, Usage, asks_help, split_at_commas
from bot.commands.words import Word, closest, key, shown, words

COMMAND = Command(
    "health",
    "Are the shared services up? All of them side by side, or more of those that you name.",
    "[service…] [deep] [json] | history [24h|7d]",
    (
        Usage("", "all shared services side by side", ""),
        Usage("service…", "the services that you name, in depth", "prometheus loki"),
        Usage("deep", "all of them in depth: targets, rules, dashboards, log lines, models, alerts", "deep"),
        Usage("[service…] [deep] json", "the same for a program to read", "mongodb json"),
        Usage("history [24h|7d]", "uptime and latency of each service, as a picture", "history 7d"),
    ),
)
USUAL, MOST = timedelta(hours=24), timedelta(days=30)


@dataclass(frozen=True)
class Look:
    """Look at these services (none named: at all of them), in depth or not, for a person or as JSON."""

    services: tuple[str, ...] = ()
    json: bool = False
    deep: bool = False


@dataclass(frozen=True)
class History:
    """Show how all services were within this time before now."""

    period: timedelta = USUAL


Said = Look | History | Help


def parse(text: str, services: Collection[str]) -> Said:
    """What the text after `/health` asks for. `services` are the names that it may use."""
    line = words(text)
    if asks_help(line):
        return Help(COMMAND.name)
    if line.words and line.words[0].key == "history":
        return History(durations.duration(line.words[1:], MOST) if len(line.words) > 1 else USUAL)
    named: list[str] = []
    as_json = is_deep = False
    for word in split_at_commas(line.words):
        if word.key == "json":
            as_json = True
        elif word.key == "deep":
            is_deep = True
        else:
            named.append(service(word, services, ("json", "deep", "history")))
    return Look(tuple(dict.fromkeys(named)), as_json, is_deep)


def service(source: str | Word, services: Collection[str], besides: Collection[str] = ()) -> str:
    """The service that a word names, in Slack or in a shell; `besides` is what else could have been meant there."""
    word = source if isinstance(source, Word) else Word(source, 0, len(source), source)
    for known in services:
        if key(word.text) == key(known):
            return known
    near = closest(word.text, [*services, *besides])
    remedy = f"Did you mean `{near}`?" if near else f"There are {', '.join(services)}."
    raise word.wrong(f"I watch no service {shown(word.text)}.", remedy)
