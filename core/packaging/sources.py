"""Brings the sources of the parts, and the compiler, and compares their checksums."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

from parts import Part
from steps import BUILD, Failed, run, say

CRATES = BUILD / "crates"

# Only the C sources of the crates are used, and no Rust.
MANIFEST = """\
[package]
name = "parts"
version = "0.0.0"
edition = "2021"
[lib]
path = "nothing.rs"
[dependencies]
"""


def fetch(parts: Iterable[Part]) -> dict[str, Path]:
    """Returns the folder of the sources of each part."""
    parts = list(parts)
    crates = [part for part in parts if part.kind == "crate"]
    fetch_crates(crates)
    folders = {}
    for part in parts:
        root = CRATES / "vendor" / part.package if part.kind == "crate" else fetch_python(part)
        folders[part.name] = root / part.folder
        part.check(folders[part.name])
    return folders


def cargo() -> str:
    """The client of the registry. Its own installer puts it into a folder of the user."""
    found = shutil.which("cargo") or shutil.which("cargo", path=str(Path.home() / ".cargo/bin"))
    if not found:
        raise Failed("cargo is not installed; Debian has it: apt-get install cargo-web")
    return found


def fetch_crates(crates: list[Part]) -> None:
    manifest = MANIFEST + "".join(
        f'{part.package} = "={part.package_version.split("+")[0]}"\n' for part in crates
    )
    page = CRATES / "Cargo.toml"
    done = CRATES / "done"
    if not done.exists() or page.read_text() != manifest:
        shutil.rmtree(CRATES, ignore_errors=True)
        CRATES.mkdir(parents=True)
        (CRATES / "nothing.rs").touch()
        page.write_text(manifest)
        say("fetching the sources of the parts")
        run(cargo(), "vendor", "--quiet", "--manifest-path", page, CRATES / "vendor")
        done.touch()
    for part in crates:
        sums = json.loads((CRATES / "vendor" / part.package / ".cargo-checksum.json").read_text())
        if sums["package"] != part.sha256:
            raise Failed(
                f"parts.ini: the crate {part.package} has the checksum {part.sha256}, "
                f"and the one that came has {sums['package']}"
            )


def fetch_python(part: Part) -> Path:
    """Returns the folder with the content of a wheel or an sdist. pip compares the checksum."""
    folder = BUILD / part.name
    wanted = f"{part.package}=={part.package_version} --hash=sha256:{part.sha256}\n"
    page = folder / "requirements.txt"
    if not page.exists() or page.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        say(f"fetching {part.title} {part.version}")
        asked = folder / "asked.txt"
        asked.write_text(wanted)
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        options = ["--no-deps", "--require-hashes", "-r", asked]
        if part.kind == "wheel":
            run(*pip, "install", "--only-binary=:all:", *options, "--target", folder)
        else:
            run(*pip, "download", "--no-binary=:all:", *options, "--dest", folder)
            unpack(next(folder.glob("*.tar.gz")), folder)
        asked.rename(page)
    return folder


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks without the folder in which an sdist has everything."""
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            inner = member.name.partition("/")[2]
            if member.isfile() and inner and ".." not in inner.split("/"):
                content = tar.extractfile(member)
                assert content
                (folder / inner).parent.mkdir(parents=True, exist_ok=True)
                (folder / inner).write_bytes(content.read())
    archive.unlink()
