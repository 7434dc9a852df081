"""The grammar of every command: what is typed becomes one of a few values, or an error with a remedy."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import checklist, escalate, health, incident, maintenance, ops, search, table
from bot.commands.grammar import Command, Help
from bot.commands.words import typed
from bot.domain.health import SERVICES
from bot.errors import NotFoundError, WordError

OPEN = ("INC-20261123-7KQ4", "INC-20261123-AB0C", "INC-20261122-D15K")

PARSERS: dict[str, Callable[[str], object]] = {
    "health": lambda text: health.parse(text, SERVICES),
    "checklist": checklist.parse,
    "maintenance": maintenance.parse,
    "incident": lambda text: incident.parse(text, OPEN),
    "escalate": lambda text: escalate.parse(text, OPEN),
    "ops": ops.parse,
}
SAID: dict[str, object] = {
    "health": health.Said,
    "checklist": checklist.Said,
    "maintenance": maintenance.Said,
    "incident": incident.Said,
    "escalate": escalate.Said,
    "ops": ops.Said,
}
VERBS: dict[str, set[str]] = {
    "health": set(),
    "checklist": set(checklist.VERBS),
    "maintenance": set(maintenance.VERBS),
    "incident": set(incident.VERBS),
    "escalate": set(),
    "ops": set(ops.VERBS),
}
EACH = pytest.mark.parametrize("command", table.COMMANDS, ids=lambda command: command.name)


def delivered(example: str) -> str:
    """An example of the help as it reaches the parsers: Slack makes mentions of names."""
    return typed(re.sub(r"@(\w+)", lambda name: f"<@U{name[1].upper()}|{name[1]}>", example))


def refusal(act: Callable[[], object]) -> WordError:
    with pytest.raises(WordError) as caught:
        act()
    error = caught.value
    assert 0 <= error.start <= error.end <= len(error.text)
    assert error.remedy
    return error


# The table and the parsers have the same words


def test_every_grammar_is_in_the_table() -> None:
    """A file in bot/commands that has a grammar has a row in the table of contents, and the order is the help's."""
    folder = Path(table.__file__).parent
    grammars = {path.stem for path in folder.glob("*.py") if "\ndef parse(" in path.read_text(encoding="utf-8")}
    assert grammars == {command.name for command in table.COMMANDS} == set(PARSERS)
    assert [command.name for command in table.COMMANDS] == [
        "health",
        "checklist",
        "maintenance",
        "incident",
        "escalate",
        "ops",
    ]


@EACH
def test_the_parser_accepts_the_verbs_of_the_table_and_no_others(command: Command) -> None:
    """Help cannot promise a word that is not there, nor keep one to itself."""
    assert VERBS[command.name] == set(command.verbs)


@EACH
def test_every_example_of_the_help_parses(command: Command) -> None:
    """What the help shows can be typed as it stands, and is what its usage says."""
    for usage in command.usages:
        found = PARSERS[command.name](delivered(usage.example))
        assert not isinstance(found, Help) or usage.verb == "help"
        assert usage.example.split(" ")[0] == usage.verb or not usage.verb


@EACH
def test_every_value_of_a_parser_is_shown_by_an_example(command: Command) -> None:
    """A grammar that no example reaches does not exist."""
    reached = {type(PARSERS[command.name](delivered(usage.example))) for usage in command.usages} | {Help}
    assert reached == set(get_args(SAID[command.name]))


@EACH
def test_the_texts_of_the_table_fit_slacks_lists(command: Command) -> None:
    """Short enough for Slack's list of commands, and every usage says what it does."""
    assert 1 <= len(command.summary) <= 140
    assert 1 <= len(command.hint) <= 140
    assert all(usage.says and len(usage.says) <= 100 for usage in command.usages)


# Help


@EACH
@pytest.mark.parametrize("word", ["help", "?", "-h", "--help", "—help", "HELP", "help!"])
def test_every_command_has_help(command: Command, word: str) -> None:
    """However help is asked for, it is given."""
    assert PARSERS[command.name](word) == Help("" if command.name == "ops" else command.name)


@EACH
def test_help_may_follow_a_word(command: Command) -> None:
    """`open --help` asks, it does not open an incident of that name."""
    for verb in command.verbs or ("mongodb",):
        if verb != "help":
            assert PARSERS[command.name](f"{verb} --help") == Help(command.name)


@EACH
def test_a_help_page_has_a_line_for_every_usage(command: Command) -> None:
    """Pages are made from the table, with the command's name in every line."""
    page = table.help(command.name)
    assert page == table.help(f"/{command.name.upper()}")
    assert (page.command, page.summary, len(page.lines)) == (command.name, command.summary, len(command.usages))
    assert all(line.usage.startswith(f"/{command.name}") for line in page.lines)


def test_the_overview_has_a_line_for_every_command() -> None:
    """In the order of the table."""
    page = table.help()
    assert page.command == ""
    assert [line.usage.split(" ")[0] for line in page.lines] == [f"/{command.name}" for command in table.COMMANDS]
    assert table.help("") == page


def test_help_on_something_unknown_asks_what_was_meant() -> None:
    """The closest command is offered; far from all of them, the list."""
    assert refusal(lambda: table.help("incidnet")).remedy == "Did you mean `incident`?"
    assert refusal(lambda: table.help("zzzz")).remedy == "`/ops help` lists what there is."


# Bare commands and unknown words


def test_a_bare_command_shows_the_current_state() -> None:
    """Nothing typed is never an error."""
    assert PARSERS["health"]("") == health.Look()
    assert PARSERS["checklist"]("  ") == checklist.Show()
    assert PARSERS["maintenance"]("") == maintenance.List()
    assert PARSERS["incident"]("") == search.List()
    assert PARSERS["ops"]("") == Help("")


@pytest.mark.parametrize(
    ("command", "text", "problem", "remedy"),
    [
        ("checklist", "dnoe 3", "“dnoe”", "Did you mean `/checklist done`?"),
        ("maintenance", "lst", "“lst”", "Did you mean `/maintenance list`?"),
        ("incident", "opne sev1 x", "“opne”", "Did you mean `/incident open`?"),
        ("incident", "reslove x", "“reslove”", "Did you mean `/incident resolve`?"),
        ("incident", "checkout is down", "“checkout”", "`/incident help` lists what there is."),
        ("incident", "7kq4", "“7kq4”", "Did you mean `/incident show 7KQ4`?"),
        ("incident", "8X0C status monitoring", "“8X0C”", "Did you mean `/incident status 8X0C monitoring`?"),
        ("incident", "8x0c Monitoring", "“8x0c”", "Did you mean `/incident status 8X0C monitoring`?"),
        ("incident", "8X0C resolve it is fixed", "“8X0C”", "Did you mean `/incident resolve 8X0C it is fixed`?"),
        ("incident", "8X0C resolved", "“8X0C”", "Did you mean `/incident resolve 8X0C …`?"),
        ("incident", "severity 8X0C 2", "“severity”", "Did you mean `/incident sev`?"),
        ("incident", "8X0C closed", "“8X0C”", "Did you mean `/incident close 8X0C`?"),
        ("incident", "8X0C sev2", "“8X0C”", "Did you mean `/incident sev 8X0C 2`?"),
        ("incident", "8X0C duplicate of 7KQ4", "“8X0C”", "Did you mean `/incident duplicate 8X0C of 7KQ4`?"),
        ("incident", "8X0C show", "“8X0C”", "Did you mean `/incident show 8X0C`?"),
        ("incident", "8X0C is fixed", "“8X0C”", "A word comes first, like `/incident note 8X0C …`."),
        ("incident", "8X0C status sideways", "“8X0C”", "A word comes first, like `/incident note 8X0C …`."),
        ("incident", '"open" x', "“open”", "Did you mean `/incident open`?"),
        ("ops", "who", "“who”", "Did you mean `/ops whoami`?"),
        ("health", "promtheus", "“promtheus”", "Did you mean `prometheus`?"),
        ("health", "jsn", "“jsn”", "Did you mean `json`?"),
        ("health", "kubernetes", "“kubernetes”", "There are mongodb, prometheus"),
    ],
)
def test_an_unknown_word_asks_what_was_meant(command: str, text: str, problem: str, remedy: str) -> None:
    """The error points at the word, and names the closest one that there is."""
    error = refusal(lambda: PARSERS[command](text))
    assert problem in error.problem
    assert remedy in error.remedy
    assert error.start == 0
    assert text[error.end :][:1] in (" ", "")


@pytest.mark.parametrize("text", ["show now", "list now"])
def test_words_too_many_are_pointed_at(text: str) -> None:
    """Nothing that was typed is silently left out."""
    error = refusal(lambda: PARSERS["checklist" if text.startswith("show") else "incident"](text))
    assert error.text[error.start : error.end] == text.split(" ")[1]


# Anything at all

PIECES = sorted(
    {verb for verbs in VERBS.values() for verb in verbs} | {"sev1", "7KQ4", "<@U1>", "on-call", "backup", "1,2"}
)
LINES = st.text() | st.lists(st.sampled_from([*PIECES, '"', "“x y”", "\u200b", "?", ",", "@ann"]), max_size=6).map(
    " ".join
)


def outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except (WordError, NotFoundError) as error:
        return error


@settings(deadline=None)
@given(LINES, st.sampled_from(sorted(PARSERS)))
def test_whatever_is_typed_is_a_value_or_an_error_inside_the_text(text: str, name: str) -> None:
    """No text of a person ends in anything but a value of the parser or a sentence for the person."""
    found = outcome(lambda: PARSERS[name](text))
    if isinstance(found, WordError):
        assert found.text == text
        assert 0 <= found.start <= found.end <= len(text)
        assert found.remedy
    else:
        assert isinstance(found, (*get_args(SAID[name]), NotFoundError))


@settings(deadline=None)
@given(LINES)
def test_whatever_is_mentioned_is_a_command_or_an_error(text: str) -> None:
    """A mention ends in a command of the table, or in a sentence."""
    found = outcome(lambda: table.mention(text))
    assert isinstance(found, WordError) or (isinstance(found, tuple) and found[0] in PARSERS)
