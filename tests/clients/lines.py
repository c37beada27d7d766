"""The side of a client's program: a request in each line of the standard input, and what came of it
in a line of the standard output.

A request is the body of a chat completion, and "key" where it has a key of its own. What came of it
has "text", and where they apply "pieces", "tool" and "usage"; or it has "error".
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Callable

Json = dict[str, Any]

BASE_URL = os.environ["OPENROUTER_BASE_URL"]
KEY = os.environ["OPENROUTER_API_KEY"]


def failed(error: Exception) -> Json:
    """The name of the exception tells whether a client noticed, or whether its program is wrong."""
    status = getattr(error, "status_code", None) or getattr(error, "status", None)
    return {"error": {"kind": type(error).__name__, "status": status, "message": str(error)}}


def usage(prompt: int | None, completion: int | None, cost: object) -> Json:
    """`cost` is what the client gives: a number, decimal text or None."""
    told = None if cost is None else str(cost)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "cost": told}


def tool(name: str, arguments: str | Json) -> Json:
    read = json.loads(arguments) if isinstance(arguments, str) else arguments
    return {"name": name, "arguments": read}


def serve(call: Callable[[Json, str], Json]) -> None:
    """Runs call(body, key) for each request."""
    for line in sys.stdin:
        body = json.loads(line)
        key = body.pop("key", KEY)
        try:
            told = call(body, key)
        except Exception as error:
            told = failed(error)
        print(json.dumps(told), flush=True)
