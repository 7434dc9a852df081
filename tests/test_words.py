"""A command's text and its words: nothing is lost, nothing is forged, and every error points inside the text."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands.words import closest, is_blank, key, shown, title, typed, words
from bot.errors import WordError

# Free text, and text made of what trips parsers: quotes of every kind, tokens, entities, joiners.
ANY = st.text() | st.text(alphabet="ab \n\t\"'“”‘’«»„<>@#!|&;U1C.:/-\u200b\u200d👩🚒", max_size=60)
TOKEN = re.compile(r"<(?:@|#|!subteam\^)[^<>]*>")


def texts(command: str) -> list[str]:
    return [word.text for word in words(command).words]


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# Words and their places


@settings(deadline=None)
@given(ANY)
def test_no_text_breaks_the_words_and_none_of_it_is_lost(text: str) -> None:
    """Any text is cut; words lie in order and what is between them is white space."""
    line = words(text)
    at = 0
    for word in line.words:
        assert at <= word.start < word.end <= len(text)
        assert not text[at : word.start].strip()
        inner = text[word.start + 1 : word.end - 1] if word.quoted else text[word.start : word.end]
        assert word.text == inner
        at = word.end
    assert not text[at:].strip()


@settings(deadline=None)
@given(ANY)
def test_free_text_is_kept_exactly(text: str) -> None:
    """The rest after a word is what was typed; only the space around it and one pair of quotes are gone."""
    rest = words(f"note {text}").rest(1)
    wanted = text.strip()
    assert rest.text == wanted or (rest.quoted and rest.text == wanted[1:-1])
    assert rest.line[rest.start : rest.end] == wanted


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ('a "b c" d', ["a", "b c", "d"]),
        ("a 'b c' d", ["a", "b c", "d"]),
        ("a “b c” d", ["a", "b c", "d"]),
        ("a ‘b c’ d", ["a", "b c", "d"]),
        ("a «b c» d", ["a", "b c", "d"]),
        ("a “b c“ d", ["a", "b c", "d"]),
        ("it's down, isn't it", ["it's", "down,", "isn't", "it"]),
        ("it’s down", ["it’s", "down"]),
        ('say "hello', ["say", '"hello']),
        ("'tis the season", ["'tis", "the", "season"]),
        ('a 6" disk', ["a", '6"', "disk"]),
        ('"it\'s down" now', ["it's down", "now"]),
        ('"a"b c" d', ['a"b c', "d"]),
        ('""', [""]),
        ("a\u00a0b\u3000c", ["a", "b", "c"]),
        ("", []),
    ],
)
def test_quotes_group_words_and_apostrophes_do_not(command: str, wanted: list[str]) -> None:
    """A quote counts at the edges of a word, and only if it is closed."""
    assert texts(command) == wanted


def test_a_page_of_lone_quotes_is_cut_in_one_go() -> None:
    """Unclosed quotes are looked for once: once for each of them would take minutes."""
    assert len(words("'a \"b “c " * 20_000).words) == 60_000


def test_free_text_that_is_not_all_in_quotes_keeps_them() -> None:
    """Only a pair round the whole text is taken away."""
    assert words('note "a" and "b"').rest(1).text == '"a" and "b"'
    assert words('note  "a and b" ').rest(1).text == "a and b"
    assert words("note two\n\nlines ").rest(1).text == "two\n\nlines"
    assert words("note").rest(1).text == ""


def test_words_are_compared_without_case_dashes_and_invisible_characters() -> None:
    """What phones do to a word does not change it."""
    assert key("Open\u200b") == key("OPEN:") == key("ｏｐｅｎ") == "open"
    assert key("—help") == key("–help") == "-help"
    assert key("?") == "?"


# The door


@pytest.mark.parametrize(
    ("delivered", "wanted"),
    [
        ("a &lt; b &amp;&amp; c &gt; d", "a < b && c > d"),
        ("&amp;lt;", "&lt;"),
        ("&amp;amp;lt;", "&amp;lt;"),
        ("ask <@U1|ann>", "ask <@U1>"),
        ("ask <@U1>", "ask <@U1>"),
        ("<!subteam^S1|@ops>", "<!subteam^S1|@ops>"),
        ("<!subteam^S1|on call>", "<!subteam^S1>"),
        ("in <#C1|general>", "in #general"),
        ("in <#C1>", "in <#C1>"),
        ("in <#C1|>", "in <#C1>"),
        ("<!here> look", "@here look"),
        ("<!channel|channel>", "channel"),
        ("see <https://a.example/?x=1&amp;y=2>", "see https://a.example/?x=1&y=2"),
        ("<http://a.example|a.example> is down", "a.example is down"),
        ("<https://evil.example|bank.example>", "bank.example (https://evil.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("literally &lt;@U1&gt;", "literally < @U1>"),
        ("literally &lt;!channel&gt;", "literally <!channel>"),
        ("literally &lt;!subteam^S1&gt;", "literally < !subteam^S1>"),
        ("&lt;b&gt; and a&lt;!b", "<b> and a<!b"),
        ("raw < and > stay", "raw < and > stay"),
    ],
)
def test_what_slack_delivers_reads_as_it_was_typed(delivered: str, wanted: str) -> None:
    """Escapes are undone once; mentions stay mentions, links and channels read as text."""
    assert typed(delivered) == wanted


@settings(deadline=None)
@given(ANY)
def test_nothing_that_is_typed_letter_by_letter_becomes_a_mention(text: str) -> None:
    """Slack escapes what a person types, so no token can come out; all else comes out as it went in."""
    out = typed(escaped(text))
    assert not TOKEN.search(out)
    assert out == re.sub(r"<(?=(?:@|#|!subteam\^)[^<>]*>)", "< ", text)


@settings(deadline=None)
@given(ANY, ANY, ANY)
def test_only_slacks_own_mentions_come_out_as_mentions(before: str, label: str, after: str) -> None:
    """Neither a link's label nor the text around a token can build one more."""
    link = f"<https://x.example|{escaped(label).replace('|', '')}>"
    out = typed(f"{escaped(before)}{link}<#C1|C1>{escaped(after)}<@U7|ann>{escaped(before)}")
    assert TOKEN.findall(out) == ["<@U7>"]


# Titles


def test_a_title_is_one_clean_line() -> None:
    """White space is collapsed; controls, zero-width and bidirectional characters are dropped; emoji stay whole."""
    assert title("  checkout\n\tis\u200b \u202edown\u0007 ") == "checkout is down"
    assert title("🔥") == "🔥"
    assert title("👩\u200d🚒 called") == "👩\u200d🚒 called"
    assert title("a\u200db é\u200d x\u200cé \x80\u200cé") == "ab é xé é"
    assert title("x" * 150) == "x" * 150


@pytest.mark.parametrize(
    "empty", ["", "   ", "\u200b\u200b", "\u2800", "\u3164 \u00ad", "\u200d\u200d\u200d", "\u0301", "\ufe0f"]
)
def test_a_title_that_shows_nothing_is_refused(empty: str) -> None:
    """Text of invisible characters alone is no title."""
    with pytest.raises(WordError, match="The title is empty"):
        title(empty)


def test_a_title_that_is_too_long_is_refused_with_the_limit() -> None:
    """The sentence names the length, the limit and where the rest goes; the place is that of the title."""
    line = words("open " + "x" * 5000)
    with pytest.raises(WordError) as caught:
        title(line.rest(1))
    assert str(caught.value) == "The title has 5,000 characters; 150 is the most. Put the rest in the thread."
    assert (caught.value.start, caught.value.end) == (5, 5005)


@settings(deadline=None)
@given(ANY)
def test_every_title_is_clean_or_refused(text: str) -> None:
    """Whatever is typed, a title is one visible line within the limit, and cleaning it again changes nothing."""
    try:
        clean = title(text)
    except WordError:
        return
    assert 1 <= len(clean) <= 150
    assert clean == " ".join(clean.split()) == title(clean)
    assert not is_blank(clean)


# Did you mean


def test_the_closest_word_is_offered_or_none() -> None:
    """A beginning of one choice is that choice; else the most similar; nothing like it is nothing."""
    choices = ("prometheus", "mongodb", "loki", "grafana")
    assert closest("prom", choices) == "prometheus"
    assert closest("grafna", choices) == "grafana"
    assert closest("MONGO", choices) == "mongodb"
    assert closest("kubernetes", choices) is None
    assert closest("x" * 100_000, choices) is None
    assert closest("", choices) is None


def test_a_long_word_is_shown_cut() -> None:
    """A sentence of ours stays short whatever was typed."""
    assert shown("x" * 5000) == "“" + "x" * 39 + "…”"
    assert shown("a\u202eb") == "“ab”"
