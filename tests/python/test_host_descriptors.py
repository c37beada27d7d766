"""A host without free descriptors. A call fails with a clear error wherever the shortage occurs,
and a later call works again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SHORT = """
import faulthandler, resource
faulthandler.dump_traceback_later(50, exit=True)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
held = []
def hold_all_but(count):
    while True:
        try: held.append(os.open("/dev/null", os.O_RDONLY))
        except OSError: break
    for _ in range(count): os.close(held.pop())
def let_go():
    while held: os.close(held.pop())
ends = []
def attempt(call):
    try: call()
    except wayfare.Error as error:
        codes = ("ledger_unavailable", "no_memory", "connect")
        assert error.retryable and error.code in codes, error
        assert "descriptor" in str(error) or "Too many open files" in str(error), error
        ends.append(error.code)
    else: ends.append("good")
"""


@pytest.mark.parametrize("server", ["http to an address", "http to a name", "https"])
def test_the_first_use(host: Any, answering: str, secure: tuple[str, Path], server: str) -> None:
    """Allows no descriptors first, then one more each time, until a call works. It needs them for
    the ledger, the loop, DNS, the connection and the file of authorities.
    """
    text = (
        SHORT
        + """
for left in range(30):
    path = f"{ledger}{left}"
    c = client(ledger=path)
    hold_all_but(left)
    attempt(lambda: c.chat("x"))
    attempt(c.usage)
    let_go()
    assert c.chat("x").text == "pong"
    rows = [(e.state, e.error) for e in c.entries()]
    first = {"good": [("settled", None)], "connect": [("void", "connect")]}.get(ends[-2], [])
    assert rows == [("settled", None), *first] or rows == [*first, ("settled", None)], (ends, rows)
    c.close()
    if ends[-2:] == ["good"] * 2: break
assert set(ends) == {"ledger_unavailable", "no_memory", "connect", "good"}, ends
"""
    )
    if server == "https":
        host.run(text, *secure)
    else:
        host.run(
            text, answering.replace("127.0.0.1", "localhost") if "name" in server else answering
        )


def test_a_client_at_work(host: Any, secure: tuple[str, Path]) -> None:
    """Running work goes on, and new work fails with a clear error."""
    text = (
        SHORT
        + """
c = client()
stream = c.stream("s")
assert next(stream).text == "Hel"
for _ in range(20):
    hold_all_but(0)
    attempt(lambda: c.chat("x"))
    let_go()
assert ends == ["connect"] * 20, ends
assert c.chat("x").text == c.chat("x").text == "pong"
hold_all_but(0)
assert c.chat("x").text == "pong"  # on the open connection
stream.cancel()
let_go()
"""
    )
    host.run(text, *secure)
    assert host.states() == {"settled": 3, "unknown": 1, "void": 20}
