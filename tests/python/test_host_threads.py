"""A host that gets no more threads: a call says so and can be tried again; then all is well."""

from __future__ import annotations

from typing import Any


def test_no_more_threads(host: Any, answering: str) -> None:
    text = """
    import resource
    with client(ledger=":memory:") as warm: warm.chat("x"), warm.models()  # what Python loads then
    if os.getuid() == 0: os.setuid(65534)  # the limit is not for root
    soft, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    def limit(count): resource.setrlimit(resource.RLIMIT_NPROC, (count, hard))
    def fails(call):
        limit(1)
        try: call()
        except wayfare.Error as error:
            assert (error.code, error.retryable) == ("no_memory", True), error
            assert "threads" in str(error)
        else: sys.exit("it had a thread")
        finally: limit(soft)
    c = client(ledger=":memory:")
    fails(c.usage)  # no writer
    fails(lambda: c.chat("x"))
    assert c.usage() == []
    fails(lambda: c.chat("x"))  # no network
    fails(c.models)
    assert c.chat("x").text == "pong"
    limit(1)
    assert c.chat("x").text == "pong" and len(c.models()) == 5  # what is there goes on
    limit(soft)
    c.close()
    print([e.state for e in wayfare.Client(ledger=":memory:").entries()])
    """
    assert host.run(text, answering) == "[]\n"
