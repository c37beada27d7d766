"""Makes the npm packages: wayfare, and one with the addon for each system."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import elf
import sbom
import sizes
import wayfare_core
from parts import read
from steps import PACKAGES, ROOT, Failed, run, say
from target import MUSL, Target

SHOWN = "napi_register_module_v1|node_api_module_get_api_version_v1"


def headers() -> Path:
    """Returns the folder of Node's headers, beside the Node of this machine."""
    node = shutil.which("node")
    if not node:
        raise Failed("there is no node: install Node 20 or later")
    code = "require('path').resolve(process.execPath, '../../include/node')"
    asked = subprocess.run([node, "-p", code], stdout=subprocess.PIPE, text=True, check=True)
    folder = Path(asked.stdout.strip())
    for name in ("node_api.h", "uv.h"):
        if not (folder / name).exists():
            raise Failed(f"{folder} has no {name}: install Node's headers (Debian: libnode-dev)")
    return folder


def missing() -> str:
    """Returns what this machine lacks to make the packages; "" if it lacks nothing."""
    try:
        headers()
    except Failed as failed:
        return str(failed)
    return "" if shutil.which("npm") else "there is no npm"


def bills(more: Path, folders: dict[str, Path], measured: Mapping[str, int]) -> Path:
    """Writes what is packed as well: a bill of materials for each, and the licences of the parts.

    The package for all systems has no other library inside.
    """
    # pybind11 is in the Python module only.
    inside = [part for part in read().values() if part.name != "pybind11"]
    shutil.rmtree(more, ignore_errors=True)
    for name, parts in (("own", []), ("platform", inside)):
        (more / name).mkdir(parents=True)
        text = sbom.text(parts, measured if parts else {})
        (more / name / "wayfare.cdx.json").write_text(text)
    wayfare_core.notices(inside, folders, more / "platform/licenses")
    return more


def build(target: Target) -> list[Path]:
    """Returns the paths of both packages."""
    tree, folders = wayfare_core.build(target)
    run("cmake", "-S", ROOT, "-B", tree, f"-DWAYFARE_NODE={headers()}")
    run("cmake", "--build", tree, "--target", "wayfare_node")
    addon = tree / "wayfare.node"
    elf.check(addon, SHOWN, target.glibc)
    libc = "musl" if target == MUSL else "gnu"
    more = bills(target.folder / "npm", folders, sizes.of_library(tree, addon.name))
    run(sys.executable, ROOT / "capi/hosts/node/pack.py", addon, PACKAGES, libc, more)
    version = json.loads((ROOT / "capi/hosts/node/package.json").read_text())["version"]
    made = [PACKAGES / f"{n}-{version}.tgz" for n in ("wayfare", f"wayfare-linux-x64-{libc}")]
    for path in made:
        say(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")
    return made
