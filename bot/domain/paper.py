"""A file that is to be shared in Slack."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A file: its name with the ending, its content, and what people read beside it; `alt` is for pictures."""

    name: str
    content: bytes
    title: str = ""
    alt: str = ""
