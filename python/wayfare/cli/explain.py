"""explain: one attempt, and the profile of its agent as it was."""

from __future__ import annotations

import wayfare

from .._terminal import escaped
from ._agents import NAME_WIDTH, show_profile
from ._client import open_ledger
from ._codes import GOOD
from ._output import put, say
from ._values import count, dollars, figures, second, with_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "explain",
        description="tell about an attempt what the ledger knows, and its agent as it was",
        epilog="Times are in UTC. --json has every field.",
    )
    parser.add_argument("entry", metavar="ENTRY", help='an entry of "wayfare entries"')


def run(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments) as client:
        if not any(True for _ in client.entries(entry=arguments.entry, limit=1)):
            raise wayfare.Error(
                f"there is no entry {arguments.entry}",
                "not_found",
                '"wayfare entries" lists the entries; old ones may be pruned',
            )
        found = client.explain(arguments.entry)
    for entry in found.entries:
        show_entry(entry)
        say()
    if found.decision is not None:
        show_decision(found.decision)
        say()
    if found.agent is not None:
        say("the agent as it was:")
        show_profile(found.agent)
    elif found.entries[0].agent_version is None:
        say("the call named no agent with a profile")
    else:
        say("the profile of its agent is not there")
    put(found.to_dict())
    return GOOD


def show_decision(decision: Any) -> None:
    """Prints why the model was selected, as far as the entry keeps it."""
    say(f"why the model was selected ({decision['sort']}, {decision['ranked']} could serve):")
    for one in decision["candidates"]:
        say(escaped(f"  {one['model'] or '-'}: {one['reason']}"))
    left_out = [f"{count} {word}" for word, count in decision["left_out"].items()]
    if left_out:
        say("  left out: " + ", ".join(left_out))


def show_entry(entry: wayfare.Entry) -> None:
    """Prints what is known of the attempt, in a line each."""
    failure = entry.error and entry.error + (f", status {entry.status}" if entry.status else "")
    told = {
        "entry": entry.entry + (" (a correction)" if entry.correction else ""),
        "state": entry.state,
        "reserved": second(entry.reserved),
        "booked": second(entry.booked),
        "model": entry.model,
        "asked for": entry.requested_model if entry.requested_model != entry.model else None,
        "served": entry.served_otherwise and "another model than the request named",
        "provider": entry.provider,
        "tier": entry.tier,
        "quantization": entry.quantization,
        "app": entry.app,
        "agent": with_version(entry.agent, entry.agent_version),
        "user": entry.user,
        "run": entry.run,
        "tags": ", ".join(entry.tags),
        "request id": entry.request_id,
        "generation": entry.generation_id,
        "tokens": f"{count(entry.prompt_tokens)} + {count(entry.completion_tokens)}",
        "cost": "unknown" if entry.cost is None else f"{dollars(entry.cost)} USD",
        "upstream": entry.upstream_cost is not None and f"{dollars(entry.upstream_cost)} USD",
        "not right": entry.refused_figures and figures(entry.refused_figures),
        "finished by": entry.finish_reason,
        "error": failure,
        "first piece": entry.first_us is not None and f"{entry.first_us / 1_000_000:.3f} s",
        "took": f"{entry.total_us / 1_000_000:.3f} s",
        "reason": entry.reason,
    }
    for name, text in told.items():
        if text:
            say(f"{name:<{NAME_WIDTH}}{escaped(text)}")
