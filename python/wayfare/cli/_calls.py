"""What ask and chat share: their options, one answer, and the line about its cost."""

from __future__ import annotations

import sys
from decimal import Decimal

from .. import errors
from .._terminal import Answer, escaped
from ._output import for_program, is_terminal, note
from ._policy import add_policy_options, policy_of
from ._values import amount_of, count, dollars, positive, today

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import Any

    import wayfare


def add_call_options(parser: Any) -> None:
    parser.add_argument(
        "--model",
        action="append",
        help=(
            "repeated: models to try in this order; default: that of the agent, else "
            "openai/gpt-4o-mini at OpenRouter, the first listed model at another server"
        ),
    )
    parser.add_argument(
        "--system", metavar="TEXT", help="the system message, in the place of the agent's"
    )
    parser.add_argument("--max-tokens", metavar="N", type=positive, help="of the answer")
    parser.add_argument(
        "--max-cost", metavar="USD", type=amount_of, help="refuse a call that may cost more"
    )
    parser.add_argument(
        "--no-stream", action="store_true", help="print the answer when it is whole"
    )
    add_policy_options(parser)
    account = parser.add_argument_group("to whom the cost is charged")
    account.add_argument("--app", metavar="NAME")
    agent = account.add_mutually_exclusive_group()
    agent.add_argument(
        "--agent",
        metavar="NAME",
        help=(
            "an agent of the ledger: what the call leaves out comes from its profile; in a ledger "
            "without agents, any name"
        ),
    )
    agent.add_argument("--charge-agent", metavar="NAME", help="any name, and no profile")
    for part in ("user", "run"):
        account.add_argument(f"--{part}", metavar="NAME")
    account.add_argument("--tag", metavar="NAME", action="append", help="may be repeated")
    demo = parser.add_mutually_exclusive_group()
    demo.add_argument(
        "--demo",
        action="store_true",
        help="call a sandbox on this machine, which costs nothing and needs no key",
    )
    demo.add_argument(
        "--or-demo",
        action="store_true",
        help="like --demo if there is neither a key nor another server",
    )


def request_of(arguments: argparse.Namespace, messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Returns the arguments of Client.chat and Client.stream."""
    models = arguments.model or []
    route = {
        "models": models if len(models) > 1 else None,
        "policy": policy_of(arguments) or None,
        "max_cost": arguments.max_cost,
    }
    names = {part: getattr(arguments, part) for part in ("app", "user", "run")}
    charge_to = {**names, "agent": arguments.charge_agent, "tags": arguments.tag}
    request = {
        "messages": list(messages),
        "agent": arguments.agent,
        "model": models[0] if len(models) == 1 else None,
        "route": given(route),
        "charge_to": given(charge_to),
    }
    limit = {} if arguments.max_tokens is None else {"max_tokens": arguments.max_tokens}
    return {**request, **limit}


def given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def answer(
    client: wayfare.Client, request: dict[str, Any], *, stream: bool, heard: list[str]
) -> wayfare.Reply:
    """Prints the answer and returns the reply. Puts its pieces into `heard` as they come.

    On a terminal the answer is escaped and stands behind a margin. A pipe gets it as it is.
    """
    show = Answer().add if is_terminal() else write
    try:
        if stream and not for_program():
            return streamed(client, request, show, heard)
        reply = client.chat(**request)
    except errors.KeyMissing as error:
        own = "--demo calls a sandbox on this machine, which needs no key"
        error.advice = f"{error.advice}; {own}" if error.advice else own
        raise
    heard.append(reply.text)
    if not for_program():
        show(reply.text)
        end_line(heard)
    return reply


def streamed(
    client: wayfare.Client, request: dict[str, Any], show: Callable[[str], None], heard: list[str]
) -> wayfare.Reply:
    with client.stream(**request) as running:
        try:
            for event in running:
                if event.text:
                    heard.append(event.text)
                    show(event.text)
        finally:
            end_line(heard)
        return running.reply


def write(piece: str) -> None:
    sys.stdout.write(piece)
    sys.stdout.flush()


def end_line(heard: Sequence[str]) -> None:
    if heard and not heard[-1].endswith("\n"):
        write("\n")


def tell_cost(reply: wayfare.Reply, total: str) -> None:
    """Prints one line to the standard error: the model, the tokens, the cost and a total."""
    usage = reply.usage
    cost = "cost unknown" if reply.cost is None else f"{dollars(reply.cost)} USD"
    if reply.refusal:
        note(f"wayfare: the model refused: {escaped(reply.refusal)}")
    for warning in reply.warnings:
        note(f"wayfare: {escaped(warning)}")
    version = f"agent version {reply.agent_version}; " if reply.agent_version else ""
    note(
        f"[{escaped(reply.model)}: {count(usage.prompt_tokens)} + "
        f"{count(usage.completion_tokens)} tokens, {cost}; {total}; {version}entry {reply.entry}]"
    )


def today_of(client: wayfare.Client) -> tuple[Decimal, int]:
    """Returns the known cost of today, in UTC, and the number of unknown costs."""
    rows = client.usage(since=today())
    return sum((row.cost for row in rows), Decimal(0)), sum(row.unknown for row in rows)


def total_text(name: str, cost: Decimal, unknown: int) -> str:
    return f"{name} {dollars(cost)} USD" + (f" and {unknown} unknown" if unknown else "")
