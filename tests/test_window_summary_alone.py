"""Summaries of windows in words and as Markdown, without Slack and MongoDB."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.checklist import Kind, Phase, Remark
from bot.domain.checklist_template import GUIDE, Line, Place, Start, started
from bot.domain.health import Reading, State
from bot.domain.window import Window
from bot.domain.window_summary import (
    Dip,
    During,
    Held,
    Snapshot,
    Ticks,
    WindowSummary,
    Yes,
    compared,
    in_a_sentence,
    ticks_of,
    timing,
)
from bot.domain.window_summary_markdown import markdown
from bot.slack.views import window_summary as view
from sandbox.blocks import check_blocks

START = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)
END = START + timedelta(hours=4)
HELD = Held("MW-20261128-0200", "Weekly maintenance", START, END, "C0OPS", "1.0")


def snapshot(at: datetime = START, **states: State) -> Snapshot:
    """Services in these states; those that are not up say why."""
    readings = (
        Reading(name, state, 0.1, "" if state is State.UP else "no answer", at) for name, state in states.items()
    )
    return Snapshot(at, tuple(readings))


UP, DOWN, OFF = State.UP, State.DOWN, State.OFF


def test_health_is_compared_in_words() -> None:
    """One line if all is well, else a line for each service that was not, and one for the others."""
    assert compared(snapshot(loki=UP, llm=OFF), snapshot(loki=UP, llm=OFF)) == [
        "The one service was up before and after."
    ]
    assert compared(snapshot(loki=UP, llm=UP), snapshot(loki=UP, llm=UP)) == ["Both services were up before and after."]
    assert compared(snapshot(loki=UP, llm=UP, grafana=DOWN), snapshot(loki=DOWN, llm=UP, grafana=UP)) == [
        "loki: up before, down (no answer) after (worse).",
        "llm: up before and after.",
        "grafana: down (no answer) before, up after (better).",
    ]
    assert compared(snapshot(loki=UP, mongodb=UP, llm=UP), snapshot(loki=DOWN, mongodb=UP, llm=UP)) == [
        "loki: up before, down (no answer) after (worse).",
        "mongodb, llm: up before and after.",
    ]
    assert compared(snapshot(loki=DOWN), snapshot(loki=DOWN)) == ["loki: down (no answer) before and after."]
    assert compared(snapshot(loki=OFF), snapshot(loki=UP)) == ["loki: up at the end."]
    assert compared(None, snapshot(loki=UP)) == ["Not checked at the start.", "loki: up at the end."]
    assert compared(snapshot(loki=UP), None) == ["Not checked at the end."]
    assert compared(snapshot(loki=OFF), snapshot(loki=OFF)) == ["No services are switched on."]


def test_what_was_down_in_between_is_told_too() -> None:
    """Two looks, before and after, do not see it; the rounds of watching do."""
    before, after = snapshot(loki=UP, llm=UP), snapshot(loki=UP, llm=UP)
    first = START + timedelta(minutes=10)
    dips = [Dip("loki", first, first + timedelta(minutes=3), 3, 240)]
    assert compared(before, after, dips) == [
        "loki: up before and after. In between (2026-11-28 02:10 to 02:13 UTC) it was not up in 3 of 240 checks.",
        "llm: up before and after.",
    ]
    assert compared(before, after, [Dip("llm", first, first, 1, 1)])[1] == (
        "llm: up before and after. In between (2026-11-28 02:10 UTC) it was not up in 1 of 1 check."
    )
    assert (
        " (2026-11-28 02:10 UTC) it was"
        in compared(before, after, [Dip("llm", first, first + timedelta(seconds=20), 2, 3)])[1]
    )
    summary = WindowSummary(held=HELD, at=END, before=before, after=after, dips=tuple(dips))
    assert in_a_sentence(summary).endswith("all services up again")
    for shown in (str(view.posted(summary).payload()), markdown(summary, {})):
        assert "not up in 3 of 240 checks" in shown


def test_an_emergency_without_a_scope_is_not_called_idle() -> None:
    """Work was done, or it would not have been declared: its incident says which."""
    summary = WindowSummary(held=replace(HELD, incident_id="INC-20261128-7KQ4"), at=END)
    for shown in (str(view.posted(summary).payload()), markdown(summary, {})):
        assert "none was written; it was about INC-20261128-7KQ4" in shown
        assert "no work planned" not in shown


def test_the_actual_times_are_compared_with_the_plan() -> None:
    """Early, late or as planned; less than a minute is no difference."""
    assert timing(HELD) == "as planned"
    near = replace(HELD, actual_start=START + timedelta(seconds=3), actual_end=END)
    assert timing(near) == "as planned"
    moved = replace(HELD, actual_start=START - timedelta(minutes=10), actual_end=END + timedelta(minutes=90))
    assert timing(moved) == "began 10 min early, ended 1 h 30 min late"


def test_ticks_name_what_is_open_and_what_was_waived() -> None:
    """The item that the summary itself does counts as done, unless it was waived."""
    window = Window(HELD.id, START, END, HELD.title)
    lines = (Line(Phase.DURING, "Work"), Line(Phase.AFTER, "Look"), Line(Phase.TELLING, "Sum up", "summary"))
    checklist = started(replace(GUIDE, lines=lines), Start(window, Place("C0OPS"), "U0BOB", START, {}))
    work, look, sum_up = checklist.items
    assert ticks_of(checklist) == Ticks(1, 3, ("1. Work", "2. Look"))
    waived = replace(look, waived_by="U0ANN", waived="off tonight")
    after = replace(checklist, items=(replace(work, done_by="U0BOB"), waived, sum_up))
    assert ticks_of(after) == Ticks(2, 3, (), ("2. Look (off tonight)",))


def full() -> WindowSummary:
    """One in which everything happened, written by people who try things."""
    bad = "# <!channel> [x](http://evil) | `a`\n- b"
    remark = Remark("U0ANN", START, bad)
    return WindowSummary(
        held=replace(
            HELD, scope=bad, approvals=(Yes("tech-lead", "U0BOB"),), frozen="year end", excepted=bad, rolled_back=bad
        ),
        at=END,
        ticks=Ticks(1, 3, ("2. " + bad,), ("3. " + bad,)),
        deviations=(remark,) * 30,
        lessons=(replace(remark, kind=Kind.LESSON),),
        incidents=tuple(
            During(f"INC-20261128-AAA{n}", bad, "SEV2", "closed", "https://x.slack.com/a") for n in range(30)
        ),
        before=snapshot(loki=UP),
        after=snapshot(END, loki=DOWN),
        firing=(bad,),
    )


def test_the_markdown_has_everything_and_keeps_its_structure() -> None:
    """What people wrote is neither a heading, a link, a list nor a cell; names stand for ids."""
    text = markdown(full(), {"U0ANN": "Ann_A", "U0BOB": "Bob"})
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# MW-20261128-0200: Weekly maintenance",
        "## Checklist", "## Deviations", "## Lessons", "## Incidents", "## Health", "## Still firing",
    ]  # fmt: skip
    assert "- **Approved by:** tech-lead Bob" in text
    assert "Ann\\_A:" in text
    assert "<!channel>" not in text
    assert "[x](" not in text
    assert text.count("[INC-20261128-AAA") == 30
    assert "loki: up before, down (no answer) after (worse)." in text
    assert text.endswith("As of 2026-11-28 06:00 UTC.\n")
    quiet = markdown(WindowSummary(HELD, END), {})
    for words in (
        "no work planned",
        "There was none.",
        "None was noted.",
        "None was opened",
        "Not checked at the end.",
    ):
        assert words in quiet
    assert "Still firing" not in quiet


def test_what_there_was_none_of_is_one_line() -> None:
    """A quiet window's summary is short; what there was has its own paragraph, and is not denied."""
    quiet = WindowSummary(HELD, END, Ticks(12, 12), before=snapshot(loki=UP), after=snapshot(END, loki=UP), firing=())
    blocks = view.posted(quiet).payload()["blocks"]
    assert [block["text"]["text"] for block in blocks[2:-1]] == [
        "*Checklist* 12 of 12 done",
        "*Health* The one service was up before and after.",
        "No deviations, lessons, incidents or alerts still firing.",
    ]
    remark = Remark("U0ANN", START, "Loki was slow")
    some = replace(quiet, ticks=None, deviations=(remark,), firing=None)
    assert "No checklist, lessons or incidents." in str(view.posted(some).payload())
    assert "No lessons." in str(view.posted(replace(full(), lessons=())).payload())
    assert "'No " not in str(view.posted(full()).payload())


def test_the_message_fits_slack_and_pages_nobody() -> None:
    """However much happened; what is left out is counted."""
    summary = replace(full(), ticks=Ticks(0, 40, tuple(f"{n}. " + "&" * 200 for n in range(40)), ("<" * 300,) * 40))
    summary = replace(
        summary,
        deviations=(Remark("U0ANN", START, "&" * 3000),) * 30,
        lessons=(Remark("U0ANN", START, "<" * 3000),) * 30,
    )
    summary = replace(summary, held=replace(summary.held, scope="&" * 1500), firing=("&" * 500,) * 40)
    for message in (view.posted(summary), view.coordination(summary, "https://x.slack.com/a")):
        check_blocks(message.payload()["blocks"])
        assert "<!" not in str(message.payload()).replace("<!date", "")
    assert "… and 20 more." in str(view.posted(full()).payload())
    assert view.posted(full()).text == (
        "Weekly maintenance (MW-20261128-0200) is over: 1 of 3 items done, 30 incidents, rolled back, "
        "not all services are up."
    )
    assert in_a_sentence(WindowSummary(HELD, END)) == "no checklist, no incident"
