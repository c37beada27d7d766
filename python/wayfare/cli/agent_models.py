"""agent models: the models for an agent, five well-known ones first."""

from __future__ import annotations

from ._client import NO_LEDGER, open_client
from ._codes import GOOD, NOT_FOUND
from ._layout import Cell
from ._output import put, say, table
from ._values import amount_of, per_million, positive
from .models import of_list, shown_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    import wayfare

# Of the library's max_price, and what each is a price for.
PRICES = {
    "prompt": "a million tokens of the prompt",
    "completion": "a million tokens of the answer",
    "request": "a request",
    "image": "an image",
}


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "agent models",
        description="list the models for an agent, with their prices per million tokens",
        epilog="Five well-known models come first. For one that is gone, it tells the nearest one.",
    )
    parser.add_argument("--text", metavar="TEXT", help="only models with this in their name")
    parser.add_argument("--tools", action="store_true", help="like --parameter tools")
    for option, value, told in (
        ("--parameter", "NAME", "only models that support it, such as structured_outputs"),
        ("--input", "KIND", "only models that take it, such as image, file or audio"),
        ("--output", "KIND", "only models that give it"),
    ):
        parser.add_argument(option, metavar=value, action="append", help=f"{told}; may be repeated")
    parser.add_argument(
        "--context", metavar="N", type=positive, help="the fewest tokens that must fit in"
    )
    for name, told in PRICES.items():
        parser.add_argument(
            f"--max-price-{name}", metavar="USD", type=amount_of, help=f"at most, for {told}"
        )
    parser.add_argument(
        "--of-key", action="store_true", help="only the models that the API key may call"
    )


def run(arguments: argparse.Namespace) -> int:
    filters = filters_of(arguments)
    with open_client(arguments, ledger=NO_LEDGER) as client:
        listed = client.models(of_key=arguments.of_key, defaults_first=True, **filters)
    found = [model for model in listed if model.kind != "batch"]
    names = {default.id for default in listed.defaults}
    first = {model.id: model for model in found if model.id in names}
    others = [model for model in found if model.id not in names]
    show_first(listed.defaults, first)
    say()
    say("other models:")
    show_others(others)
    say(of_list(f"{len(found)} models", listed.catalogue))
    put({"models": found, "default_models": listed.defaults, "catalogue": listed.catalogue})
    return GOOD if found or not filters else NOT_FOUND


def filters_of(arguments: argparse.Namespace) -> dict[str, Any]:
    parameters = [*(arguments.parameter or ()), *["tools"] * arguments.tools]
    prices = {name: getattr(arguments, f"max_price_{name}") for name in PRICES}
    most = {name: price for name, price in prices.items() if price is not None}
    given = {
        "text": arguments.text,
        "parameters": parameters or None,
        "inputs": arguments.input,
        "outputs": arguments.output,
        "context_tokens": arguments.context,
        "max_price": most or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def show_first(defaults: Sequence[wayfare.DefaultModel], found: dict[str, wayfare.Model]) -> None:
    """Shows the well-known models that pass the filters, and those that are gone."""
    table(
        ["well-known model", ">prompt", ">completion", ">context", "takes", "until", "instead"],
        [
            [
                default.id,
                *(facts(found[default.id]) if default.id in found else ("", "", "", "")),
                Cell("gone", "yellow") if default.gone else default.expires,
                default.instead,
            ]
            for default in defaults
            if default.gone or default.id in found
        ],
        empty="no well-known model passes the filters",
    )


def show_others(models: Sequence[wayfare.Model]) -> None:
    table(
        ["model", ">prompt", ">completion", ">context", "takes", "gives", "until"],
        [
            [model.id, *facts(model), "+".join(model.output_modalities), model.expires]
            for model in models
        ],
        empty="none passes the filters",
    )


def facts(model: wayfare.Model) -> tuple[str, str, str, str]:
    return (
        per_million(model.prices.prompt),
        per_million(model.prices.completion),
        shown_context(model),
        "+".join(model.input_modalities),
    )
