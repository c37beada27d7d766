"""Records as JSON takes them, and the schema that pydantic asks for.

It is loaded when somebody asks for them: FastAPI, pydantic, or the command line with --json.
"""

from __future__ import annotations

import datetime
from decimal import Decimal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def fields(record: Any) -> dict[str, Any]:
    """Returns the fields of a record: amounts and times as texts, and records inside as dicts."""
    return {name: _plain(value) for name, value in record.to_dict().items()}


def scalar(value: Any) -> Any:
    """Returns an amount, a time or a date as text, and any other value as it is."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, datetime.date) else value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return scalar(value)


def schema(kind: type[Any]) -> Any:
    """Returns the schema of a record class for pydantic: it takes a record and tells its fields."""
    from pydantic_core import core_schema

    return core_schema.is_instance_schema(
        kind,
        serialization=core_schema.plain_serializer_function_ser_schema(
            fields, return_schema=core_schema.dict_schema()
        ),
    )
