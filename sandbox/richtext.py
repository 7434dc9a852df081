"""The structure of rich_text blocks. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block"""

from sandbox.elements import ID, URL
from sandbox.shapes import Rule, any_value, boolean, integer, many, matching, one_of, shape, string, typed

_STYLE = shape(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink"), boolean
    ),
)


def _leaf(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    return shape({"type": any_value, **required}, {"style": _STYLE, **(optional or {})})


_LEAVES: dict[str, Rule] = {
    "text": _leaf({"text": string(40_000)}),
    "user": _leaf({"user_id": matching(r"[UW][A-Z0-9]+", "a valid user id")}),
    "channel": _leaf({"channel_id": matching(r"[CDG][A-Z0-9]+", "a valid channel id")}),
    "usergroup": _leaf({"usergroup_id": matching(r"S[A-Z0-9]+", "a valid user group id")}),
    "link": _leaf({"url": URL}, {"text": string(40_000), "unsafe": boolean}),
    "emoji": _leaf({"name": string(100)}, {"unicode": string(100), "skin_tone": integer(1, 6)}),
    "broadcast": _leaf({"range": one_of("here", "channel", "everyone")}),
    "color": _leaf({"value": matching(r"#[0-9a-fA-F]{6}", "a hex colour")}),
    "date": _leaf(
        {"timestamp": integer(0, 99_999_999_999), "format": string(1000)}, {"url": URL, "fallback": string(1000)}
    ),
    "team": _leaf({"team_id": string(20)}),
}
_LINE = many(typed(_LEAVES), 0, 1000)
_WRITTEN = many(typed({kind: _LEAVES[kind] for kind in ("text", "link")}), 0, 1000)
_BORDER = {"border": integer(0, 1)}
_SECTION = shape({"type": any_value, "elements": _LINE})
_PARTS: dict[str, Rule] = {
    "rich_text_section": _SECTION,
    "rich_text_list": shape(
        {
            "type": any_value,
            "style": one_of("bullet", "ordered"),
            "elements": many(typed({"rich_text_section": _SECTION}), 1, 1000),
        },
        {"indent": integer(0, 8), "offset": integer(0, 10_000), **_BORDER},
    ),
    "rich_text_quote": shape({"type": any_value, "elements": _LINE}, _BORDER),
    "rich_text_preformatted": shape({"type": any_value, "elements": _WRITTEN}, {**_BORDER, "language": string(50)}),
}
RICH_TEXT: Rule = shape({"type": any_value, "elements": many(typed(_PARTS), 1, 1000)}, {"block_id": ID})
