"""The threads that a client starts, and how many more this process may start."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from .finding import Finding, fault, ok, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CHECK = "host"
NEEDED = 5  # io, ledger, report, timer and models: the threads of a client, at most
FEW = 32  # libcurl starts a thread for each name that it looks up
RAISE = {
    "RLIMIT_NPROC": "raise it with ulimit -u, or LimitNPROC= of systemd",
    "pids.max": "raise it with --pids-limit of Docker, or TasksMax= of systemd",
}


@dataclasses.dataclass(frozen=True)
class Limit:
    name: str
    most: int
    used: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.used)


def check(root: Path = Path("/")) -> list[Finding]:
    limits = [*_of_groups(root), *_of_user(root)]
    return [finding(min(limits, key=lambda limit: limit.left) if limits else None)]


def finding(tightest: Limit | None) -> Finding:
    needs = f"a client starts at most {NEEDED} threads, and libcurl some to look up names"
    if tightest is None:
        return ok(CHECK, f"{needs}; no limit of their number is set", needed=NEEDED)
    facts = {
        "needed": NEEDED,
        "limit": tightest.name,
        "most": tightest.most,
        "used": tightest.used,
    }
    text = (
        f"{needs}; {tightest.left} more may be started: {tightest.name} is {tightest.most}, "
        f"and {tightest.used} are there"
    )
    if tightest.left < NEEDED:
        return fault(CHECK, text, RAISE[tightest.name], **facts)
    if tightest.left < FEW:
        return warning(CHECK, text, RAISE[tightest.name], **facts)
    return ok(CHECK, text, **facts)


def _of_groups(root: Path) -> Iterator[Limit]:
    """The limits of the control groups of this process, and of those above them."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "pids"):
            continue
        top = root / "sys/fs/cgroup" / controllers
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            most, used = _text(folder / "pids.max"), _text(folder / "pids.current")
            if most.strip().isdigit() and used.strip().isdigit():
                yield Limit("pids.max", int(most), int(used))
            if folder == top:
                break


def _of_user(root: Path) -> Iterator[Limit]:
    """The limit of the user's threads. The kernel does not hold root to it."""
    import resource

    most, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    user = os.getuid()
    if most == resource.RLIM_INFINITY or user == 0:
        return
    used = 0
    for status in (root / "proc").glob("[0-9]*/status"):
        facts = dict(line.split(":\t", 1) for line in _text(status).splitlines() if ":\t" in line)
        if facts.get("Uid", "").split()[:1] == [str(user)]:
            used += int(facts.get("Threads", "1"))
    yield Limit("RLIMIT_NPROC", most, used)


def _text(path: Path) -> str:
    """The text of a file. Nothing if the file is not there, or its process has ended."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
