"""IDs of incidents: minted without the database, short enough to be read aloud."""

import re
import secrets
from datetime import UTC, datetime

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SAID_OF_OTHER_THINGS = re.compile("[0-9]+[A-Z]*|[A-Z]+[0-9]*")  # a number, an amount (225G), a word, a name (A100)


def mint(now: datetime) -> str:
    """`INC-YYYYMMDD-XXXX`: the UTC date and four random Crockford base-32 characters.

    Digits and letters change at least twice (`7KQ4`), so that an ending is hardly ever what a text begins with.
    """
    ending = "0000"
    while _SAID_OF_OTHER_THINGS.fullmatch(ending):
        ending = "".join(secrets.choice(CROCKFORD) for _ in range(4))
    return f"INC-{now.astimezone(UTC):%Y%m%d}-{ending}"


def may_be_minted(ending: str) -> bool:
    """Whether an ID may end so: of an end that is long enough, one character at least is a digit."""
    return len(ending) < 4 or any(map(str.isdigit, ending[-4:]))
