"""The binary interface of the C library: tests/golden/abi.xml has every function and its types.

The file is what abidw tells of a library that has the functions of wayfare.h, with debugging
information and without the core, so that it does not change with anything else. The compiler
refuses a wayfare.cpp whose functions have other types than the header, and test_header.py compares
the symbols of the real library. WAYFARE_GOLDEN_WRITE=1 writes the file again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HEADER = ROOT / "capi/include/wayfare.h"
GOLDEN = ROOT / "tests/golden/abi.xml"
DECLARATION = re.compile(r"^WAYFARE_API (.*?)\b(wayfare_\w+)\(([^)]*)\);", re.MULTILINE | re.DOTALL)
PLACES = ("--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-architecture")

pytestmark = pytest.mark.skipif(not shutil.which("abidiff"), reason="abidiff is not installed")


def library(header: str, folder: Path) -> Path:
    """A library with the functions of the header. They do nothing."""
    (folder / "wayfare.h").write_text(header)
    source = '#include "wayfare.h"\n'
    for result, name, given in DECLARATION.findall(header):
        end = "" if result.strip() == "void" else "return 0; "
        source += f"{result}{name}({given}) {{ {end}}}\n"
    (folder / "functions.c").write_text(source)
    made = folder / "libwayfare.so.0"
    flags = ["-g", "-shared", "-fPIC", "-w", "-Wl,-soname,libwayfare.so.0"]
    flags.append(f"-Wl,--version-script={ROOT}/capi/wayfare.map")
    subprocess.run(["gcc", *flags, "functions.c", "-o", made], check=True, cwd=folder)
    return made


def differences(before: Path, after: Path, *words: str) -> str:
    """What abidiff tells; "" if there is nothing to tell."""
    done = subprocess.run(
        ["abidiff", "--no-architecture", *words, str(before), str(after)],
        capture_output=True,
        text=True,
    )
    assert done.returncode & 3 == 0, done.stderr  # it could not compare
    return done.stdout if done.returncode else ""


def test_the_interface_is_the_golden_one(tmp_path: Path) -> None:
    made = library(HEADER.read_text(), tmp_path)
    if "WAYFARE_GOLDEN_WRITE" in os.environ:
        subprocess.run(["abidw", *PLACES, "--out-file", str(GOLDEN), str(made)], check=True)
    assert len(DECLARATION.findall(HEADER.read_text())) == 11
    assert differences(GOLDEN, made) == "", "write tests/golden/abi.xml again if this is meant"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "int32_t wayfare_fd(wayfare_client* client)",
            "int64_t wayfare_fd(wayfare_client* client)",
        ),
        ("int32_t forget)", "int64_t forget)"),
        ("wayfare_client* client, const char* request)", "const char* request)"),
        ("void wayfare_wake(", "void wayfare_woken("),
        ("WAYFARE_API void wayfare_free", "WAYFARE_API void wayfare_more(void);\n\\g<0>"),
    ],
)
def test_another_interface_is_seen(old: str, new: str, tmp_path: Path) -> None:
    changed, count = re.subn(re.escape(old), new, HEADER.read_text())
    assert count == 1
    assert differences(GOLDEN, library(changed, tmp_path)) != ""


def test_the_interface_of_the_last_release_is_kept(tmp_path: Path) -> None:
    """New functions may come. None goes or changes."""
    git = ["git", "-C", str(ROOT)]
    told = subprocess.run(
        [*git, "tag", "--list", "v*", "--sort=-v:refname"], capture_output=True, text=True
    )
    if told.returncode != 0 or not told.stdout.split():
        pytest.skip("there is no release to compare with")
    tag = told.stdout.split()[0]
    before = tmp_path / "abi.xml"
    with before.open("w") as file:
        name = GOLDEN.relative_to(ROOT).as_posix()
        subprocess.run([*git, "show", f"{tag}:{name}"], stdout=file, check=True)
    made = library(HEADER.read_text(), tmp_path)
    assert differences(before, made, "--no-added-syms") == ""
