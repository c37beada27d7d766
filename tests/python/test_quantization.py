"""The quantization with which a model was served, in replies, entries and views."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import wayfare
from wayfare.sandbox import Endpoint, Model, Reply, Sandbox, prices

Opens = Callable[..., wayfare.Client]
USUAL = prices("0.000002", "0.000004")
MODELS = (
    Model("m/one", "M: One", (Endpoint("Alpha", USUAL, quantization="fp8"),)),
    Model("m/plain", "M: Plain", (Endpoint("Alpha", USUAL),)),
    Model(
        "m/both",
        "M: Both",
        (
            Endpoint("Alpha", USUAL, tag="alpha/a", quantization="fp8"),
            Endpoint("Alpha", USUAL, tag="alpha/b", quantization="bf16"),
        ),
    ),
)


def lists_of(sandbox: Sandbox) -> int:
    return sum(one.path.endswith("/endpoints") for one in sandbox.requests)


def test_it_comes_from_the_list_that_is_known(open_client: Opens, tmp_path: Path) -> None:
    with Sandbox(models=MODELS) as sandbox, open_client(sandbox.base_url) as client:
        assert client.chat("Hi", model="m/one").quantization is None
        assert lists_of(sandbox) == 0  # nothing is fetched for it
        for model, told in (("m/one", "fp8"), ("m/plain", None), ("m/both", None)):
            client.endpoints(model)
            reply = client.chat("Hi", model=model)
            assert (reply.provider, reply.quantization) == ("Alpha", told)
            assert next(client.entries(newest=True)).quantization == told
        assert client.chat("Hi", model="m/one:nitro").quantization == "fp8"
        with client.stream("Hi", model="m/one") as stream:
            list(stream)
        assert stream.reply is not None and stream.reply.quantization == "fp8"
        with sqlite3.connect(tmp_path / "ledger.db") as ledger:
            query = "SELECT quantization, count(*) FROM v1_entries GROUP BY 1 ORDER BY 1"
            assert ledger.execute(query).fetchall() == [(None, 3), ("fp8", 3)]


def test_it_is_that_of_the_model_that_served(open_client: Opens) -> None:
    with Sandbox(models=MODELS) as sandbox, open_client(sandbox.base_url) as client:
        client.endpoints("m/one")
        client.endpoints("m/plain")
        sandbox.reply(Reply("Hi", served_model="m/plain"))
        reply = client.chat("Hi", model="m/one")
        assert (reply.served_otherwise, reply.quantization) == (True, None)


def test_a_failed_call_has_it_where_a_provider_began_to_serve(open_client: Opens) -> None:
    with Sandbox(models=MODELS) as sandbox, open_client(sandbox.base_url) as client:
        client.endpoints("m/one")
        sandbox.reply(Reply("Hello you", fault="error-midstream"))
        with pytest.raises(wayfare.errors.StreamBroken) as broken:
            list(client.stream("Hi", model="m/one"))
        assert broken.value.reply is not None and broken.value.reply.quantization == "fp8"
