"""What long work is at, for whoever waits for it."""


class Progress:
    """Changes as the work goes on; `step` is a phrase, empty before the first."""

    def __init__(self) -> None:
        self.step = ""

    def at(self, step: str) -> None:
        """The work is at this step now."""
        self.step = step
