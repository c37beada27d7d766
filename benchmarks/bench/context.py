"""What every part is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workers import PROGRAMS, Worker, fresh_ledger


@dataclass(frozen=True)
class Context:
    base: str  # of the loopback server's URLs
    quick: bool

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 11

    def scaled(self, count: int) -> int:
        return max(1, count // 4) if self.quick else count

    def url(self, stream: str = "1000") -> str:
        return f"{self.base}/{stream}"

    def program(self, name: str, **arguments: object) -> Worker:
        return Worker(name, [PROGRAMS / f"bench_{name}"], **arguments)

    def client(self, durability: str, ledger: Path | None = None, **arguments: object) -> Worker:
        """wayfare's C++ client, with a ledger of its own."""
        path = ledger or fresh_ledger(
            f"client-{durability}-{arguments.get('mode')}"
            f"-{arguments.get('flight', 1)}-{arguments.get('budget', 0)}"
        )
        return self.program("client", durability=durability, ledger=path, **arguments)
