"""Documents and buttons of an older version: what the first bots wrote, and values that today's buttons do not have."""

import asyncio
from collections.abc import Iterator

from faults import acts
from faults.checker import ID, Findings, Promises, check
from faults.kills import port
from faults.rig import Rig, rig
from sandbox.delivery import UnansweredError
from sandbox.payloads import Payloads
from sandbox.records import Json
from sandbox.sight import Post

# What came after the first version of each document, by collection; `list.$[].field` is of each in a list.
LATER = {
    "incidents": (
        "began cause lesson duplicate_of joined acknowledged_at resolved_at closed_at snoozed_until reminded_at"
        " asked_at resolved_by status_set severity_set owner_set quote words active_at reasons_set said endings indexed"
    ),
    "timeline": "thread first_text edits files edited_at deleted_at url added_by",
    "checklists": (
        "thread_ts window_start window_end template closed_by closed_at closed_reason items.$[].tag items.$[].evidence"
        " items.$[].assignee items.$[].due_rule items.$[].due items.$[].waived_by items.$[].waived items.$[].waived_at"
        " items.$[].hands_off items.$[].doubted_at notes.$[].kind"
    ),
    "windows": (
        "kind state version by made_at actual_start actual_end planned_end scope frozen exemption rolled_back rounds"
        " incident_id moved_from moved_to successor acts untold owed head"
    ),
    "announcements": "version rung due",
    "roles": " ".join(
        f"{role}.{field}"
        for role in ("tech-lead", "on-call", "duty-officer")
        for field in ("owner_group", "backup_group", "rotation", "version")
    ),
    "alerts": "members.$[].missed_at",
    "outbox": "good_until",
    "audit": "",
    "summaries": "",
    "escalations": "",
    "freezes": "",
}
IN_LISTS = {
    "incidents": ("untold", "said"),
    "checklists": ("items", "notes"),
    "windows": ("acts",),
    "alerts": ("members",),
    "escalations": ("steps",),
}
NEWER = "of_the_next_version"  # a field that this bot does not know: another bot was here for a while
QUESTIONS = (
    ("/incident", ""), ("/incident", "list all"), ("/incident", "show {}"), ("/incident", "search standing"),
    ("/incident", "stats 30d"), ("/incident", "summary {}"), ("/checklist", ""), ("/maintenance", ""),
    ("/maintenance", "calendar"), ("/ops", "roles"), ("/ops", "alerts"), ("/ops", "audit 20"), ("/ops", "doctor"),
    ("/ops", "runbook"), ("/escalate", ""), ("/health", ""),
)  # fmt: skip
CHANGES = (
    ("/incident", "note {} again {n}"), ("/incident", "status {} identified"), ("/incident", "sev {} 2"),
    ("/incident", "update {} it goes on {n}"), ("/incident", "assign {} @cyd"), ("/escalate", "{} nobody is here"),
    ("/incident", "resolve {} by hand"), ("/incident", "reopen {}"), ("/incident", "resolve {} again"),
    ("/incident", "close {}"), ("/checklist", "done 2"), ("/checklist", "undo 1"), ("/checklist", "note read"),
    ("/maintenance", "scope of an old window"), ("/maintenance", "cancel 2099-12-26 not needed"),
    ("/ops", "role on-call @cyd backup @bob"),
)  # fmt: skip
GONE = "INC-20200101-0000"
FAULT = "Something went wrong in the bot"
UNKNOWN = "I know no incident"
UNEXPECTED = '"unexpected error"'


async def run(rounds: int) -> Findings:
    """Each round: everything is made, aged while no bot runs, then asked for, clicked on and changed."""
    found = Findings()
    async with rig() as built:
        for number in range(rounds):
            promises = Promises()
            incident_id = await _made(built, number, promises)
            await built.bots.terminate()
            await aged(built)
            await built.start()
            logged = _complaints(built)
            await _asked(built, QUESTIONS, incident_id, number, found)
            await _pressed(built, found)
            await _asked(built, CHANGES, incident_id, number, found)
            await acts.writes(built, incident_id, f"after {number}", promises)
            found.add(await check(built, promises))
            if new := _complaints(built)[len(logged) :]:
                found.wrong += [line[:300] for line in new]
    return found


async def _made(built: Rig, number: int, promises: Promises) -> str:
    """One of everything; the ID of the incident."""
    ann = built.slack.person("ann")
    incident_id, _ = await acts.opens(built, f"standing {number}")
    await acts.notes(built, incident_id, f"note {number}", promises)
    await acts.writes(built, incident_id, f"message {number}", promises)
    await acts.notifies(port(built), f"Alert{number}", promises)
    for command, words in (
        ("/ops", "role tech-lead @ann backup @bob"),
        ("/ops", "role on-call @bob backup @cyd"),
        ("/checklist", "start"),
        ("/checklist", "done 1"),
        ("/checklist", "note slow today"),
        ("/maintenance", f"schedule 2099-12-{20 + number % 10} 02:00 UTC for 1h Upgrade {number}"),
        ("/maintenance", "freeze 2099-11-01..2099-11-02 a holiday"),
        ("/incident", f"assign {incident_id} @bob"),
        ("/incident", f"summary {incident_id}"),
    ):
        await acts.answer(built, ann, command, words)
    await check(built, promises)
    return incident_id


async def aged(built: Rig) -> None:
    """All documents become what the first version would have written, with one field of the next."""
    database = built.database.get_default_database()
    for name, fields in LATER.items():
        for field in fields.split():
            listed = field.partition(".$[]")[0]
            where: Json = {listed: {"$type": "array"}} if listed != field else {}
            await database[name].update_many(where, {"$unset": {field: ""}})
        if name != "audit":  # its chain tells of every change, as it should
            await database[name].update_many({}, {"$set": {NEWER: 1}})
        for listed in IN_LISTS.get(name, ()):
            there = {listed: {"$type": "object"}}  # of its elements
            await database[name].update_many(there, {"$set": {f"{listed}.$[].{NEWER}": 1}})


async def _asked(
    built: Rig, lines: tuple[tuple[str, str], ...], incident_id: str, number: int, found: Findings
) -> None:
    for command, words in lines:
        said = words.replace("{}", incident_id).replace("{n}", f"{number}")
        told, acked = await acts.answer(built, built.slack.person("ann"), command, said)
        found.took(acked)
        found.expected += 1
        if not told or FAULT in told or UNKNOWN in told:
            found.wrong.append(f"{command} {said}: {told[:200] or 'no answer'}")


async def _pressed(built: Rig, found: Findings) -> None:
    """Every button that is to be seen, with values that it does not have today: all are acknowledged."""
    ann = built.slack.person("ann")
    for post in _shown(built):
        for block, element in _elements(post):
            for value in _values(str(element.get("value", ""))):
                action = {"type": "button", "action_id": element["action_id"], "block_id": block, "action_ts": "1.0"}
                url = built.slack.hooks.issue(ann.id, post.channel, post.raw)
                make = Payloads(built.slack.workspace)
                found.expected += 1
                before = len(ann.ephemerals)
                try:
                    payload = make.message_action(ann.id, post.raw, {**action, "value": value}, url)
                    found.took((await built.slack.delivery.ask("interactive", payload)).seconds)
                except UnansweredError as error:
                    found.wrong.append(f"{element['action_id']} {value!r}: {error.reason}")
                await asyncio.sleep(0.05)  # some are answered by what changes, and nothing tells which
                found.wrong += [
                    f"{element['action_id']} {value!r}" for one in ann.ephemerals[before:] if FAULT in one.shown
                ]
                built.slack.workspace.modals.clear()
    ephemerals = built.slack.workspace.ephemerals
    ephemerals[:] = [one for one in ephemerals if GONE not in f"{one.text}{one.blocks}"]  # nobody was promised that one


def _shown(built: Rig) -> list[Post]:
    """The newest of each kind of message with buttons: they differ by their actions."""
    every = [*built.slack.channel().by_bot, *built.slack.person("ann").ephemerals]
    for parent in built.slack.channel().everything:
        every += [post for post in built.slack.thread(parent).replies if post.by_bot]
    return list({tuple(one["action_id"] for _, one in _elements(post)): post for post in every}.values())


def _elements(post: Post) -> Iterator[tuple[str, Json]]:
    for block in post.blocks:
        beside = [block["accessory"]] if "accessory" in block else []
        for element in [*block.get("elements", ()), *beside]:
            if element.get("type") == "button" and "url" not in element:
                yield block.get("block_id", "old"), element


def _values(value: str) -> tuple[str, ...]:
    """Of a version whose values had less, more, or something else in them."""
    first = value.split(" ", maxsplit=1)[0]
    gone = ID.sub(GONE, value)
    return tuple(dict.fromkeys(("old", f"{value} and more", gone, *((first,) if " " in value else ()))))


def _complaints(built: Rig) -> list[str]:
    return [line for line in built.bots.log.read_text(errors="replace").splitlines() if UNEXPECTED in line]
