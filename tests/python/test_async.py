"""The client for asyncio, in one thread, with the loops of asyncio and uvloop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import wayfare

uvloop = pytest.importorskip("uvloop")


def run_in(loop: str, main: Coroutine[Any, Any, Any]) -> Any:
    made = uvloop.new_event_loop() if loop == "uvloop" else asyncio.new_event_loop()
    try:
        return made.run_until_complete(asyncio.wait_for(main, 60))
    finally:
        made.run_until_complete(made.shutdown_asyncgens())
        made.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return lambda main: run_in(request.param, main)


@pytest.fixture
def server(raw_server: Any, wire: Any) -> Any:
    """A server that holds calls with "held" in the prompt until `release` is set."""
    release = threading.Event()

    def serve(connection: Any) -> None:
        while request := connection.read():
            if b"broken" in request[1]:
                connection.reply(b'{"error":{"code":429,"message":"slow down"}}', 429)
            elif b'"stream":true' in request[1]:
                connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
                connection.chunk(wire.delta("Hel"))
                if b"held" in request[1]:
                    release.wait(30)
                connection.chunk(wire.delta("lo"))
                connection.chunk(wire.end)
                connection.chunk(b"")
            else:
                if b"held" in request[1]:
                    release.wait(30)
                connection.reply(wire.completion())

    started = raw_server(serve)
    started.release = release
    yield started
    release.set()


@pytest.fixture
def open_async(server: Any, wire: Any, tmp_path: Any) -> Callable[[], wayfare.AsyncClient]:
    return lambda: wayfare.AsyncClient(
        api_key=wire.key,
        base_url=server.base_url,
        dialect="openrouter",
        ledger=tmp_path / "ledger.db",
    )


def test_chat_stream_usage_and_entries(run: Any, open_async: Any) -> None:
    async def main() -> None:
        async with open_async() as client:
            reply = await client.chat("hi", charge_to={"agent": "a"})
            assert (reply.text, str(reply.cost)) == ("pong", "0.001")
            async with client.stream("hi") as stream:
                texts = [event.text async for event in stream if event.type == "text"]
                assert texts == ["Hel", "lo"]
                assert (await stream.reply).text == "Hello"
                assert (await stream.reply) is (await stream.reply)
            (row,) = await client.usage()
            assert (row.calls, str(row.cost)) == (2, "0.003")
            assert {row.agent for row in await client.usage(by=["agent"])} == {"a", ""}
            assert [entry.state async for entry in client.entries()] == ["settled", "settled"]

    run(main())


def test_errors_are_raised(run: Any, open_async: Any) -> None:
    async def main() -> None:
        async with open_async() as client:
            with pytest.raises(wayfare.Error) as refused:
                await client.chat("broken")
            assert refused.value.code == "rate_limited"
            stream = client.stream("broken")
            with pytest.raises(wayfare.Error) as refused:
                async for _ in stream:
                    pass
            assert refused.value.code == "rate_limited"
            assert [event async for event in stream] == []  # the error was raised once
            with pytest.raises(wayfare.Error, match="rate_limited"):
                await stream.reply
            with pytest.raises(wayfare.Error, match="invalid"):
                await client.usage(by=["colour"])
            with pytest.raises(wayfare.Error, match="invalid"):
                await client.chat()

    run(main())


def test_cancelling_a_task_cancels_its_call(run: Any, open_async: Any, server: Any) -> None:
    async def reading(client: wayfare.AsyncClient, begun: asyncio.Event) -> None:
        async with client.stream("held") as stream:
            async for _ in stream:
                begun.set()

    async def main() -> None:
        async with open_async() as client:
            begun = asyncio.Event()
            streaming = asyncio.ensure_future(reading(client, begun))
            await begun.wait()
            chatting = asyncio.ensure_future(client.chat("held"))
            await asyncio.sleep(0.05)
            for task in (streaming, chatting):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            # Both calls may have been billed.
            while [entry.state async for entry in client.entries()] != [
                "unknown",
                "unknown",
            ]:
                await asyncio.sleep(0.01)

    run(main())


def test_a_timeout_around_one_event_loses_none(run: Any, open_async: Any, server: Any) -> None:
    async def main() -> None:
        async with open_async() as client, client.stream("held") as stream:
            assert (await stream.__anext__()).text == "Hel"
            for _ in range(3):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(stream.__anext__(), 0.02)
            server.release.set()
            assert (await stream.__anext__()).text == "lo"

    run(main())


def test_cancel_and_leaving_a_stream(run: Any, open_async: Any, server: Any) -> None:
    async def main() -> None:
        async with open_async() as client:
            stream = client.stream("held")
            await stream.__anext__()
            stream.cancel()
            with pytest.raises(wayfare.Error, match="cancelled"):
                async for _ in stream:
                    pass
            async with client.stream("held") as left:
                await left.__anext__()
            with pytest.raises(wayfare.Error, match="left before its end"):
                await left.reply
            assert [event async for event in left] == []

    run(main())


def test_close_ends_what_waits_and_the_loop_goes_on(run: Any, open_async: Any) -> None:
    async def main() -> None:
        client = open_async()
        waiting = [asyncio.ensure_future(client.chat("held")) for _ in range(5)]
        await asyncio.sleep(0.05)
        await client.close()
        for task in waiting:
            with pytest.raises(wayfare.Error) as ended:
                await task
            assert ended.value.code in ("cancelled", "closed")
        with pytest.raises(wayfare.Error, match="closed"):
            await client.chat("hi")
        await client.close()
        unused = open_async()
        await unused.close()

    run(main())


def test_a_client_goes_over_to_a_new_loop_when_its_old_one_is_closed(open_async: Any) -> None:
    client = open_async()
    for _ in range(3):
        assert run_in("asyncio", client.chat("hi")).text == "pong"
    run_in("asyncio", client.close())


def test_a_second_loop_beside_the_first_is_refused_by_name(open_async: Any) -> None:
    client = open_async()
    first = asyncio.new_event_loop()
    assert first.run_until_complete(client.chat("hi")).text == "pong"
    with pytest.raises(wayfare.Error, match="another event loop"):
        run_in("asyncio", client.chat("hi"))
    first.run_until_complete(client.close())
    first.close()


def threads_of_wayfare() -> int:
    names = []
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):  # it ended
            names.append(Path(f"/proc/self/task/{task}/comm").read_text())
    return sum(name.startswith("wayfare") for name in names)


def test_no_thread_is_made_for_a_call(run: Any, open_async: Any, server: Any) -> None:
    async def main() -> None:
        async with open_async() as client:
            await client.chat("hi")
            await client.usage()
            before = threads_of_wayfare()
            calls = [asyncio.ensure_future(client.chat("held")) for _ in range(100)]
            await asyncio.sleep(0.2)
            assert threads_of_wayfare() == before
            server.release.set()
            assert [reply.text for reply in await asyncio.gather(*calls)] == ["pong"] * 100

    run(main())


def test_a_stream_that_never_waits_lets_others_run(
    run: Any, raw_server: Any, wire: Any, tmp_path: Any
) -> None:
    def serve(connection: Any) -> None:
        while connection.read():
            connection.head(kind="text/event-stream", Transfer_Encoding="chunked")
            for _ in range(200):
                connection.chunk(wire.delta("x") * 100)
            connection.chunk(wire.end)
            connection.chunk(b"")

    base_url = raw_server(serve).base_url

    async def main() -> None:
        async with wayfare.AsyncClient(
            api_key=wire.key, base_url=base_url, dialect="openrouter", ledger=tmp_path / "l.db"
        ) as client:
            turns = 0

            async def count() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            counting = asyncio.ensure_future(count())
            await asyncio.sleep(0)
            seen = 0
            async for event in client.stream("hi"):
                seen += event.text is not None
            counting.cancel()
            assert seen == 20_000 and turns > 10

    run(main())


def test_importing_wayfare_does_not_load_asyncio() -> None:
    text = (
        "import sys, wayfare; assert 'asyncio' not in sys.modules; wayfare.AsyncClient; "
        "assert 'asyncio' in sys.modules; wayfare.AsyncStream"
    )
    subprocess.run([sys.executable, "-c", text], check=True)
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        wayfare.Nonsense  # noqa: B018


SERVER = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
PIECE = b'data: {"id":"gen-1","choices":[{"index":0,"delta":{"content":"ab"}}]}\\n\\n'
END = (b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],'
       b'"usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0.001}}\\n\\n'
       b'data: [DONE]\\n\\n')

async def serve(reader, writer):
    try:
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        lines = head.lower().split(b"\\r\\n")
        length = next(line for line in lines if line.startswith(b"content-length"))
        size = int(length.split(b":")[1])
        await reader.readexactly(size)
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\n"
                     b"Connection: close\\r\\n\\r\\n")
        for _ in range(20):
            writer.write(PIECE)
            await writer.drain()
            await asyncio.sleep(0.1)
        writer.write(END)
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""

CROWD = """
import asyncio, resource, sys, threading, wayfare
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
COUNT = int(sys.argv[3])

async def one(client, slow):
    text = ""
    async with client.stream("Hello") as stream:
        async for event in stream:
            text += event.text or ""
            if slow:
                await asyncio.sleep(0.25)
    return text == "ab" * 20 and str((await stream.reply).cost) == "0.001"

async def main():
    options = {"api_key": "sk-or-v1-x", "base_url": sys.argv[1], "dialect": "openrouter"}
    async with wayfare.AsyncClient(ledger=sys.argv[2], connect_timeout=60, **options) as client:
        whole = await asyncio.gather(*(one(client, at == 0) for at in range(COUNT)))
        (row,) = await client.usage()
        print(sum(whole), row.calls, row.unknown, row.cost, threading.active_count())

asyncio.run(main())
"""


@pytest.mark.slow
def test_two_thousand_streams_in_one_thread_and_one_of_them_slow(tmp_path: Any) -> None:
    import resource

    count, most = 2000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most < count + 200:
        pytest.skip(f"a process may have {most} descriptors here")
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            base_url = f"http://127.0.0.1:{int(server.stdout.readline())}/api/v1"
            crowd = [
                sys.executable,
                "-c",
                textwrap.dedent(CROWD),
                base_url,
                str(tmp_path / "l.db"),
                str(count),
            ]
            done = subprocess.run(crowd, capture_output=True, text=True, timeout=120)
            assert done.stdout.split() == ["2000", "2000", "0", "2", "1"], done.stderr[-2000:]
        finally:
            server.kill()
