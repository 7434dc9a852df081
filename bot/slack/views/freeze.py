"""What is said of freezes: that one begins or ends, and the answers to whoever makes or lifts one."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.clock import spelled, utc
from bot.domain.freeze import Freeze, FreezeRung
from bot.domain.freeze_desk import Frozen
from bot.domain.window import Window
from bot.slack.mrkdwn import Mrkdwn, both, joined, local, mrkdwn, person
from bot.slack.views.parts import Message, brief, context, said, section
from bot.slack.views.window import period


def told(rung: FreezeRung, late: timedelta) -> Message:
    """A freeze begins or ends."""
    freeze = rung.freeze
    if rung.name == "start":
        text = mrkdwn(
            "A freeze begins, no maintenance until {}: {}", utc(freeze.end), brief(freeze.reason, 500)
        )  # fmt: skip
    elif freeze.lifted_at:
        by = person(freeze.lifted_by)
        text = mrkdwn("The freeze was lifted by {} ({}): {}", by, utc(freeze.over_at), brief(freeze.reason, 500))
    else:
        text = mrkdwn("The freeze has ended ({}): {}", utc(freeze.over_at), brief(freeze.reason, 500))
    if late:
        text += mrkdwn(" (This announcement is {} late.)", spelled(late))
    moment = freeze.end if rung.name == "start" else freeze.over_at
    return Message(text, (section(text), context(mrkdwn("{} · for you {}", freeze.id, local(moment)))))


def made(frozen: Frozen) -> Message:
    """The answer to whoever made a freeze."""
    freeze = frozen.freeze
    text = mrkdwn("{} is set: {} to {}.", freeze.id, both(freeze.start), both(freeze.end))
    lines = [mrkdwn("{} Its start and its end are announced.", text)]
    if frozen.windows or not frozen.excepted:
        lines.append(mrkdwn("{}", _inside(frozen.windows)))
    if frozen.excepted:
        held = "Excepted already, so held in spite of it: {}. `/maintenance cancel WINDOW REASON` calls one off."
        lines.append(mrkdwn(held, _ids(frozen.excepted)))
    if frozen.under_way:
        going_on = "Under way already, so not stopped by it: {}; their threads are told."
        lines.append(mrkdwn(going_on, _ids(frozen.under_way)))
    return said(joined(" ", lines))


def lifted(freeze: Freeze, windows: Sequence[Window]) -> Message:
    """The answer to whoever lifted one."""
    if not windows:
        return said(mrkdwn("{} is lifted.", freeze.id))
    return said(mrkdwn("{} is lifted. In its time there are: {}.", freeze.id, _ids(windows)))


def line(freeze: Freeze) -> Mrkdwn:
    """A freeze in a list."""
    text = "*{}* freeze · {} to {} · {}"
    return mrkdwn(text, freeze.id, utc(freeze.start), utc(freeze.over_at), brief(freeze.reason, 300))


def _inside(windows: Sequence[Window]) -> str:
    if not windows:
        return "No window that is planned lies in it."
    listed = "; ".join(f"{window.id} ({period(window)})" for window in windows[:5])
    listed += f" and {len(windows) - 5} more" if len(windows) > 5 else ""
    return f"Not held because of it: {listed}. `/maintenance except WINDOW REASON` makes an exception."


def _ids(windows: Sequence[Window]) -> str:
    listed = ", ".join(window.id for window in windows[:5])
    return f"{listed} and {len(windows) - 5} more" if len(windows) > 5 else listed
