"""The table of providers and their models: providers.json, which the simulation reads, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TABLE: dict[str, Any] = json.loads(Path(__file__).with_name("providers.json").read_text("utf-8"))


def parameters(*names: str) -> tuple[str, ...]:
    """Returns the parameters of the named sets."""
    return tuple(one for name in names for one in TABLE["parameters"][name])
