"""The parts of the benchmark, by the names that the command takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import lines_cpp
import lines_python
from context import Context
from report import Line

ALL: dict[str, Callable[[Context], Iterator[Line]]] = {
    "calls": lines_cpp.calls,
    "alone": lines_cpp.alone,
    "chunks": lines_cpp.chunks,
    "python-calls": lines_python.python_calls,
    "python-chunks": lines_python.python_chunks,
    "streams": lines_cpp.streams,
    # "selection": the choice of a model over the full catalogue beside litellm's Router, aim ≤ 10 µs: when there is one to measure
}
