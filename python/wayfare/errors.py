"""The exceptions: Error, and one subclass for each code, such as errors.RateLimited.

A subclass is made when it is first used. Its name is the code in capitals: the class for
"rate_limited" is RateLimited. Every class of a timeout has the base Timeout.
"""

from __future__ import annotations

from . import _error_groups, _wayfare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Error(Exception):
    """The failure of a call or an operation. Its text is one line: ``code: message; advice``.

    It never contains an API key or the text of a prompt. It quotes at most 300 bytes of the
    server's text. A field whose value is not known is None.
    """

    __module__ = "wayfare"
    _code = "internal"

    def __new__(cls, message: str = "", code: str = "internal", *_: Any, **__: Any) -> Error:
        bases = (Error, globals().get(_error_groups.GROUP_OF.get(code, "")))
        return super().__new__(_class_of(code) if cls in bases else cls)

    def __init__(
        self, message: str = "", code: str = "", advice: str | None = None, **fields: Any
    ) -> None:
        super().__init__(message)
        code = code or self._code
        given = {"retryable": False, **fields, "message": message, "code": code, "advice": advice}
        for name in _wayfare.error_fields:
            setattr(self, name, given.pop(name, None))
        if code == "budget_exceeded" and self.budget_limit is not None:
            self.limit = self.budget_limit
        if given:
            raise TypeError(f"an Error has no {', '.join(given)}")

    def __str__(self) -> str:
        line = f"{self.code}: {self.message}"
        return f"{line}; {self.advice}" if self.advice else line

    def __repr__(self) -> str:
        return f"wayfare.Error({str(self)!r})"

    def __reduce__(self) -> Any:
        return error_of, ({name: getattr(self, name) for name in _wayfare.error_fields},)


def error_of(fields: dict[str, Any]) -> Error:
    """Makes the Error with these fields. Ignores names that this version does not know."""
    return Error(**{name: fields[name] for name in _wayfare.error_fields if name in fields})


def invalid(message: str, advice: str | None = None) -> Error:
    return Error(message, "invalid", advice)


def _name_of(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("_"))


def _class_of(code: str) -> type[Error]:
    name = _name_of(code)
    known = globals().get(name)
    if known is None:
        if code not in _wayfare.codes:
            return Error
        group = _error_groups.GROUP_OF.get(code)
        base = _group(group) if group else Error
        members = {"__doc__": _wayfare.codes[code], "__module__": __name__, "_code": code}
        known = globals().setdefault(name, type(name, (base,), members))
    return known  # type: ignore[no-any-return]


def _group(name: str) -> type[Error]:
    """Returns the base class of several codes, such as Timeout."""
    known = globals().get(name)
    if known is None:
        members = {"__doc__": _error_groups.DOCS[name], "__module__": __name__}
        known = globals().setdefault(name, type(name, (Error,), members))
    return known  # type: ignore[no-any-return]


def __getattr__(name: str) -> type[Error]:
    """Returns the class with this name, such as RateLimited or Timeout."""
    if name in _error_groups.DOCS:
        return _group(name)
    for code in _wayfare.codes:
        if _name_of(code) == name:
            return _class_of(code)
    raise AttributeError(f"module 'wayfare.errors' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names also the classes that are made when they are first used."""
    return sorted({*globals(), *_error_groups.DOCS, *map(_name_of, _wayfare.codes)})
