"""The faults that the sandbox can make, by name.

A fault changes one or more of three things: the words of the reply, the made reply, or the answer
that carries it. Each also tells whether the request is billed, because a client cannot know that.
"""

from __future__ import annotations

import difflib
import re
from typing import NamedTuple

from ..catalogue import PREFIX, Json
from . import bodies, shapes, statuses, streams, tools, usages
from .fault import Fault

__all__ = ["FAULTS", "NONE", "Chosen", "Fault", "listing", "named"]

FAULTS: dict[str, Fault] = {
    **statuses.FAULTS,
    **bodies.FAULTS,
    **streams.FAULTS,
    **shapes.FAULTS,
    **tools.FAULTS,
    **usages.FAULTS,
}


class Chosen(NamedTuple):
    name: str  # in FAULTS; "" for none
    fault: Fault
    number: int


NONE = Chosen("", Fault("nothing goes wrong"), 0)


def named(name: str) -> Chosen:
    """Returns the fault of this name, as "cut" or "slow-200". ValueError where there is none."""
    if name in FAULTS:
        return Chosen(name, FAULTS[name], FAULTS[name].number or 0)
    numbered = re.fullmatch(r"(.+)-(\d{1,9})", name)
    fault = FAULTS.get(numbered.group(1)) if numbered else None
    if numbered and fault and fault.number is not None:
        return Chosen(numbered.group(1), fault, int(numbered.group(2)))
    near = difflib.get_close_matches(name, FAULTS, 1)
    raise ValueError(
        f"there is no fault {name!r}" + (f": do you mean {near[0]!r}?" if near else "")
    )


def of_model(model_id: str) -> Chosen | None:
    """Returns the fault that a model's name asks for, as "sandbox/cut". None: it is no such name.

    ValueError where the fault does not exist.
    """
    return named(model_id[len(PREFIX) :]) if model_id.startswith(PREFIX) else None


def listing() -> list[Json]:
    return [
        {
            "name": f"{name}{'' if fault.number is None else '-<n>'}",
            "billed": fault.billed,
            "tells": fault.tells,
        }
        for name, fault in FAULTS.items()
    ]
