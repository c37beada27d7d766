"""Amounts."""

from __future__ import annotations

from decimal import Decimal


class Dollars(Decimal):
    """An exact amount of US dollars: a Decimal whose text has no exponent."""

    __slots__ = ()

    def __str__(self) -> str:
        return Decimal.__format__(self, "f")

    def __format__(self, spec: str, *more: object) -> str:
        return Decimal.__format__(self, spec or "f")
