"""The exceptions: a class for each code, made by hand as in a caller's tests, and pickled."""

from __future__ import annotations

import ast
import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import wayfare
from wayfare import errors
from wayfare._error_groups import DOCS, GROUP_OF
from wayfare._wayfare import codes, error_fields

STUB = Path(errors.__file__).with_suffix(".pyi")


def class_name(code: str) -> str:
    return "".join(part.capitalize() for part in code.split("_"))


@pytest.mark.parametrize("code", codes)
def test_every_code_has_its_class(code: str) -> None:
    kind = getattr(errors, class_name(code))
    assert kind is getattr(errors, class_name(code))  # always the same class
    assert issubclass(kind, wayfare.Error) and kind.__doc__ == codes[code]
    assert (kind.__module__, kind.__name__) == ("wayfare.errors", class_name(code))
    error = wayfare.Error("it failed", code, "try again", retryable=True)
    assert type(error) is kind and str(error) == f"{code}: it failed; try again"
    mine = kind("it failed")
    assert type(mine) is kind and (mine.code, mine.retryable, mine.status) == (code, False, None)
    for one in (error, mine):
        again = pickle.loads(pickle.dumps(one))
        assert type(again) is kind and vars(again) == vars(one) == vars(copy.copy(one))


def test_an_unknown_code_has_no_class() -> None:
    for name in ("Nothing", "rate_limited", "Ok"):
        with pytest.raises(AttributeError, match=name):
            getattr(errors, name)
    with pytest.raises(TypeError, match="colour"):
        wayfare.Error("it failed", "dns", colour="red")


def test_a_class_catches_its_own_code_only() -> None:
    with pytest.raises(errors.RateLimited) as caught:
        try:
            raise wayfare.Error("slow down", "rate_limited", retry_after=2.5)
        except errors.Overloaded:
            pytest.fail("another code's")
    assert caught.value.retry_after == 2.5
    assert wayfare.BudgetExceeded is errors.BudgetExceeded


def test_one_class_catches_every_timeout() -> None:
    timeouts = {
        code for code in codes if issubclass(getattr(errors, class_name(code)), errors.Timeout)
    }
    assert timeouts == {code for code in codes if code.endswith("timeout")} | {"deadline"}
    assert len(timeouts) == 7 and timeouts == set(GROUP_OF)
    for code in timeouts:
        for kind in (wayfare.Error, errors.Timeout):
            error = kind("it took too long", code)
            assert type(error) is getattr(errors, class_name(code)) and error.code == code
    with pytest.raises(errors.ConnectionLost):
        try:
            raise wayfare.Error("lost", "connection_lost")
        except errors.Timeout:
            pytest.fail("no timeout")
    assert errors.Timeout.__doc__ == DOCS["Timeout"]
    assert pickle.loads(pickle.dumps(errors.Timeout)) is errors.Timeout
    assert type(errors.Timeout("lost", "connection_lost")) is errors.Timeout


def test_a_pickle_of_another_version_still_opens() -> None:
    error = wayfare.Error("slow down", "rate_limited", retry_after=2.5, provider="P")
    reduced: Any = error.__reduce__()
    make, (fields,) = reduced
    old = make({name: value for name, value in fields.items() if name != "provider"})
    assert type(old) is errors.RateLimited
    assert (old.message, old.retry_after, old.provider) == ("slow down", 2.5, None)
    new = make({**fields, "colour": "red"})
    assert vars(new) == vars(error)
    later = make({**fields, "code": "made_up_later"})
    assert type(later) is wayfare.Error and str(later) == "made_up_later: slow down"


def test_a_pickle_opens_in_a_process_that_has_used_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "pickled"
    nothing = wayfare.Usage({})  # type: ignore[call-arg]
    path.write_bytes(
        pickle.dumps([wayfare.Error("slow down", "rate_limited"), errors.Dns, nothing])
    )
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')))"
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == (
        "[wayfare.Error('rate_limited: slow down'), <class 'wayfare.errors.Dns'>, "
        "wayfare.Usage()]\n",
        "",
    )


def test_the_stub_has_every_code_and_field() -> None:
    found: dict[str, Any] = {
        node.name: node
        for node in ast.parse(STUB.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    assert set(found) == {"Error", *DOCS, *map(class_name, codes)}
    for name, node in found.items():
        if name != "Error":
            (base,) = getattr(errors, name).__bases__
            assert ast.unparse(node.bases[0]) == base.__name__
    fields = [ast.unparse(n.target) for n in found["Error"].body if isinstance(n, ast.AnnAssign)]
    assert set(fields) == set(error_fields)


def test_what_is_loaded_later_can_be_completed() -> None:
    assert {"AsyncClient", "AsyncStream", "Client", "types"} <= set(dir(wayfare))
    assert {"Error", "RateLimited", "Unauthorized", "Deadline", "Timeout"} <= set(dir(errors))
