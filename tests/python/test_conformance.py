"""The client's requests and the sandbox's answers, held against the extract of the API. The whole
specification is for `./run conformance`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wayfare
from exchange import Sent, again, asked_by_nobody, client_of, sent_by
from extract import ANSWERS, CHUNK, COMPLETION, ERROR, REQUEST, Schema, problems
from kinds import KINDS, PATHS
from wayfare.sandbox import Sandbox

# Where the API answers in another form: a test of the client has them.
ODD = {
    "error in a 200": ERROR,
    "GET /models/count": {"required": ["data"]},
    "GET /providers": {"required": ["data"]},
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as server:
        yield server


@pytest.fixture
def client(sandbox: Sandbox, tmp_path: Path) -> Iterator[wayfare.Client]:
    with client_of(sandbox, tmp_path) as one:
        yield one


def schema_of(path: str) -> Schema:
    (schema,) = (schema for form, schema in ANSWERS.items() if re.fullmatch(form, path))
    return schema


def check(sandbox: Sandbox, name: str, request: Sent) -> None:
    if request.method == "POST":
        assert problems(REQUEST, json.loads(request.body)) == []
    answer = again(sandbox, sandbox.base_url, request)
    if answer.kind == "text/event-stream":
        chunks = answer.events()
        assert chunks and [problems(CHUNK, chunk) for chunk in chunks] == [[]] * len(chunks)
        return
    told = json.loads(answer.body)
    if name in ODD:
        assert problems(ODD[name], told) == []
    else:
        assert problems(schema_of(request.path) if answer.status == 200 else ERROR, told) == []


@pytest.mark.parametrize("name", KINDS)
def test_what_the_client_sends(sandbox: Sandbox, client: wayfare.Client, name: str) -> None:
    for request in sent_by(KINDS[name], client, sandbox):
        check(sandbox, name, request)


@pytest.mark.parametrize("path", PATHS)
def test_what_the_sandbox_tells_besides(sandbox: Sandbox, path: str) -> None:
    name = f"GET {path}"
    check(sandbox, name, asked_by_nobody(sandbox)[name])


SAMPLES = Path(__file__).resolve().parents[1] / "samples"
OF_THE_API = {
    "json_200_text.json": COMPLETION,
    "json_200_tool_call.json": COMPLETION,
    "json_200_reasoning.json": COMPLETION,
    "json_400_provider.json": ERROR,
    "json_401_key.json": ERROR,
    "json_429_upstream.json": ERROR,
}


@pytest.mark.parametrize("name", OF_THE_API)
def test_the_extract_takes_answers_of_the_api(name: str) -> None:
    assert problems(OF_THE_API[name], json.loads((SAMPLES / name).read_text())) == []


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (REQUEST, {"messages": []}),
        (REQUEST, {"messages": [{"role": "robot", "content": "x"}]}),
        (REQUEST, {"messages": [{"role": "user", "content": "x"}], "provider": {"orders": []}}),
        (REQUEST, {"messages": [{"role": "user", "content": "x"}], "temperature": "hot"}),
        (COMPLETION, {"error": {"message": "x"}}),
        (CHUNK, {"id": "gen-1", "object": "chat.completion"}),
        (ERROR, {"error": {}}),
        (schema_of("/key"), {"data": {"label": "x"}}),
        (schema_of("/models"), {"data": [{"id": "a/b"}]}),
    ],
)
def test_the_extract_sees_what_is_wrong(schema: Schema, told: Any) -> None:
    assert problems(schema, told)
