"""Records, the read-only objects for replies, entries, budgets and models: compared, hashed, shown,
turned into dicts and pickled.
"""

from __future__ import annotations

import copy
import datetime
import inspect
import json
import pickle
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
import wayfare

Opens = Callable[..., wayfare.Client]

NOTHING = wayfare.Usage({})  # type: ignore[call-arg] # no part of the interface
RECORDS = [
    getattr(wayfare, name)
    for name in wayfare.__all__
    if hasattr(getattr(wayfare, name), "_fields")  # not the clients, streams and errors
]


@pytest.fixture
def reply(raw_server: Any, open_client: Opens, wire: Any) -> wayfare.Reply:
    """The reply of a call with one refused attempt. It has records and lists of records."""
    answers = [
        (b'{"error":{"code":503,"message":"busy"}}', 503),
        (wire.completion(text="a" * 200), 200),
    ]

    def serve(connection: Any) -> None:
        while connection.read():
            connection.reply(*answers.pop(0))

    client = open_client(raw_server(serve).base_url)
    return client.chat("Hello", route={"models": ["a/b", "c/d"]}, charge_to={"tags": ["red"]})


@pytest.fixture
def budget(open_client: Opens) -> wayfare.Budget:
    client = open_client("http://127.0.0.1:1/api/v1")
    made = client.budget("b", limit="1.50", window="day", agent="support")
    assert made is not None
    return made


def fields_of(record: Any) -> dict[str, Any]:
    """Returns the fields by name in a pickle of the record."""
    made_by, (fields,) = record.__reduce__()
    assert made_by is type(record)
    return dict(fields)


def unpickled(record: Any, fields: dict[str, Any]) -> Any:
    """Returns the record of a pickle with these fields."""

    class Old:
        def __reduce__(self) -> Any:
            return type(record), (fields,)

    return pickle.loads(pickle.dumps(Old()))


def test_a_field_is_read_only_and_the_same_object_each_time(reply: wayfare.Reply) -> None:
    assert reply.usage is reply.usage and reply.attempts is reply.attempts
    assert reply.raw is reply.raw and reply.cost is reply.cost
    for change in (
        lambda: setattr(reply, "text", ""),
        lambda: delattr(reply, "text"),
        lambda: setattr(reply, "colour", "red"),
    ):
        with pytest.raises(AttributeError):
            change()


def test_records_are_compared_by_value(budget: wayfare.Budget, open_client: Opens) -> None:
    client = open_client("http://127.0.0.1:1/api/v1")
    (again,) = client.budgets()
    assert again is not budget and again == budget and not again != budget
    changed = client.budget("b", limit=2)
    assert changed != budget and not changed == budget
    assert budget != budget.to_dict() and budget != tuple(budget.to_dict().values())
    assert wayfare.Timings({}) != NOTHING  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        _ = budget < changed  # type: ignore[operator]


def test_equal_records_have_one_hash(budget: wayfare.Budget, reply: wayfare.Reply) -> None:
    usage = reply.usage
    assert hash(copy.copy(usage)) == hash(usage)
    assert {usage: "told"}[copy.copy(usage)] == "told"
    assert len({usage, copy.copy(usage), NOTHING}) == 2
    for record in (reply, budget):  # they contain lists
        with pytest.raises(TypeError, match="unhashable"):
            hash(record)


def test_a_record_is_shown_with_what_is_known(reply: wayfare.Reply, budget: wayfare.Budget) -> None:
    assert repr(reply.usage) == (
        "wayfare.Usage(prompt_tokens=3, completion_tokens=4, total_tokens=7)"
    )
    assert repr(budget).startswith("wayfare.Budget(name='b', limit=Decimal('1.5'), ")
    assert "agent='support'" in repr(budget) and "user" not in repr(budget)
    shown = repr(reply)
    assert shown.startswith(f"wayfare.Reply(text='{'a' * 60}…', ")  # a long text is cut
    assert "attempts=[wayfare.Attempt(entry=" in shown and "error='overloaded'" in shown
    for name in ("raw=", "message=", "metadata=", "warnings=", "provider_name"):
        assert name not in shown  # JSON fields and empty lists are left out


def test_a_record_as_a_dict(reply: wayfare.Reply, budget: wayfare.Budget) -> None:
    told = reply.to_dict()
    assert tuple(told) == reply._fields
    assert told["usage"] == {
        "prompt_tokens": 3,
        "completion_tokens": 4,
        "total_tokens": 7,
        "cached_tokens": None,
        "cache_write_tokens": None,
        "reasoning_tokens": None,
        "prompt_audio_tokens": None,
        "prompt_image_tokens": None,
        "prompt_video_tokens": None,
        "completion_audio_tokens": None,
        "completion_image_tokens": None,
        "searches": None,
    }
    assert [attempt["error"] for attempt in told["attempts"]] == ["overloaded", None]
    assert told["cost"] == reply.cost and told["raw"] == reply.raw
    assert told["selection"] is None and told["warnings"] == []
    assert budget.to_dict() == {
        **dict.fromkeys(("assume", "value", "app", "user", "run", "tag", "key", "model")),
        "name": "b",
        "limit": Decimal("1.5"),
        "spent": 0,
        "reserved": 0,
        "left": Decimal("1.5"),
        "excess": 0,
        "resets_at": budget.resets_at,
        "mode": "hard",
        "window": "day",
        "agent": "support",
        "byok": "count",
        "missing": "refuse",
        "unknown": 0,
        "override": 0,
        "override_until": None,
        "thresholds": [],
        "start": budget.start,
        "empty_by": None,
    }
    assert isinstance(budget.resets_at, datetime.datetime)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_record_is_pickled_and_copied(
    reply: wayfare.Reply, budget: wayfare.Budget, protocol: int
) -> None:
    for record in (reply, reply.attempts[0], reply.usage, budget):
        for again in (
            pickle.loads(pickle.dumps(record, protocol)),
            copy.copy(record),
            copy.deepcopy(record),
        ):
            assert type(again) is type(record) and again == record
            assert again.to_dict() == record.to_dict() and repr(again) == repr(record)


def test_the_list_of_models_is_pickled_with_its_source(open_client: Opens) -> None:
    models = open_client("http://127.0.0.1:1/api/v1").models()
    again = pickle.loads(pickle.dumps(models))
    assert type(again) is wayfare.ModelList and again == models
    assert again.catalogue == models.catalogue and again.catalogue.source == "built_in"
    assert again[0].prices == models[0].prices


def test_a_pickle_from_before_a_field_was_added_still_opens(
    reply: wayfare.Reply, budget: wayfare.Budget
) -> None:
    for record, name, default in (
        (budget, "excess", Decimal(0)),
        (budget, "agent", None),
        (budget, "mode", "hard"),
        (reply, "native_finish_reason", None),
        (reply, "cost", None),
        (reply, "cost_source", "none"),
        (reply, "warnings", []),
        (reply, "usage", NOTHING),
        (reply, "selection", None),
        (reply.attempts[1], "waited_us", 0),
    ):
        fields = fields_of(record)
        del fields[name]
        again = unpickled(record, fields)
        assert type(again) is type(record) and getattr(again, name) == default
        assert again.to_dict() == {**record.to_dict(), name: plain(default)}


def plain(value: Any) -> Any:
    return value.to_dict() if isinstance(value, wayfare.Usage) else value


def test_a_pickle_with_a_field_of_a_later_version_still_opens(
    reply: wayfare.Reply, budget: wayfare.Budget
) -> None:
    for record in (reply, reply.usage, budget):
        again = unpickled(record, {**fields_of(record), "colour": "red"})
        assert again == record and not hasattr(again, "colour")


@pytest.mark.parametrize("record", RECORDS)
def test_every_class_of_records(record: Any) -> None:
    assert record.__module__ == "wayfare" and getattr(wayfare, record.__name__) is record
    assert record._fields and record.__match_args__ == record._fields
    assert record.__doc__ and all(inspect.getdoc(getattr(record, name)) for name in record._fields)
    empty = record({})
    assert pickle.loads(pickle.dumps(empty)) == empty == record({})
    assert tuple(empty.to_dict()) == record._fields
    assert repr(empty).startswith(f"wayfare.{record.__name__}(")
    for arguments in ((), ({}, {}), ("text",), (None,)):
        with pytest.raises(TypeError, match=f"wayfare.{record.__name__} takes a dict of fields"):
            record(*arguments)
    with pytest.raises(TypeError):
        type("Mine", (record,), {})


def test_there_are_records_of_all_kinds() -> None:
    assert {record.__name__ for record in RECORDS} >= {
        *("Attempt", "Block", "Budget", "Candidate", "CatalogueState", "Entry", "Model"),
        *("PriceOverride", "Prices", "Pruned", "Reconciled", "Reply", "Selection", "Timings"),
        *("ToolCall", "ToolPiece", "Usage", "UsageRow", "Verification"),
    }


def test_a_record_can_be_made_for_a_fake_client() -> None:
    reply = wayfare.Reply.make(text="Hi", cost=Decimal("0.5"), usage=wayfare.Usage.make())
    assert (reply.text, reply.cost, reply.usage.prompt_tokens) == ("Hi", Decimal("0.5"), None)
    assert reply.attempts == [] and reply.metadata is None and reply.refusal is None
    assert pickle.loads(pickle.dumps(reply)) == reply
    with pytest.raises(TypeError, match="has no field txet"):
        wayfare.Reply.make(txet="Hi")
    with pytest.raises(TypeError, match="by name only"):
        wayfare.Reply.make("Hi")


def test_a_record_iterates_over_its_values(reply: wayfare.Reply) -> None:
    values = list(reply)
    assert dict(zip(reply._fields, values))["text"] == reply.text
    assert len(values) == len(reply._fields)


def test_vars_of_a_record_is_what_json_takes(reply: wayfare.Reply, budget: wayfare.Budget) -> None:
    plain = json.loads(json.dumps(vars(reply)))
    assert plain["cost"] == "0.001"
    assert plain["attempts"][0]["error"] == "overloaded"
    assert plain["usage"]["prompt_tokens"] == 3
    plain = json.loads(json.dumps(vars(budget)))
    assert plain["limit"] == "1.5"
    assert plain["resets_at"].endswith("Z")


def test_a_small_amount_has_no_exponent() -> None:
    tiny = wayfare.Reply.make().cost
    assert tiny is None
    from wayfare._dollars import Dollars

    small = Dollars("0.00000012")
    assert str(small) == f"{small}" == "0.00000012"
    assert f"{small:.2e}" == "1.20e-7"
    assert pickle.loads(pickle.dumps(small)) == small
    assert small + 1 == Decimal("1.00000012")


def test_pandas_finds_the_columns(open_client: Opens) -> None:
    row = wayfare.UsageRow.make(user="ann", calls=2, cost=Decimal("0.5"))
    assert isinstance(row, Sequence) and row._fields  # by this pandas knows a named tuple
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([row, row])
    assert list(frame.columns) == list(row._fields)
    assert frame["calls"].sum() == 4


def test_fastapi_and_pydantic_give_decimal_texts() -> None:
    pydantic = pytest.importorskip("pydantic")
    row = wayfare.UsageRow.make(user="ann", calls=2, cost=Decimal("0.00000012"))
    adapter = pydantic.TypeAdapter(list[wayfare.UsageRow])
    assert json.loads(adapter.dump_json([row]))[0]["cost"] == "0.00000012"
    assert adapter.json_schema(mode="serialization")["items"]["type"] == "object"
    fastapi = pytest.importorskip("fastapi.encoders")
    assert fastapi.jsonable_encoder([row])[0]["cost"] == "0.00000012"
