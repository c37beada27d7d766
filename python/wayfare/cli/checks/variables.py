"""The variables that wayfare reads, and the places where they are set.

The library itself reads the values. Here they only tell where a name is set, whether two places
differ, and which key the library sends.
"""

from __future__ import annotations

import dataclasses
import os
import re

NAMES = (
    "OPENROUTER_API_KEY",
    "OPENROUTER_BASE_URL",
    "OPENROUTER_HTTP_REFERER",
    "OPENROUTER_APP_TITLE",
    "OPENROUTER_APP_CATEGORIES",
    "NEXT_PUBLIC_APP_URL",
    "WAYFARE_LEDGER",
    "WAYFARE_DIALECT",
)
FILES = (".env.local", ".env")
SIZE_MAX = 1 << 20  # like the library itself

_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*(?:=|:\s)\s*(.*)")


@dataclasses.dataclass(frozen=True)
class Setting:
    """``file`` is empty if the environment of the process sets the name."""

    name: str
    value: str = dataclasses.field(repr=False)  # it may be a key
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """Such as ".env, line 3"."""
        return f"{self.file}, line {self.line}" if self.file else "the environment"

    def __str__(self) -> str:
        return f"{self.name} in {self.place}"


def _value(text: str) -> str:
    """The value of one line: in quotes, or bare and without its comment."""
    if text[:1] in ("'", '"', "`"):
        end = text.find(text[0], 1)
        if end > 0 and re.fullmatch(r"\s*(#.*)?", text[end + 1 :]):
            return text[1:end]
    return re.split(r"\s+#|^#", text, maxsplit=1)[0].strip()


def settings_of(path: str) -> list[Setting]:
    """The assignments of a file, in its order. OSError if it cannot be read."""
    with open(path, "rb") as file:
        text = file.read(SIZE_MAX + 1)
    if len(text) > SIZE_MAX:
        raise OSError(f"{path} is larger than 1 MiB")
    found = []
    for number, line in enumerate(text.decode("utf-8-sig", "replace").splitlines(), 1):
        if read := _ASSIGNMENT.match(line):
            found.append(Setting(read[1], _value(read[2].strip()), path, number))
    return found


class Variables:
    """The environment of the process, then the files of a folder, in the order of the library."""

    def __init__(self, folder: str | None) -> None:
        self.files: dict[str, list[Setting]] = {}
        self.unreadable: dict[str, str] = {}
        if folder is None:
            return
        before = "" if folder == "." else folder.rstrip("/") + "/"
        for name in FILES:
            path = before + name
            if not os.path.exists(path) or os.path.isdir(path):
                continue
            try:
                self.files[path] = settings_of(path)
            except OSError as error:
                self.unreadable[path] = error.strerror or str(error)

    def everywhere(self, name: str) -> list[Setting]:
        """Where the name has a value, the place that counts first."""
        found = []
        if value := os.environ.get(name):
            found.append(Setting(name, value))
        for settings in self.files.values():
            of_file = [one for one in settings if one.name == name]
            if of_file and of_file[-1].value:
                found.append(of_file[-1])
        return found

    def find(self, name: str) -> Setting | None:
        return next(iter(self.everywhere(name)), None)

    def all(self) -> list[Setting]:
        """Every setting of the environment and of the files that has a value."""
        found = [Setting(name, value) for name, value in sorted(os.environ.items())]
        for settings in self.files.values():
            found += settings
        return [one for one in found if one.value]
