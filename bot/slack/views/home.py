"""The app's Home tab: what is open and whose, who is on call, the next window, the services, what can be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, ButtonElement, ContextBlock, PlainTextObject
from slack_sdk.models.views import View

from bot.domain.checklist import Checklist
from bot.domain.home import Facts, Page
from bot.domain.incident import Incident
from bot.domain.role import Role
from bot.domain.window import Phase, Window
from bot.domain.wording import counted
from bot.slack.mrkdwn import Mrkdwn, both, joined, link, local, mrkdwn, person
from bot.slack.views import freeze as freeze_view
from bot.slack.views import role as role_view
from bot.slack.views.parts import Message, actions, context, header, one_line, paragraphs, section, titled
from bot.slack.views.window import period, what_is_planned

OPEN_INCIDENT = "home_open_incident"
HEALTH = "home_health"
CHECKLIST = "home_checklist"
SCHEDULE = "home_schedule"

LISTED = 20  # incidents; all texts together stay below what Slack takes
TITLE = 150
ITEMS = 5
FREEZES = 4
BESIDE = 3
SERVICES = 20
CAUSE = 160

Link = Callable[[str, str], str]


@dataclass(frozen=True)
class About:
    """What the bot can do (a command and its summary each), and which version of it runs."""

    commands: Sequence[tuple[str, str]]
    version: str


def blocks(page: Page, about: About, link_to: Link) -> list[Block]:
    """One person's Home but for the moment. `link_to` makes the address of a message, or nothing."""
    facts = page.facts
    shown: list[Block] = [section(_away(facts))] if facts.is_away else []
    shown.append(actions(_buttons()))
    shown += [header(_open(facts)), *paragraphs(_incidents(page, link_to))]
    shown += [header("Who is on call"), *_roles(page)]
    shown += [header("Maintenance"), *paragraphs(_maintenance(page, link_to))]
    shown += [header("Services"), *paragraphs(_services(facts))]
    shown += [header("What you may do"), section(_rights(page))]
    shown += [header("What you can type"), *paragraphs([mrkdwn("`{}`  {}", *each) for each in about.commands])]
    shown.append(context(mrkdwn("Ops Bot {} · this page follows what happens, within a minute", about.version)))
    return shown


def moment(page: Page) -> ContextBlock:
    """When the page was drawn."""
    return context(mrkdwn("As of {}", both(page.now)))


def _buttons() -> list[ButtonElement]:
    return [
        _button("Open an incident", OPEN_INCIDENT, "danger"),
        _button("Ask all services", HEALTH),
        _button("Show the checklist", CHECKLIST),
        _button("Schedule a window", SCHEDULE),
    ]


def _button(label: str, action_id: str, style: str | None = None) -> ButtonElement:
    return ButtonElement(text=PlainTextObject(text=label), action_id=action_id, style=style)


def _away(facts: Facts) -> Mrkdwn:
    if facts.incidents is None:
        return Mrkdwn("*MongoDB does not answer.* What is below is all that is known without it.")
    return mrkdwn("*MongoDB does not answer.* Below is what was known at {}; it may be out of date.", both(facts.at))


def _open(facts: Facts) -> str:
    if not facts.incidents:
        return "Open incidents"
    return f"Open incidents: {len(facts.incidents)}"


def _incidents(page: Page, link_to: Link) -> list[Mrkdwn]:
    if page.facts.incidents is None:
        return [Mrkdwn("MongoDB does not answer, so the incidents cannot be listed.")]
    if not page.facts.incidents:
        return [Mrkdwn("None.")]
    mine = page.mine[:LISTED]
    others = page.others[: LISTED - len(mine)]
    lines = [Mrkdwn("*Yours*")] if mine else []
    lines += [_incident(one, link_to) for one in mine]
    if mine and others:
        lines.append(Mrkdwn("*Others*"))
    lines += [mrkdwn("{} · {}", _incident(one, link_to), person(one.owner)) for one in others]
    left = len(page.facts.incidents) - len(mine) - len(others)
    return [*lines, mrkdwn("… and {} more: `/incident` lists all.", left)] if left else lines


def _incident(incident: Incident, link_to: Link) -> Mrkdwn:
    url = link_to(incident.channel, incident.card_ts or "")
    return mrkdwn(
        "*{}* {} · {} · {}",
        link(url, incident.id) if url else incident.id,
        incident.severity.upper(),
        titled(incident.title, TITLE),
        incident.status,
    )


def _roles(page: Page) -> list[Block]:
    holders = page.facts.holders
    if holders is None:
        return [section(Mrkdwn("MongoDB does not answer, so it is not known here who has which role."))]
    first = sorted(holders, key=lambda holder: holder.role is not Role.ON_CALL)
    return paragraphs([role_view.line(holder, page.now) for holder in first])


def _maintenance(page: Page, link_to: Link) -> list[Mrkdwn]:
    facts, window = page.facts, page.facts.window
    lines = [
        _window(page, window),
        mrkdwn("For you: {} to {}", local(window.start), local(window.end)),
    ]
    if window.scope:
        lines.append(mrkdwn("What is done: {}", one_line(window.scope.text, 300)))
    if what := what_is_planned(window, 300):
        lines.append(what)
    if page.awaits_approval:
        lines.append(
            mrkdwn("*It waits for your word*: `/maintenance approve {}`, or `reject` with a reason.", window.id)
        )
    if facts.incidents is not None:
        lines += _checklist(page, facts.checklist, link_to)
    lines += [_window(page, one) for one in facts.beside[:BESIDE]]
    freezes = [freeze_view.line(freeze) for freeze in facts.freezes[:FREEZES]]
    more = len(facts.freezes) - len(freezes)
    return [
        *lines,
        *freezes,
        *([mrkdwn("… and {}: `/maintenance`.", counted(more, "more freeze"))] if more > 0 else []),
    ]


def _window(page: Page, window: Window) -> Mrkdwn:
    phase = window.phase(page.now)
    state = f"{phase}, being rolled back" if window.rolled_back and phase is Phase.UNDER_WAY else str(phase)
    return mrkdwn("*{}* {} · {}: {}", window.id, titled(window.title, TITLE), period(window), state)


def _checklist(page: Page, checklist: Checklist | None, link_to: Link) -> list[Mrkdwn]:
    if checklist is None:
        return [Mrkdwn("Its checklist is not posted yet.")]
    url = link_to(checklist.channel, checklist.ts or "")
    name = link(url, "Its checklist") if url else Mrkdwn("Its checklist")
    closed = ", closed" if checklist.closed_at else ""
    lines = [mrkdwn("{}: {} of {} done{}.", name, checklist.done, len(checklist.items), closed)]
    for item in page.items[:ITEMS]:
        due = mrkdwn(", due {}", both(item.due)) if item.due else Mrkdwn("")
        lines.append(mrkdwn("• Yours: {}. {}{}", item.number, one_line(item.text, TITLE), due))
    if len(page.items) > ITEMS:
        lines.append(mrkdwn("• … and {} more of yours.", len(page.items) - ITEMS))
    return lines


def _services(facts: Facts) -> list[Mrkdwn]:
    tracks = sorted(facts.watch.tracks, key=lambda one: one.service) if facts.watch else []
    if not tracks:
        return [Mrkdwn("Nothing is known of them yet; *Ask all services* does it now.")]
    cases = {case.service: case for outage in facts.watch.outages for case in outage.down} if facts.watch else {}
    up = [track.service for track in tracks if track.is_up]
    lines = []
    for track in [one for one in tracks if not one.is_up][:SERVICES]:
        case = cases.get(track.service)
        cause = mrkdwn(": {}", one_line(case.cause, CAUSE)) if case and case.cause else Mrkdwn("")
        state = case.state if case else "down"
        lines.append(mrkdwn(":x: *{}* is {} since {}{}", track.service, state, both(track.since), cause))
    if not lines:
        return [mrkdwn(":white_check_mark: All {} are up: {}.", len(up), ", ".join(up[:SERVICES]))]
    return [*lines, mrkdwn(":white_check_mark: Up: {}.", ", ".join(up[:SERVICES]))] if up else lines


def _rights(page: Page) -> Mrkdwn:
    everybody = Mrkdwn("Open incidents, write notes, tick the checklist, escalate: everybody may.")
    if page.facts.holders is None:
        return everybody
    if not page.roles:
        parts = [Mrkdwn("You have no role, so maintenance and other people's incidents are for those above.")]
    else:
        named = joined(" and ", [mrkdwn("*{}*", role) for role in page.roles])
        parts = [mrkdwn("As {} you may also plan and run maintenance, steer every incident and silence alerts.", named)]
        parts += [mrkdwn("{}: {}.", role, role.duties) for role in page.roles if role is not Role.ON_CALL]
    if page.may_assign:
        parts.append(Mrkdwn("You may hand out roles: `/ops role on-call @who`."))
    return joined("\n", [everybody, *parts])


def sheet(title: str, message: Message) -> View:
    """An answer to a button of the Home, laid over it: there is no channel to answer in."""
    return View(type="modal", title=PlainTextObject(text=title), close="Close", blocks=list(message.blocks))
