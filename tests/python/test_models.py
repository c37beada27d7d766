"""The models list: fetched, cached, shared and stale."""

from __future__ import annotations

import os
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import wayfare
from model_lists import LIST, Lists, make_old, shelf, wait_for


def test_the_list_is_fetched_once_and_kept_for_the_machine(
    raw_server: Any, wire: Any, open_client: Any, tmp_path: Path, cache: Path
) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    models = client.models()
    assert [m.id for m in models] == [m["id"] for m in LIST]
    assert (
        models.catalogue.source == "fetched"
        and not models.catalogue.stale
        and models.catalogue.fetched is not None
    )
    cheap = models[1]
    prices = {name: price for name, price in cheap.prices.to_dict().items() if price is not None}
    assert prices == {"prompt": Decimal("0.000001"), "completion": Decimal("0.000002")}
    assert cheap.prices.request is None and cheap.overrides == []
    assert (cheap.kind, cheap.context_tokens, cheap.completion_tokens_max, cheap.parameters) == (
        "model",
        8000,
        1000,
        ["tools"],
    )
    assert (
        [m.kind for m in models if m.kind != "model"] == ["router"]
        and models[2].free
        and models[4].expires == "2020-01-01"
    )
    other = open_client(server.base_url, ledger=str(tmp_path / "other.db")).models()
    assert (
        other == models
        and other.catalogue.source == "kept"
        and other.catalogue.fetched == models.catalogue.fetched
    )
    assert server.fetched == 1 and list(client.entries()) == []
    assert oct(os.stat(shelf(cache)).st_mode & 0o777) == "0o600"
    # Each server has its own list.
    assert open_client(server.base_url + "/v2").models().catalogue.source == "fetched"


def test_a_plain_call_fetches_nothing(
    raw_server: Any, wire: Any, open_client: Any, cache: Path
) -> None:
    server = Lists(raw_server, wire)
    client = open_client(server.base_url)
    client.chat("Hello", model="b/cheap", route={"retries": 1})
    client.chat("Hello", route={"models": ["a", "b"]})
    assert server.fetched == 0 and list(cache.iterdir()) == []


@pytest.mark.parametrize("answer", [500, 404, b"<html>", b'{"data":[]}', b"", "close"])
def test_without_a_list_the_built_in_five_stand_for_it(
    raw_server: Any, wire: Any, open_client: Any, answer: Any
) -> None:
    server = Lists(raw_server, wire, answer)
    models = open_client(server.base_url).models()
    state = models.catalogue
    assert (state.source, state.stale, state.fetched, len(models)) == ("built_in", False, None, 5)
    assert "openai/gpt-4o-mini" in {m.id for m in models}


def test_nobody_there_and_no_home(open_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/nowhere/at/all")
    assert open_client("http://127.0.0.1:1/api/v1").models().catalogue.source == "built_in"


def test_an_old_list_is_served_at_once_and_fetched_again_behind_it(
    raw_server: Any, wire: Any, open_client: Any, cache: Path
) -> None:
    server = Lists(raw_server, wire, LIST, LIST[:2])
    open_client(server.base_url).models()
    make_old(cache)
    client = open_client(server.base_url)
    first = client.models()
    assert len(first) == 6 and first.catalogue.source == "kept"
    wait_for(lambda: client.models().catalogue.source == "fetched")
    assert len(client.models()) == 2 and server.fetched == 2


def test_with_the_network_gone_an_old_list_is_served_and_called_stale(
    raw_server: Any, wire: Any, open_client: Any, cache: Path
) -> None:
    server = Lists(raw_server, wire, LIST, b"<html>", "close")
    open_client(server.base_url).models()
    make_old(cache)
    client = open_client(server.base_url)
    wait_for(lambda: client.models().catalogue.stale)
    assert [m.id for m in client.models()] == [m["id"] for m in LIST]
    assert server.fetched == 2  # not fetched for every call


LATEST = b'wayfare models 1 %d 300 9\n{"data":0' % (2**63 - 1)


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"wayfare models 2 1 1 1\nx",
        b"wayfare models 1 99999999999 300 400\n{",
        LATEST,
        b"\0" * 100,
    ],
)
def test_a_damaged_file_counts_as_none(
    raw_server: Any, wire: Any, open_client: Any, cache: Path, damage: bytes
) -> None:
    server = Lists(raw_server, wire)
    open_client(server.base_url).models()
    shelf(cache).write_bytes(damage)
    models = open_client(server.base_url).models()
    assert len(models) == 6 and models.catalogue.source == "fetched"
    assert shelf(cache).read_bytes().startswith(b"wayfare models 1 ")


def test_close_while_the_list_is_fetched(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        connection.read()
        time.sleep(30)

    client = open_client(raw_server(serve).base_url)
    stream = client.stream("Hello", route={"policy": "cheapest"})  # waits for the list
    began = time.monotonic()
    client.close()
    with pytest.raises(wayfare.Error) as raised:
        list(stream)
    assert raised.value.code in ("cancelled", "closed") and time.monotonic() - began < 20


def test_a_call_that_waits_for_the_list_can_be_cancelled(raw_server: Any, open_client: Any) -> None:
    def serve(connection: Any) -> None:
        connection.read()
        time.sleep(30)

    client = open_client(raw_server(serve).base_url)
    stream = client.stream("Hello", route={"policy": "cheapest"})
    stream.cancel()
    with pytest.raises(wayfare.Error) as raised:
        list(stream)
    assert raised.value.code == "cancelled" and list(client.entries()) == []
