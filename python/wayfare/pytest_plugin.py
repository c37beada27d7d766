"""The fixture `wayfare_sandbox` for pytest, and its marker.

    def test_mine(wayfare_sandbox):
        wayfare_sandbox.reply("Short.")
        assert my_program() == "Short."

The fixture serves OpenRouter's API on this machine (`wayfare.sandbox`). While the test runs,
OPENROUTER_BASE_URL and OPENROUTER_API_KEY lead to it, and WAYFARE_LEDGER names a ledger in the
test's own folder. At the end the test fails if an answer was not asked for, or if the client did
something that it must not do.

    @pytest.mark.wayfare(faults={"status-429": 2}, allow=["retried_after_content"])

The marker takes the options of `Sandbox`, and

faults: names of faults, or a dict from a name to how often it happens.
allow: rules of the verdict that the client may break.
strict: False checks nothing at the end.

The sandbox itself is loaded when a test first asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .sandbox import Sandbox


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "wayfare(faults=…, allow=…, strict=True, **options of wayfare.sandbox.Sandbox): "
        "what the fixture wayfare_sandbox does in this test",
    )


@pytest.fixture
def wayfare_sandbox(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Sandbox]:
    """A server that plays OpenRouter: wayfare.sandbox.Sandbox."""
    from .sandbox import Sandbox

    options = _options(request.node)
    faults, allow = options.pop("faults", ()), options.pop("allow", ())
    strict = options.pop("strict", True)
    with Sandbox(**options) as sandbox:
        for name in faults:
            sandbox.fault(name, times=faults[name] if isinstance(faults, dict) else None)
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("WAYFARE_LEDGER", str(tmp_path / "wayfare.db"))
        yield sandbox
        problems = sandbox.problems(allow) if strict else []
    if problems:
        pytest.fail("the sandbox has found:\n" + "\n".join(problems), pytrace=False)


def _options(node: pytest.Item) -> dict[str, Any]:
    """Joins the options of all markers of a test: those nearest to it go before."""
    options: dict[str, Any] = {}
    for marker in reversed(list(node.iter_markers("wayfare"))):
        if marker.args:
            raise pytest.UsageError("mark.wayfare takes only named options, such as faults=…")
        options.update(marker.kwargs)
    return options
