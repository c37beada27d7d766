"""What the packages contain besides wayfare, as parts.ini says."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "parts.ini"
KINDS = ("crate", "sdist", "wheel")


@dataclass(frozen=True)
class Part:
    name: str
    title: str
    version: str
    license: str
    kind: str  # of the package that carries the sources: one of KINDS
    package: str
    package_version: str
    sha256: str  # of that package
    folder: str  # of the sources inside it
    notice: str  # the file with the licence, inside that folder; "" if there is none
    says: str  # the file that has the version, and the words before it; "" if there is none

    def check(self, sources: Path) -> None:
        """Raises ValueError if the sources are not of the version that parts.ini names."""
        if not self.says:
            return
        file, words = self.says.split(": ", 1)
        said = re.search(re.escape(words) + r"\s*([0-9.]+)", (sources / file).read_text())
        if not said or said[1] != self.version:
            found = said[1] if said else "none"
            raise ValueError(
                f"parts.ini: {self.name} has the version {self.version}, its sources say {found}"
            )


def read(text: str | None = None) -> dict[str, Part]:
    ini = configparser.ConfigParser(interpolation=None, delimiters=("=",))
    ini.read_string(PAGE.read_text() if text is None else text)
    parts = {}
    for name in ini.sections():
        one = dict(ini[name])
        kind = next(kind for kind in KINDS if kind in one)
        package, version = one.pop(kind).split()
        parts[name] = Part(name=name, kind=kind, package=package, package_version=version, **one)
    return parts
