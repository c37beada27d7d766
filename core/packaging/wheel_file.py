"""A wheel as a set of files, to be written again."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

TIME = (1980, 1, 1, 0, 0, 0)  # of every file, so that equal files make equal wheels


class WheelFile:
    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            self.files = {one.filename: archive.read(one) for one in archive.infolist()}
        (self.info,) = {name.split("/")[0] for name in self.files if ".dist-info/" in name}
        self.name, self.version, self.python, self.abi, self.platform = path.stem.split("-")

    def set_platform(self, platform: str) -> None:
        """Names the platforms, separated by dots."""
        self.platform = platform
        lines = self.files[f"{self.info}/WHEEL"].decode().splitlines()
        kept = [line for line in lines if line and not line.startswith("Tag:")]
        kept += [f"Tag: {self.python}-{self.abi}-{one}" for one in platform.split(".")]
        self.files[f"{self.info}/WHEEL"] = ("\n".join(kept) + "\n").encode()

    def add(self, name: str, content: bytes) -> None:
        """Adds a file of the metadata."""
        self.files[f"{self.info}/{name}"] = content

    def add_license(self, name: str, content: bytes) -> None:
        self.add(f"licenses/{name}", content)
        head, blank, body = self.files[f"{self.info}/METADATA"].decode().partition("\n\n")
        self.add("METADATA", f"{head}\nLicense-File: {name}{blank}{body}".encode())

    def write(self, folder: Path) -> Path:
        path = folder / f"{self.name}-{self.version}-{self.python}-{self.abi}-{self.platform}.whl"
        record = f"{self.info}/RECORD"
        self.files.pop(record, None)
        lines = []
        for name, content in self.files.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            lines.append(f"{name},sha256={digest.decode()},{len(content)}")
        self.files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
        path.unlink(missing_ok=True)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in self.files.items():
                one = zipfile.ZipInfo(name, TIME)
                one.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
                one.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(one, content)
        return path
