"""Points in time, as callers write them."""

from __future__ import annotations

from ._errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from typing import Union

    When = Union[datetime.datetime, datetime.date, str, None]


def micros(when: When, name: str) -> int | None:
    """Microseconds since 1970 of a datetime with a time zone, a date (its midnight in UTC), or
    either in ISO 8601."""
    if when is None:
        return None
    import datetime

    if isinstance(when, str):
        when = _parse(when, name)
    if not isinstance(when, datetime.datetime):
        if not isinstance(when, datetime.date):
            raise Error(
                f"{name} is of type {type(when).__name__}",
                "invalid",
                "give a datetime, a date or an ISO 8601 str",
            )
        when = datetime.datetime(when.year, when.month, when.day, tzinfo=datetime.timezone.utc)
    if when.utcoffset() is None:
        raise Error(
            f"{name} has no time zone",
            "invalid",
            "give one, such as datetime.timezone.utc or +00:00",
        )
    return (
        when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    ) // datetime.timedelta(microseconds=1)


def _parse(text: str, name: str) -> datetime.datetime | datetime.date:
    import datetime

    try:
        if len(text) <= len("2026-11-23"):
            return datetime.date.fromisoformat(text)
        return datetime.datetime.fromisoformat(
            text[:-1] + "+00:00" if text[-1] in "Zz" else text
        )  # Python 3.10 knows no Z
    except ValueError:
        raise Error(
            f"{name} is not a time in ISO 8601",
            "invalid",
            'write it as "2026-11-23" or "2026-11-23T12:30:00Z"',
        ) from None
