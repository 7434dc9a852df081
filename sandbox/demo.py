"""`python -m sandbox.demo`: a Saturday in two minutes, played in the sandbox and told in the terminal."""

from sandbox.early import end_quietly

if __name__ == "__main__":
    end_quietly()

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Sequence

import aiohttp

from sandbox.__main__ import Piece, run, tell
from sandbox.mongo import MongodError
from sandbox.records import CannotError, Json
from sandbox.stage import Stage

# A window of a minute, announced half a minute ahead, instead of one of four hours, announced a day ahead.
AHEAD, LENGTH = 45, 55
SETTINGS = {
    "MAINTENANCE_WINDOW": "Sat 02:00-06:00 UTC",
    "ANNOUNCE_BEFORE": "30s,10s",
    "ENDING_SOON": "15s",
    "HEALTH_INTERVAL": "5s",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Plays it. Returns 1 if a step did not happen."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.demo", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=0, help="of the page (any free one)")
    parser.add_argument("--ends", action="store_true", help="end with the play instead of at Ctrl-C")
    asked = parser.parse_args(argv)
    try:
        return asyncio.run(run(asked.port, Piece(SETTINGS, play, ends=asked.ends)))
    except (MongodError, OSError, OverflowError) as error:
        sys.stderr.write(f"The demo cannot start: {error}\n")
        return 1


async def play(url: str) -> None:
    """The whole Saturday."""
    told = Narrator()
    told.says(f"The workspace is at {url} : open it and be Ann, Bob, Cyd or Dee while they work.")
    async with aiohttp.ClientSession() as session:
        stage = Stage(session, url)
        await roles(stage, told)
        window = await planned(stage, told)
        await announced(stage, told, window)
        await begun(stage, told, window)
        await incident(stage, told)
        await ended(stage, told, window)
    told.says(f"That was the Saturday. The workspace stays open to look at: {url}")
    tell("           Look at Home, the window's thread, the incident's card; type something. Ctrl-C ends everything.")


class Narrator:
    """Tells what happens, each with the seconds since the beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def says(self, sentence: str) -> None:
        """One sentence."""
        passed = int(time.monotonic() - self._began)
        tell(f"[{passed // 60}:{passed % 60:02d}]     {sentence}")


async def roles(stage: Stage, told: Narrator) -> None:
    """Who has which role."""
    for role, who in (("on-call", "@ann backup @cyd"), ("tech-lead", "@bob"), ("duty-officer", "@cyd")):
        await stage.types("ann", f"/ops role {role} {who}", f"{role} is now")
    told.says("Ann, who administers the bot, hands out the roles: she is on call, Bob leads, Cyd is the duty officer.")


async def planned(stage: Stage, told: Narrator) -> str:
    """A window with a scope that the tech lead has approved; its ID."""
    command = f"/maintenance schedule in {AHEAD}s for {LENGTH}s Upgrade Loki"
    answer = await stage.types("ann", command, "is scheduled")
    found = re.search(r"MW-\d{8}-\d{4}", answer["text"])
    if found is None:
        raise CannotError(f"no window was scheduled: {answer['text']}")
    window = found[0]
    told.says(f"Ann plans the window {window} and says what is done in it: Loki goes to 3.2.")
    await stage.types("ann", f"/maintenance scope {window} Upgrade Loki to 3.2", "is in the channel")
    scope = await stage.shows("Upgrade Loki to 3.2", "Approve")
    await stage.presses("ann", "Approve", scope)
    await stage.until("ann", "a refusal", lambda state: _refusal(stage, state))
    told.says("She tries to approve it herself, and is told that this takes the tech lead.")
    await stage.presses("bob", "Approve", scope)
    await stage.shows("Its scope is approved by the tech lead")
    told.says("Bob presses Approve below it.")
    return window


def _refusal(stage: Stage, state: Json) -> Json | None:
    return next((one for one in stage.private(state) if "tech lead" in one["text"]), None)


async def announced(stage: Stage, told: Narrator, window: str) -> None:
    """The rungs ahead of it; its checklist, with what is done before."""
    await stage.shows("Upgrade Loki", f"({window}) is planned", within=AHEAD)
    told.says(
        "The bot announces the window, half a minute ahead here, a day ahead in earnest, and posts its checklist."
    )
    checklist = await stage.shows(f"Checklist of {window}", "Snapshot configs")
    await stage.ticks("cyd", "Snapshot configs", checklist)
    await stage.shows(f"Checklist of {window}", "done by <@U0CYD>")
    told.says("Cyd has taken the snapshots and ticks the box; everybody sees the name beside it.")
    await stage.types("ann", "/checklist done 3", "Done: 3.")
    await stage.shows("Upgrade Loki starts at", ", in ", within=AHEAD)
    told.says("Ann ticks the rollback plan by command. The second announcement goes to the thread and the channel.")


async def begun(stage: Stage, told: Narrator, window: str) -> None:
    """It begins by the clock."""
    await stage.shows("Upgrade Loki has started", within=AHEAD)
    told.says("The window begins by the clock, since its scope is approved.")
    await stage.types("ann", "/checklist done 4", "Done: 4.")
    await stage.shows(f"Checklist of {window}", "4. done by <@U0ANN>")
    told.says("Ann carries out the steps and ticks them.")


async def incident(stage: Stage, told: Narrator) -> None:
    """Loki breaks, is worked on, and comes back."""
    await stage.switches("loki", "refuse")
    told.says("Loki does not come back after the upgrade.")
    outage = await stage.shows("loki is down", "Open incident")
    told.says("The bot noticed, asked once more, and tells the window's thread.")
    await stage.presses("cyd", "Open incident", outage)
    card = await stage.shows("loki", "Take it", "investigating")
    name = _id_of(card)
    told.says(f"Cyd presses Open incident: {name} is on its card in the channel.")
    await stage.presses("ann", "Take it", card)
    await stage.shows(name, "Owner: <@U0ANN>")
    await stage.writes("ann", "The index has an old schema, migrating it.", card)
    await stage.writes("ann", "@Ops Bot status monitoring", card)
    await stage.shows(name, "*monitoring*")
    told.says("Ann takes it, writes in its thread what she finds, and sets it to monitoring: the thread is the record.")
    await stage.switches("loki", "up")
    await stage.shows("loki is up again")
    told.says("Loki answers again; outage and timeline say so.")
    await stage.writes("ann", "@Ops Bot resolve migrated the index", card)
    await stage.shows(name, "*resolved*")
    told.says("Ann resolves it from the thread. The channel hears of it once.")
    await stage.shows("Incident ", name, "was opened during this window")


def _id_of(card: Json) -> str:
    found = re.search(r"INC-\d{8}-\w{4}", str(card["text"]))
    if found is None:
        raise CannotError(f"the card tells no ID: {card['text']}")
    return found[0]


async def ended(stage: Stage, told: Narrator, window: str) -> None:
    """The last rung, the end, the summary."""
    await stage.shows("Upgrade Loki ends at", within=LENGTH)
    told.says("The bot says that the window ends soon.")
    await stage.types("ann", f"/maintenance end {window}", f"{window} is over")
    told.says("Ann ends it.")
    await stage.shows("Upgrade Loki: summary", "Upgrade Loki to 3.2")
    told.says("The summary is in the thread and the channel: times, scope, approval, ticks, the incident, health.")


if __name__ == "__main__":
    sys.exit(main())
