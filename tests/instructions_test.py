"""The hot paths need no more instructions than they did: what makes one dearer shows here, and not in a figure of next year."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks" / "bench"))
import callgrind  # noqa: E402

PROGRAM = ROOT / "build" / "tree" / "benchmarks" / "bench_hot_paths"


@pytest.mark.parametrize("path", callgrind.PATHS)
def test_a_hot_path_is_not_dearer_than_recorded(path: str) -> None:
    value = callgrind.count(PROGRAM, path)
    before, bound = callgrind.recorded(path)
    what = callgrind.PATHS[path][0]
    assert value <= bound, f"{what}: {value:,.0f} instructions, {before:,.0f} when recorded; is it meant? ./run bench --record"
    assert value >= before * 0.85, f"{what}: {value:,.0f} instructions, {before:,.0f} when recorded; keep what was won: ./run bench --record"
