"""A title's stars and backticks are the person's: where it stands alone, Slack makes no formatting of them."""

from sandbox.sight import Post
from tests.asking import answer
from tests.test_incident import ID
from tests.world import World

TITLE = "*bold* _x_ ~y~ and `code`"


def plain_texts(post: Post) -> list[str]:
    """The texts of its blocks in which Slack interprets nothing."""
    texts = [block["text"] for block in post.blocks if "text" in block]
    return [str(text["text"]) for text in texts if text["type"] == "plain_text"]


async def test_backticks_of_one_title_do_not_swallow_what_stands_below_it(world: World) -> None:
    """In a list three of them in one title would pair with those of another, and make code of the lines between."""
    for title in ("broken ``` one", "well", "broken ``` two"):
        await answer(world.slack, world.ann, "/incident", f"open sev3 {title}")
    listed = await answer(world.slack, world.ann, "/incident")
    found = await answer(world.slack, world.ann, "/incident", "search broken")
    for told in (listed, found):
        assert "broken ``’ one" in told.shown
        assert "```" not in str(told.raw)


async def test_a_title_reads_as_it_was_written_where_it_stands_alone(world: World) -> None:
    """On the card, in `show`, in the draft of a summary and in the one that is posted."""
    told = await answer(world.slack, world.ann, "/incident", f"open sev3 {TITLE}")
    (incident_id,) = ID.findall(told.shown)
    card = await world.slack.shows(TITLE, "Opened by")
    shown = await answer(world.slack, world.ann, "/incident", f"show {incident_id}")
    draft = await answer(world.slack, world.ann, "/incident", f"summary {incident_id}")
    await world.ann.clicks("Post", draft)
    posted = await world.slack.shows(f"Summary of {incident_id}", thread=card)
    for post in (card, shown, draft, posted):
        assert TITLE in plain_texts(post)
