"""performance: how fast models answered, and how often they failed."""

from __future__ import annotations

from ._client import open_ledger
from ._codes import GOOD
from ._output import put, table
from ._values import positive, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "performance",
        description="tell how fast models have answered and how often they failed, in all "
        "programs of the ledger",
    )
    parser.add_argument("--model", metavar="NAME", help="only this model")
    parser.add_argument(
        "--hours", metavar="N", type=positive, default=24, help="back from now; default: 24"
    )


def run(arguments: argparse.Namespace) -> int:
    with open_ledger(arguments) as client:
        rows = client.performance(hours=arguments.hours, model=arguments.model)
    table(
        ["model", "provider", ">attempts", ">failed", ">first token", ">p90", ">tokens/s"],
        [
            [
                row.model,
                row.provider,
                str(row.attempts),
                str(row.failed),
                rounded(row.first_token_ms, " ms"),
                rounded(row.first_token_ms_p90, " ms"),
                rounded(row.throughput, ""),
            ]
            for row in rows
        ],
        empty="no attempt has ended",
    )
    put({"performance": rows})
    return GOOD
