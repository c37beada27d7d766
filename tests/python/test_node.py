"""The package for Node: its tests run in Node, against the sandbox, where Node is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "capi/hosts/node"
ADDON = ROOT / "build/tree/wayfare.node"
FILES = sorted((ROOT / "tests/node").glob("*.test.mjs"))


def test_the_package_has_every_operation_and_every_record() -> None:
    tables = json.loads((ROOT / "capi/operations.json").read_text())
    types = (PACKAGE / "index.d.ts").read_text()
    names = (PACKAGE / "operations.js").read_text()
    for operation in tables["operations"]:
        first, *rest = operation["name"].split("_")
        method = first + "".join(part.capitalize() for part in rest)
        assert f"'{operation['name']}'" in names
        assert re.search(rf"^  {method}\(", types, re.MULTILINE), method
    for record in tables["records"]:
        assert re.search(rf"\b{record['name']}(Given)? {{", types), record["name"]
    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    assert version == wayfare.versions().wayfare


def test_the_type_of_metadata_has_its_members() -> None:
    types = (PACKAGE / "index.d.ts").read_text()
    (members,) = re.findall(r"interface Metadata \{\n(.*?)\}", types, re.DOTALL)
    with Sandbox() as sandbox:
        options: Any = {"base_url": sandbox.base_url, "api_key": sandbox.api_key}
        with wayfare.Client(ledger=":memory:", **options) as client:
            metadata = client.chat("Hi", model="openai/gpt-4o-mini").metadata
    assert re.findall(r"^  (\w+):", members, re.MULTILINE) == list(metadata)
    assert "  metadata: Metadata;" in types


def test_the_version_is_that_of_the_project() -> None:
    stated = re.search(r"project\(wayfare VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text())
    manifest = json.loads((PACKAGE / "package.json").read_text())
    assert stated
    assert {manifest["version"], *manifest["optionalDependencies"].values()} == {stated[1]}


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_in_node(file: Path, tmp_path: Path) -> None:
    node: Any = shutil.which("node")
    if not node or not ADDON.exists():
        pytest.skip("there is no Node with its headers on this machine")
    with Sandbox() as sandbox:
        done = subprocess.run(
            [node, "--test", "--test-reporter=spec", str(file)],
            env={
                **os.environ,
                "WAYFARE_ADDON": str(ADDON),
                "WAYFARE_PACKAGE": str(PACKAGE),
                "OPENROUTER_BASE_URL": sandbox.base_url,
                "OPENROUTER_API_KEY": sandbox.api_key,
                "TMPDIR": str(tmp_path),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stdout[-6000:]


def test_the_program_in_the_readme(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    (program,) = re.findall(r"<!-- test: node -->\n```js\n(.*?)```", text, re.DOTALL)
    node: Any = shutil.which("node")
    if not node or not ADDON.exists():
        pytest.skip("there is no Node with its headers on this machine")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/wayfare").symlink_to(PACKAGE)
    (tmp_path / "program.mjs").write_text(program)
    with Sandbox() as sandbox:
        given = {
            "WAYFARE_ADDON": str(ADDON),
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "OPENROUTER_API_KEY": sandbox.api_key,
            "XDG_STATE_HOME": str(tmp_path),
        }
        done = subprocess.run(
            [node, "program.mjs"],
            cwd=tmp_path,
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "gpt-4o-mini" in done.stdout
