"""One act of a person as the handlers see it: who, where, and how to answer them privately."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from slack_sdk.models.views import View

from bot.errors import RefusedError
from bot.slack.views.parts import Message

T = TypeVar("T")

PATIENCE = 0.7  # seconds of work before the person is told that it goes on
AGAIN = 3.0  # seconds until they are told what it is at by then
MOST = 3  # times: a response_url may be used five times, and the answer is one of them


class Voice(Protocol):
    """Ways to speak to one person."""

    async def respond(self, url: str, message: Message, *, replacing: bool) -> bool:
        """Answers where the command was typed or the button pressed, seen by that person alone; False if Slack did not
        take it."""

    async def whisper(self, channel: str, who: str, message: Message, thread_ts: str | None) -> bool:
        """Says something in a channel or thread that one person sees; a direct message where that cannot be; False if
        Slack did not take it."""

    async def open_form(self, trigger_id: str, view: View) -> str:
        """Opens a form and returns its id. Raises UserError when the person's click is too long ago."""

    async def lay_over(self, trigger_id: str, message: Message) -> bool:
        """Shows something over the person's Home; False if Slack did not take it, or a form is there already."""

    async def change_form(self, view_id: str, view: View) -> None:
        """Shows something else in a form; nothing happens if the person has closed it."""


@dataclass
class Call:
    """One command, button, form or mention. `is_inside` tells whether it came from the ops channel."""

    voice: Voice
    who: str
    channel: str
    is_inside: bool
    thread_ts: str | None = None
    trigger_id: str = ""
    response_url: str = ""
    command: str = ""
    spoken_words: str = ""
    team: str = ""  # the person's workspace, where Slack says it
    written: tuple[str, ...] = ()  # what Slack does not keep of it: lost with a refusal, were it not given back
    is_app: bool = False
    is_home: bool = False  # a button of the Home, where nobody would see what is said elsewhere
    _is_placeholder: bool = field(default=False, repr=False)

    async def answer(self, message: Message) -> None:
        """Tells the person, and nobody else.

        It asks to take the place of "working on it". For slash commands Slack shows both
        (https://github.com/slackapi/bolt-python/issues/1268), so that is said only when the work takes a while.
        """
        if self.is_home and await self.voice.lay_over(self.trigger_id, message):
            return
        if self.response_url:
            replacing, self._is_placeholder = self._is_placeholder, False
            if await self.voice.respond(self.response_url, message, replacing=replacing):
                return
        await self._whisper(message)

    async def replace(self, message: Message) -> None:
        """Takes the place of the private message whose button was pressed; where that is too long ago, says it anew."""
        if not self.response_url or not await self.voice.respond(self.response_url, message, replacing=True):
            await self._whisper(message)

    async def _whisper(self, message: Message) -> None:
        if not await self.voice.whisper(self.channel, self.who, message, self.thread_ts):
            raise UnsaidError

    async def slowly(self, work: Coroutine[Any, Any, T], meanwhile: Message | Callable[[], Message]) -> T:
        """Waits for `work`; when it takes a while, says `meanwhile`, and again what that has become."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task}, timeout=PATIENCE)
            # Not behind a button: there the response_url would replace the message with the button.
            is_spoken = self.command or not (self.response_url or self.trigger_id)
            if is_spoken and not self._is_placeholder:
                await self._keep_told(task, meanwhile)
            return await task
        finally:
            task.cancel()

    async def _keep_told(self, task: asyncio.Future[T], meanwhile: Message | Callable[[], Message]) -> None:
        told: list[str] = []
        while not task.done() and len(told) < MOST:
            message = meanwhile() if callable(meanwhile) else meanwhile
            if message.text not in told:
                told.append(message.text)
                with suppress(UnsaidError):  # the work goes on whether or not the person hears of it
                    await self.answer(message)
                    self._is_placeholder = True
            await asyncio.wait({task}, timeout=AGAIN)

    def must_be_inside(self) -> None:
        """Lets changes through from the ops channel only. Raises OutsideError."""
        if not self.is_inside:
            raise OutsideError


class UnsaidError(Exception):
    """Slack did not take an answer. What the answer was about is done, or refused, all the same."""


class StaleError(RefusedError):
    """What a button or form carries is not what this version of the bot writes into it."""

    def __init__(self) -> None:
        super().__init__(
            "That belongs to another version of the bot, so nothing was changed.", "`/ops help` lists what to type."
        )


@contextmanager
def reading() -> Iterator[None]:
    """Around the reading of a payload alone, before anything is done. Raises StaleError."""
    try:
        yield
    except (ValueError, KeyError, IndexError) as error:
        raise StaleError from error


class OutsideError(RefusedError):
    """A change was asked for where the others do not see it."""

    def __init__(self) -> None:
        super().__init__("Nothing was changed: changes are made in the ops channel, where everybody sees them.")
