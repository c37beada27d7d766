"""Bare trees of Debian: what a program meets on a machine without anything of the project's."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "build/bare"
SUITE = "bookworm"
OLDEST = "bullseye"  # glibc 2.31: the mirrors have none that is older


class Unavailable(Exception):
    """Why there can be no tree here."""


def base(name: str, packages: Sequence[str], suite: str) -> Path:
    """Returns an archive of a minimal Debian with a few packages, made at the first time."""
    if os.geteuid() != 0:
        raise Unavailable("only root can make one")
    if not shutil.which("debootstrap"):
        raise Unavailable("debootstrap is not installed")
    made = KEPT / f"{name}-{suite}.tar"
    if not made.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            tree, log = Path(folder) / "tree", KEPT / f"{name}-{suite}.log"
            words = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}"]
            with log.open("w") as told:
                done = subprocess.run([*words, suite, tree], stdout=told, stderr=told)
            if done.returncode != 0:
                raise Unavailable(f"debootstrap failed: {log.relative_to(ROOT)}")
            packed = Path(folder) / "tree.tar"
            subprocess.run(["tar", "-C", tree, "-cf", packed, "."], check=True)
            packed.rename(made)
    return made


class Tree:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, path: Path, there: str = "/packages") -> str:
        """Copies a file into the tree and returns where it is."""
        (self.folder / there[1:]).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, self.folder / there[1:])
        return f"{there}/{path.name}"

    def put_folder(self, path: Path) -> None:
        """Copies a folder to the same place."""
        shutil.copytree(path, self.folder / str(path)[1:], symlinks=True)

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs a shell script in the tree. What is mounted for it goes when it ends."""
        mounts = (
            f"mount -t proc proc '{self.folder}/proc' && mount --rbind /dev '{self.folder}/dev'"
            f" && exec chroot '{self.folder}' /bin/sh -euc \"$SCRIPT\""
        )
        plain = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LANG": "C.UTF-8"}
        return subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", mounts],
            env={**plain, **environment, "SCRIPT": script},
            capture_output=True,
            text=True,
            timeout=300,
        )


@contextmanager
def tree(name: str, packages: Sequence[str], suite: str = SUITE) -> Iterator[Tree]:
    archive = base(name, packages, suite)
    with tempfile.TemporaryDirectory(dir=KEPT) as folder:
        subprocess.run(["tar", "-C", folder, "-xf", archive], check=True)
        yield Tree(Path(folder))
