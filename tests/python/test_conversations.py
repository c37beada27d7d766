"""The simulation of conversations: its server decides and bills as the sandbox does."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import subprocess
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
import wayfare.types
from sandbox_client import ask
from wayfare.sandbox import MODELS, SIMULATED, Endpoint, Request, Sandbox
from wayfare.sandbox.api import Api
from wayfare.sandbox.catalogue import Catalogue, Tokens
from wayfare.sandbox.made import bill
from wayfare.sandbox.memory import Memory
from wayfare.sandbox.routing import plan

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build/tree/wayfare_simulate"
README = ROOT / "README.md"
PAGE = ROOT / "core/src/select/AFFINITY.md"

PLAIN: dict[str, Any] = {
    "auth": False,
    "seed": 0,
    "generation_delay": 0.0,
    "credits": None,
    "key_limit": None,
    "key_models": None,
    "latency": 0.0,
}
BY_ID = {model.id: model for model in (*MODELS, *SIMULATED)}


def simulate(*words: str) -> str:
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Draws(random.Random):
    """Gives the shares that the simulation drew."""

    def __init__(self, shares: list[float]) -> None:
        super().__init__(0)
        self._shares = iter(shares)

    def random(self) -> float:
        return next(self._shares)


def route_of(told: Any) -> list[str]:
    """The order of the endpoints, by the sandbox."""
    model = BY_ID[told["model"]]
    endpoints = tuple(
        dataclasses.replace(one, status=-2) if one.slug in told["down"] else one
        for one in model.endpoints
    )
    body: dict[str, Any] = {"model": model.id, "messages": []}
    body["provider"] = {name: told[name] for name in ("order", "sort") if told[name]}
    catalogue = Catalogue([dataclasses.replace(model, endpoints=endpoints)])
    route = plan(catalogue, body, 1, told["sticky"] or None, Draws(told["draws"]))
    return [candidate.endpoint.slug for candidate in route.candidates]


def prompt_of(tokens: int) -> str:
    """A prompt of which a cache counts so many tokens: four characters each, with its role."""
    return "x" * (4 * tokens - len("\0user\0"))


def turns_of(told: Any, endpoint: Endpoint) -> list[tuple[int, int, Decimal]]:
    """The cached and the written tokens of each turn, and its cost, by the sandbox."""
    memory, found = Memory(), []
    for turn in told["turns"]:
        body: dict[str, Any] = {
            "messages": [{"role": "user", "content": prompt_of(turn["prompt"])}],
            **({"cache_control": {"type": "ephemeral"}} if told["marks"] else {}),
        }
        cached, written = memory.read(endpoint, "key", body, turn["prompt"], 1 + turn["at"])
        cost, _ = bill(endpoint, Tokens(turn["prompt"], turn["completion"], cached, written))
        found.append((cached, written, cost))
    return found


def test_the_server_decides_and_bills_as_the_sandbox_does() -> None:
    lines = simulate("decisions", "500", "7").splitlines()
    seen = Counter()
    for line in lines:
        told = json.loads(line)
        assert told["route"] == route_of(told), line
        endpoint = next(
            one for one in BY_ID[told["model"]].endpoints if one.slug == told["endpoint"]
        )
        expected = [
            (turn["cached"], turn["written"], Decimal(turn["cost"]).scaleb(-12))
            for turn in told["turns"]
        ]
        assert expected == turns_of(told, endpoint), line
        for name in ("order", "sort", "sticky", "down"):
            seen[name] += bool(told[name])
            seen["sort", name] += bool(told["sort"] and told[name])
        for name in ("cached", "written"):
            seen[name] += any(turn[name] for turn in told["turns"])
        read = [turn["cached"] > 0 for turn in told["turns"]]
        seen["expired"] += any(one and not other for one, other in zip(read, read[1:]))
    assert len(lines) == 500 and min(seen.values()) > 20, seen


def walk_of(told: Any) -> list[tuple[str, int, int]]:
    """Who serves each turn of a conversation, and what is read and written, by the sandbox."""
    api = Api(models=[BY_ID[told["model"]]], balance=True, **PLAIN)
    found = []
    for turn in told["turns"]:
        fixed = [{"role": "system", "content": "x" * 8}, {"role": "user", "content": "y" * 8}]
        # Each message counts four tokens, and one for four characters.
        rest = {"role": "user", "content": "z" * 4 * (turn["prompt"] - 3 * 4 - 2 * 2)}
        body: dict[str, Any] = {"model": told["model"], "messages": [*fixed, rest]}
        if told["session"]:
            body["session_id"] = "talk"
        if told["marks"]:
            body["cache_control"] = {"type": "ephemeral"}
        body["provider"] = {
            **({"order": [turn["order"]]} if turn["order"] else {}),
            **({"sort": turn["sort"]} if turn["sort"] else {}),
        }
        api.chat._chance = Draws(turn["draws"])
        request = Request("POST", "/api/v1/chat/completions", {}, json.dumps(body).encode(), True)
        made = api.chat.serve(request, "key", 1_000.0 + turn["at"]).made
        assert made and made.tokens.prompt == turn["prompt"]
        found.append((made.endpoint.slug, made.tokens.cached, made.tokens.written))
    return found


def test_a_conversation_goes_where_the_sandbox_sends_it() -> None:
    moves = Counter()
    for line in simulate("walks", "300", "5").splitlines():
        told = json.loads(line)
        served = [(turn["slug"], turn["cached"], turn["written"]) for turn in told["turns"]]
        assert served == walk_of(told), line
        slugs = [slug for slug, _, _ in served]
        moves[told["session"]] += sum(one != other for one, other in zip(slugs, slugs[1:]))
    assert moves[False] > moves[True] > 20


def test_the_same_seed_has_the_same_table() -> None:
    one = simulate("conversations", "100", "3")
    assert one == simulate("conversations", "100", "3") != simulate("conversations", "100", "4")


@pytest.mark.parametrize(
    "words", [(), ("conversation",), ("conversations", "0"), ("decisions", "x")]
)
def test_what_it_does_not_know_is_refused(words: tuple[str, ...]) -> None:
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True)
    assert done.returncode == 2 and "usage" in done.stderr and not done.stdout


@pytest.mark.slow
def test_the_page_has_the_table_of_its_command() -> None:
    page = [line for line in PAGE.read_text().splitlines() if re.match(r"\| (wide|narrow) ", line)]
    told = simulate("conversations").splitlines()
    assert page == told[2:] and len(page) > 40


@pytest.mark.slow
def test_the_first_page_has_rows_of_that_table() -> None:
    found = re.findall(r"\n\| policy \| affinity (.*\n)\|.*\n((?:\|.*\n)+)", README.read_text())
    assert len(found) == 1
    shown = [[cell.strip() for cell in row.split("|")[1:-1]] for row in found[0][1].splitlines()]
    told = [line.split(" | ") for line in simulate("conversations").splitlines()]
    of_page = [row[2:7] + row[8:9] for row in told if row[:2] == ["| wide", "calm"]]
    assert len(shown) > 6 and all(row in of_page for row in shown)


def test_the_sandbox_plays_the_simulated_models() -> None:
    with Sandbox(models=SIMULATED) as sandbox:
        for model in SIMULATED:
            got = ask(sandbox, model=model.id)
            cheapest = min(
                model.endpoints, key=lambda one: one.price("prompt") + one.price("completion")
            )
            assert got.json["provider"] == cheapest.provider
            usage = got.json["usage"]
            tokens = Tokens(usage["prompt_tokens"], usage["completion_tokens"])
            assert usage["cost"] == bill(cheapest, tokens)[0] > 0


@pytest.mark.parametrize(
    ("sort", "model", "provider"),
    [
        ("best", "z-ai/glm-5.2", "DeepInfra"),
        ("fastest", "meta-llama/llama-4-maverick", "Groq"),
        ("ordered", "deepseek/deepseek-v3.2", "DeepInfra"),
    ],
)
def test_a_client_chooses_among_the_simulated_models(
    tmp_path: Path, sort: wayfare.types.Sort, model: str, provider: str
) -> None:
    """By the intelligence index and the latencies that the sandbox tells of them."""
    models = ["deepseek/deepseek-v3.2", "z-ai/glm-5.2", "meta-llama/llama-4-maverick"]
    with (
        Sandbox(models=SIMULATED) as sandbox,
        wayfare.Client(
            base_url=sandbox.base_url,
            api_key=sandbox.api_key,
            dialect="openrouter",
            ledger=str(tmp_path / "ledger.db"),
        ) as client,
    ):
        told = {one.id: one.intelligence for one in client.models()}
        assert told == {one.id: one.intelligence for one in SIMULATED}
        reply = client.chat("Hello", route={"models": models, "policy": sort})
    assert (reply.attempts[-1].model, reply.provider) == (model, provider)
