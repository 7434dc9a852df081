"""What can go wrong, in two kinds: what a person can mend (said to them as it stands) and everything else.

UserError                 a sentence for the person, with the remedy
├── WordError             a word of the command is wrong; shows the word
├── NotFoundError         what was named does not exist, or is ambiguous
├── RefusedError          the person may not do it; says who may
├── ConflictError         somebody did something in between; says what
└── StoreAwayError        MongoDB does not answer; says what that means for what was asked
ConfigError               settings are wrong; lists every complaint
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class UserError(Exception):
    """Shown to the person word for word: `problem` says what is wrong, `remedy` what to do (may be empty).

    With the refusal the person gets back what they wrote. Where some of that went somewhere, `words` is what did not.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} {remedy}".strip())
        self.problem = problem
        self.remedy = remedy
        self.words: tuple[str, ...] | None = None


class WordError(UserError):
    """A word of a command is wrong. `text` is the whole command, `start`..`end` the word in it."""

    def __init__(self, problem: str, remedy: str = "", *, text: str = "", start: int = 0, end: int = 0) -> None:
        super().__init__(problem, remedy)
        self.text = text
        self.start = start
        self.end = end


class NotFoundError(UserError):
    """What the person named is not there, or fits more than one thing."""


class RefusedError(UserError):
    """The person may not do this; `may` has the Slack user ids of those who may."""

    def __init__(self, problem: str, remedy: str = "", *, may: Sequence[str] = ()) -> None:
        super().__init__(problem, remedy)
        self.may = tuple(may)


class ConflictError(UserError):
    """Somebody else acted first; the problem says what they did, `by` is their Slack user id."""

    def __init__(self, problem: str, remedy: str = "", *, by: str = "") -> None:
        super().__init__(problem, remedy)
        self.by = by


class StoreAwayError(UserError):
    """MongoDB cannot be reached, so the act was not done; `in_doubt`: it broke off while a change was on its way."""

    def __init__(self, *, in_doubt: bool = False, instead: str = "so nothing was changed") -> None:
        self.in_doubt = in_doubt
        if in_doubt:
            super().__init__(
                "MongoDB stopped answering while it was asked to change something; whether it did is not known.",
                "Look before you repeat it.",
            )
        else:
            super().__init__(
                f"MongoDB does not answer, {instead}.",
                "Try again in a minute; `/health mongodb` tells more.",
            )


@contextmanager
def away_means(instead: str) -> Iterator[None]:
    """Says what MongoDB's silence means for what is done inside, as in "so the list cannot be shown"."""
    try:
        yield
    except StoreAwayError as error:
        if error.in_doubt:
            raise
        raise StoreAwayError(instead=instead) from error


class ConfigError(Exception):
    """Settings that cannot be used; `complaints` has one sentence for each."""

    def __init__(self, complaints: Sequence[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = tuple(complaints)
