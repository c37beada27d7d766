"""Looks into the packages: sizes, symbols, versions, licences and what is in them."""

from __future__ import annotations

import json
import statistics
import subprocess
import tarfile
import tempfile
from pathlib import Path

import c_library
import elf
import libraries
import node_packages
import parts
import sbom
import sizes
import wheels
from steps import ROOT, Failed
from target import GLIBC, MUSL, of_archive
from wheel_file import WheelFile

SYMBOLS = (ROOT / "tests/golden/symbols.txt").read_text().split()
# The most that `import wayfare` may take: 0.3 and 2.0 were measured.
IMPORT_TIME = 0.5  # times that of `import asyncio`
IMPORT_MEMORY = 2.5  # times that of a Python that imports nothing
VERSIONS = "import json, wayfare; print(json.dumps(wayfare.versions().to_dict()))"


def wheel(path: Path) -> str:
    wheels.check(path, GLIBC)
    files = WheelFile(path).files
    (page,) = [name for name in files if name.endswith(".dist-info/sboms/wayfare.cdx.json")]
    measured = compare_bill(files[page].decode())
    head = next(text for name, text in files.items() if name.endswith("/METADATA")).decode()
    needed = [line for line in head.splitlines() if line.startswith("Requires-Dist: ")]
    if [line for line in needed if "extra == " not in line]:
        raise Failed("it depends on other packages")
    folder = next(name for name in files if name.endswith("/METADATA"))[: -len("METADATA")]
    for line in head.splitlines():
        if line.startswith("License-File: ") and f"{folder}licenses/{line[14:]}" not in files:
            raise Failed(f"{line} is not there")
    return f"{path.stat().st_size / 1e6:.2f} MB, {len(files)} files; {measured}"


def command(python: Path) -> None:
    """The command stands beside the Python of the environment."""
    done = subprocess.run(
        [python.with_name("wayfare"), "--version"], capture_output=True, text=True, timeout=60
    )
    if done.stdout != f"wayfare {sbom.version()}\n":
        raise Failed(f"wayfare --version tells {done.stdout!r}, {done.stderr!r}")


def compare_bill(text: str) -> str:
    """Returns what it tells of the sizes."""
    bill = json.loads(text)
    told = {one["name"]: one["version"] for one in bill["components"]}
    known = parts.read()
    for part in known.values():
        if part.name != "pybind11" and told.get(part.title) != part.version:
            raise Failed(f"the bill of materials tells another version of {part.title}")
    named = [bill["metadata"]["component"], *bill["components"]]
    measured = {
        one["name"]: int(line["value"])
        for one in named
        for line in one["properties"]
        if line["name"] == "wayfare:bytes"
    }
    unmeasured = {"wayfare", *(known[name].title for name in libraries.BUILDERS)} - set(measured)
    if unmeasured:
        raise Failed(f"the bill of materials tells no size of {', '.join(sorted(unmeasured))}")
    return sizes.told(measured)


def compare_versions(told: str) -> None:
    """wayfare.versions() asks the libraries themselves."""
    known = parts.read()
    found = json.loads(told)
    wanted = {
        "wayfare": sbom.version(),
        "libcurl": known["curl"].version,
        "tls": f"{known['tls'].title}/{known['tls'].version}",
        **{name: known[name].version for name in ("sqlite", "nghttp2", "zlib")},
    }
    if found != wanted:
        raise Failed(f"wayfare.versions() tells {found}, and parts.ini {wanted}")


def import_cost(python: Path) -> str:
    """The time and the memory of `import wayfare`: the medians of five, which are judged.

    Turns with `import asyncio`, since the speed of a machine drifts.
    """
    code = (
        "import time\na = time.perf_counter()\n{}\nb = time.perf_counter()\n"
        "lines = open('/proc/self/status').read().splitlines()\n"
        "most = next(line for line in lines if line.startswith('VmHWM:'))\n"
        "print((b - a) * 1000, int(most.split()[1]) / 1024)"
    )
    rounds: list[list[float]] = []
    for _ in range(5):
        told = [
            subprocess.run(
                [str(python), "-I", "-c", code.format(line)],
                capture_output=True,
                text=True,
                check=True,
                cwd="/",
            ).stdout.split()
            for line in ("import wayfare", "import asyncio", "pass")
        ]
        rounds.append([float(word) for words in told for word in words])
    took, memory, reference, _, _, bare = (statistics.median(values) for values in zip(*rounds))
    return judge_import(took, reference, memory, bare)


def judge_import(took: float, reference: float, memory: float, bare: float) -> str:
    """Raises Failed if the time or the memory is more than the stated multiple."""
    told = (
        f"import: {took:.0f} ms, {took / reference:.2f} of asyncio's; {memory:.0f} MB, "
        f"{memory / bare:.1f} times bare Python"
    )
    if took > IMPORT_TIME * reference or memory > IMPORT_MEMORY * bare:
        raise Failed(f"{told}: at most {IMPORT_TIME} and {IMPORT_MEMORY}")
    return told


def archive(path: Path) -> str:
    with tarfile.open(path) as tar, tempfile.TemporaryDirectory() as folder:
        names = {name.partition("/")[2] for name in tar.getnames()}
        wanted = {"lib/libwayfare.so.0", "include/wayfare.h", "operations.md", "operations.json"}
        wanted |= {"lib/pkgconfig/wayfare.pc", "lib/cmake/wayfare/wayfareConfig.cmake", "LICENSE"}
        wanted |= {"examples/chat.c", "wayfare.cdx.json", "README.md"}
        if wanted - names:
            raise Failed(f"there is no {', '.join(sorted(wanted - names))}")
        (real,) = [
            one for one in tar.getmembers() if one.isfile() and "/lib/libwayfare.so" in one.name
        ]
        content = tar.extractfile(real)
        assert content
        page = tar.extractfile(f"{path.name.removesuffix('.tar.gz')}/wayfare.cdx.json")
        assert page
        measured = compare_bill(page.read().decode())
        library = Path(folder) / "libwayfare.so"
        library.write_bytes(content.read())
        elf.check(library, c_library.SHOWN, of_archive(path).glibc)
        shown = [name for name in elf.read(library).exported if name.islower()]
        if shown != SYMBOLS:
            raise Failed(f"it shows {shown}, and tests/golden/symbols.txt has {SYMBOLS}")
    return f"{path.stat().st_size / 1e6:.2f} MB, the library {real.size / 1e6:.2f} MB; {measured}"


def npm(path: Path) -> str:
    """A package for Node: its version and its bill, and what is inside the addon."""
    with tarfile.open(path) as tar, tempfile.TemporaryDirectory() as folder:
        files = {
            one.name.partition("/")[2]: content.read()
            for one in tar.getmembers()
            if (content := tar.extractfile(one))
        }
        told = json.loads(files["package.json"])["version"]
        if told != sbom.version():
            raise Failed(f"it tells the version {told}")
        missing = {"LICENSE", "wayfare.cdx.json"} - set(files)
        measured = "no library inside"
        if "wayfare.node" in files:
            measured = compare_bill(files["wayfare.cdx.json"].decode()) if not missing else ""
            inside = [part for part in parts.read().values() if part.name != "pybind11"]
            missing |= {f"licenses/{p.title}.txt" for p in inside if p.notice} - set(files)
            addon = Path(folder) / "wayfare.node"
            addon.write_bytes(files["wayfare.node"])
            target = MUSL if "-musl-" in path.name else GLIBC
            elf.check(addon, node_packages.SHOWN, target.glibc)
    if missing:
        raise Failed(f"there is no {', '.join(sorted(missing))}")
    return f"{path.stat().st_size / 1e6:.2f} MB, {len(files)} files; {measured}"


def sdist(path: Path) -> str:
    with tarfile.open(path) as tar:
        names = [name.partition("/")[2] for name in tar.getnames()]
    others = [name for name in names if name.startswith(("tests", "benchmarks", ".", "run"))]
    if others:
        raise Failed(f"it has {others[0]}")
    return f"{path.stat().st_size / 1e6:.2f} MB, {len(names)} files"
