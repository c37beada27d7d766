"""The suite of `./run clients`, with the clients that are always there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from known_clients import ALWAYS
from suite import CASES, Program, run_case
from wayfare.sandbox import Sandbox

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=ALWAYS)
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    with Sandbox() as sandbox, Program(ALWAYS[request.param], sandbox) as run:
        yield run


@pytest.mark.parametrize("case", CASES)
def test_a_client_and_the_sandbox(program: Program, case: str) -> None:
    run_case(case, program)
