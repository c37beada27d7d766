"""models: what a request can name, with prices."""

from __future__ import annotations

from decimal import Decimal

from ._client import NO_LEDGER, open_client
from ._codes import GOOD, NOT_FOUND
from ._layout import Cell
from ._output import put, say, table
from ._values import minute, per_million
from ._words import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import Any

    import wayfare

DEAREST = Decimal("Infinity")  # where a price is not known


def price(model: wayfare.Model) -> Decimal:
    prompt, completion = model.prices.prompt, model.prices.completion
    return DEAREST if prompt is None or completion is None else prompt + completion


SORTS: dict[str, Callable[[wayfare.Model], Any]] = {
    "price": price,
    "context": lambda model: -(model.context_tokens or 0),
    "name": lambda model: model.id,
}


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "models",
        description="list the models with their prices in US dollars per million tokens",
        epilog="The list is stored for all processes of the machine. Only --of-key needs a key.",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--default",
        action="store_true",
        help="only five well-known models; tells which are gone, and the most similar ones",
    )
    which.add_argument(
        "--of-key", action="store_true", help="only the models that the API key may call"
    )
    parser.add_argument(
        "words", metavar="WORD", nargs="*", help="only models with all these words in their name"
    )
    parser.add_argument(
        "--sort",
        choices=[*SORTS],
        help="price: prompt and completion together, the cheapest first; context: the longest "
        "first; default: as the server lists them",
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.default and (arguments.words or arguments.sort):
        raise UsageError("wayfare models: --default takes no WORD and no --sort", "leave them out")
    with open_client(arguments, ledger=NO_LEDGER) as client:
        if arguments.default:
            return show_defaults(client.default_models())
        listed = client.models(of_key=arguments.of_key)
    wanted = [word.lower() for word in arguments.words]
    found = [
        model
        for model in listed
        if model.kind != "batch"
        and all(word in f"{model.id} {model.name or ''}".lower() for word in wanted)
    ]
    if arguments.sort:
        found.sort(key=SORTS[arguments.sort])
    show(found)
    say(of_list(f"{len(found)} of {len(listed)} models", listed.catalogue))
    put({"models": found, "catalogue": listed.catalogue})
    return GOOD if found or not wanted else NOT_FOUND


def of_list(counted: str, source: wayfare.CatalogueState) -> str:
    """Returns the line about a list: its source and its age."""
    when = f", of {minute(source.fetched)} UTC" if source.fetched else ""
    stale = " (stale: the server cannot be reached)" if source.stale else ""
    return f"{counted}, {source.source.replace('_', '-')}{when}{stale}"


def show_defaults(models: Sequence[wayfare.DefaultModel]) -> int:
    table(
        ["model", ">prompt", ">completion", "until", "instead"],
        [
            [
                model.id,
                per_million(model.prompt),
                per_million(model.completion),
                Cell("gone", "yellow") if model.gone else model.expires,
                model.instead,
            ]
            for model in models
        ],
    )
    put({"default_models": models})
    return GOOD


def show(models: Sequence[wayfare.Model]) -> None:
    table(
        ["model", ">prompt", ">completion", ">context", "takes", "gives"],
        [
            [
                model.id,
                per_million(model.prices.prompt),
                per_million(model.prices.completion),
                shown_context(model),
                "+".join(model.input_modalities),
                "+".join(model.output_modalities),
            ]
            for model in models
        ],
        empty="no model has these words in its name",
    )


def shown_context(model: wayfare.Model) -> str:
    return "unknown" if model.context_tokens is None else f"{model.context_tokens:,}"
