"""A window's summary as Markdown, for the runbook; what people wrote cannot change its structure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.domain.checklist import Remark
from bot.domain.markdown import inline, is_one_line, link, quoted
from bot.domain.window_summary import WindowSummary, Yes, compared, lacked, timing


def markdown(summary: WindowSummary, names: Mapping[str, str]) -> str:
    """The whole of it; `names` has people's names by their user ids."""
    held = summary.held

    def who(user: str) -> str:
        return inline(names.get(user) or user)

    def given(approvals: Sequence[Yes]) -> str:
        return ", ".join(f"{inline(yes.role)} {who(yes.by)}" for yes in approvals)

    lines = [f"# {inline(held.id)}: {inline(held.title)}", ""]
    extended = f", extended to {_at(held.end)}" if held.planned_end else ""
    lines.append(f"- **Planned:** {_at(held.start)} to {_at(held.planned_end or held.end)}{extended}")
    lines.append(f"- **Held:** {_at(held.began)} to {_at(held.ended)} ({timing(held)})")
    for one in held.earlier:
        lines += _text("Scope at first", one.scope)
        lines.append(f"- **Approved by:** {given(one.approvals)}")
    lines += _text("Scope", held.scope or held.without_scope)
    if held.scope:
        missing = "".join(f", not by {one}" for one in lacked(held))
        lines.append(f"- **Approved by:** {f'{given(held.approvals)}{missing}' if held.approvals else 'nobody'}")
    for no in held.rejections:
        lines += _text(f"Rejected {_at(no.at)} by {who(no.by)}", no.reason)
        lines += _text("The scope that was rejected", no.scope)
        lines += [f"- **Approved until then by:** {given(no.until_then)}"] if no.until_then else []
    for label, text in (
        ("Frozen", held.frozen), ("Excepted from the freeze", held.excepted), ("Rolled back", held.rolled_back),
    ):  # fmt: skip
        lines += _text(label, text) if text else []
    lines += ["", "## Checklist", ""]
    if summary.ticks is None:
        lines.append("There was none.")
    else:
        lines.append(f"{summary.ticks.done} of {summary.ticks.total} items done.")
        lines += _list("Open", summary.ticks.open_items) + _list("Waived", summary.ticks.waived)
    lines += _remarks("Deviations", summary.deviations, names) + _remarks("Lessons", summary.lessons, names)
    lines += ["", "## Incidents", ""]
    lines += [
        f"- {link(one.url, one.id)} {inline(one.severity)} {inline(one.title)} ({inline(one.status)})"
        + (f", also during {', '.join(one.also)}" if one.also else "")
        for one in summary.incidents
    ] or ["None was opened during it."]
    lines += ["", "## Health", ""]
    lines += [f"- {inline(line)}" for line in compared(summary.before, summary.after, summary.dips)]
    if summary.firing is not None:
        lines += ["", "## Still firing", ""]
        lines += [f"- {inline(one)}" for one in summary.firing] or ["Nothing."]
    return "\n".join([*lines, "", f"As of {_at(summary.at)}.", ""])


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _text(label: str, text: str) -> list[str]:
    if is_one_line(text):
        return [f"- **{label}:** {inline(text)}"]
    return [f"- **{label}:**", "", *quoted(text, "    "), ""]


def _list(label: str, items: Sequence[str]) -> list[str]:
    return ["", f"{label}:", "", *(f"- {inline(item)}" for item in items)] if items else []


def _remarks(title: str, remarks: Sequence[Remark], names: Mapping[str, str]) -> list[str]:
    lines = ["", f"## {title}", ""]
    for remark in remarks:
        head = f"- **{_at(remark.at)}** {inline(names.get(remark.who) or remark.who)}:"
        lines += (
            [f"{head} {inline(remark.text)}"]
            if is_one_line(remark.text)
            else [head, "", *quoted(remark.text, "    "), ""]
        )
    return lines if remarks else [*lines, "None was noted."]
