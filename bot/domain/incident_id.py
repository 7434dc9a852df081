"""IDs of incidents: minted without the database, short enough to be read aloud."""

import secrets
from datetime import UTC, datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def mint(now: datetime) -> str:
    """`INC-YYYYMMDD-XXXX`: the UTC date and four random Crockford base-32 characters.

    One of them is a digit and one a letter, so that an ending is told from a word of a text and a number in it.
    """
    ending = ""
    while not any(map(str.isdigit, ending)) or ending.isdigit():
        ending = "".join(secrets.choice(CROCKFORD) for _ in range(4))
    return f"INC-{now.astimezone(UTC):%Y%m%d}-{ending}"


def may_be_minted(ending: str) -> bool:
    """Whether an ID may end so: of an end that is long enough, one character at least is a digit."""
    return len(ending) < 4 or any(map(str.isdigit, ending[-4:]))
