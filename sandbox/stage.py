"""People on the page's own HTTP interface: they act, and look until something is there."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import aiohttp

from sandbox.records import CannotError, Json

LOOK_EVERY = 0.2  # seconds
PATIENCE = 20.0


class Stage:
    """One running sandbox. Whoever acts is a short name, as `ann`; each method raises CannotError if it cannot be."""

    def __init__(self, session: aiohttp.ClientSession, url: str, channel: str = "ops-shared") -> None:
        self._session = session
        self._url = url
        self._channel = channel

    # Acts

    async def types(self, who: str, command: str, answer: str) -> Json:
        """A slash command, and the private answer to it, which must have these words."""
        seen = {one["ts"] for one in self.private(await self.state(who))}
        await self._act(who, "says", channel=await self._channel_id(), text=command)
        return await self.until(who, f"“{answer}” as the answer to {command}", lambda state: newest(
            [one for one in self.private(state) if one["ts"] not in seen], answer
        ))  # fmt: skip

    async def writes(self, who: str, text: str, thread: Json) -> None:
        """A message in a thread."""
        where = thread["thread_ts"] or thread["ts"]
        await self._act(who, "writes", channel=await self._channel_id(), text=text, thread_ts=where)

    async def presses(self, who: str, label: str, message: Json) -> None:
        """A button of a message."""
        for block in message["blocks"] or ():
            for element in block.get("elements", ()):
                if element.get("type") == "button" and element["text"]["text"] == label:
                    await self._clicks(who, message, block, element, None)
                    return
        raise CannotError(f"the message has no button “{label}”: {message['text']}")

    async def ticks(self, who: str, text: str, message: Json) -> None:
        """A box of a message."""
        for block in message["blocks"] or ():
            for element in block.get("elements", ()):
                for option in element.get("options") or ():
                    if element["type"] == "checkboxes" and text in option["text"]["text"]:
                        ticked = [one["value"] for one in element.get("initial_options") or ()]
                        await self._clicks(who, message, block, element, [*ticked, option["value"]])
                        return
        raise CannotError(f"the message has no box “{text}”: {message['text']}")

    async def switches(self, service: str, state: str) -> None:
        """Breaks a service, or mends it."""
        await self._posted("/sandbox/services", {"name": service, "state": state})

    # Looks

    async def shows(self, *words: str, within: float = PATIENCE) -> Json:
        """The newest message in the channel or a thread that everybody sees, once one has all these words."""
        return await self.until("ann", f"a message with {words}", lambda state: newest(_public(state), *words), within)

    async def until(self, who: str, what: str, found: Callable[[Json], Json | None], within: float = PATIENCE) -> Json:
        """What is found in what somebody sees."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            if (there := found(await self.state(who))) is not None:
                return there
            await asyncio.sleep(LOOK_EVERY)
        raise CannotError(f"waited {within:g} s for {what}")

    async def state(self, who: str) -> Json:
        """Everything that somebody sees."""
        async with self._session.get(f"{self._url}/sandbox/state", params={"as": _id(who)}) as answer:
            state: Json = await answer.json()
            return state

    def private(self, state: Json) -> list[Json]:
        """What only this person sees in the channel."""
        return [one for one in _messages(state) if one["ephemeral"]]

    async def _channel_id(self) -> str:
        state = await self.state("ann")
        return next(str(one["id"]) for one in state["channels"] if one["name"] == self._channel)

    async def _clicks(self, who: str, message: Json, block: Json, element: Json, value: Any) -> None:
        container = {"type": "message", "channel": message["channel"], "ts": message["ts"]}
        place = {"block_id": block["block_id"], "action_id": element["action_id"]}
        await self._act(who, "clicks", container=container, **place, value=value)

    async def _act(self, who: str, act: str, **more: Any) -> None:
        await self._posted("/sandbox/act", {"as": _id(who), "act": act, **more})

    async def _posted(self, path: str, body: Json) -> None:
        async with self._session.post(f"{self._url}{path}", json=body) as answer:
            told = await answer.json()
        if not told["ok"]:
            raise CannotError(f"{body} was refused: {told['error']}")


def _id(who: str) -> str:
    return f"U0{who.upper()}"


def _messages(state: Json) -> Iterator[Json]:
    for channel in state["channels"]:
        yield from channel["messages"]
    for replies in state["threads"].values():
        yield from replies


def _public(state: Json) -> list[Json]:
    return [one for one in _messages(state) if not one["ephemeral"]]


def newest(messages: list[Json], *words: str) -> Json | None:
    """The newest that has all the words, in its text or its blocks."""
    said = sorted(messages, key=lambda one: str(one["ts"]))
    return next((one for one in reversed(said) if all(word in _said(one) for word in words)), None)


def _said(message: Json) -> str:
    return f"{message['text']}\n{json.dumps(message['blocks'], ensure_ascii=False)}"
