"""Opens the client that a command needs."""

from __future__ import annotations

import os

import wayfare

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

OPENROUTER = "openrouter.ai"
# No attempt was sent to it: a client with this base URL looks up no cost, so it uses no network.
NO_SERVER = "http://localhost"

NO_LEDGER = ":memory:"  # for what books nothing, so that it makes no file


def env_folder(arguments: argparse.Namespace) -> str | None:
    """Returns the named folder, else the working folder if it has a .env.local or .env file.

    A folder with the name .env does not count: it may be a virtual environment.
    """
    if arguments.env_folder is None and any(
        os.path.exists(name) and not os.path.isdir(name) for name in (".env.local", ".env")
    ):
        return "."
    named: str | None = arguments.env_folder
    return named


def open_client(arguments: argparse.Namespace, **options: Any) -> wayfare.Client:
    """Opens a client with the options of every command. Those that are named here come first."""
    given = {
        "base_url": arguments.base_url,
        "ledger": arguments.ledger,
        "env_folder": env_folder(arguments),
        "allow_http": arguments.allow_http,
        "allow_key_to": arguments.allow_key_to,
    }
    return wayfare.Client(**{**given, **options})


def open_ledger(arguments: argparse.Namespace, *, make: bool = False) -> wayfare.Client:
    """Opens a client that only reads and keeps the ledger. It needs no key and uses no network.

    Raises Error "not_found" if there is no ledger, unless `make` is true.
    """
    client = open_client(arguments, base_url=NO_SERVER)
    return client if make else existing(client)


def is_there(client: wayfare.Client) -> bool:
    """Whether the file of the ledger is there. An empty file is no ledger."""
    path = client.ledger_path
    return os.path.exists(path) and os.path.getsize(path) > 0


def existing(client: wayfare.Client) -> wayfare.Client:
    """Returns the client if the file of its ledger is there."""
    path = client.ledger_path
    if not is_there(client):
        raise wayfare.Error(
            f"there is no ledger {path}" if path else "no ledger is named",
            "not_found",
            "name it with --ledger, or in WAYFARE_LEDGER; the first call makes it",
        )
    return client
