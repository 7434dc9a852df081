"""Events that come again: after eleven minutes, across a restart, and first seen as what Slack calls a second try."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from faults import acts
from faults.checker import Findings, Promises, check
from faults.clocks import own_clock
from faults.rig import Rig, rig
from sandbox.delivery import Retry, UnansweredError
from sandbox.records import Json
from sandbox.sight import Post

LATE = "+11m"  # later than Slack's last try of its own
FIRST, SECOND = Retry(), Retry(1, "timeout")


async def run(rounds: int) -> Findings:
    """Each round: a mention and a message, once; again at once; eleven minutes later; and again after a kill -9."""
    found = Findings()
    async with rig(1, **own_clock()) as built:
        clock = built.bots.folder / "clock"
        for number in range(rounds):
            clock.write_text("+0\n", "utf-8")
            promises = Promises()
            standing, _ = await acts.opens(built, f"standing {number}")
            parent = await built.slack.until(partial(acts.card, built, standing), "the card")
            told = await acts.answer(built, built.slack.person("ann"), "/incident", f"show {standing}")
            written = await built.slack.person("bob").writes(f"message {number}", thread=parent)
            promises.written.append(written)
            event = _mention(parent, number)
            first = SECOND if number % 2 else FIRST  # its first try was lost on the way
            await _sent(built, event, first)
            found.add(await check(built, promises))
            await _sent(built, event, Retry(2, "timeout"))
            clock.write_text(f"{LATE}\n", "utf-8")
            await _sent(built, event, Retry(3, "timeout"))
            await _sent(built, _of(written), Retry(3, "timeout"))
            await built.bots.kill()
            await built.start()
            await _sent(built, event, Retry(3, "timeout"))
            await _sent(built, _of(written), Retry(3, "timeout"))
            await built.slack.settled(0.5)
            found.add(await check(built, promises))
            found.add(await _counted(built, number, told[0]))
    return found


async def _sent(built: Rig, event: Json, retry: Retry) -> None:
    with suppress(UnansweredError):  # no matter whether it is taken, but what comes of it
        await built.slack.delivery.line.send("events_api", event, retry)


def _mention(parent: Post, number: int) -> Json:
    """The event of Bob's mention that opens an incident."""
    ts = f"{float(parent.ts) + 500 + number:.6f}"
    text = f"<@U0OPSBOT> incident sev3 mentioned {number}"
    said = {"type": "app_mention", "channel": parent.channel, "user": "U0BOB", "text": text, "ts": ts, "event_ts": ts}
    return _event(f"Ev0MENTION{number}", said)


def _of(written: Post) -> Json:
    """The event of a message that is in a thread, as if Slack had not heard that it arrived."""
    said = {"type": "message", "channel": written.channel, "channel_type": "channel", "user": "U0BOB"}
    place = {"ts": written.ts, "event_ts": written.ts, "thread_ts": written.thread_ts}
    return _event(f"Ev0AGAIN{written.ts}", {**said, **place, "text": written.text})


def _event(event_id: str, event: Json) -> Json:
    ids = {"event_id": event_id, "team_id": "T0SANDBOX", "api_app_id": "A0OPSBOT"}
    return {"type": "event_callback", **ids, "event_time": int(datetime.now(UTC).timestamp()), "event": event}


async def _counted(built: Rig, number: int, before: str) -> Findings:
    """One incident of the mention, and one answer to it."""
    found = Findings(expected=2)
    title = f"mentioned {number}"
    made = await built.documents("incidents", title=title)
    if not made:
        found.lost.append(title)
    if len(made) > 1:
        found.doubled.append(f"{title}: {[one['_id'] for one in made]}")
    told = [post for post in built.slack.person("bob").ephemerals if made and made[0]["_id"] in post.shown]
    if len(told) > 1:
        found.doubled.append(f"{title} was answered {len(told)} times")
    if not before:
        found.wrong.append("a question was not answered")
    return found
