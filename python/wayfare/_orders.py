"""Orders to the ledger, as callers write them."""

from __future__ import annotations

from ._errors import Error
from ._times import micros

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from decimal import Decimal
    from typing import Any, Literal, Union

    from ._times import When

    Path = Union[str, bytes, os.PathLike[str], os.PathLike[bytes]]
    Money = Union[str, int, Decimal, None]
    Window = Literal["hour", "day", "week", "month", "lifetime"]
    Mode = Literal["hard", "soft"]

PARTS = ("app", "agent", "user", "run", "tag", "key", "model")


def money(amount: Money, name: str) -> str | None:
    """Dollars as decimal text. A float is refused: it is not the amount that was written."""
    if amount is None or isinstance(amount, str):
        return amount
    if isinstance(amount, int) and not isinstance(amount, bool):
        return str(amount)
    import decimal

    if isinstance(amount, decimal.Decimal):
        return str(amount)
    raise Error(
        f"{name} is of type {type(amount).__name__}",
        "invalid",
        'give dollars as a str such as "5.00", an int or a Decimal',
    )


def budget(name: str, values: dict[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
    amounts = {amount: money(values.get(amount), amount) for amount in ("limit", "assume")}
    return {"name": name, **values, **amounts, **parts(scope, "budget")}


def parts(scope: dict[str, Any], taker: str) -> dict[str, Any]:
    for part in scope:
        if part not in PARTS:
            raise Error(
                f"{part} is not known",
                "invalid",
                f"{taker} takes {', '.join(PARTS[:-1])} and {PARTS[-1]}",
            )
    return scope


def backup(path: Path) -> dict[str, Any]:
    return {"path": path}


def prune(before: When) -> dict[str, Any]:
    if before is None:
        raise Error("prune has no before", "invalid", 'give a time, such as "2026-01-01"')
    return {"before": micros(before, "before")}
