"""Amounts, times and counts, as a person reads them, and times as a person writes them."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal, InvalidOperation

from .._terminal import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from typing import Any

UTC = datetime.timezone.utc
SCOPE = {
    "app": "an app of charge_to",
    "agent": "an agent of charge_to",
    "user": "a user of charge_to",
    "run": "a run of charge_to",
    "tag": "one of the tags of charge_to",
    "key": "the first 12 or more hexadecimal digits of the API key's SHA-256",
    "model": "a model that the request named",
}


def dollars(amount: Decimal | None) -> str:
    """Returns the amount without needless zeros, and "unknown" for None."""
    if amount is None:
        return "unknown"
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def per_million(price: Decimal | None) -> str:
    return dollars(None if price is None else price * 1_000_000)


def sum_of_dollars(amount: Decimal, saturated: bool) -> str:
    """Returns the amount, and that it is higher if the ledger says that a sum is saturated."""
    return dollars(amount) + " or more" * saturated


def rounded(number: float | None, unit: str) -> str:
    return "unknown" if number is None else f"{number:.0f}{unit}"


def count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def figures(refused: dict[str, str]) -> str:
    """Returns such as "cost 1e30, prompt_tokens -3": what a server told that cannot be right."""
    return ", ".join(f"{name} {text}" for name, text in refused.items())


def several(number: int, what: str) -> str:
    """Returns such as "1 call" and "2 calls"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def minute(when: datetime.datetime | None) -> str:
    """Returns the time in UTC, to the minute."""
    return "" if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"


def second(when: datetime.datetime | None) -> str:
    return "" if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def scope(record: object) -> str:
    """Returns the parts that a budget or a block has, such as "agent=support user=42"."""
    given = ((part, getattr(record, part)) for part in SCOPE)
    return escaped(" ".join(f"{part}={value}" for part, value in given if value is not None))


def with_version(agent: str | None, version: int | None) -> str | None:
    """Returns such as "support v2", or the name alone for a call that named no agent."""
    return agent if agent is None or version is None else f"{agent} v{version}"


def now() -> datetime.datetime:
    return datetime.datetime.now(UTC)


def today() -> datetime.date:
    return now().date()


def time_of(word: str) -> str | datetime.date:
    """Reads "today", "yesterday" or "7d" (days ago). The library reads every other text."""
    if word == "today":
        return today()
    if word == "yesterday":
        return today() - datetime.timedelta(days=1)
    if word[-1:] == "d" and word[:-1].isdecimal() and len(word) < 6:
        return today() - datetime.timedelta(days=int(word[:-1]))
    return word


def period_of(arguments: argparse.Namespace) -> list[Any]:
    """Reads --since and --until."""
    return [None if at is None else time_of(at) for at in (arguments.since, arguments.until)]


def amount_of(word: str) -> Decimal:
    """Reads an amount of US dollars, such as 5.00 or $5.00."""
    try:
        amount = Decimal(word.lstrip("$"))
    except InvalidOperation:
        raise refused(f"{word!r} is no amount of dollars") from None
    if not amount.is_finite():
        raise refused(f"{word!r} is no amount of dollars")
    return amount


def positive(word: str) -> int:
    """Reads a whole number above 0."""
    if not word.isdecimal() or int(word) == 0:
        raise refused(f"{word!r} is no whole number above 0")
    return int(word)


def number(word: str) -> float:
    """Reads a number, such as 50 or 12.5."""
    try:
        read = float(word)
    except ValueError:
        raise refused(f"{word!r} is no number") from None
    if not math.isfinite(read):
        raise refused(f"{word!r} is no finite number")
    return read


def refused(why: str) -> Exception:
    """Returns the exception by which a parser knows that a word cannot be used."""
    import argparse  # loaded by the parser that asks; a command without one does not load it

    return argparse.ArgumentTypeError(why)


def add_scope(parser: argparse.ArgumentParser, parts: Iterable[str] = SCOPE) -> None:
    """Adds the options that select calls, such as --agent."""
    group = parser.add_argument_group("which calls")
    for part in parts:
        group.add_argument(f"--{part}", metavar="NAME", help=SCOPE[part])


def given_of(arguments: argparse.Namespace, parts: Iterable[str] = SCOPE) -> dict[str, Any]:
    """Returns the parts that are given. An empty part stays in it: the library refuses it."""
    given = {part: getattr(arguments, part) for part in parts}
    return {part: value for part, value in given.items() if value is not None}
