"""Makes the archive of the C library: all of it inside, to be unpacked anywhere."""

from __future__ import annotations

import gzip
import io
import shutil
import tarfile
from pathlib import Path

import elf
import sbom
import sizes
import wayfare_core
from parts import read
from steps import BUILD, PACKAGES, ROOT, run, say
from target import Target

SHOWN = r"wayfare_\w+"
INSIDE = {  # besides what CMake installs
    "LICENSE": "LICENSE",
    "README.md": "core/packaging/unpacked.md",
    "operations.md": "capi/operations.md",
    "operations.json": "capi/operations.json",
    "examples": "capi/examples",
}


def build(target: Target) -> Path:
    tree, folders = wayfare_core.build(target)
    name = f"wayfare-{sbom.version()}-{target.name}"
    folder = BUILD / name
    shutil.rmtree(folder, ignore_errors=True)
    run("cmake", "--install", tree, "--prefix", folder, "--component", "c")
    (library,) = [path for path in (folder / "lib").glob("libwayfare.so.*.*") if path.is_file()]
    elf.check(library, SHOWN, target.glibc)
    say_where_it_is(folder / "lib/pkgconfig/wayfare.pc")
    for there, here in INSIDE.items():
        if (ROOT / here).is_dir():
            shutil.copytree(ROOT / here, folder / there)
        else:
            shutil.copy(ROOT / here, folder / there)
    # pybind11 is in the Python module only.
    parts = [part for part in read().values() if part.name != "pybind11"]
    wayfare_core.notices(parts, folders, folder / "licenses")
    measured = sizes.of_library(tree, library.name)
    (folder / "wayfare.cdx.json").write_text(sbom.text(parts, measured))
    PACKAGES.mkdir(parents=True, exist_ok=True)
    made = PACKAGES / f"{name}.tar.gz"
    made.write_bytes(archive(folder))
    say(f"{made.relative_to(ROOT)}: {made.stat().st_size:,} bytes")
    say(f"in the library: {sizes.told(measured)}")
    return made


def say_where_it_is(page: Path) -> None:
    """No system looks into the folder, so programs keep its path."""
    text = page.read_text()
    assert "-lwayfare" in text
    page.write_text(text.replace("-lwayfare", "-Wl,-rpath,${libdir} -lwayfare"))


def archive(folder: Path) -> bytes:
    """Packs a folder. Equal files make equal archives."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            member = tar.gettarinfo(path, str(path.relative_to(folder.parent)))
            member.mtime = member.uid = member.gid = 0
            member.uname = member.gname = "root"
            member.mode = 0o755 if path.is_dir() or ".so" in path.name else 0o644
            if member.isfile():
                with path.open("rb") as content:
                    tar.addfile(member, content)
            else:
                tar.addfile(member)
    return gzip.compress(packed.getvalue(), compresslevel=9, mtime=0)
