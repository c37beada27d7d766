"""A request as the sandbox gets it."""

from __future__ import annotations

import dataclasses
import functools
import json
import urllib.parse
from typing import Any


@dataclasses.dataclass(frozen=True)
class Request:
    """A request that arrived. `str` and `repr` do not tell the key."""

    method: str
    path: str  # with the query, as "/api/v1/models?q=x"
    headers: dict[str, str]  # names in lower case; authorization cut to "Bearer …"
    body: bytes
    authorized: bool  # whether the key was right

    @functools.cached_property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The text of the last message of the user."""
        from .words import prompt_of

        return prompt_of(self.json)

    @property
    def query(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
