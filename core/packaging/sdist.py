"""Makes the sdist: what a build of the Python package needs, and nothing else."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from sbom import version
from steps import PACKAGES, ROOT, run, say

MAKE = "import sys; from scikit_build_core.build import build_sdist; build_sdist(sys.argv[1])"


# pyproject.toml leaves more out. Here stands what it has not to look through, such as build/.
TAKEN = (
    "CHANGELOG.md",
    "CMakeLists.txt",
    "LICENSE",
    "README.md",
    "core",
    "pyproject.toml",
    "python",
)


def make(folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as copy:
        for name in TAKEN:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, Path(copy) / name)
            else:
                shutil.copy(ROOT / name, copy)
        run(sys.executable, "-c", MAKE, folder, cwd=Path(copy))
    return folder / f"wayfare-{version()}.tar.gz"


def build() -> Path:
    PACKAGES.mkdir(parents=True, exist_ok=True)
    made = make(PACKAGES)
    say(f"{made.relative_to(ROOT)}: {made.stat().st_size:,} bytes")
    return made
