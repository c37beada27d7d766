"""Converts the arguments of a call into the form that the native module takes."""

from __future__ import annotations

import os

from . import _wayfare
from .errors import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence
    from typing import Any

    from .types import Messages, Path, When


def request_of(
    route: Any = None,
    charge_to: Any = None,
    headers: dict[str, str] | None = None,
    request_id: str | None = None,
    stream: bool | None = None,
    defaults: Sequence[Any] = (),
    agent: str | None = None,
) -> dict[str, Any]:
    """Returns the arguments of a request, without its body."""
    return {
        "route": route,
        "charge_to": charge_to,
        "headers": headers,
        "request_id": request_id,
        "defaults": defaults,
        **({} if stream is None else {"stream": stream}),
        **({} if agent is None else {"agent": agent}),
    }


def body_of(
    messages: Messages | None,
    model: str | None,
    body_json: str | bytes | None,
    body: dict[str, Any],
) -> dict[str, Any] | str | bytes:
    """Returns the body: a dict in the order in which it is sent, or JSON text."""
    if body_json is not None:
        beside = ["messages"] * (messages is not None) + ["model"] * (model is not None) + [*body]
        if beside:
            raise invalid(
                f"{', '.join(beside)}: given together with body_json, which is the whole body",
                "give either body_json or the parts of the body",
            )
        return body_json
    if not _wayfare.misplaced.keys().isdisjoint(body):
        wrong = [name for name in body if name in _wayfare.misplaced]
        raise invalid(
            f"{', '.join(wrong)}: no member of the body",
            "; ".join(f"{name}: {_wayfare.misplaced[name]}" for name in wrong)
            + "; body_json sends any member",
        )
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    elif not isinstance(messages, (list, tuple)):
        given = "missing" if messages is None else f"of type {type(messages).__name__}"
        raise invalid(f"messages is {given}", "give a str or a list of message dicts")
    start = {} if model is None else {"model": model}
    return {**start, "messages": messages, **body}


def times_of(since: When | None, until: When | None) -> dict[str, Any]:
    return {"since": micros(since, "since"), "until": micros(until, "until")}


def usage_query(by: Any, since: Any, until: Any, time_zone: str | None) -> dict[str, Any]:
    """Returns the arguments of the operation usage. One dimension may be given as a str."""
    names = [by] if isinstance(by, str) else by
    return {"by": names, "time_zone": time_zone, **times_of(since, until)}


def replay_query(
    by: Any, since: Any, until: Any, others: dict[str, Any], filters: dict[str, Any]
) -> dict[str, Any]:
    """Returns the arguments of the operation replay. What is None among `others` is left out."""
    given = {name: value for name, value in others.items() if value is not None}
    if "models_list" in given:
        given["models_list"] = path_of(given["models_list"])
    if by is not None:
        given["by"] = [by] if isinstance(by, str) else by
    return {**times_of(since, until), **given, **filters}


def path_of(path: Path | None) -> Any:
    """Returns the path as a str or bytes. The native module refuses any other object."""
    try:
        return path if path is None else os.fspath(path)
    except TypeError:
        return path


def micros(when: When | None, name: str) -> int | None:
    """Returns microseconds since 1970-01-01 UTC.

    `when` is a datetime with a time zone, a date (its midnight in UTC), or ISO 8601 text.
    """
    if when is None:
        return None
    import datetime

    if isinstance(when, str):
        when = _parse(when, name)
    if not isinstance(when, datetime.datetime):
        if not isinstance(when, datetime.date):
            raise invalid(
                f"{name} is of type {type(when).__name__}",
                "give a datetime, a date or an ISO 8601 str",
            )
        when = datetime.datetime(when.year, when.month, when.day, tzinfo=datetime.timezone.utc)
    if when.utcoffset() is None:
        raise invalid(
            f"{name} has no time zone", "give one, such as datetime.timezone.utc or +00:00"
        )
    since = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(microseconds=1)


def _parse(text: str, name: str) -> datetime.datetime | datetime.date:
    import datetime

    try:
        if len(text) <= len("2026-11-23"):
            return datetime.date.fromisoformat(text)
        # Python 3.10 knows no Z.
        return datetime.datetime.fromisoformat(text[:-1] + "+00:00" if text[-1] in "Zz" else text)
    except ValueError:
        raise invalid(
            f"{name} is not a time in ISO 8601",
            'write it as "2026-11-23" or "2026-11-23T12:30:00Z"',
        ) from None
