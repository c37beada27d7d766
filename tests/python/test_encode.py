"""Python values become the JSON text of a body."""

import collections
import enum
import json
import math
import random
import sys

import pytest
import wayfare
from wayfare._wayfare import encode

SEED = random.SystemRandom().randrange(2**32)


def refused(value):
    with pytest.raises(wayfare.Error) as caught:
        encode(value)
    assert caught.value.code == "invalid" and not caught.value.retryable
    return caught.value.message


# ---- Compared with json, for generated values.

CHARACTERS = [
    '"',
    "\\",
    "/",
    "\0",
    "\x1f",
    "\n",
    "\t",
    "\x7f",
    "a",
    " ",
    "é",
    "\u2028",
    "\ufeff",
    "\uffff",
    "😀",
    "\U0010ffff",
]


def make_text(chance):
    return "".join(chance.choice(CHARACTERS) for _ in range(chance.randrange(12)))


def make_float(chance):
    shape = chance.randrange(4)
    if shape == 0:
        return chance.choice(
            [0.0, -0.0, 1e16, 1e-5, 5e-324, sys.float_info.max, 0.1, 1 / 3, 123456789012345680.0]
        )
    if shape == 1:
        return chance.uniform(-1, 1)
    return math.ldexp(chance.uniform(-1, 1), chance.randrange(-1000, 1000))


def make_int(chance):
    edge = 2 ** chance.choice([0, 7, 31, 53, 63, 64, 65, 2000])
    return chance.choice([-1, 1]) * (edge + chance.randrange(-2, 3))


def make_value(chance, depth):
    kind = chance.randrange(5 if depth == 0 else 8)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return make_float(chance)
    if kind == 2:
        return make_int(chance)
    if kind <= 4:
        return make_text(chance)
    if kind == 5:
        return {
            make_text(chance): make_value(chance, depth - 1) for _ in range(chance.randrange(5))
        }
    items = [make_value(chance, depth - 1) for _ in range(chance.randrange(5))]
    return items if kind == 6 else tuple(items)


def as_read(value):
    """Returns the value that json reads back: lists in place of tuples."""
    if isinstance(value, dict):
        return {key: as_read(item) for key, item in value.items()}
    return [as_read(item) for item in value] if isinstance(value, (list, tuple)) else value


def test_reads_back_as_it_was():
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    for _ in range(5000):
        value = make_value(chance, 5)
        text = encode(value)
        assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace(
            "\\b", "\\u0008"
        ).replace("\\f", "\\u000c")
        # repr tells 0.0 from -0.0, 1 from 1.0 and True, and the order of a dict.
        assert repr(json.loads(text)) == repr(as_read(value))


def test_ints_are_exact_at_any_size():
    for value in (10**600, 10**1200 - 1, -(10**5000) - 7, 7 * 10**700):
        text = encode([value])[1:-1]
        digits = text.lstrip("-")
        pieces = [
            int(digits[at : at + 500]) * 10 ** max(0, len(digits) - at - 500)
            for at in range(0, len(digits), 500)
        ]
        assert (
            sum(pieces) == abs(value) and text.startswith("-") == (value < 0) and digits[0] != "0"
        )


def test_subclasses_are_what_they_stand_for():
    class Kind(str, enum.Enum):
        USER = "user"

    class Level(enum.IntEnum):
        HIGH = 3

    class Loud(float):
        def __repr__(self):
            return "LOUD"

    Point = collections.namedtuple("Point", "x y")
    assert (
        encode({Kind.USER: [Kind.USER, Level.HIGH, Loud(1.5), Point(1, 2)]})
        == '{"user":["user",3,1.5,[1,2]]}'
    )


def test_order_is_kept():
    assert encode({"b": 1, "a": {"z": 1, "y": 2}, "c": 3}) == '{"b":1,"a":{"z":1,"y":2},"c":3}'
    moved = collections.OrderedDict(a=1, b=2, c=3)
    moved.move_to_end("a")
    assert encode(moved) == '{"b":2,"c":3,"a":1}'


def test_dicts_that_change_while_they_are_read():
    outer = {}

    class Meddler(dict):
        def items(self):
            outer.clear()
            return [("x", "y")]

    outer.update(first=Meddler(), second="lost")
    assert encode(outer).startswith('{"first":{"x":"y"}')


# ---- Refusals name the place.


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (object(), "the value is of type object"),
        ({"messages": [{"role": "user", "content": b"x"}]}, "messages[0].content is of type bytes"),
        ({"a": [1, [2, {3}]]}, "a[1][1] is of type set"),
        ({"a": (1, 2j)}, "a[1] is of type complex"),
        ({"temperature": math.nan}, "temperature is not a finite number"),
        ([-math.inf], "[0] is not a finite number"),
        ({"a": {1: 2}}, "a has a key that is not a str"),
        ({None: 2}, "the value has a key that is not a str"),
        (
            {"messages": [{"content": "\ud800"}]},
            "messages[0].content has a lone surrogate in it, which cannot be sent as UTF-8",
        ),
        (
            {"a": {"\udc80b": 1}},
            "a.\\udc80b has a lone surrogate in it, which cannot be sent as UTF-8",
        ),
    ],
)
def test_refusals_name_the_place(value, message):
    assert refused(value) == message


def test_refusals_do_not_quote_values():
    class Secret:
        def __repr__(self):
            return "sk-or-v1-secret"

    assert "secret" not in refused({"metadata": {"key": Secret()}})
    assert len(refused({"k" * 10_000: Secret()})) < 100


def test_depth():
    def nested(levels):
        value = []
        for _ in range(levels - 1):
            value = [value]
        return value

    assert encode(nested(128)) == "[" * 128 + "]" * 128
    assert "nested too deeply" in refused(nested(129))
    circle: dict[str, object] = {"a": 1}
    circle["self"] = circle
    message = refused(circle)
    assert message.startswith("self.self.self is nested too deeply") and len(message) < 100


def test_what_a_dict_raises_is_raised():
    class Broken(dict):
        def items(self):
            raise KeyError("mine")

    class Odd(dict):
        def items(self):
            return ["xy"]

    with pytest.raises(KeyError, match="mine"):
        encode({"a": Broken()})
    assert refused({"a": Odd()}) == "a has items() that are not pairs"
