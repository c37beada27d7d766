"""Makes a release: checks, the packages, their tests, checksums, and a tag in this clone."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import c_library
import node_packages
import sbom
import sdist
import wheels
from parts import read
from steps import LOG, ROOT, Failed, output, run, say
from target import TARGETS


@dataclass(frozen=True)
class Work:
    """What takes long. The tests have their own."""

    build: Callable[[], list[Path]]  # returns the packages
    test: Callable[[], None]  # raises Failed


def git(root: Path, *words: str) -> str:
    return output("git", "-C", root, *words)


def last_tag(root: Path) -> str:
    """The newest release; "" if there is none."""
    return (git(root, "tag", "--list", "v*", "--sort=-v:refname").split() or [""])[0]


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.lstrip("v").split("."))


def section(changelog: str, version: str) -> str:
    """What the changelog says of a version; "" if it says nothing."""
    head = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    found = re.search(head, changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


# Where else the version stands, for programs and readers that cannot read CMakeLists.txt.
NAMED = {
    "README.md": r"\bwayfare-(\d+\.\d+\.\d+)\b|The version is (\d+\.\d+\.\d+)",
    "capi/hosts/node/package.json": r'"(?:version|wayfare-[\w-]+)": "(.*)"()',
    "capi/hosts/node/example/package.json": r'"wayfare": "(.*)"()',
}


def other_versions(root: Path) -> list[str]:
    """Says which files name another version than CMakeLists.txt, or none."""
    version, found = sbom.version(root), []
    for name, pattern in NAMED.items():
        named = {"".join(one) for one in re.findall(pattern, (root / name).read_text())}
        if named != {version}:
            told = ", ".join(sorted(named - {version})) or "nowhere"
            found.append(f"{name} names the version {told}, CMakeLists.txt {version}")
    return found


def refusals(root: Path) -> list[str]:
    """Says why this tree cannot be released."""
    version = sbom.version(root)
    found = []
    changed = git(root, "status", "--porcelain").splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:5])
        found.append(f"{len(changed)} files are not as committed: {names}")
    if not section((root / "CHANGELOG.md").read_text(), version):
        found.append(f"CHANGELOG.md has no section [{version}] with a date and a text")
    found += other_versions(root)
    last = last_tag(root)
    if f"v{version}" in git(root, "tag", "--list").split():
        found.append(f"the tag v{version} exists already")
    elif last and number(last) > number(version):
        found.append(f"{version} is older than {last}")
    if not shutil.which("abidiff"):
        found.append("abidiff is not installed, so the interface of the C library is not compared")
    return found


def build() -> list[Path]:
    made = [*wheels.build([]), sdist.build()]
    made += [c_library.build(target) for target in TARGETS]
    if lacking := node_packages.missing():
        say(f"the packages for Node are left out: {lacking}")
        return made
    return made + [path for target in TARGETS for path in node_packages.build(target)]


def test() -> None:
    """The interface of the C library, the packages as installed, and Python's tests on a wheel."""
    say("testing the packages: build/packages.log")
    run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "tests/capi/test_header.py",
        "tests/capi/test_abi.py",
        cwd=ROOT,
    )
    run(sys.executable, ROOT / "tests/packages/check.py")
    run(sys.executable, ROOT / "tests/packages/check.py", "tests/python", "-q")
    for line in LOG.read_text().splitlines():
        if " left out: " in line:  # what this machine has not, or only root may do
            say(line.strip())


def write(made: Iterable[Path], folder: Path, version: str) -> None:
    """Copies the packages to an empty folder, with their bill of materials and checksums."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in made:
        shutil.copy(path, folder)
    (folder / f"wayfare-{version}.cdx.json").write_text(sbom.text(read().values()))
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


def make(root: Path = ROOT, work: Work = Work(build, test), dry_run: bool = False) -> Path:
    """Returns the folder of the release. `dry_run` tells what is not ready, and sets no tag."""
    version, commit, found = sbom.version(root), git(root, "rev-parse", "HEAD"), refusals(root)
    for refusal in found:
        say(refusal)
    if found and not dry_run:
        raise Failed(f"{version} is not ready to be released")
    if not last_tag(root):
        say("this is the first release: there is no interface of before to compare with")
    made = work.build()
    foreign = [path.name for path in made if version not in path.name]
    if foreign or not made:
        raise Failed(f"these are not packages of {version}: {', '.join(foreign) or 'none'}")
    work.test()
    folder = root / "build/release"
    write(made, folder, version)
    say(f"{folder.relative_to(root)} has {len(list(folder.iterdir()))} files")
    if found:
        raise Failed(f"{version} is not ready to be released: see above")
    if dry_run:
        say(f"all holds; without --dry-run the tag v{version} would be set")
        return folder
    if git(root, "rev-parse", "HEAD") != commit or git(root, "status", "--porcelain"):
        raise Failed("the tree was changed meanwhile, so no tag was set")
    git(root, "tag", "--annotate", f"v{version}", "--message", f"wayfare {version}")
    say(f"the tag v{version} is set here; git push origin v{version} publishes it")
    return folder
