"""The key: whether there is one, whether it can be one, and whether this server may get it."""

from __future__ import annotations

import wayfare

from .finding import Finding, note, of_error, ok
from .variables import NAMES, Variables

CHECK = "key"


def refusal(client: wayfare.Client) -> wayfare.Error | None:
    """Why the library sends no key to its server, or None. It sends nothing to find out.

    Blocks every call of the client, whose ledger has no file. The library looks at the key first.
    """
    client.block(everything=True)
    try:
        client.chat("x", max_tokens=1)
    except wayfare.errors.Blocked:
        return None
    except wayfare.Error as error:
        return error
    raise AssertionError("a call has passed a block of every call")


def finding(refusal: wayfare.Error | None, client: wayfare.Client, variables: Variables) -> Finding:
    setting = variables.find(NAMES[0])
    if refusal is None:
        if setting is None:
            return note(CHECK, f"there is no key, and {client.base_url} may need none")
        text = f"{setting} has the form of a key, and {client.base_url} may get it"
        return ok(CHECK, text, place=setting.place)
    return of_error(CHECK, refusal)
