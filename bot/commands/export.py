"""`/incident export [ID] [markdown|json]`: an incident as files; both of them if no format is said."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.commands import ids
from bot.commands.grammar import Usage
from bot.commands.words import Line, shown

FORMATS = ("markdown", "json")
_FORMATS = {"markdown": "markdown", "md": "markdown", "json": "json"}

# Some of them would pass for the end of an ID.
_OTHERS = ("pdf", "csv", "html", "txt", "text", "doc", "docx", "xml", "yaml", "yml")

USAGE = Usage(
    "export [ID] [markdown|json]", "all of it as files in its thread, for the runbook", "export 7KQ4", "export"
)


@dataclass(frozen=True)
class Export:
    """Give an incident (None: the thread's, or the only one open) as files in these formats, of FORMATS."""

    id: str | None = None
    formats: tuple[str, ...] = FORMATS


def export(line: Line, _: Collection[str]) -> Export:
    """An ID and a format, in any order, or one of them, or neither."""
    line.no_more_than(3)
    found: str | None = None
    formats: tuple[str, ...] = ()
    for word in line.words[1:]:
        form, named = _FORMATS.get(word.key), None if word.key in _OTHERS else ids.ending(word.text)
        if form and not formats:
            formats = (form,)
        elif form or (found and named):
            raise word.wrong(f"{shown(word.text)} is one too many.", "Say one ID and one format, or leave them out.")
        elif named:
            found = named
        else:
            problem = f"{shown(word.text)} is neither an incident's ID nor a format."
            remedy = "The formats are `markdown` and `json`; write it like `export 7KQ4` or `export 7KQ4 json`."
            raise word.wrong(problem, remedy)
    return Export(found, formats or FORMATS)
