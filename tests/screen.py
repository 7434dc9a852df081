"""A screen that lags behind: what a person does on a message that has changed since."""

import copy

from sandbox.payloads import Payloads
from sandbox.people import Person
from sandbox.sight import Post
from sandbox.slack import Slack
from sandbox.values import action_of, interactive, options_of, value_of


class Screen:
    """A message with tick boxes as one client showed it at some moment; it hears of nothing that comes later."""

    def __init__(self, slack: Slack, person: Person, card: Post) -> None:
        self._slack = slack
        self._person = person
        self._card = card
        self._blocks = copy.deepcopy(card.blocks)
        self._selected = {number for block, _ in interactive(self._blocks) for number in _initially(block)}

    async def presses(self, number: str) -> None:
        """A click on the box of an item, whatever it shows."""
        self._selected ^= {number}
        for block, element in interactive(self._blocks):
            values = [option["value"] for option in options_of(element)]
            if number in values:
                chosen = value_of(element, [value for value in values if value in self._selected])
                action = action_of(block, element, chosen, self._slack.workspace.next_ts())
        url = self._slack.hooks.issue(self._person.id, self._card.channel, self._card.raw)
        payload = Payloads(self._slack.workspace).message_action(self._person.id, self._card.raw, action, url)
        await self._slack.delivery.ask("interactive", payload)


def _initially(block: dict[str, list[dict[str, list[dict[str, str]]]]]) -> list[str]:
    return [option["value"] for option in block["elements"][0].get("initial_options", ())]
