"""``python -m wayfare "prompt"`` streams one answer, then shows its cost and its ledger entry.

It calls the server at --base-url or OPENROUTER_BASE_URL, else OpenRouter with OPENROUTER_API_KEY,
else the stand-in on this machine. Variables that the environment does not set are read from
.env.local, then from .env, in the folder --env-folder, else in the working folder.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import http.client
import json
import os
import sys
import time
import urllib.parse
import urllib.request

import wayfare
from wayfare._terminal import Answer, escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from decimal import Decimal
    from typing import Any

DEFAULT_PROMPT = "Say hello in five words."
DEFAULT_MODELS = (
    "openai/gpt-4o-mini",
    "openai/gpt-4",
    "openai/gpt-3.5-turbo",
    "anthropic/claude-3-haiku",
    "anthropic/claude-3-sonnet",
)
OPENROUTER = "openrouter.ai"
MODELS_SIZE_MAX = 32 << 20  # like the library itself
MODELS_SECONDS = 10


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="wayfare",
        description="Makes one LLM call and shows its answer, its cost and its ledger entry.",
    )
    parser.add_argument("prompt", nargs="?", default=DEFAULT_PROMPT)
    parser.add_argument(
        "--model",
        help="default: openai/gpt-4o-mini at OpenRouter, the first listed model at another server",
    )
    parser.add_argument("--base-url", help="default: OPENROUTER_BASE_URL")
    parser.add_argument(
        "--ledger",
        default=None,
        metavar="PATH",
        help="default: WAYFARE_LEDGER, else the ledger in the home folder",
    )
    parser.add_argument(
        "--env-folder",
        metavar="DIR",
        help=(
            "read variables that the environment does not set from DIR/.env.local, then from "
            "DIR/.env; default: the working folder"
        ),
    )
    parser.add_argument(
        "--allow-http", action="store_true", help="allow plain http to other machines"
    )
    parser.add_argument(
        "--allow-key-to",
        action="append",
        metavar="HOST",
        help="send the API key to HOST though the base URL is from another place; may be repeated",
    )
    parser.add_argument(
        "--models",
        action="store_true",
        help="show the five default models with their prices, and make no call",
    )
    parser.add_argument("--max-tokens", type=int, metavar="N")
    care = parser.add_mutually_exclusive_group()
    care.add_argument("--verify", action="store_true", help="check the ledger, and make no call")
    care.add_argument(
        "--backup",
        metavar="FILE",
        help="copy the ledger, even while it is in use, and make no call",
    )
    care.add_argument(
        "--reconcile",
        action="store_true",
        help="ask the server for the unknown costs of attempts",
    )
    care.add_argument(
        "--prune",
        metavar="BEFORE",
        help="delete the entries booked before this time, such as 2026-01-01, and keep the sums",
    )
    return parser.parse_args()


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, like the library itself."""

    def redirect_request(self, *_: Any) -> None:
        return None


def is_openrouters(base_url: str) -> bool:
    host = (urllib.parse.urlsplit(base_url).hostname or "").lower()
    return host == OPENROUTER or host.endswith("." + OPENROUTER)


def read_limited(response: http.client.HTTPResponse) -> bytes:
    """Returns the body, unless it is too long or comes too slowly."""
    until = time.monotonic() + MODELS_SECONDS
    body = bytearray()
    while part := response.read1(1 << 16):
        body += part
        if len(body) > MODELS_SIZE_MAX:
            raise OSError("it is longer than 32 MiB")
        if time.monotonic() > until:
            raise OSError(f"it did not end within {MODELS_SECONDS} s")
    return bytes(body)


def first_model(base_url: str) -> str:
    """Returns the first model that the server lists.

    Sends no key: llama.cpp, vLLM and Ollama seldom need one for this request.
    """
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


def env_folder(named: str | None) -> str | None:
    """Returns the named folder, else the working folder if it has a .env.local or .env file.

    A folder with the name .env does not count: it may be a virtual environment.
    """
    if named is None and any(
        os.path.exists(name) and not os.path.isdir(name) for name in (".env.local", ".env")
    ):
        return "."
    return named


def standin_ledger(named: str) -> str | None:
    """Returns the ledger for calls to the stand-in.

    It is the named ledger, else the file standin.db beside the user's own ledger. The user's own
    ledger must not contain costs that nobody billed.
    """
    user = wayfare.Client().ledger_path
    if os.environ.get("WAYFARE_LEDGER") or named != user:
        return named
    folder = os.path.dirname(user)
    if not folder:
        return None
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, "standin.db")


def open_client(arguments: argparse.Namespace, opened: contextlib.ExitStack) -> wayfare.Client:
    folder = env_folder(arguments.env_folder)
    client = wayfare.Client(
        base_url=arguments.base_url,
        ledger=arguments.ledger,
        env_folder=folder,
        allow_http=arguments.allow_http,
        allow_key_to=arguments.allow_key_to,
    )
    opened.enter_context(client)
    if client.has_key or arguments.base_url or not is_openrouters(client.base_url):
        if arguments.model is None and not is_openrouters(client.base_url):
            arguments.model = first_model(client.base_url)
        return client
    print(
        "Neither OPENROUTER_API_KEY nor the OPENROUTER_BASE_URL of another server is set: "
        "calling the stand-in on this machine.\n"
    )
    try:
        from wayfare.standin import Standin
    except ImportError as error:
        raise wayfare.Error(
            f"the stand-in cannot start: {error}",
            "invalid",
            "pip install 'wayfare[standin]', or set OPENROUTER_API_KEY",
        ) from None
    server = opened.enter_context(Standin())
    ledger = arguments.ledger or standin_ledger(client.ledger_path)
    return opened.enter_context(
        wayfare.Client(
            api_key="sk-or-v1-standin",
            base_url=server.base_url,
            dialect="openrouter",
            ledger=ledger,
            env_folder=folder,
        )
    )


def stream_answer(client: wayfare.Client, arguments: argparse.Namespace) -> wayfare.Reply:
    limit = {} if arguments.max_tokens is None else {"max_tokens": arguments.max_tokens}
    with client.stream(arguments.prompt, model=arguments.model, **limit) as stream:
        answer = Answer()
        try:
            for event in stream:
                answer.add(event.text or "")
        finally:
            print(flush=True)
    return stream.reply


def show_models(client: wayfare.Client) -> None:
    """Prints the default models with the prices that the server lists.

    For a model that is gone, it prints the reason, which names the most similar model.
    """
    models = client.models()
    there = {model.id: model for model in models}
    told = client.select(DEFAULT_PROMPT, route={"models": list(DEFAULT_MODELS)})
    reasons = {candidate.model: candidate.reason for candidate in (*told.ranked, *told.out)}

    def dollars(price: Decimal | None) -> str:
        return "unknown" if price is None else f"{price * 1_000_000:f}".rstrip("0").rstrip(".")

    print(f"{'model':<28} {'prompt':>10} {'completion':>10}   US dollars per million tokens")
    for name in DEFAULT_MODELS:
        model = there.get(name)
        gone = model is None or "its end" in reasons[name]
        print(
            f"{name:<28} "
            + (
                f"gone: {escaped(reasons[name])}"
                if gone or model is None
                else f"{dollars(model.prices.prompt):>10} {dollars(model.prices.completion):>10}"
            )
        )
    source = models.catalogue
    when = f", of {source.fetched:%Y-%m-%d %H:%M} UTC" if source.fetched else ""
    print(
        f"\n{len(models)} models "
        f"{source.source.replace('_', '-')}{when}"
        f"{' (stale: the server cannot be reached)' if source.stale else ''}"
    )


def care_for(client: wayfare.Client, arguments: argparse.Namespace) -> int:
    """Carries out the operation on the ledger that the arguments name.

    Returns the exit code: 1 if the ledger has a problem, or if the lookups stopped early.
    """
    if arguments.verify:
        found = client.verify()
        for problem in found.problems:
            print(escaped(problem))
        print(
            f"{client.ledger_path}: {found.entries} entries, {found.pending} without an "
            f"end: {'whole' if found.ok else 'NOT whole'}"
        )
        return 0 if found.ok else 1
    if arguments.backup is not None:
        client.backup(arguments.backup)
        print(f"{client.ledger_path} is copied to {arguments.backup}")
        return 0
    if arguments.prune is not None:
        gone = client.prune(arguments.prune)
        print(
            f"{client.ledger_path}: {gone.entries} entries and {gone.windows} windows of "
            f"budgets are deleted"
        )
        return 0
    done = client.reconcile()
    ends = (
        f"{done.settled} settled for {done.cost:f} USD, {done.given_up} given up for "
        f"{done.charged:f} USD"
    )
    print(f"{done.looked_up} looked up: {ends}, {done.unknown} unknown")
    if done.trouble:
        print(f"wayfare: {escaped(done.trouble)}", file=sys.stderr)
    return 1 if done.trouble else 0


def show(client: wayfare.Client, reply: wayfare.Reply, since: datetime.datetime) -> None:
    def known(value: object) -> object:
        return "unknown" if value is None else value

    usage = reply.usage
    booked = next(
        (entry.state for entry in client.entries(since=since) if entry.entry == reply.entry),
        "not found",
    )
    print()
    print(f"model     {escaped(reply.model)}")
    print(f"provider  {escaped(reply.provider or 'unknown')}")
    print(
        f"tokens    {known(usage.prompt_tokens)} prompt, {known(usage.completion_tokens)} "
        f"completion"
    )
    print(f"cost      {'unknown' if reply.cost is None else f'{reply.cost:f} USD'}")
    print(f"entry     {reply.entry} ({booked})")
    print(f"ledger    {client.ledger_path}")


def main() -> int:
    arguments = parse_arguments()
    since = datetime.datetime.now(datetime.timezone.utc)
    try:
        with contextlib.ExitStack() as opened:
            if (
                arguments.verify
                or arguments.reconcile
                or arguments.backup is not None
                or arguments.prune is not None
            ):
                folder = env_folder(arguments.env_folder)
                options = {
                    "base_url": arguments.base_url,
                    "ledger": arguments.ledger,
                    "env_folder": folder,
                    "allow_http": arguments.allow_http,
                    "allow_key_to": arguments.allow_key_to,
                }
                return care_for(opened.enter_context(wayfare.Client(**options)), arguments)
            client = open_client(arguments, opened)
            if arguments.models:
                show_models(client)
            else:
                show(client, stream_answer(client, arguments), since)
    except (wayfare.Error, OSError) as error:
        print(f"wayfare: {escaped(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
