"""What the caller of instrument() has asked for."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import invalid
from . import _names as names

LABELS = ("app", "agent", "user", "run")
WAYS = ("headers", "body")
OTHER = "other"
MOST_VALUES = 10_000


@dataclass(frozen=True)
class Settings:
    labels: tuple[str, ...]
    label_values: int
    openinference: bool
    content: bool
    propagate: frozenset[str]
    provider: str
    address: str
    port: int | None
    old: bool
    """Whether the old names are written beside the current ones."""


def settings_of(
    base_url: str,
    openinference: bool,
    content: bool,
    labels: Sequence[str],
    label_values: int,
    propagate: Collection[str],
    provider: str | None,
) -> Settings:
    """Checks the arguments of instrument(). Raises errors.Invalid for what cannot be used."""
    _known("labels", labels, LABELS)
    _known("propagate", propagate, WAYS)
    if isinstance(label_values, bool) or not isinstance(label_values, int):
        raise invalid("label_values is no whole number", f"give 1 to {MOST_VALUES}")
    if not 1 <= label_values <= MOST_VALUES:
        raise invalid(f"label_values is {label_values}", f"give 1 to {MOST_VALUES}")
    server = urlsplit(base_url)
    address = server.hostname or ""
    is_openrouter = address == "openrouter.ai" or address.endswith(".openrouter.ai")
    words = [word.strip() for word in os.environ.get(names.OPT_IN, "").split(",")]
    return Settings(
        labels=tuple(dict.fromkeys(labels)),
        label_values=label_values,
        openinference=openinference,
        content=content,
        propagate=frozenset(propagate),
        provider=provider or ("openrouter" if is_openrouter else "openai"),
        address=address,
        port=server.port or {"http": 80, "https": 443}.get(server.scheme),
        old=names.LATEST not in words,
    )


def _known(name: str, given: Collection[str], allowed: tuple[str, ...]) -> None:
    if isinstance(given, str):
        raise invalid(f"{name} is a str", f'give a tuple, such as {name}=("{given}",)')
    for one in given:
        if one not in allowed:
            raise invalid(f"{name} has {one!r}", f"give some of {', '.join(allowed)}")


class Capped:
    """Lets the first values of each name through. Gives "other" for those beyond the cap."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: dict[str, set[str]] = {}

    def value(self, name: str, value: str) -> str:
        seen = self._seen.setdefault(name, set())
        if value in seen:
            return value
        if len(seen) >= self._most:
            return OTHER
        seen.add(value)
        return value
