"""Packs the npm packages: wayfare, and one with the addon for this platform.

    python capi/hosts/node/pack.py ADDON FOLDER [gnu|musl [MORE]]

such as build/tree/wayfare.node build. The folder MORE has files to pack as well: those for wayfare
in MORE/own, and those for the platform in MORE/platform. Neither package has an install script.
`npm` must be there.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def platform_package(addon: pathlib.Path, libc: str, folder: pathlib.Path, more: list[str]) -> None:
    """Makes the package with the addon. Its main file is the addon itself."""
    shared = json.loads((HERE / "package.json").read_text())
    name = f"wayfare-linux-x64-{libc}"
    manifest = {
        "name": name,
        "version": shared["version"],
        "description": f"The addon of the package wayfare for Linux on x86-64 ({libc})",
        "license": shared["license"],
        "main": "./wayfare.node",
        "files": ["wayfare.node", "LICENSE", *more],
        "os": ["linux"],
        "cpu": ["x64"],
        "libc": ["musl" if libc == "musl" else "glibc"],
    }
    (folder / "package.json").write_text(json.dumps(manifest, indent=2) + "\n")
    shutil.copy(addon, folder / "wayfare.node")


def pack(source: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    shutil.copy(ROOT / "LICENSE", source / "LICENSE")
    done = subprocess.run(
        ["npm", "pack", "--json", "--pack-destination", str(target)],
        cwd=source,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    packed = told[0] if isinstance(told, list) else next(iter(told.values()))
    return target / str(packed["filename"])


def make(
    addon: pathlib.Path, target: pathlib.Path, libc: str = "gnu", more: str = ""
) -> list[pathlib.Path]:
    """Returns the paths of the packages: wayfare, and that of the platform."""
    target = target.resolve()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        own, platform = pathlib.Path(scratch) / "own", pathlib.Path(scratch) / "platform"
        platform.mkdir()
        shutil.copytree(HERE, own, ignore=shutil.ignore_patterns("example", "node_modules", "src"))
        if more:
            for folder in (own, platform):
                shutil.copytree(pathlib.Path(more) / folder.name, folder, dirs_exist_ok=True)
        platform_package(addon, libc, platform, sorted(path.name for path in platform.iterdir()))
        return [pack(own, target), pack(platform, target)]


def main() -> int:
    if len(sys.argv) not in (3, 4, 5):
        print(__doc__, file=sys.stderr)
        return 2
    for path in make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:]):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
