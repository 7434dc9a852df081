"""Every view, filled with text that wants to be more than text: no live mention, no masked link, within Slack's limits.

The views are found by themselves, so that a new one is among them; what they take is made from their types.
"""

import importlib
import inspect
import pkgutil
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

import bot.slack.views
from bot.slack.mrkdwn import Mrkdwn, escape, plain, unescape
from bot.slack.views import maintenance
from bot.slack.views.parts import Message
from sandbox.blocks import check_blocks, check_view
from sandbox.rules import check_content
from tests.filling import Filler

FRAGMENTS = (
    "<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S0EVIL>", "<@U0EVIL>", "<#C0EVIL|x>", "@here",
    "<https://evil.example|bank.com>", "https://evil.example", "[bank.com](https://evil.example)", "&lt;!channel&gt;",
    "<", ">", "&", "|", "`", "```", "*", "_", "~", "\n", "> ", "\u202e", "\u200b", "\x00", "🔥", "{}", "{0}", "%s", "a",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=8), min_size=1, max_size=6).map("".join).filter(bool)
# What Slack may interpret: a person or channel by an id of Slack's shape, a moment, a link to http(s).
ALLOWED = re.compile(r"@[UW][A-Z0-9]+|#[CGD][A-Z0-9]+|!date\^\d+\^[^|]*\|[^|]*|https?://[^|\s]+(\|[^|]+)?")
UNFIT = (LookupError, ValueError, ArithmeticError)  # values that fit their types and never come together
EXCUSED: dict[str, str] = {
    "parts.fitting": "it takes a function that builds; every view that uses it is covered",
    "parts.context": "a part of one to ten texts, which those have that use it",
    "parts.fields": "a part of one to ten texts, which those have that use it",
    "maintenance.which_time": "it has two buttons, named by moments: see below",
    "health.preformatted": "it takes the JSON of a report, which as_json makes",
    "home.sheet": "it shows a message of another view, which is covered",
    "ops.giving_back": "it adds what was written, as plain text, to a refusal, which is covered",
    "parts.actions": "a row of buttons with names of their own, which those have that use it",
}
# Shown to one person alone: a person's words, in which the mentions are names and call nobody.
PRIVATE = ("ops.complaint", "timeline.form", "timeline.line", "timeline.newest", "incident.shown")
# Lists that are never longer: the bot's own commands, roles and phases, the moments of a clock that is set back.
FEW = {
    "ops.help_page": 3,
    "escalation.matrix": 3,
    "role.roles": 3,
    "checklist_forms.not_saved": 3,
    "checklist_forms.template_form": 3,
}
LINES = {"checklist_forms.template_form": 200}  # characters of a line, to which the form holds people
LEAST = {"timeline.form": 1, "parts.paragraphs": 1, "checklist.assigned": 4, "checklist.waived": 4}
Renderer = Callable[..., Any]


def renderers() -> dict[str, Renderer]:
    """Every public function of the views."""
    found: dict[str, Renderer] = {}
    for module in pkgutil.iter_modules(bot.slack.views.__path__):
        views = importlib.import_module(f"bot.slack.views.{module.name}")
        for name, function in vars(views).items():
            if inspect.isfunction(function) and not name.startswith("_") and function.__module__ == views.__name__:
                found[f"{module.name}.{name}"] = function
    return found


ALL = renderers()


def interpreted(part: Any) -> Iterator[str]:
    """All texts in a payload that Slack interprets."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str) and part.get("type", "mrkdwn") == "mrkdwn":
            yield part["text"]
        if part.get("type") == "link":
            yield f"<{part['url']}|{part.get('text', 'x')}>"
        if part.get("type") in ("broadcast", "usergroup"):
            yield "<!channel>"
        for value in part.values():
            yield from interpreted(value)
    elif isinstance(part, list):
        for value in part:
            yield from interpreted(value)


def readable(part: Any) -> Iterator[str]:
    """All texts in a payload that people read, whether Slack interprets them or not."""
    if isinstance(part, dict):
        yield from (part[key] for key in ("text", "alt_text") if isinstance(part.get(key), str))
        for value in part.values():
            yield from readable(value)
    elif isinstance(part, list):
        for value in part:
            yield from readable(value)


def must_be_seen(name: str, texts: Iterator[str]) -> None:
    """Nothing that prints nothing, or turns what follows round, so that it reads as something else."""
    for text in texts:
        assert not set("\u202e\u200b\x00") & set(text), (name, text)


def must_be_tame(name: str, texts: Iterator[str]) -> None:
    """No token that pages or leads where a person wanted."""
    for text in texts:
        for token in re.findall(r"<([^<>]*)>", text):
            assert ALLOWED.fullmatch(token), (name, token)
            assert "EVIL" not in token or (name in PRIVATE and token[0] == "@"), (name, token)
            assert "evil" not in token, (name, token)
        assert "<!channel" not in text, (name, text)


def must_fit(name: str, shown: Any) -> None:
    """Slack takes it, and interprets nothing of it that it should not."""
    if isinstance(shown, Message):
        payload = shown.payload()
        check_content(payload)
        must_be_tame(name, interpreted(payload))
        must_be_seen(name, readable(payload))
    elif isinstance(shown, View):
        view = shown.to_dict()
        check_view(view, view["type"])
        must_be_tame(name, interpreted(view))
        must_be_seen(name, readable(view))
    elif isinstance(shown, Block):
        check_blocks([shown.to_dict()])
        must_be_tame(name, interpreted(shown.to_dict()))
        must_be_seen(name, readable(shown.to_dict()))
    elif isinstance(shown, Mrkdwn):
        must_be_tame(name, iter([shown]))
    elif isinstance(shown, list | tuple):
        for one in shown:
            must_fit(name, one)


def rendered(name: str, filler: Filler) -> bool:
    """Whether these values came together; if so, what is shown of them is harmless and fits."""
    positional, named = filler.arguments(ALL[name])
    try:
        shown = ALL[name](*positional, **named)
    except UNFIT:
        return False
    must_fit(name, shown)
    return True


@pytest.mark.long
def test_whatever_text_is_in_it_a_view_pages_nobody_and_fits() -> None:
    """Every view there is, by the rules of the strict sandbox; none is left out without a reason that still stands."""
    covered: set[str] = set()

    @settings(deadline=None, max_examples=12, database=None, derandomize=True, phases=[Phase.generate])
    @given(HOSTILE, st.integers(0, 2**32), st.sampled_from((1, 1, 40, 700)), st.sampled_from((2, 4, 20)))
    def each(text: str, seed: int, times: int, most: int) -> None:
        for name in set(ALL) - set(EXCUSED):
            words = (text * times)[: LINES.get(name, 3_000)]
            rng = random.Random(f"{seed} {name}")
            if rendered(name, Filler(rng, words, min(most, FEW.get(name, most)), LEAST.get(name, 0))):
                covered.add(name)

    each()
    assert set(ALL) - covered == set(EXCUSED)


@settings(deadline=None, max_examples=30, database=None, derandomize=True)
@given(HOSTILE)
def test_the_question_which_moment_is_meant_is_as_tame(text: str) -> None:
    """What was typed stands in the sentence and in the buttons' values."""
    choices = [(f"{hour}:30 UTC", f"schedule {text}"[:2000]) for hour in (0, 1)]
    must_fit("maintenance.which_time", maintenance.which_time(text, choices))


@settings(max_examples=50, database=None)
@given(st.text())
def test_escaping_keeps_what_was_typed(text: str) -> None:
    """What is escaped on the way out is the same text again on the way in, without invisible characters."""
    assert unescape(escape(text)) == plain(text)
    assert not set("<>") & set(escape(text))
