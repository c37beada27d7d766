"""Opens the client that makes calls: of OpenRouter, of another server, or of the sandbox."""

from __future__ import annotations

import contextlib
import os
import urllib.parse

import wayfare

from ._client import OPENROUTER, env_folder, open_client
from ._output import note

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    import http.client

MODELS_SIZE_MAX = 32 << 20  # like the library itself
MODELS_SECONDS = 10


def open_caller(arguments: argparse.Namespace, opened: contextlib.ExitStack) -> wayfare.Client:
    """Opens the client, and names a model in the arguments where its server has no default."""
    if arguments.demo:
        return open_demo(arguments, opened)
    client = opened.enter_context(open_client(arguments))
    if is_openrouters(client.base_url):
        if client.has_key or arguments.base_url or not arguments.or_demo:
            return client
        note(
            "wayfare: neither OPENROUTER_API_KEY nor the OPENROUTER_BASE_URL of another server is "
            "set"
        )
        return open_demo(arguments, opened)
    if not arguments.model:
        arguments.model = [first_model(client.base_url)]
    return client


def is_openrouters(base_url: str) -> bool:
    host = (urllib.parse.urlsplit(base_url).hostname or "").lower()
    return host == OPENROUTER or host.endswith("." + OPENROUTER)


def open_demo(arguments: argparse.Namespace, opened: contextlib.ExitStack) -> wayfare.Client:
    """Starts the sandbox for OpenRouter and opens a client of it."""
    try:
        from wayfare.sandbox import Sandbox
    except ImportError as error:
        raise wayfare.Error(
            f"the sandbox cannot start: {error}",
            "invalid",
            "pip install aiohttp, or set OPENROUTER_API_KEY and leave --demo out",
        ) from None
    server = opened.enter_context(Sandbox())
    ledger = arguments.ledger or demo_ledger(arguments)
    client = wayfare.Client(
        api_key="sk-or-v1-sandbox",
        base_url=server.base_url,
        dialect="openrouter",
        ledger=ledger,
        env_folder=env_folder(arguments),
    )
    note(f"wayfare: calling the sandbox on this machine; the ledger is {client.ledger_path}")
    return opened.enter_context(client)


def demo_ledger(arguments: argparse.Namespace) -> str | None:
    """Returns the named ledger, else the file sandbox.db beside the user's own ledger.

    The user's own ledger must not contain costs that nobody billed.
    """
    user = wayfare.Client().ledger_path
    named = open_client(arguments).ledger_path
    if os.environ.get("WAYFARE_LEDGER") or named != user:
        return named
    folder = os.path.dirname(user)
    if not folder:
        return None
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, "sandbox.db")


def first_model(base_url: str) -> str:
    """Returns the first model that the server lists.

    Sends no key: llama.cpp, vLLM and Ollama seldom need one for this request.
    """
    import http.client
    import json
    import urllib.request

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        """Follows no redirect, like the library itself."""

        def redirect_request(self, *_: object) -> None:
            return None

    # Like the library itself: no proxy for plain http.
    proxies = urllib.request.ProxyHandler({} if base_url.startswith("http:") else None)
    try:
        with urllib.request.build_opener(NoRedirect, proxies).open(
            f"{base_url}/models", timeout=MODELS_SECONDS
        ) as response:
            return str(json.loads(read_limited(response))["data"][0]["id"])
    except (OSError, http.client.HTTPException) as error:
        why = str(error)
    except (ValueError, LookupError, TypeError, RecursionError):
        why = "the answer is not a list of models"
    raise wayfare.Error(
        f"the models list at {base_url}/models cannot be read: {why}",
        "not_found",
        "name a model with --model",
    )


def read_limited(response: http.client.HTTPResponse) -> bytes:
    """Returns the body, unless it is too long or comes too slowly."""
    import time

    until = time.monotonic() + MODELS_SECONDS
    body = bytearray()
    while part := response.read1(1 << 16):
        body += part
        if len(body) > MODELS_SIZE_MAX:
            raise OSError("it is longer than 32 MiB")
        if time.monotonic() > until:
            raise OSError(f"it did not end within {MODELS_SECONDS} s")
    return bytes(body)
