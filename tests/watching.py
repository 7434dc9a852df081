"""What the tests of watching share: bots that watch from their start, and the messages of outages."""

from collections.abc import Mapping
from dataclasses import replace

from sandbox.sight import Post
from sandbox.slack import Slack
from tests.impatience import NEVER
from tests.world import WATCHING, World


class Watched(World):
    """A world whose bots watch from their start; if they need not, they do not tidy up meanwhile."""

    def __init__(self, slack: Slack, mongodb_url: str, settings: Mapping[str, str], *, tidies: bool = True) -> None:
        super().__init__(slack, mongodb_url, settings)
        self.tempo = replace(WATCHING, tidy=WATCHING.tidy if tidies else NEVER)

    async def __aenter__(self) -> "Watched":
        await super().__aenter__()
        await self.rounds()
        return self

    async def rounds(self, count: int = 2) -> None:
        """Waits for so many more rounds."""
        before = len(await self.documents("health"))
        for _ in range(count):
            await self.round()
        await self.stored("health", before + count)


def outages(slack: Slack) -> list[Post]:
    """What the channel has been told of outages."""
    posts = slack.channel("#ops-shared").by_bot
    return [post for post in posts if (post.metadata or {}).get("event_type") == "opsbot_alert"]


async def told(slack: Slack, text: str) -> Post:
    """The only message of an outage, once it begins like this."""
    await slack.until(lambda: [post for post in outages(slack) if post.text.startswith(text)], text, within=8.0)
    (post,) = outages(slack)
    return post
