"""The groups of error codes that have a base class of their own in Python.

Nothing else names the codes of a group. The stub, the package and the reference are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tables import Tables


@dataclass(frozen=True)
class Group:
    name: str  # of the class
    doc: str
    codes: tuple[str, ...]


GROUPS = [
    Group(
        "Timeout",
        "A time limit has passed, at the server, at its provider or here.",
        (
            "request_timeout",
            "provider_timeout",
            "connect_timeout",
            "first_byte_timeout",
            "idle_timeout",
            "content_timeout",
            "deadline",
        ),
    ),
]


def check(tables: Tables) -> None:
    """Refuses a group with a code that does not exist, and a timeout that is in no group."""
    names = {code["name"] for code in tables.codes}
    grouped = [code for group in GROUPS for code in group.codes]
    wrong = set(grouped) - names
    wrong |= {name for name in names if name.endswith("timeout")} - set(grouped)
    wrong |= {code for code in grouped if grouped.count(code) > 1}
    if wrong:
        raise SystemExit(f"capi/tables/groups.py is wrong about {', '.join(sorted(wrong))}")
