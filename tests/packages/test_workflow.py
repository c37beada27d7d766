"""The description of the release for a public service of CI."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / ".github/workflows/release.yml"


def test_the_workflow_calls_what_there_is() -> None:
    page = yaml.safe_load(PAGE.read_text())
    (job,) = page["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    called = {word for line in commands for word in re.findall(r"^\./run (\w+)", line)}
    assert called == {"wheel", "dist", "sdist", "npm", "packages", "node"}
    cases = re.findall(r"^  ([a-z |]+)\)$", (ROOT / "run").read_text(), re.MULTILINE)
    assert called <= {name for case in cases for name in case.split(" | ")}
    # What was tested is what is attested and kept.
    steps = [step.get("uses", step.get("run", "")) for step in job["steps"]]
    attest = next(at for at, step in enumerate(steps) if "attest-build-provenance" in step)
    tests = sorted(steps.index(f"./run {name}") for name in ("packages", "node"))
    made = [steps.index(f"./run {name}") for name in ("wheel", "dist", "sdist", "npm")]
    assert max(made) < min(tests) and max(tests) < attest < len(steps) - 1
    (subjects,) = [
        step["with"]["subject-path"]
        for step in job["steps"]
        if "with" in step and "subject-path" in step["with"]
    ]
    assert subjects == "build/packages/*"
    assert job["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "attestations": "write",
    }


def test_the_workflow_has_the_pythons_of_the_readme() -> None:
    installed = re.findall(r"3\.\d+", PAGE.read_text().partition("python install")[2])
    oldest, newest = re.findall(
        r"^Python 3\.(\d+) to 3\.(\d+)\.", (ROOT / "README.md").read_text(), re.MULTILINE
    )[0]
    assert installed == [f"3.{minor}" for minor in range(int(oldest), int(newest) + 1)]
