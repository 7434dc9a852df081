"""A message that an incident was opened from, and what hangs on messages."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class File:
    """A file or a link that hangs on a message; `url` may be empty, and is never one with a token in it."""

    name: str
    url: str = ""


@dataclass(frozen=True)
class Quote:
    """A message that an incident was opened from: where it is, whose (may be empty: an app's), what it says now.

    What it said first stays in the timeline. A deleted message has neither text nor files any more.
    """

    channel: str
    ts: str
    author: str
    text: str
    files: tuple[File, ...] = ()
    edited_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def words(self) -> str:
        """What it says; of a message that is only files, their names."""
        return self.text or ", ".join(file.name for file in self.files)
