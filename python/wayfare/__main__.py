"""``python -m wayfare "prompt"``: one streamed call, what it cost, and where it is booked.

Calls the server at --base-url or OPENROUTER_BASE_URL, else OpenRouter with OPENROUTER_API_KEY, else the stand-in on this machine.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import sys
import urllib.request

import wayfare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT_PROMPT = "Say hello in five words."


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="wayfare", description="Makes one LLM call and shows what it cost and where it is booked.")
    parser.add_argument("prompt", nargs="?", default=DEFAULT_PROMPT)
    parser.add_argument("--model", help="else the server's default: OpenRouter's openai/gpt-4o-mini, another's first")
    parser.add_argument("--base-url", default=os.environ.get("OPENROUTER_BASE_URL") or None, help="else OPENROUTER_BASE_URL")
    parser.add_argument("--ledger", default=None, metavar="PATH", help="else WAYFARE_LEDGER, else the one of the user")
    parser.add_argument("--allow-http", action="store_true", help="allow plain http to other machines")
    parser.add_argument("--max-tokens", type=int, metavar="N")
    return parser.parse_args()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key is for the server that was named, and for no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


def first_model(base_url: str) -> str:
    """The first model that the server lists."""
    key = os.environ.get("OPENROUTER_API_KEY")
    request = urllib.request.Request(f"{base_url}/models", headers={"Authorization": f"Bearer {key}"} if key else {})
    # As for the calls themselves: no proxy for plain http, which stays on this machine or network.
    proxies = urllib.request.ProxyHandler({} if base_url.startswith("http:") else None)
    try:
        with urllib.request.build_opener(NoRedirect, proxies).open(request, timeout=10) as response:
            return str(json.load(response)["data"][0]["id"])
    except OSError as error:
        why = str(error)
    except (ValueError, LookupError, TypeError):  # not shown: it may quote the key
        why = "it is not a list of models"
    raise wayfare.Error(f"{base_url}/models cannot be read: {why}", "not_found", "name a model with --model")


def standin_ledger() -> str | None:
    """Beside the user's ledger, which is not to have costs in it that nobody billed."""
    if os.environ.get("WAYFARE_LEDGER"):
        return None
    folder = os.path.dirname(wayfare.Client().ledger_path)
    if not folder:
        return None
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, "standin.db")


def open_client(arguments: argparse.Namespace, opened: contextlib.ExitStack) -> wayfare.Client:
    if arguments.base_url or os.environ.get("OPENROUTER_API_KEY"):
        client = wayfare.Client(base_url=arguments.base_url, ledger=arguments.ledger, allow_http=arguments.allow_http)
        return opened.enter_context(client)
    print("Neither OPENROUTER_API_KEY nor OPENROUTER_BASE_URL is set: this calls the stand-in for OpenRouter on this machine.\n")
    try:
        from wayfare.standin import Standin
    except ImportError as error:
        raise wayfare.Error(f"the stand-in cannot start: {error}", "invalid", "pip install 'wayfare[standin]', or set OPENROUTER_API_KEY") from None
    server = opened.enter_context(Standin())
    client = wayfare.Client(
        api_key="sk-or-v1-standin", base_url=server.base_url, dialect="openrouter", ledger=arguments.ledger or standin_ledger()
    )
    return opened.enter_context(client)


def stream_answer(client: wayfare.Client, arguments: argparse.Namespace) -> wayfare.Reply:
    model = arguments.model
    if model is None and arguments.base_url and "://openrouter.ai/" not in client.base_url:
        model = first_model(client.base_url)
    limit = {} if arguments.max_tokens is None else {"max_tokens": arguments.max_tokens}
    with client.stream(arguments.prompt, model=model, **limit) as stream:
        try:
            for event in stream:
                print(event.text or "", end="", flush=True)
        finally:
            print(flush=True)
    return stream.reply


def show(client: wayfare.Client, reply: wayfare.Reply, since: datetime.datetime) -> None:
    def known(value: object) -> object:
        return "unknown" if value is None else value

    usage = reply.usage
    booked = next((entry.state for entry in client.entries(since=since) if entry.entry == reply.entry), "not found")
    print()
    print(f"model     {reply.model}")
    print(f"provider  {known(reply.provider)}")
    print(f"tokens    {known(usage.prompt_tokens)} prompt, {known(usage.completion_tokens)} completion")
    print(f"cost      {'unknown' if reply.cost is None else f'{reply.cost:f} USD'}")
    print(f"entry     {reply.entry} ({booked})")
    print(f"ledger    {client.ledger_path}")


def main() -> int:
    arguments = parse_arguments()
    since = datetime.datetime.now(datetime.timezone.utc)
    try:
        with contextlib.ExitStack() as opened:
            client = open_client(arguments, opened)
            show(client, stream_answer(client, arguments), since)
    except (wayfare.Error, OSError) as error:
        print(f"wayfare: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
