"""The client that loads the sandbox: a round of answers for each line read.

Usage: sandbox_worker.py base=URL pid=PID stream=0|1 flight=N calls=N. The CPU is that of the
process PID, which is the sandbox.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import urllib.parse
from pathlib import Path

END = b"\r\n0\r\n\r\n"  # of a body in chunks


def cpu_us(pid: int) -> float:
    """The user and system time of a process, with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1e6 / os.sysconf("SC_CLK_TCK")


async def answers(url: urllib.parse.SplitResult, request: bytes, text: bytes, count: int) -> None:
    """Gets so many answers with this text, one after the other, on one connection."""
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    for _ in range(count):
        writer.write(request)
        got = bytearray()
        while not got.endswith(END):
            piece = await reader.read(1 << 16)
            if not piece:
                raise SystemExit("the sandbox has closed a connection")
            got += piece
        if not got.startswith(b"HTTP/1.1 200 ") or text not in got:
            raise SystemExit(f"this is not the answer: {bytes(got[:100])!r}")
    writer.close()


def request_of(url: urllib.parse.SplitResult, stream: bool) -> bytes:
    message = {"role": "user", "content": "Hello there"}
    body = json.dumps({"model": "openai/gpt-4o-mini", "messages": [message], "stream": stream})
    head = (
        f"POST {url.path}/chat/completions HTTP/1.1",
        f"Host: {url.netloc}",
        "Authorization: Bearer sk-or-v1-bench",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join([*head, "", body]).encode()


def main() -> None:
    given = dict(word.split("=", 1) for word in sys.argv[1:])
    url, pid = urllib.parse.urlsplit(given["base"]), int(given["pid"])
    flight, calls = int(given["flight"]), int(given["calls"])
    stream = given["stream"] == "1"
    request, text = request_of(url, stream), b'"content":" bills"' if stream else b"and bills them."

    async def batch() -> None:
        each = calls // flight
        await asyncio.gather(*(answers(url, request, text, each) for _ in range(flight)))

    asyncio.run(batch())
    print(json.dumps({"ready": sys.version.split()[0]}), flush=True)
    done = calls // flight * flight
    for _ in sys.stdin:
        began, before = time.monotonic(), cpu_us(pid)
        asyncio.run(batch())
        wall, cpu = (time.monotonic() - began) * 1e6 / done, (cpu_us(pid) - before) / done
        print(json.dumps({"wall": wall, "cpu": cpu}), flush=True)


main()
