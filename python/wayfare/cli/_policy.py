"""The options of a policy: which models a prompt may go to, and in which order."""

from __future__ import annotations

from ._values import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

# As wayfare.types has them. That module is not loaded for a command; a test compares them.
SORTS = ("ordered", "cheapest", "fastest", "best", "fixed")
SPEEDS = ("first_token", "throughput")
QUALITIES = ("intelligence", "coding", "agentic")
# Those that choose a model where none is named.
CHOOSING = {"cheapest": "the cheapest", "fastest": "the fastest", "best": "the best"}


def add_policy_options(parser: argparse.ArgumentParser) -> None:
    policy = parser.add_argument_group("which models, and in which order")
    policy.add_argument(
        "--policy",
        choices=SORTS,
        help="cheapest, fastest and best choose from all models if no --model is given",
    )
    policy.add_argument("--speed", choices=SPEEDS, help="of --policy fastest")
    policy.add_argument(
        "--quality", choices=QUALITIES, help="the index of --policy best and --min-quality"
    )
    policy.add_argument("--min-quality", metavar="N", type=number, help="leave out what is below")
    for name, told in (
        ("--allow", "a pattern of models that may serve, such as 'anthropic/*'"),
        ("--deny", "a pattern of models that may not serve, such as '*:free'"),
        ("--provider", "a provider that may serve, by its slug; a * stands for any characters"),
        ("--ignore-provider", "a provider that may not serve"),
        ("--quantization", "a quantization that may serve, such as fp8"),
    ):
        policy.add_argument(name, metavar="NAME", action="append", help=f"{told}; may be repeated")
    policy.add_argument(
        "--zdr", action="store_true", help="only providers that keep no data may serve"
    )


def policy_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """Returns the policy of a route: what is given of it."""
    providers = {
        "only": arguments.provider,
        "ignore": arguments.ignore_provider,
        "quantizations": arguments.quantization,
        "zdr": arguments.zdr or None,
    }
    policy = {
        "sort": arguments.policy,
        "speed": arguments.speed,
        "quality": arguments.quality,
        "min_quality": arguments.min_quality,
        "allow": arguments.allow,
        "deny": arguments.deny,
        "providers": _given(providers) or None,
    }
    return _given(policy)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
