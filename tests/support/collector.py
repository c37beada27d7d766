"""A collector of OpenTelemetry that prints what it gets: where it is, and how it runs.

As a program, makes one with Go from the modules of the project, into build/servers: some minutes.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / "build" / "servers"
VERSION, STABLE = "v0.165.0", "v1.71.0"  # of one release
MODULES = "go.opentelemetry.io/collector"
MADE = CACHE / f"otelcol-{VERSION}" / "otelcol"
NAMES = ("otelcol", "otelcol-contrib", "otelcorecol")
PATIENCE = 60  # the most seconds that it may take to begin, or to print what it was sent

BUILD = f"""
dist: {{name: otelcol, output_path: {MADE.parent}}}
receivers: [{{gomod: {MODULES}/receiver/otlpreceiver {VERSION}}}]
exporters: [{{gomod: {MODULES}/exporter/debugexporter {VERSION}}}]
providers:
  - {{gomod: {MODULES}/confmap/provider/envprovider {STABLE}}}
  - {{gomod: {MODULES}/confmap/provider/fileprovider {STABLE}}}
"""
SETTINGS = """
receivers: {{otlp: {{protocols: {{http: {{endpoint: 127.0.0.1:{port}}}}}}}}}
exporters: {{debug: {{verbosity: detailed}}}}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines:
    traces: {{receivers: [otlp], exporters: [debug]}}
    metrics: {{receivers: [otlp], exporters: [debug]}}
"""


def find() -> str | None:
    """Returns the program: the one that was made, else one of the system."""
    made = str(MADE) if MADE.exists() else None
    return made or next(filter(None, map(shutil.which, NAMES)), None)


def make() -> None:
    go = shutil.which("go")
    if go is None:
        sys.exit("go is missing: install Go, or a collector as otelcol")
    MADE.parent.mkdir(parents=True, exist_ok=True)
    settings = MADE.parent / "builder.yaml"
    settings.write_text(BUILD)
    environment = {**os.environ, "GOBIN": str(CACHE)}
    subprocess.run([go, "install", f"{MODULES}/cmd/builder@{VERSION}"], env=environment, check=True)
    subprocess.run([str(CACHE / "builder"), "--config", str(settings)], check=True)


@dataclass
class Collector:
    address: str
    told: Path
    process: subprocess.Popen[bytes]

    def wait(self, *texts: str) -> str:
        """Returns what it has printed, once all these texts are in it."""
        until = time.monotonic() + PATIENCE
        while True:
            told = self.told.read_text()
            missing = [text for text in texts if text not in told]
            if not missing:
                return told
            goes_on = self.process.poll() is None and time.monotonic() < until
            assert goes_on, f"the collector has not printed {missing}\n{told}"
            time.sleep(0.05)


@contextlib.contextmanager
def running(program: str, folder: Path) -> Iterator[Collector]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings, told = folder / "collector.yaml", folder / "collector.log"
    settings.write_text(SETTINGS.format(port=port))
    with told.open("w") as log:
        process = subprocess.Popen([program, "--config", str(settings)], stdout=log, stderr=log)
    try:
        collector = Collector(f"http://127.0.0.1:{port}", told, process)
        collector.wait("Everything is ready")
        yield collector
    finally:
        process.terminate()
        process.wait(PATIENCE)


if __name__ == "__main__":
    make()
