"""The paths under /api/v1/_sandbox/: what Python does by methods, for every other language."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Callable

from . import faults
from .answer import Answer, json_answer, plain
from .catalogue import Json
from .script import from_json

if TYPE_CHECKING:
    from .api import Api


def handle(api: Api, method: str, name: str, body: bytes) -> Answer:
    """Answers a request for a path of these. A mistake is told with the status 400."""
    try:
        if method == "POST" and name in _ACTIONS:
            told = json.loads(body) if body.strip() else {}
            return json_answer(_ACTIONS[name](api, told))
        if method == "GET" and name == "check":
            problems = api_problems(api)
            return json_answer({"problems": problems}, 409 if problems else 200)
        if method == "GET" and name in _VIEWS:
            return json_answer(_VIEWS[name](api))
    except (ValueError, TypeError) as error:
        return json_answer({"error": {"code": 400, "message": str(error)}}, 400)
    known = ", ".join([f"POST {one}" for one in _ACTIONS] + [f"GET {one}" for one in _VIEWS])
    message = f"there is no {method} {name}: known are {known}, GET check"
    return json_answer({"error": {"code": 404, "message": message}}, 404)


def api_problems(api: Api, allow: Sequence[str] = ()) -> list[str]:
    """Returns what is wrong at the end of a test: unused answers, failed functions, findings."""
    findings = [
        f"{finding.rule}: {finding.message}"
        for finding in api.verdict.findings()
        if finding.rule not in allow
    ]
    return api.script.unused() + list(api.failures) + findings


def _only(told: Any, *names: str) -> Json:
    if not isinstance(told, dict):
        raise ValueError(f"give an object with {', '.join(names)}")
    unknown = sorted(set(told) - set(names))
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}: known are {', '.join(names)}")
    return told


def _replies(api: Api, told: Any) -> Json:
    if isinstance(told, dict) and "replies" in told:
        options = _only(told, "replies", "model", "times")
        values = options["replies"]
        if not isinstance(values, list):
            raise ValueError("replies: give a list")
    else:
        options, values = {}, told if isinstance(told, list) else [told]
    replies = [from_json(value) for value in values]
    for reply in replies:
        api.script.plan(reply, options.get("model"), options.get("times", 1))
    return {"replies": len(replies)}


def _faults(api: Api, told: Any) -> Json:
    if isinstance(told, str):
        told = {"fault": told}
    options = _only(told, "fault", "model", "provider", "times", "probability")
    if "fault" not in options:
        raise ValueError("fault: give its name")
    api.script.order(
        str(options["fault"]),
        options.get("model"),
        options.get("provider"),
        options.get("times"),
        float(options.get("probability", 1)),
    )
    return {"faults": 1}


def _settings(api: Api, told: Any) -> Json:
    options = _only(told, "generation_delay", "advance")
    if "generation_delay" in options:
        api.generation_delay = float(options["generation_delay"])
    api.ahead += float(options.get("advance", 0))
    return {"generation_delay": api.generation_delay, "ahead": api.ahead}


def _reset(api: Api, told: Any) -> Json:
    _only(told)
    api.reset()
    return {}


def _requests(api: Api) -> Json:
    kept = [
        {
            "method": request.method,
            "path": request.path,
            "headers": request.headers,
            "authorized": request.authorized,
            "body": _readable(request.body),
        }
        for request in api.requests
    ]
    return {"count": api.count, "requests": kept}


def _readable(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace") or None


def _bill(api: Api) -> Json:
    return {"bill": api.bill.lines(), "total_cost": plain(api.bill.total())}


def _verdict(api: Api) -> Json:
    return {"findings": [finding._asdict() for finding in api.verdict.findings()]}


_ACTIONS: dict[str, Callable[[Api, Any], Json]] = {
    "replies": _replies,
    "faults": _faults,
    "settings": _settings,
    "reset": _reset,
}
_VIEWS: dict[str, Callable[[Api], Json]] = {
    "requests": _requests,
    "count": lambda api: {"count": api.count},
    "bill": _bill,
    "verdict": _verdict,
    "faults": lambda api: {"faults": faults.listing()},
}
