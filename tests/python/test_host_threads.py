"""A host that gets no more threads. A call fails with a clear error, and later calls work."""

from __future__ import annotations

from typing import Any


def test_no_more_threads(host: Any, answering: str) -> None:
    text = """
    import resource
    # loads the Python modules that calls need
    with client(ledger=":memory:") as warm: warm.chat("x"), warm.models()
    if os.getuid() == 0: os.setuid(65534)  # root has no limit
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
    fails(c.usage)  # no thread for the writer
    fails(lambda: c.chat("x"))
    assert c.usage() == []
    fails(lambda: c.chat("x"))  # no thread for the network
    fails(c.models)
    assert c.chat("x").text == "pong"
    limit(1)
    assert c.chat("x").text == "pong" and len(c.models()) == 5  # existing threads go on
    limit(soft)
    c.close()
    print([e.state for e in wayfare.Client(ledger=":memory:").entries()])
    """
    assert host.run(text, answering) == "[]\n"
