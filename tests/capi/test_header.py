"""wayfare.h and the exported symbols: plain C of every standard, eleven functions, and a stable
ABI.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TREE = ROOT / "build" / "tree"
HEADER = ROOT / "capi/include/wayfare.h"
LIBRARY = TREE / "libwayfare.so"
SYMBOLS = (ROOT / "tests/golden/symbols.txt").read_text().split()


@pytest.mark.parametrize(
    "language", ["c89", "c99", "c11", "c17", "c++98", "c++11", "c++17", "c++20"]
)
def test_the_header_is_clean_in_every_language(language: str, tmp_path: Path) -> None:
    kind = "c++" if "+" in language else "c"
    source = tmp_path / "use.c"
    source.write_text(
        '#include "wayfare.h"\n#include "wayfare.h"\nint main(void) '
        "{ return wayfare_abi() == WAYFARE_ABI; }\n"
    )
    flags = [
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wshadow",
        "-Werror",
        "-Wno-long-long",
        "-fsyntax-only",
    ]
    if language in ("c89", "c++98"):
        flags += ["-isystem", "/usr/include"]
    done = subprocess.run(
        ["gcc", "-x", kind, f"-std={language}", *flags, f"-I{HEADER.parent}", str(source)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_library_shows_the_golden_symbols_and_no_other() -> None:
    shown = subprocess.run(
        ["nm", "-D", "--defined-only", str(LIBRARY)], capture_output=True, text=True, check=True
    ).stdout
    names = sorted(line.split()[-1].split("@")[0] for line in shown.splitlines())
    assert [name for name in names if name != "WAYFARE_0"] == SYMBOLS
    assert len(SYMBOLS) == 11
    assert (
        sorted(re.findall(r"^WAYFARE_API .*?\b(wayfare_\w+)\(", HEADER.read_text(), re.MULTILINE))
        == SYMBOLS
    )


def test_the_library_has_its_name_for_good_and_is_never_unloaded() -> None:
    dynamic = subprocess.run(
        ["readelf", "-d", str(LIBRARY)], capture_output=True, text=True, check=True
    ).stdout
    assert "Library soname: [libwayfare.so.0]" in dynamic
    assert "NODELETE" in dynamic


def test_the_codes_of_the_header_are_those_of_the_golden_list() -> None:
    golden = dict(
        line.split()[:2][::-1]
        for line in (ROOT / "tests/golden/codes.txt").read_text().splitlines()
        if line and line[0] != "#"
    )
    if not all(re.fullmatch(r"-?\d+", number) for number in golden.values()):
        golden = {name: number for number, name in golden.items()}
    named = dict(re.findall(r"#define WAYFARE_([A-Z_]+) \((-\d+)\)", HEADER.read_text()))
    assert named
    for name, number in named.items():
        assert golden[name.lower()] == number


def test_the_library_loads_and_closes_by_dlopen() -> None:
    """Loads, uses, closes and reloads the library, with a client that is never closed."""
    text = f"""
import ctypes, _ctypes
options = (b'{{"ledger":":memory:","api_key":"sk","base_url":"http://127.0.0.1:9",'
           b'"dialect":"openai"}}')
for _ in range(50):
    library = ctypes.CDLL({str(LIBRARY)!r})
    client, error = ctypes.c_void_p(), ctypes.c_void_p()
    library.wayfare_submit.restype = ctypes.c_int64
    assert library.wayfare_open(options, ctypes.byref(client), ctypes.byref(error)) == 0
    assert library.wayfare_submit(client, b'{{"op":"usage"}}') == 1
    assert library.wayfare_submit(client, b'{{"body":{{"messages":[]}}}}') == 2
    _ctypes.dlclose(library._handle)
"""
    import sys

    subprocess.run([sys.executable, "-c", text], check=True, timeout=60)
    assert ctypes.CDLL(str(LIBRARY)).wayfare_abi() == 0
