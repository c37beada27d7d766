"""Where reality is looser than the specification, reality wins."""

from __future__ import annotations

import dataclasses
import re

from prism import Violation


@dataclasses.dataclass(frozen=True)
class Looser:
    """What the specification has against a kind of request or answer, and why that is right."""

    kind: str  # a pattern for the whole name of a kind
    place: str  # a pattern for the whole place
    message: str  # a pattern for a part of the message
    reason: str

    def covers(self, kind: str, violation: Violation) -> bool:
        return bool(
            re.fullmatch(self.kind, kind)
            and re.fullmatch(self.place, violation.place)
            and re.search(self.message, violation.message)
        )


LOOSER = (
    Looser(
        "prices as numbers",
        r"request\.body\.provider\.max_price\.(prompt|completion)",
        "must be string",
        "The guide on routing sends numbers. The API takes both.",
    ),
    Looser(
        "status 504",
        r"response\.status",
        "504",
        "The guide on errors has 504 for a provider that does not answer in time.",
    ),
    Looser(
        "model-not-found|model-deprecated|region|capacity|unavailable",
        r"response\.body\.error",
        "must have required property 'code'",
        "The changelog has examples with http_status in the place of code.",
    ),
    Looser(
        "error in a 200",
        r"response\.body",
        "must have required property",
        "The documents and users tell of a 200 whose body is only an error.",
    ),
)
