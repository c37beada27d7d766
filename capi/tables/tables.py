"""Reads the tables that wayfare_tables prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    nullable: bool
    required: bool
    doc: str
    default: Any = None
    short_form: bool = False
    never_empty: bool = False


@dataclass(frozen=True)
class Record:
    name: str
    doc: str
    fields: list[Field]

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


@dataclass(frozen=True)
class Operation(Record):
    result: str  # a type
    may_be_nothing: bool


@dataclass(frozen=True)
class Enum:
    name: str
    doc: str
    values: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        return [value["name"] for value in self.values]


def _record(raw: dict[str, Any]) -> Record:
    return Record(raw["name"], raw["doc"], [Field(**field) for field in raw["fields"]])


class Tables:
    def __init__(self, raw: dict[str, Any]) -> None:
        self.raw = raw
        self.options = _record(raw["options"])
        self.error = _record(raw["error"])
        self.enums = {one["name"]: Enum(**one) for one in raw["enums"]}
        self.records = {one["name"]: _record(one) for one in raw["records"]}
        self.operations = [
            Operation(
                **vars(_record(one)),
                result=one["result"]["type"],
                may_be_nothing=one["result"]["nullable"],
            )
            for one in raw["operations"]
        ]
        self.given = self._reached(field.type for one in self.operations for field in one.fields)
        self.given.update(self._reached(field.type for field in self.options.fields))

    @property
    def codes(self) -> list[dict[str, Any]]:
        return [value for value in self.enums["Code"].values if value["name"] != "ok"]

    def results(self) -> list[Record]:
        """Returns the records that operations and events return, by name."""
        told = self._reached(one.result for one in self.operations)
        names = [one for one in sorted(self.records) if one in told or one not in self.given]
        return [self.records[name] for name in names]

    def _reached(self, types: Any) -> set[str]:
        """Returns the names of all records and enums that these types contain."""
        names: set[str] = set()
        for one in types:
            name = base_of(one)
            if name in names or name not in {*self.records, *self.enums}:
                continue
            names.add(name)
            if name in self.records:
                names |= self._reached(field.type for field in self.records[name].fields)
        return names


def base_of(type: str) -> str:
    """Returns the record or enum in a type: State for "list of enum State"."""
    return type.removeprefix("list of ").removeprefix("enum ")
