"""The ledger: its place, whether it can be written, who uses it, and whether this wayfare may."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from pathlib import Path

import wayfare

from .._values import several
from .finding import Finding, fault, note, of_error, ok, warning

CHECK = "ledger"

ROOM_WARNED = 100 << 20  # bytes: about 700,000 calls
ROOM_NEEDED = 1 << 20
_OLDEST_AT = 60  # the bytes of SQLite's header that have user_version
_SCHEMA = "SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema'"
_PROCESSES_SHOWN = 5


def check(client: wayfare.Client, verify: bool) -> list[Finding]:
    path = client.ledger_path
    if not path:
        text = "there is no place for a ledger: no WAYFARE_LEDGER, no XDG_STATE_HOME and no home"
        return [fault(CHECK, text, "set WAYFARE_LEDGER to an absolute path")]
    if path == ":memory:":
        text = "the ledger has no file: it is lost when the client is closed"
        return [warning(CHECK, text, "set WAYFARE_LEDGER to an absolute path", path=path)]
    folder = os.path.dirname(path)
    existing = folder
    while not os.path.isdir(existing):
        existing = os.path.dirname(existing)
    if not os.access(existing, os.X_OK):
        text = f"this user may not look into {existing}, so calls are refused"
        advice = "give the folder to this user or its group, or set WAYFARE_LEDGER"
        return [fault(CHECK, text, advice, folder=existing)]
    found = [_place(path, existing), *_room(existing), *_access(path, existing)]
    if os.path.exists(path):
        found += [*_file(path), *_users(path), *_content(client, verify)]
    return found


def _place(path: str, existing: str) -> Finding:
    system = file_system(existing)
    there = os.path.exists(path)
    text = f"{path} is on {system}" if there else f"{path} is not there yet: a call makes it"
    return ok(CHECK, text, path=path, exists=there, file_system=system)


def file_system(folder: str) -> str:
    """The kind of file system that a folder is on, as the kernel names it."""
    best, kind = "", "unknown"
    folder = os.path.realpath(folder)
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
            lines = mounts.read().splitlines()
    except OSError:
        return kind
    for line in lines:
        before, _, after = line.partition(" - ")
        mounted = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), before.split()[4])
        inside = folder == mounted or folder.startswith(mounted.rstrip("/") + "/")
        if inside and len(mounted) >= len(best):
            best, kind = mounted, after.split()[0]
    return kind


def _room(folder: str) -> list[Finding]:
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    if free < ROOM_NEEDED:
        text = f"the disk of {folder} is full: {free >> 10} KiB are free, so calls are refused"
        return [fault(CHECK, text, "make room on that disk, or move the ledger", free=free)]
    if free < ROOM_WARNED:
        text = f"the disk of {folder} has only {free >> 20} MiB left"
        return [warning(CHECK, text, "make room: a million calls take about 142 MB", free=free)]
    return []


def _access(path: str, existing: str) -> list[Finding]:
    """Whether this user may write the file, and the files beside it."""
    folder = os.path.dirname(path)
    if os.statvfs(existing).f_flag & os.ST_RDONLY:
        text = f"{existing} is on a file system that is mounted read-only, so calls are refused"
        return [fault(CHECK, text, "set WAYFARE_LEDGER to a place that can be written")]
    if not os.access(existing, os.W_OK):
        text = f"this user may not write into {existing}, so calls are refused"
        advice = "give the folder to this user, or set WAYFARE_LEDGER to another place"
        return [fault(CHECK, text, advice, folder=existing)]
    if existing != folder and not _makes_folder(folder):
        text = f"there is no folder {folder}, and wayfare makes only the default one"
        return [fault(CHECK, text, f"mkdir -p -m 700 {folder}", folder=folder)]
    if os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        owner = os.stat(path).st_uid
        text = f"this user may not write {path}, which belongs to the user {owner}"
        return [fault(CHECK, text, "run as that user, or share the ledger with a group")]
    return []


def _makes_folder(folder: str) -> bool:
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return folder == os.path.join(state, "wayfare")


def _file(path: str) -> list[Finding]:
    info = os.stat(path)
    mode = stat.S_IMODE(info.st_mode)
    if mode & 0o007:
        text = f"every user of this machine may use {path} (mode {mode:o})"
        return [warning(CHECK, text, f"chmod o= {path}*", mode=f"{mode:o}")]
    if mode & 0o070:
        text = f"a group may use {path} (mode {mode:o})"
        return [note(CHECK, text, "", mode=f"{mode:o}", group=info.st_gid)]
    return []


def users_of(path: str) -> dict[int, str]:
    """The processes that have the file open, as far as this user may see: names by pid."""
    target = os.stat(path)
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if any(
                _is(f"/proc/{pid}/fd/{number}", target) for number in os.listdir(f"/proc/{pid}/fd")
            ):
                with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as name:
                    found[int(pid)] = name.read().strip()
        except OSError:  # the process has ended, or is another user's
            continue
    found.pop(os.getpid(), None)
    return found


def _is(path: str, target: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), target)
    except FileNotFoundError:  # it was closed meanwhile
        return False


def _users(path: str) -> list[Finding]:
    users = users_of(path)
    if not users:
        return [note(CHECK, "it is used by no process that this user may see", "", processes={})]
    names = [f"{name} {pid}" for pid, name in sorted(users.items())]
    more = len(names) - _PROCESSES_SHOWN
    shown = ", ".join(names[:_PROCESSES_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return [note(CHECK, f"it is used by {shown}", "", processes=users)]


@dataclasses.dataclass(frozen=True)
class Schemas:
    """The two numbers of a file. A number that cannot be read is None."""

    schema: int | None
    oldest_writer: int | None

    def __str__(self) -> str:
        if self.oldest_writer is None:
            return "its schema cannot be read"
        if self.schema is None:
            return f"versions with schema {self.oldest_writer} or later may write it"
        return (
            f"its schema is {self.schema}, and versions with schema {self.oldest_writer} or later "
            "may write it"
        )


def schemas_of(path: str) -> Schemas:
    """Reads the numbers, also while other processes write the file."""
    try:
        import sqlite3  # not each Python has it
    except ImportError:
        return Schemas(None, _of_header(path))
    try:
        file = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)
        try:
            (schema,) = file.execute(_SCHEMA).fetchone()
            (oldest,) = file.execute("PRAGMA user_version").fetchone()
        finally:
            file.close()
    except (sqlite3.Error, TypeError):  # no row is no tuple
        return Schemas(None, _of_header(path))
    return Schemas(schema, oldest)


def _of_header(path: str) -> int | None:
    """The oldest schema whose processes may write, as the head of the file tells."""
    try:
        with open(path, "rb") as file:
            head = file.read(100)
    except OSError:
        return None
    is_sqlite = head.startswith(b"SQLite format 3\0") and len(head) == 100
    return int.from_bytes(head[_OLDEST_AT : _OLDEST_AT + 4], "big") if is_sqlite else None


def _content(client: wayfare.Client, verify: bool) -> list[Finding]:
    try:
        budgets = client.budgets()
        used_up = [one.name for one in budgets if one.mode == "hard" and one.left <= 0]
        blocks = len(client.blocks())
    except wayfare.Error as error:
        return [of_error(CHECK, error)]
    schemas = schemas_of(client.ledger_path)
    facts = {**dataclasses.asdict(schemas), "budgets": len(budgets), "blocks": blocks}
    found = [ok(CHECK, f"this wayfare reads it: {schemas}", **facts)]
    if used_up:
        text = f"nothing is left of the budget {', '.join(used_up)}"
        found.append(warning(CHECK, text, "wait for its next window, or override it"))
    if blocks:
        text = f"calls are refused by {several(blocks, 'block')}"
        found.append(warning(CHECK, text, "see wayfare blocks, and wayfare unblock"))
    return [*found, *(_verified(client) if verify else [])]


def _verified(client: wayfare.Client) -> list[Finding]:
    try:
        found = client.verify()
    except wayfare.Error as error:
        return [of_error(CHECK, error)]
    facts = {"entries": found.entries, "pending": found.pending, "problems": list(found.problems)}
    if found.ok:
        text = f"it is whole: {several(found.entries, 'row')}, {found.pending} without an end"
        return [ok(CHECK, text, **facts)]
    text = f"it has {several(len(found.problems), 'problem')}: {found.problems[0]}"
    return [fault(CHECK, text, "wayfare backup FILE, then wayfare mend", **facts)]
