"""Makes python/wayfare/_options.py from the table of the options."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from stubs import HEAD, WIDTH, argument_type
from tables import base_of

if TYPE_CHECKING:
    from tables import Field, Tables

OPTIONS_HEAD = '''\
"""The options and the properties that all clients share."""

from __future__ import annotations

from . import _wayfare
from ._arguments import path_of
from ._log import Shared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from typing_extensions import Self

    from .types import ChargePart, ChargeTo, Dialect, Durability, Path, Route, ServerOptions


class Opened:
    """A client with its options."""

    __slots__ = ("__weakref__", "_defaults", "_shared")

'''

OPTIONS_TAIL = '''
        native = _wayfare.Client(
            **{name: value for name, value in given.items() if value is not None}
        )
        self._defaults: list[dict[str, Any]] = []
        self._shared = Shared(native, {"model": model, "route": route, "charge_to": charge_to})

    def with_options(
        self,
        *,
        model: str | None = None,
        max_tokens: int | None = None,
        route: Route | None = None,
        charge_to: ChargeTo | None = None,
    ) -> Self:
        """Returns a view of this client with other defaults for its calls.

        model, max_tokens, route and charge_to are those of the constructor. What is given here goes
        before what the client has, part by part. The view shares all else with the client, so it
        costs nothing, and close() of one closes both.
        """
        given = {"model": model, "max_tokens": max_tokens, "route": route, "charge_to": charge_to}
        view = object.__new__(type(self))
        view._shared = self._shared
        own = {name: value for name, value in given.items() if value is not None}
        view._defaults = [own, *self._defaults]
        return view

    @property
    def ledger_path(self) -> str:
        """The absolute path of the ledger. Empty if neither an option nor the environment gives
        a path.
        """
        return self._shared.native.ledger_path

    @property
    def base_url(self) -> str:
        """The base URL in use."""
        return self._shared.native.base_url

    @property
    def has_key(self) -> bool:
        """Whether there is a key for calls whose route names no key. The key may be wrong."""
        return self._shared.native.has_key

    def __repr__(self) -> str:
        return (
            f"wayfare.{type(self).__name__}(base_url={self.base_url!r}, "
            f"ledger={self.ledger_path!r})"
        )
'''


def options(tables: Tables) -> str:
    fields = tables.options.fields
    parameters = "".join(
        f"        {field.name}: {argument_type(tables, field.type)} | None = None,\n"
        for field in fields
    )
    given = "".join(f'            "{field.name}": {_passed(field)},\n' for field in fields)
    return (
        HEAD
        + OPTIONS_HEAD
        + f"    def __init__(\n        self,\n        *,\n{parameters}    ) -> None:\n"
        + _options_doc(tables)
        + f"        given = {{\n{given}        }}"
        + OPTIONS_TAIL
    )


def _passed(field: Field) -> str:
    if field.type != "path":
        return field.name
    return f"path_of({field.name})"


def _options_doc(tables: Tables) -> str:
    lines = ['        """Checks the options and does nothing else.\n']
    for field in tables.options.fields:
        doc = field.doc
        if field.default is not None and field.type != "boolean":
            unit = " seconds" if field.type == "seconds" else ""
            doc += f" Default: {field.default}{unit}."
        enum = tables.enums.get(base_of(field.type))
        if enum:
            doc += "".join(f' "{one["name"]}": {one["doc"]}' for one in enum.values)
        lines.append(
            textwrap.fill(
                f"{field.name}: {doc}".replace("`", "``"),
                WIDTH,
                initial_indent="        ",
                subsequent_indent="            ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    lines.append('\n        Raises errors.Invalid if a value cannot be used.\n        """\n')
    return "\n".join(lines)
