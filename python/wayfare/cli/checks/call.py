"""A small call, for which the user has asked."""

from __future__ import annotations

import wayfare

from .._server import first_model, is_openrouters
from .finding import Finding, note, of_error, ok

CHECK = "call"
PROMPT = "Say ok."
TOKENS_MAX = 16
SECONDS_MAX = 60


def check(client: wayfare.Client, model: str | None) -> Finding:
    """Makes the call. It is booked like every other one."""
    try:
        if model is None and not is_openrouters(client.base_url):
            model = first_model(client)
        reply = client.chat(
            PROMPT,
            model=model,
            max_tokens=TOKENS_MAX,
            route={"retries": 0, "deadline": SECONDS_MAX},
            charge_to={"app": "wayfare doctor"},
        )
    except wayfare.Error as error:
        return of_error(CHECK, error)
    text = f"{reply.model} has answered; entry {reply.entry}"
    facts = {"model": reply.model, "entry": reply.entry, "cost": reply.cost}
    if reply.cost is None:
        return note(CHECK, f"{text}; its cost is not known", "see wayfare unknown", **facts)
    return ok(CHECK, f"{text}, {reply.cost:f} USD", **facts)
