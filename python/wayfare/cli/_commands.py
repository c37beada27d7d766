"""The commands: the module of each, and what it does."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# By the headings of the help.
GROUPS = {
    "Calls, which cost money": {
        "ask": ("ask", "send one prompt and print the answer"),
        "chat": ("chat", "hold a conversation"),
    },
    "Models": {
        "models": ("models", "list the models with their prices"),
        "endpoints": ("endpoints", "list the providers of a model with their prices and speeds"),
        "select": ("select", "tell which models a prompt would be sent to, and send nothing"),
    },
    "Agents: profiles that calls name": {
        "agent": ("agent", "list the agents"),
        "agent list": ("agent", "list the agents that pass filters"),
        "agent show": ("agent", "show the profile of an agent"),
        "agent models": ("agent_models", "list the models for an agent, well-known ones first"),
        "agent create": ("agent_edit", "create an agent"),
        "agent edit": ("agent_edit", "make the next version of an agent"),
        "agent history": ("agent", "list the versions of an agent, the newest first"),
        "agent archive": ("agent", "let an agent take no calls"),
        "agent restore": ("agent", "let an archived agent take calls again"),
        "agent export": ("agent_files", "write all agents as JSON, with their prompts"),
        "agent import": ("agent_files", "create or change agents by an export"),
    },
    "Reports of the ledger": {
        "status": ("status", "today's cost, what budgets have left, and unknown costs"),
        "usage": ("usage", "sum the calls by day, agent, model and so on"),
        "caching": ("caching", "tell how much came from caches, and what leaving a cache cost"),
        "replay": ("replay", "tell what past calls would have cost with other models or prices"),
        "entries": ("entries", "list the entries, the newest first"),
        "performance": ("performance", "tell how fast models answered, and how often they failed"),
        "explain": ("explain", "tell all about one entry, and its agent as it was"),
        "budget": ("budget", "list the budgets"),
        "budget check": ("budget", "tell by the exit code whether a budget is used up"),
        "rate-limit": ("rate_limit", "list the rate limits"),
        "blocks": ("block", "list the blocks"),
        "cooldowns": ("cooldowns", "list the models and providers that cool down"),
        "unknown": ("unknown", "list the attempts whose cost is not known"),
    },
    "Rules for calls": {
        "budget set": ("budget", "make or change a budget"),
        "budget override": ("budget", "add to the limit of a budget for a while"),
        "budget delete": ("budget", "delete a budget"),
        "rate-limit set": ("rate_limit", "make or change a rate limit"),
        "rate-limit delete": ("rate_limit", "delete a rate limit"),
        "block": ("block", "refuse calls at once, in every process"),
        "unblock": ("block", "lift a block"),
    },
    "Care of the ledger": {
        "verify": ("care", "check that the ledger is whole"),
        "mend": ("care", "repair sums and budgets from the entries"),
        "backup": ("care", "copy the ledger while it is in use"),
        "restore": ("restore", "put a backup in the place of the ledger"),
        "prune": ("care", "delete old entries and keep the sums"),
        "reconcile": ("care", "ask the server for unknown costs now"),
        "unknown settle": ("unknown", "book a cost that you have found out"),
        "accept-clock": ("care", "accept the wall clock after a jump"),
    },
    "Tests of a program": {
        "sandbox": ("sandbox", "play OpenRouter on this machine, without a key and without money"),
    },
    "This program": {
        "doctor": ("doctor", "find what is wrong with the set-up"),
        "completion": ("completion", "print the completion for a shell"),
    },
}
COMMANDS = {name: told for group in GROUPS.values() for name, told in group.items()}
# They take no word and no option but those of every command.
PLAIN = {
    "status", "agent", "budget", "rate-limit", "blocks", "unknown", "verify", "mend", "reconcile",
    "accept-clock",
}  # fmt: skip


def module_of(name: str) -> Any:
    """Loads the module of the command. It has add_parser(subparsers) and run(arguments)."""
    # As importlib.import_module does, which is not loaded yet.
    return __import__(f"{__package__}.{COMMANDS[name][0]}", fromlist=["run"])
