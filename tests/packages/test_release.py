"""What a release refuses, in small repositories, and what it makes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import release
from steps import ROOT, Failed

NODE = "capi/hosts/node/package.json"
EXAMPLE = "capi/hosts/node/example/package.json"
MANIFEST = """\
{
  "version": "1.2.0",
  "optionalDependencies": {
    "wayfare-linux-x64-gnu": "1.2.0"
  }
}
"""
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-11-01\n\n- One thing.\n"


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".gitignore").write_text("/build/\n")
        (folder / "CMakeLists.txt").write_text("project(wayfare VERSION 1.2.0 LANGUAGES NONE)\n")
        (folder / "CHANGELOG.md").write_text(CHANGELOG)
        (folder / "README.md").write_text("The version is 1.2.0. tar xf wayfare-1.2.0-linux.tgz\n")
        (folder / EXAMPLE).parent.mkdir(parents=True)
        (folder / NODE).write_text(MANIFEST)
        (folder / EXAMPLE).write_text('{"version": "0.1.0", "dependencies": {"wayfare": "1.2.0"}}')
        self.git("init", "--quiet")
        self.git("config", "user.name", "somebody")
        self.git("config", "user.email", "somebody@example.org")
        self.commit()
        self.asked: list[str] = []  # of the work: "build", "test"

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words], capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Change something")

    def write(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))
        self.commit()

    def tags(self) -> list[str]:
        return self.git("tag", "--list").split()

    def release(self, dry_run: bool = False, also: Callable[[], None] = lambda: None) -> Path:
        """Does no work but what `also` does while the packages would be built."""

        def build() -> list[Path]:
            self.asked.append("build")
            also()
            made = self.folder / "build/packages/wayfare-1.2.0.tar.gz"
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_bytes(b"packed")
            return [made]

        work = release.Work(build, lambda: self.asked.append("test"))
        return release.make(self.folder, work, dry_run)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    folder = tmp_path / "repository"
    folder.mkdir()
    return Repository(folder)


def refuse(repository: Repository, text: str) -> None:
    """A release tells this reason alone, builds nothing and sets no tag."""
    tags = repository.tags()
    assert [text in one for one in release.refusals(repository.folder)] == [True]
    with pytest.raises(Failed, match="is not ready to be released"):
        repository.release()
    assert repository.asked == [] and repository.tags() == tags
    assert not (repository.folder / "build").exists()


def test_a_release_has_the_packages_checksums_and_a_tag(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository.release()
    assert repository.asked == ["build", "test"]
    assert folder == repository.folder / "build/release"
    assert {path.name for path in folder.iterdir()} == {
        "SHA256SUMS",
        "wayfare-1.2.0.cdx.json",
        "wayfare-1.2.0.tar.gz",
    }
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("wayfare-1.2.0.cdx.json", "wayfare-1.2.0.tar.gz")
    }
    assert json.loads((folder / "wayfare-1.2.0.cdx.json").read_text())["bomFormat"] == "CycloneDX"
    assert repository.tags() == ["v1.2.0"]
    assert repository.git("cat-file", "-t", "v1.2.0") == "tag\n"
    assert repository.git("rev-parse", "v1.2.0^{}") == repository.git("rev-parse", "HEAD")
    assert "this is the first release" in capsys.readouterr().err


def test_a_dry_run_sets_no_tag(repository: Repository) -> None:
    repository.release(dry_run=True)
    assert repository.asked == ["build", "test"] and repository.tags() == []


def test_a_dry_run_goes_on_where_something_is_not_ready(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.folder / "new.txt").touch()
    with pytest.raises(Failed, match="see above"):
        repository.release(dry_run=True)
    assert repository.asked == ["build", "test"] and repository.tags() == []
    assert "1 files are not as committed: new.txt" in capsys.readouterr().err


def test_a_changed_file_is_refused(repository: Repository) -> None:
    (repository.folder / "README.md").write_text("The version is 1.2.0.\n")
    refuse(repository, "1 files are not as committed: README.md")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## [1.2.0] - 2026-11-01\n\n- One thing.\n", ""),
        ("[1.2.0]", "[1.1.0]"),
        (" - 2026-11-01", ""),
        ("- One thing.\n", "\n"),
        ("- One thing.\n", "\n## [1.1.0] - 2026-10-01\n\n- Another.\n"),
    ],
)
def test_a_changelog_without_the_version_is_refused(
    repository: Repository, old: str, new: str
) -> None:
    repository.write("CHANGELOG.md", old, new)
    refuse(repository, "CHANGELOG.md has no section [1.2.0]")


@pytest.mark.parametrize(
    ("name", "old"),
    [
        ("README.md", "is 1.2.0"),
        ("README.md", "-1.2.0-"),
        (NODE, '"version": "1.2.0"'),
        (NODE, 'gnu": "1.2.0"'),
        (EXAMPLE, '"wayfare": "1.2.0"'),
    ],
)
def test_two_versions_are_refused(repository: Repository, name: str, old: str) -> None:
    repository.write(name, old, old.replace("1.2.0", "1.1.9"))
    refuse(repository, f"{name} names the version 1.1.9, CMakeLists.txt 1.2.0")


def test_a_version_that_is_not_found_is_refused(repository: Repository) -> None:
    repository.write(EXAMPLE, '"wayfare"', '"other"')
    refuse(repository, f"{EXAMPLE} names the version nowhere")


def test_this_checkout_names_one_version() -> None:
    assert release.other_versions(ROOT) == []


def test_a_version_that_is_tagged_is_refused(repository: Repository) -> None:
    repository.git("tag", "v1.2.0")
    refuse(repository, "the tag v1.2.0 exists already")


def test_a_version_that_is_older_than_the_last_is_refused(repository: Repository) -> None:
    repository.git("tag", "v1.10.0")
    refuse(repository, "1.2.0 is older than v1.10.0")


def test_an_interface_that_cannot_be_compared_is_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    refuse(
        repository, "abidiff is not installed, so the interface of the C library is not compared"
    )


def test_a_test_that_fails_prevents_the_tag(repository: Repository) -> None:
    def fail() -> None:
        raise Failed("2 failed")

    work = release.Work(lambda: [repository.folder / "wayfare-1.2.0.tar.gz"], fail)
    with pytest.raises(Failed, match="2 failed"):
        release.make(repository.folder, work)
    assert repository.tags() == [] and not (repository.folder / "build").exists()


def test_packages_of_another_version_are_refused(repository: Repository) -> None:
    for made, told in (([Path("wayfare-1.1.0.whl")], "wayfare-1.1.0.whl"), ([], "none")):
        work = release.Work(partial(list, made), lambda: None)
        with pytest.raises(Failed, match=f"these are not packages of 1.2.0: {told}"):
            release.make(repository.folder, work)
    assert repository.tags() == []


@pytest.mark.parametrize("committed", [True, False])
def test_a_change_during_the_build_is_refused(repository: Repository, committed: bool) -> None:
    def change() -> None:
        (repository.folder / "new.txt").touch()
        if committed:
            repository.commit()

    with pytest.raises(Failed, match="changed meanwhile"):
        repository.release(also=change)
    assert repository.tags() == []
