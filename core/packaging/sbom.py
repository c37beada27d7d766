"""The bill of materials of a package, as CycloneDX says it in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from parts import Part
from steps import ROOT


def version(root: Path = ROOT) -> str:
    """The version of wayfare."""
    found = re.search(r"project\(wayfare VERSION ([0-9.]+)", (root / "CMakeLists.txt").read_text())
    assert found
    return found[1]


def size(name: str, sizes: Mapping[str, int]) -> list[dict[str, str]]:
    return [{"name": "wayfare:bytes", "value": str(sizes[name])}] if name in sizes else []


def component(part: Part, sizes: Mapping[str, int]) -> dict[str, object]:
    # One identifier or an expression: CycloneDX has a place for each.
    is_one = re.fullmatch(r"[\w.+-]+", part.license)
    license = {"license": {"id": part.license}} if is_one else {"expression": part.license}
    kind = "cargo" if part.kind == "crate" else "pypi"
    return {
        "type": "library",
        "bom-ref": part.name,
        "name": part.title,
        "version": part.version,
        "licenses": [license],
        "purl": f"pkg:generic/{part.title.lower()}@{part.version}",
        "properties": [
            {
                "name": "wayfare:sources",
                "value": f"pkg:{kind}/{part.package}@{part.package_version.replace('+', '%2B')}",
            },
            {"name": "wayfare:sources:sha256", "value": part.sha256},
            *size(part.name, sizes),
        ],
    }


def text(parts: Iterable[Part], sizes: Mapping[str, int] = MappingProxyType({})) -> str:
    """`sizes` has how many bytes of the library each part takes."""
    parts = list(parts)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": "wayfare",
                "name": "wayfare",
                "version": version(),
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "purl": f"pkg:generic/wayfare@{version()}",
                "properties": size("wayfare", sizes),
            }
        },
        "components": [component(part, sizes) for part in parts],
        "dependencies": [{"ref": "wayfare", "dependsOn": [part.name for part in parts]}],
    }
    return json.dumps(bill, indent=1) + "\n"
