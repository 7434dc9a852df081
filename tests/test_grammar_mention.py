"""Mentions: the words of any command, told apart by what they are."""

from functools import partial

import pytest

from bot.commands import table
from tests.test_grammar import refusal

OPEN = ("INC-20261123-7KQ4", "INC-20261123-AB0C", "INC-20261122-D15K")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("health prometheus", ("health", "prometheus")),
        ("incident open sev1 x", ("incident", "open sev1 x")),
        ("/incident open", ("incident", "open")),
        ("open sev1 it's  down", ("incident", "open sev1 it's  down")),
        ("resolve fixed by restart", ("incident", "resolve fixed by restart")),
        ("done 3", ("checklist", "done 3")),
        ("8x0c note it is the cache", ("incident", "8x0c note it is the cache")),
        ("whoami", ("ops", "whoami")),
        ("help incident", ("ops", "help incident")),
        ("?", ("ops", "?")),
        (", health?", ("health", "")),
        ("", ("ops", "")),
        ("  Health ", ("health", "")),
    ],
)
def test_a_mention_takes_the_words_of_any_command(text: str, wanted: tuple[str, str]) -> None:
    """The command may be left out where only one has the word."""
    assert table.mention(text) == wanted


def test_in_a_commands_own_thread_its_words_come_first() -> None:
    """`note` belongs to two commands, but not in an incident's thread."""
    assert table.mention("note x", here=("incident",)) == ("incident", "note x")
    assert table.mention("note x", here=("checklist",)) == ("checklist", "note x")
    assert table.mention("roles", here=("incident",)) == ("ops", "roles")
    error = refusal(lambda: table.mention("note x"))
    assert error.remedy == (
        "Mention me with `checklist note x` (log a deviation or a remark) or `incident note x` (add to its timeline)."
    )


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("close 7KQ4", "incident"),
        ("close INC-20261124-7KQ4", "incident"),
        ("assign <@U1>", "incident"),
        ("assign 7KQ4 <@U1>", "incident"),
        ("assign 2 <@U1>", "checklist"),
        ("assign 2,3 <@U1> by start", "checklist"),
        ("note INC-20261124-7KQ4 full", "incident"),
        ("show 7KQ4", "incident"),
        ("list sev1", "incident"),
        ("summary 2026-11-28", "maintenance"),
        *((text, None) for text in ("close", "assign", "note 7KQ4 full", "show", "summary", "start", "close it")),
    ],
)
def test_a_word_of_several_commands_is_told_apart_by_what_follows(text: str, command: str | None) -> None:
    """Outside a thread: where only one can take the words, it is that one; else each way is spelled out."""
    if command is not None:
        assert table.mention(text) == (command, text)
        return
    remedy = refusal(lambda: table.mention(text)).remedy
    spelled = [row.name for row in table.COMMANDS if f"`{row.name} {text}` (" in remedy]
    assert len(spelled) == 2


WINDOW_S = ("maintenance", "checklist")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("close", "checklist"), ("close it", "checklist"), ("close them", "checklist"), ("close 7KQ4", "incident"),
        ("close INC-20261124-7KQ4", "incident"), ("close 9ZZ9", "incident"),
        ("start", "maintenance"), ("start MW-20261128-0200", "maintenance"), ("end", "maintenance"),
        ("show", "checklist"), ("show 7KQ4", "incident"), ("list", "maintenance"), ("list sev1", "incident"),
        ("summary", "maintenance"), ("summary 0200", "maintenance"), ("summary 7KQ4", "incident"),
        ("note Loki is slow", "checklist"), ("note DB01 is slow", "checklist"), ("note 500s are gone", "checklist"),
        ("note 7KQ4 is this", "incident"), ("note INC-20261123-7KQ4 is this", "incident"),
        ("assign 2 <@U1>", "checklist"), ("assign <@U1>", "checklist"), ("assign 7KQ4 <@U1>", "incident"),
        ("done 3", "checklist"), ("resolve 7KQ4 a restart", "incident"), ("open sev2 x", "incident"),
        ("incident resolve a restart", "incident"), ("search loki", "incident"), ("export", "incident"),
    ],
)  # fmt: skip
def test_in_a_window_s_thread_its_own_words_come_first_where_they_fit(text: str, command: str) -> None:
    """With an incident's ID behind them they are the incident's; a known one also begins a note to it."""
    known = OPEN if "7KQ4" in text else ()
    assert table.mention(text, WINDOW_S, known)[0] == command


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("close", "incident"), ("note MW-20261128-0200", "incident"), ("summary", "incident"),
        ("summary 2026-11-28", "maintenance"), ("assign <@U1>", "incident"), ("assign 2 <@U1>", "checklist"),
        ("done 3", "checklist"), ("list", "incident"), ("end MW-20261128-0200", "maintenance"),
        ("maintenance end", "maintenance"), ("skip 2099-12-26 holidays", "maintenance"),
    ],
)  # fmt: skip
def test_in_an_incident_s_thread_its_own_words_come_first_where_they_fit(text: str, command: str) -> None:
    """What only a window or a checklist can mean is theirs."""
    assert table.mention(text, ("incident",))[0] == command


@pytest.mark.parametrize(
    ("text", "here", "remedy"),
    [
        ("end", ("incident",), "`maintenance end`"),
        ("cancel false alarm", ("incident",), "`maintenance cancel false alarm`"),
        ("rollback no logs", ("incident",), "`maintenance rollback no logs`"),
        ("lesson be quick", ("incident",), "`checklist lesson be quick`"),
        ("resolve a restart", WINDOW_S, "`incident resolve a restart`"),
        ("status identified", WINDOW_S, "`incident status identified`"),
        ("take", WINDOW_S, "`incident take`"),
    ],
)
def test_nothing_of_another_kind_is_changed_from_a_thread_without_naming_it(
    text: str, here: tuple[str, ...], remedy: str
) -> None:
    """`cancel false alarm` below an incident must not call Saturday off: it is said how to say it."""
    error = refusal(lambda: table.mention(text, here))
    assert "This thread is" in error.problem
    assert error.remedy == f"If you mean it, mention me with {remedy}."


def test_a_long_or_odd_text_is_not_repeated() -> None:
    """It could break out of the code that shows it, and the answer is to stay short."""
    for odd in ("x" * 200, "`rm`"):
        assert "`incident note …`" in refusal(partial(table.mention, f"note {odd}")).remedy


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("opne x", "Did you mean `open`?"),
        ("/helth", "Did you mean `health`?"),
        ("monitoring", "Did you mean `status monitoring`?"),
        ("Resolved it was the cache", "Did you mean `resolve TEXT`?"),
        ("sev1", "Did you mean `sev 1`?"),
        ("sev1 checkout is down", "Did you mean `open sev1 …`?"),
        ("post-mortem", "Did you mean `summary`?"),
        ("thank you", "Mention the bot with `help`, which lists what there is."),
    ],
)
def test_a_mention_with_an_unknown_word_says_what_there_is(text: str, remedy: str) -> None:
    """The closest word of all commands, else where the list is."""
    assert refusal(lambda: table.mention(text)).remedy == remedy
