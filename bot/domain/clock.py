"""The time as the rules see it: an aware UTC datetime from a clock that is handed in."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
