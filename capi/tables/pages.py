"""Makes capi/operations.md, the reference of the JSON that goes through the C interface."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from groups import GROUPS
from tables import base_of

if TYPE_CHECKING:
    from tables import Field, Record, Tables

INTRODUCTION = """\
<!-- Made by `./run generate` from the tables in core/include/wayfare. Change those. -->

# Operations and events

This page lists the arguments of `wayfare_open` and `wayfare_submit`, and the events that
`wayfare_next` returns. All of it is JSON. `operations.json` has the same for programs, such as
generators of types.

- An unknown name is an error in every object. A value of `null` counts as left out.
- `dollars` are US dollars as a decimal text such as `"0.0015"`. They are exact. A whole number may
  be given as a JSON integer. A number with a point or an exponent is refused.
- `number` and `seconds` are JSON numbers. `time` is ISO 8601 text in UTC, such as
  `"2026-11-23T09:46:52Z"`; a date alone is its midnight.
- A value that is not known is `null`. It is never zero.
- Later versions add fields. A program that reads this JSON must ignore names that it does not know.

The golden files in `tests/golden/operations` show real requests and their events.
"""

EVENTS = """\
## Events

`wayfare_next` returns an array of objects. Each has `"v": 1`, the `id` of the call, its `type` and
the fields of that type:

| `type` | more | meaning |
| --- | --- | --- |
"""

EVENT_FIELDS = {
    "text": "`text`",
    "reasoning": "`text`",
    "refusal": "`text`",
    "tool": "`tool_call`: [ToolPiece](#toolpiece)",
    "usage": "`usage`: [Usage](#usage), `cost`: dollars or `null`",
    "done": "`reply`: [Reply](#reply) of a chat; `result` of another operation",
    "error": "`error`: [Error](#error)",
    "notice": "`notice`: [Notice](#notice)",
}


def reference(tables: Tables) -> str:
    parts = [INTRODUCTION, *_options(tables), "## Operations\n", OPERATIONS]
    for operation in tables.operations:
        result = _type(tables, operation.result)
        if operation.result != "nothing" and operation.may_be_nothing:
            result += " or `null`"
        parts += [
            f"### `{operation.name}`\n",
            _wrapped(operation.doc) + "\n",
            *([_table(tables, operation, True)] if operation.fields else []),
            f"Result: {'`null`' if operation.result == 'nothing' else result}.\n",
        ]
    events = [
        f"| `{value['name']}` | {EVENT_FIELDS[value['name']]} | {value['doc']} |"
        for value in tables.enums["EventType"].values
    ]
    parts += [EVENTS + "\n".join(events) + "\n", "## Records\n"]
    inputs = [tables.records[name] for name in tables.records if name in tables.given]
    for record in [*inputs, tables.error, *tables.results()]:
        parts += [
            f"### {record.name}\n",
            _wrapped(record.doc) + "\n",
            _table(tables, record, record in inputs),
        ]
    parts.append("## Enumerations\n")
    for name in sorted(tables.enums):
        if name not in ("Code", "EventType"):
            parts += _enum(tables, name)
    parts += ["## Codes of errors\n", CODES, *_codes(tables)]
    return "\n".join(parts)


OPERATIONS = """\
`wayfare_submit` takes `{"op": "chat", …}`. `op` may be left out for a chat.
"""

CODES = """\
A code is a stable name. Functions of the C interface return its number.
"""


def _options(tables: Tables) -> list[str]:
    return [
        "## Options\n",
        _wrapped("`wayfare_open` takes an object with these names. " + tables.options.doc) + "\n",
        _table(tables, tables.options, True),
    ]


def _table(tables: Tables, record: Record, is_given: bool) -> str:
    lines = ["| name | type | meaning |", "| --- | --- | --- |"]
    for field in record.fields:
        lines.append(f"| `{field.name}` | {_field_type(tables, field, is_given)} | {_doc(field)} |")
    return "\n".join(lines) + "\n"


def _field_type(tables: Tables, field: Field, is_given: bool) -> str:
    text = _type(tables, field.type)
    if is_given:
        return text + (", required" if field.required else "")
    return text + (" or `null`" if field.nullable else "")


def _doc(field: Field) -> str:
    doc = field.doc.replace("|", "\\|")
    if field.default is not None:
        default = field.default
        if isinstance(default, bool):
            default = str(default).lower()
        doc += f" Default: `{default}`."
    if field.short_form:
        doc += " This value alone may be given in place of the record."
    return doc


def _type(tables: Tables, type: str) -> str:
    name = base_of(type)
    if name in tables.records or name in tables.enums:
        link = f"[{name}](#{'codes-of-errors' if name == 'Code' else name.lower()})"
        return type.replace("enum ", "").replace(name, link)
    return type


def _enum(tables: Tables, name: str) -> list[str]:
    enum = tables.enums[name]
    lines = [f"| `{value['name']}` | {value['doc']} |" for value in enum.values]
    return [
        f"### {name}\n",
        _wrapped(enum.doc) + "\n",
        "\n".join(["| name | meaning |", "| --- | --- |", *lines]) + "\n",
    ]


def _codes(tables: Tables) -> list[str]:
    lines = [f"| `{one['name']}` | {one['number']} | {one['doc']} |" for one in tables.codes]
    table = "\n".join(["| code | number | meaning |", "| --- | --- | --- |", *lines]) + "\n"
    told = [
        _wrapped(
            f"In Python, these codes have the base class `wayfare.errors.{group.name}`: "
            + ", ".join(f"`{code}`" for code in group.codes)
            + f". {group.doc}"
        )
        for group in GROUPS
    ]
    return [table, "\n\n".join(told) + "\n"]


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)
