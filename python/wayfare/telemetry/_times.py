"""When the attempts of a call began and ended: nanoseconds since 1970-01-01 UTC."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._wayfare import Attempt, Notice

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
DIGITS_OF_TIME = 10


def made(entry: str) -> int:
    """Returns when an entry was made. The id of an entry is a ULID: it begins with the time in
    milliseconds.
    """
    milliseconds = 0
    for digit in entry[:DIGITS_OF_TIME]:
        milliseconds = milliseconds * 32 + DIGITS.index(digit)
    return milliseconds * 1_000_000


def of_attempts(
    attempts: list[Attempt], notices: list[Notice | None], begin: int, end: int
) -> list[tuple[int, int]]:
    """Returns the begin and the end of each attempt, in order and within those of the call.

    An attempt begins when its entry is made, and the notice of its end tells how long it took.
    Without a notice it is taken to last until the next one begins, or until the end of the call.
    """
    begins = [min(max(begin, made(attempt.entry)), end) for attempt in attempts]
    times = []
    for at, notice in enumerate(notices):
        following = begins[at + 1] if at + 1 < len(begins) else end
        took = None if notice is None else notice.total_us
        last = following if took is None else min(begins[at] + took * 1000, end)
        times.append((begins[at], max(begins[at], last)))
    return times
