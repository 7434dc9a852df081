"""A title's stars and backticks are the person's: where it stands alone, Slack makes no formatting of them."""

import json

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
        assert "broken ``` one" in told.shown
        assert "```" not in json.dumps(told.blocks)  # side by side they make a block before anything else is read


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


async def test_a_title_among_other_words_is_formatted_nowhere(world: World) -> None:
    """Lists, search, Home, statistics and key events: what people see is what was typed, notifications included."""
    slack, ann = world.slack, world.ann
    told = await answer(slack, ann, "/incident", f"open sev3 {TITLE}")
    (incident_id,) = ID.findall(told.shown)
    card = await slack.shows(TITLE, "Opened by")
    asked = ("list", "search bold", f"show {incident_id}", f"summary {incident_id}", f"note {incident_id} looking")
    seen = [await answer(slack, ann, "/incident", words) for words in asked]
    await ann.opens_home()
    await slack.until(lambda: ann.home and TITLE in ann.home.shown, "the title in Home")
    assert ann.home
    texts = formatted(ann.home.content["blocks"])
    await answer(slack, ann, "/incident", f"resolve {incident_id} restarted")
    seen.append(await slack.shows("was resolved by", thread=card))
    assert TITLE in seen[-1].text
    texts += [text for post in seen for text in formatted(post.blocks)]
    assert not [text for text in texts if "*bold*" in text or "_x_" in text or "~y~" in text or "`code`" in text]
    assert all(TITLE in post.shown for post in seen)


def formatted(part: object) -> list[str]:
    """All texts in which Slack interprets signs."""
    if isinstance(part, list):
        return [text for one in part for text in formatted(one)]
    if not isinstance(part, dict):
        return []
    own = [str(part["text"])] if part.get("type") == "mrkdwn" else []
    return own + [text for value in part.values() for text in formatted(value)]


async def test_what_is_said_of_a_window_formats_nothing_of_its_title(world: World) -> None:
    """Its scope, its start, a later end, its end, and one that was cancelled: in the thread and in the channel."""
    slack, ann = world.slack, world.ann
    await answer(slack, ann, "/ops", "role tech-lead @ann backup @bob")
    await answer(slack, ann, "/maintenance", f'schedule today 15:00 for 1h "{TITLE}"')
    head = await slack.shows(f"{TITLE}: planned")
    await answer(slack, ann, "/maintenance", "scope MW-20261125-1500 disks")
    scope = await slack.shows("wrote what is to be done", TITLE, thread=head)
    assert TITLE in scope.text
    assert TITLE not in str(formatted(scope.blocks))
    await answer(slack, ann, "/maintenance", "cancel MW-20261125-1500 not now")
    await slack.shows("was cancelled by")
    await answer(slack, ann, "/maintenance", f'schedule today 12:30 for 1h "{TITLE}"')
    await slack.shows("MW-20261125-1230")
    await answer(slack, ann, "/maintenance", "start MW-20261125-1230")
    await slack.shows(f"{TITLE} has started")
    for words in ("extend 30m", "end"):
        await answer(slack, ann, "/maintenance", words)
    await slack.shows(f"{TITLE} has ended")
    said = [post for post in slack.channel().everything if post.by_bot]
    texts = [text for post in said for text in formatted(post.blocks)]
    assert not [text for text in texts if "*bold*" in text or "_x_" in text or "~y~" in text or "`code`" in text]
    for words in ("was cancelled", "has started", "was extended by", "has ended"):
        assert any(TITLE in post.shown and TITLE in post.text and words in post.text for post in said), words
