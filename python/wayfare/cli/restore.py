"""restore: puts a backup in the place of the ledger."""

from __future__ import annotations

import contextlib
import os
import shutil
import struct

import wayfare

from ._client import NO_SERVER, open_client
from ._codes import GOOD
from ._output import fail, put, say
from ._values import now

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

# Of the file, as SQLite names them. They go before the file itself: without its log it is an older
# state of the ledger, but the log beside another file would destroy that file.
PARTS = ("-wal", "-shm", "")


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "restore",
        description="check a backup and put it in the place of the ledger",
        epilog=(
            "End every process that uses the ledger before. What was booked since the backup is\n"
            "not in it, and its attempts without an end become unknown."
        ),
    )
    parser.add_argument("file", metavar="FILE", help='a file that "wayfare backup" has made')
    parser.add_argument(
        "--replace", action="store_true", help="keep the present ledger aside under a new name"
    )


def run(arguments: argparse.Namespace) -> int:
    with open_client(arguments, base_url=NO_SERVER) as client:
        ledger = os.path.realpath(client.ledger_path)
    refuse_what_is_no_backup(arguments.file, ledger)
    if os.path.exists(ledger):
        if not arguments.replace:
            raise wayfare.Error(
                f"there is a ledger {ledger}",
                "ledger_exists",
                "--replace keeps it aside under a new name",
            )
        refuse_while_it_is_used(ledger)
    fresh = f"{ledger}.restoring"
    try:
        with open(arguments.file, "rb") as source, open_private(fresh) as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        with open_client(arguments, base_url=NO_SERVER, ledger=fresh) as client:
            found = client.verify()
        if not found.ok:
            return fail("ledger_not_whole", f"{arguments.file} is not whole", found.problems[0])
        aside = None
        if os.path.exists(ledger):
            copy_owner(ledger, fresh)
            aside = put_aside(ledger)
        copy_texts(arguments.file, ledger, fresh)
        os.rename(fresh, ledger)
        sync_folder(ledger)
    finally:
        for part in ("", "-wal", "-shm", ".lock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(fresh + part)
    kept = f"; the one before it is {aside}" if aside else ""
    say(f"{ledger} has the {found.entries} entries of {arguments.file}{kept}")
    put({"ledger": ledger, "from": arguments.file, "entries": found.entries, "kept": aside})
    return GOOD


def refuse_what_is_no_backup(file: str, ledger: str) -> None:
    if not os.path.isfile(file):
        raise wayfare.Error(f"there is no file {file}", "not_found", "name a backup")
    if os.path.realpath(file) == ledger:
        raise wayfare.Error(f"{file} is the ledger itself", "invalid", "name a backup")
    log = f"{file}-wal"
    if os.path.exists(log) and os.path.getsize(log):
        raise wayfare.Error(
            f"{file} is a ledger with a log beside it, so the file alone is not all of it",
            "invalid",
            'copy it with "wayfare backup", and restore the copy',
        )


def refuse_while_it_is_used(ledger: str) -> None:
    """Each process that uses the ledger holds a lock on a byte of the file beside it."""
    import fcntl

    try:
        lock = os.open(f"{ledger}.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return  # no process uses it
    try:
        asked = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)  # 0: to the end
        (held, *_) = struct.unpack("hhqqi4x", fcntl.fcntl(lock, fcntl.F_OFD_GETLK, asked))
    finally:
        os.close(lock)
    if held != fcntl.F_UNLCK:
        raise wayfare.Error(f"a process uses the ledger {ledger}", "ledger_in_use", "end it first")


def open_private(path: str) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def copy_owner(ledger: str, fresh: str) -> None:
    """Lets those use the new file who may use the old one, such as a group."""
    old = os.stat(ledger)
    with contextlib.suppress(PermissionError):
        os.chown(fresh, old.st_uid, old.st_gid)
    os.chmod(fresh, old.st_mode & 0o777)


def copy_texts(file: str, ledger: str, like: str) -> None:
    """Copies the texts of the agents, whose files never change, beside the ledger."""
    texts = f"{file}.agents"
    if not os.path.isdir(texts):
        return
    mode = os.stat(like).st_mode & 0o777
    os.makedirs(f"{ledger}.agents", mode=mode | (mode >> 2 & 0o111), exist_ok=True)
    for name in os.listdir(texts):
        path = f"{ledger}.agents/{name}"
        with open(f"{texts}/{name}", "rb") as source:
            content = source.read()
        if is_text(name, path):
            continue
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path}.new")
        with open_private(f"{path}.new") as copy:
            copy.write(content)
            copy.flush()
            os.fsync(copy.fileno())
        copy_owner(like, f"{path}.new")
        os.rename(f"{path}.new", path)
    sync_folder(f"{ledger}.agents/")


def is_text(name: str, path: str) -> bool:
    """Whether the file at `path` has the content that its name tells."""
    import hashlib

    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest() == name
    except FileNotFoundError:
        return False


def put_aside(ledger: str) -> str:
    """Gives the ledger a new name beside its own. Returns it."""
    stem, end = os.path.splitext(ledger)
    aside = f"{stem}.before-{now():%Y%m%dT%H%M%SZ}{end}"
    if os.path.exists(aside):
        raise wayfare.Error(f"{aside} is there already", "failed", "try again in a second")
    for part in PARTS:
        with contextlib.suppress(FileNotFoundError):
            os.rename(ledger + part, aside + part)
    if os.path.isdir(f"{ledger}.agents"):
        shutil.copytree(f"{ledger}.agents", f"{aside}.agents", copy_function=os.link)
    return aside


def sync_folder(ledger: str) -> None:
    folder = os.open(os.path.dirname(ledger), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
