"""`/health`: how the shared services are.

/health [service…] [json]
"""

from collections.abc import Collection
from dataclasses import dataclass

from bot.commands.grammar import Command, Help, Usage, asks_help, split_at_commas
from bot.commands.words import Word, closest, key, shown, words
from bot.errors import WordError

COMMAND = Command(
    "health",
    "Are the shared services up? All of them side by side, or those that you name.",
    "[service…] [json]",
    (
        Usage("", "all shared services side by side", ""),
        Usage("service…", "only the services that you name", "prometheus loki"),
        Usage("[service…] json", "the same for a program to read", "mongodb json"),
    ),
)


@dataclass(frozen=True)
class Look:
    """Look at these services (none named: at all of them), for a person or as JSON."""

    services: tuple[str, ...] = ()
    json: bool = False


Said = Look | Help


def parse(text: str, services: Collection[str]) -> Said:
    """What the text after `/health` asks for. `services` are the names that it may use."""
    line = words(text)
    if asks_help(line):
        return Help(COMMAND.name)
    named: list[str] = []
    as_json = False
    for word in split_at_commas(line.words):
        if word.key == "json":
            as_json = True
        else:
            named.append(_service(word, services))
    return Look(tuple(dict.fromkeys(named)), as_json)


def _service(word: Word, services: Collection[str]) -> str:
    for service in services:
        if key(word.text) == key(service):
            return service
    near = closest(word.text, [*services, "json"])
    remedy = f"Did you mean `{near}`?" if near else f"There are {', '.join(services)}."
    raise _unknown(word, remedy)


def _unknown(word: Word, remedy: str) -> WordError:
    return word.wrong(f"I watch no service {shown(word.text)}.", remedy)
