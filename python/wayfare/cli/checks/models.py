"""The list of models: how old it is, and which default models this key may call."""

from __future__ import annotations

import datetime

import wayfare

from .._values import several
from .finding import Finding, note, of_error, ok, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHECK = "models"


def check_list(client: wayfare.Client, answers: bool) -> Finding:
    """The list that calls use now. ``answers`` tells whether the server could be reached."""
    try:
        models = client.models()
    except wayfare.Error as error:
        return of_error(CHECK, error)
    state = models.catalogue
    facts = {"models": len(models), "source": state.source, "stale": state.stale}
    if state.fetched is None:
        text = f"there is no list of the server yet: {len(models)} built-in models stand for it"
        advice = "check that the base URL ends as the API's does, such as /api/v1"
        return warning(CHECK, text, advice if answers else "mend the network first", **facts)
    age = _age(state.fetched)
    if state.stale:
        text = f"the stored list is {age} old, and a new one cannot be fetched"
        return warning(CHECK, text, "mend the network, or try again later", **facts)
    return ok(CHECK, f"the list has {several(len(models), 'model')} and is {age} old", **facts)


def _age(fetched: datetime.datetime) -> str:
    seconds = max(0, (datetime.datetime.now(datetime.timezone.utc) - fetched).total_seconds())
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def check_allowed(client: wayfare.Client) -> Finding:
    """How many models, and which default ones, the settings of the account let the key call."""
    try:
        allowed = {model.id for model in client.models(of_key=True)}
        models = client.models()
    except wayfare.Error as error:
        text = "the server does not tell which models this key may call"
        return note(CHECK, f"{text}: {error.message}")
    listed = [model.id for model in client.default_models() if not model.gone]
    refused = [name for name in listed if name not in allowed]
    facts: dict[str, Any] = {"allowed": len(allowed), "refused": refused}
    counted = ""
    if models.catalogue.fetched is not None:  # else built-in models stand for the list
        facts["callable"] = sum(model.id in allowed for model in models)
        facts["listed"] = len(models)
        counted = f"{facts['callable']} of {len(models)} listed models may be called"
    if refused:
        text = f"this key may not call {', '.join(refused)}" + (counted and f": {counted}")
        advice = (
            "name other models, or see https://openrouter.ai/settings/privacy and the guardrails"
        )
        return warning(CHECK, text, advice, **facts)
    text = "this key may call every default model that the server lists"
    return ok(CHECK, text + (counted and f": {counted}"), **facts)
