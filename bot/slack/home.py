"""The Home tab in Slack: how a person's page looks, and its publishing."""

import hashlib
import json
from collections.abc import Sequence

from bot.domain.home import Drawing, Page
from bot.domain.outbox import UndeliveredError
from bot.slack.api import Api, SlackError
from bot.slack.directory import Directory
from bot.slack.views import home as view


class HomeScreen:
    """Implements bot.domain.home_desk.Screen. `commands` are names with what each does."""

    def __init__(self, api: Api, directory: Directory, commands: Sequence[tuple[str, str]], version: str) -> None:
        self._api = api
        self._directory = directory
        self._about = view.About(commands, version)

    def drawn(self, page: Page) -> Drawing:
        """See Screen.drawn."""
        blocks = view.blocks(page, self._about, self._directory.link_to)
        shown = [block.to_dict() for block in (*blocks, view.moment(page))]
        mark = hashlib.sha256(json.dumps(shown[:-1], sort_keys=True).encode()).hexdigest()[:24]
        return Drawing(mark, {"type": "home", "blocks": shown})

    async def show(self, who: str, drawing: Drawing) -> None:
        """See Screen.show."""
        try:
            await self._api.patiently("views.publish", user_id=who, view=dict(drawing.content))
        except SlackError as error:
            raise UndeliveredError("unknown", "Slack did not take the Home tab.", "Open it again.") from error
