"""Opens the client that makes calls: of OpenRouter, of another server, or of the sandbox."""

from __future__ import annotations

import contextlib
import os
import urllib.parse

import wayfare

from ._agents import chooses
from ._client import OPENROUTER, env_folder, is_there, open_client
from ._output import note

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def open_caller(arguments: argparse.Namespace, opened: contextlib.ExitStack) -> wayfare.Client:
    """Opens the client, and names a model in the arguments where its server has no default."""
    client, has_default = open_server(arguments, opened)
    agent = agent_of(arguments, client)
    if not (has_default or arguments.model or (agent and chooses(agent))):
        arguments.model = [first_model(client)]
    return client


def open_server(
    arguments: argparse.Namespace, opened: contextlib.ExitStack
) -> tuple[wayfare.Client, bool]:
    """Opens the client. Tells whether its server has the default model."""
    if arguments.demo:
        return open_demo(arguments, opened), True
    client = opened.enter_context(open_client(arguments))
    if not is_openrouters(client.base_url):
        return client, False
    if client.has_key or arguments.base_url or not arguments.or_demo:
        return client, True
    note("wayfare: neither OPENROUTER_API_KEY nor the OPENROUTER_BASE_URL of another server is set")
    return open_demo(arguments, opened), True


def agent_of(arguments: argparse.Namespace, client: wayfare.Client) -> wayfare.Agent | None:
    """Returns the agent that the arguments name. In a ledger without agents they name an account:
    it becomes --charge-agent.
    """
    if arguments.agent is None:
        return None
    try:
        if is_there(client):
            return client.agent(arguments.agent)
    except wayfare.errors.NoAgent as error:
        if any(True for some in (False, True) for _ in client.agents(archived=some, limit=1)):
            own = "--charge-agent charges the call to a name without a profile"
            error.advice = f"{error.advice}; {own}" if error.advice else own
            raise
    arguments.agent, arguments.charge_agent = None, arguments.agent
    return None


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


def first_model(client: wayfare.Client) -> str:
    """Returns the first model that the server lists."""
    models = client.models()
    if models.catalogue.source != "built_in":  # that one stands for a list that never came
        return models[0].id
    raise wayfare.Error(
        f"the list of models at {client.base_url}/models cannot be fetched",
        "not_found",
        'name a model with --model; "wayfare doctor" tells more',
    )
