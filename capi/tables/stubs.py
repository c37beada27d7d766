"""Makes the files of the Python package that come from the tables."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from groups import GROUPS, check
from tables import base_of

if TYPE_CHECKING:
    from tables import Field, Record, Tables

HEAD = "# Made by `./run generate` from the tables in core/include/wayfare. Change those.\n"
WIDTH = 100

RESULTS = {
    "text": "str",
    "boolean": "bool",
    "integer": "int",
    "dollars": "Decimal",
    "time": "datetime.datetime",
    "seconds": "float",
    "number": "float",
    "json": "dict[str, Any]",
    "json list": "list[dict[str, Any]]",
}
ARGUMENTS = {
    "text": "str",
    "boolean": "bool",
    "integer": "int",
    "dollars": "Money",
    "time": "When",
    "seconds": "float",
    "number": "float",
    "path": "Path",
    "map of text": "dict[str, str]",
    "json": "dict[str, Any] | str",
    "json list": "Sequence[dict[str, Any]] | str",
}


def class_of(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("_"))


def _literal(tables: Tables, enum: str) -> str:
    names = [name for name in tables.enums[enum].names if name != "ok"]  # no error has that code
    return f"Literal[{', '.join(repr(name).replace(chr(39), chr(34)) for name in names)}]"


def _docstring(text: str, indent: int = 4) -> str:
    pad = " " * indent
    body = textwrap.fill(
        f'"""{text}'.replace("`", "``"),
        WIDTH - 3,  # so that the quotes have room after the last line
        initial_indent=pad,
        subsequent_indent=pad,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f'{body}"""\n'


# ---- _wayfare.pyi


def _result_type(tables: Tables, field: Field) -> str:
    base = base_of(field.type)
    text = RESULTS.get(base, base)
    if field.type.startswith("list of "):
        text = f"list[{text}]"
    return f"{text} | None" if field.nullable else text


def _property(tables: Tables, field: Field) -> str:
    return (
        f"    @property\n    def {field.name}(self) -> {_result_type(tables, field)}:\n"
        + _docstring(field.doc, 8)
    )


def _record_class(tables: Tables, record: Record) -> str:
    names = "".join(f'        "{field.name}",\n' for field in record.fields)
    return (
        f"@final\nclass {record.name}:\n{_docstring(record.doc)}\n"
        f"    _fields: ClassVar[tuple[str, ...]]\n"
        f"    __match_args__: ClassVar[tuple[str, ...]] = (\n{names}    )\n"
        + "".join(_property(tables, field) for field in record.fields)
        + "    @classmethod\n    def make(cls, **fields: Any) -> Self: ...\n"
        + "    def to_dict(self) -> dict[str, Any]: ...\n"
        + "    @classmethod\n"
        + "    def __get_pydantic_core_schema__(cls, source: Any, handler: Any, /) -> Any: ...\n"
        + "    def __iter__(self) -> Iterator[Any]: ...\n"
        + "    def __eq__(self, other: object, /) -> bool: ...\n"
        + "    def __hash__(self) -> int: ...\n"
    )


NATIVE_HEAD = """\
import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar, final

from typing_extensions import Self

from .types import (
%s)

__version__: str
codes: dict[str, str]
error_fields: tuple[str, ...]
misplaced: dict[str, str]

def encode(value: object, /) -> str: ...
def versions() -> Versions: ...

"""

NATIVE_TAIL = """\
@final
class Event:
    @property
    def type(self) -> EventType: ...
    @property
    def text(self) -> str | None: ...
    @property
    def reasoning(self) -> str | None: ...
    @property
    def refusal(self) -> str | None: ...
    @property
    def tool_call(self) -> ToolPiece | None: ...
    @property
    def usage(self) -> Usage | None: ...

@final
class Call:
    @property
    def id(self) -> int: ...
    def next(self) -> tuple[list[Any], bool, Any]: ...
    def take(self) -> tuple[list[Any], bool, Any] | None: ...
    def cancel(self, forget: bool, /) -> None: ...

@final
class Client:
    def __new__(cls, **options: Any) -> Client: ...
    @property
    def base_url(self) -> str: ...
    @property
    def has_key(self) -> bool: ...
    @property
    def ledger_path(self) -> str: ...
    def run(
        self, op: str, arguments: dict[str, Any], body: dict[str, Any] | str | bytes | None, /
    ) -> Any: ...
    def submit(
        self, op: str, arguments: dict[str, Any], body: dict[str, Any] | str | bytes | None, /
    ) -> Call: ...
    def fd(self) -> int: ...
    def ready(self) -> list[int]: ...
    def close(self) -> None: ...
"""


def native(tables: Tables) -> str:
    taken_apart = ("AgentPage", "EntryPage", "ModelList", "UnknownPage")  # by the package
    shown = [one.name for one in tables.results() if one.name not in taken_apart]
    names = "".join(f'    "{name}",\n' for name in [*shown, "Event"])
    return (
        HEAD
        + NATIVE_HEAD % "".join(f"    {name},\n" for name in sorted(_told_enums(tables)))
        + f"__all__ = [\n{names}]\n\n"
        + "\n".join(_record_class(tables, record) for record in tables.results())
        + "\n"
        + NATIVE_TAIL
    )


def _told_enums(tables: Tables) -> set[str]:
    """The enums of the fields of records that operations return, and of events."""
    fields = [field for record in tables.results() for field in record.fields]
    return {base_of(field.type) for field in fields} & set(tables.enums) | {"EventType"}


# ---- errors.pyi


# BudgetExceeded.limit is the limit of the budget. Other errors name the owner of a limit there.
BUDGET_LIMIT = "\n    limit: Decimal | None  # type: ignore[assignment]\n"


def errors(tables: Tables) -> str:
    attributes = "".join(
        f"    {field.name}: {_result_type(tables, field)}\n" for field in tables.error.fields
    )
    bases = {code: group.name for group in GROUPS for code in group.codes}
    classes = "\n".join(
        f"class {class_of(code['name'])}({bases.get(code['name'], 'Error')}):\n"
        + _docstring(code["doc"])
        + (BUDGET_LIMIT if code["name"] == "budget_exceeded" else "")
        for code in tables.codes
    )
    return (
        HEAD
        + "import datetime\nfrom decimal import Decimal\nfrom typing import Any\n\n"
        + "from ._wayfare import Reply\nfrom .types import Code\n\n"
        + f"class Error(Exception):\n{_docstring(tables.error.doc)}\n{attributes}\n"
        + "    def __init__(\n"
        + '        self, message: str = "", code: str = "", advice: str | None = None,\n'
        + "        **fields: Any\n    ) -> None: ...\n\n"
        + "def error_of(fields: dict[str, Any]) -> Error: ...\n"
        + "def invalid(message: str, advice: str | None = None) -> Error: ...\n\n"
        + "".join(f"class {group.name}(Error):\n{_docstring(group.doc)}\n" for group in GROUPS)
        + classes
    )


# ---- _error_groups.py


def error_groups(tables: Tables) -> str:
    check(tables)
    docs = "".join(f"    {json.dumps(group.name)}: {json.dumps(group.doc)},\n" for group in GROUPS)
    groups = "".join(
        f"    {json.dumps(code)}: {json.dumps(group.name)},\n"
        for group in GROUPS
        for code in group.codes
    )
    return (
        "# Made by `./run generate` from capi/tables/groups.py. Change that.\n"
        + '"""Classes of errors that are the base of the classes of several codes."""\n\n'
        + f"DOCS = {{\n{docs}}}\nGROUP_OF = {{  # by code\n{groups}}}\n"
    )


# ---- types.py


TYPES_HEAD = '''\
"""The types of arguments, for annotations: ``route: wayfare.types.Route``.

wayfare itself does not load this module. Every key of a dict may be left out.
"""

'''

TYPES_IMPORTS = """from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal, TypedDict, Union

Messages = Union[str, Sequence[dict[str, Any]]]
Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Money = Union[str, int, Decimal]
When = Union[str, datetime.date, datetime.datetime]
"""


def argument_type(tables: Tables, type: str) -> str:
    base = base_of(type)
    text = ARGUMENTS.get(base, base)
    if base in tables.records and any(one.short_form for one in tables.records[base].fields):
        short = next(one for one in tables.records[base].fields if one.short_form)
        text = f"{ARGUMENTS.get(short.type, base_of(short.type))} | {text}"
    return f"Sequence[{text}]" if type.startswith("list of ") else text


def _typed_dict(tables: Tables, record: Record, name: str | None = None) -> str:
    lines = [f"class {name or record.name}(TypedDict, total=False):\n", _docstring(record.doc)]
    for field in record.fields:
        lines += [
            f"\n    {field.name}: {argument_type(tables, field.type)}"
            + ("\n" if field.never_empty else " | None\n"),
            _docstring(field.doc),
        ]
    return "".join(lines)


# The keywords of methods: a name, what they are, the operation, and its other arguments.
KEYWORDS = [
    (
        "EntryFilters",
        "Which entries to give.",
        "entries",
        ("since", "until", "after", "limit", "newest"),
    ),
    (
        "ReplayFilters",
        "Which calls to price.",
        "replay",
        ("since", "until", "by", "model", "models", "policy", "models_list"),
    ),
    ("CachingFilters", "Which calls to count.", "caching", ("by", "since", "until")),
    # edit_agent takes the same.
    ("ProfileParts", "The parts of an agent's profile.", "create_agent", ("name",)),
    ("AgentFilters", "Which agents to give.", "agents", ("after",)),
    ("ModelFilters", "Which models to give.", "models", ("of_key", "key")),
]


def arguments(tables: Tables) -> str:
    enums = list(tables.enums)
    records = [record for name, record in tables.records.items() if name in tables.given]
    literals = "".join(f"{name} = {_literal(tables, name)}\n" for name in enums)
    parts = [_typed_dict(tables, record) for record in _innermost_first(tables, records)]
    parts.append(_typed_dict(tables, tables.options))
    # The parts of a scope come to budget() and block() as arguments of their own.
    block = tables.records["Block"]
    scope = type(block)("Scope", "The calls that match every given part.", block.fields)
    parts.append(_typed_dict(tables, scope))
    for name, doc, operation, rest in KEYWORDS:
        of = next(one for one in tables.operations if one.name == operation)
        fields = [field for field in of.fields if field.name not in rest]
        parts.append(_typed_dict(tables, type(block)(name, doc, fields)))
    return HEAD + TYPES_HEAD + TYPES_IMPORTS + literals + "\n\n" + "\n\n".join(parts)


def _innermost_first(tables: Tables, records: list[Record]) -> list[Record]:
    return list(reversed(records))
