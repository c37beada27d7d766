"""A Next.js app with one route that makes a call: built, moved elsewhere, and asked."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

from outside import do, free_port, program, running
from wayfare.sandbox import Sandbox

ROUTE = """\
import { Client } from 'wayfare';

export const runtime = 'nodejs';
export const dynamic = 'force-dynamic';
const client = new Client();

export async function GET() {
  const reply = await client.chat('Hello', { charge_to: { app: 'next' } });
  return Response.json({ text: reply.text, cost: reply.cost });
}
"""
CONFIG = """\
export default {
  output: 'standalone',
  serverExternalPackages: ['wayfare'],
  outputFileTracingRoot: import.meta.dirname,
};
"""
LAYOUT = "export default ({ children }) => <html lang='en'><body>{children}</body></html>;\n"


def _install(app: Path, pnpm: bool, packages: list[str]) -> None:
    if not pnpm:
        words = [program("npm", "npm"), "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        do([*words, "--prefix", str(app), *packages], "Next.js")
        return
    words = [program("npx", "npm"), "--yes", "pnpm@10", "add", "--ignore-scripts"]
    do([*words, "--dir", str(app), *packages], "Next.js by pnpm")


def try_next(
    work: Path, packed: Callable[[], list[str]], version: str, bundler: str, pnpm: bool
) -> str:
    name = f"{version}-{bundler}{'-pnpm' if pnpm else ''}"
    app, moved = work / f"app{name}", work / f"moved{name}"
    for folder in (app, moved):
        shutil.rmtree(folder, ignore_errors=True)
    (app / "app/call").mkdir(parents=True)
    (app / "package.json").write_text('{"name": "app", "private": true, "type": "module"}\n')
    (app / "next.config.mjs").write_text(CONFIG)
    (app / "app/layout.jsx").write_text(LAYOUT)
    (app / "app/call/route.js").write_text(ROUTE)
    _install(app, pnpm, [f"next@{version}", "react", "react-dom", *packed()])
    build = [str(app / "node_modules/.bin/next"), "build"]
    if bundler == "turbopack" and version == "15":
        build.append("--turbopack")
    if bundler == "webpack" and version != "15":
        build.append("--webpack")
    environment = {**os.environ, "NEXT_TELEMETRY_DISABLED": "1"}
    done = subprocess.run(
        build, cwd=app, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
    shutil.move(app / ".next/standalone", moved)
    shutil.rmtree(app)  # nothing of it may be needed
    return _asked(moved)


def _asked(moved: Path) -> str:
    port, ledger = free_port(), moved / "ledger.db"
    with Sandbox() as sandbox:
        given = {
            "PORT": str(port),
            "HOSTNAME": "127.0.0.1",
            "WAYFARE_LEDGER": str(ledger),
            "OPENROUTER_BASE_URL": sandbox.base_url,
            "OPENROUTER_API_KEY": sandbox.api_key,
        }
        words = ["env", "-u", "WAYFARE_ADDON", "-C", str(moved)]
        words += [f"{name}={value}" for name, value in given.items()]
        with running([*words, program("node", "nodejs"), "server.js"], port, moved / "log") as url:
            with urllib.request.urlopen(f"{url}/call", timeout=60) as answer:
                told = json.load(answer)
            assert answer.status == 200 and told["text"], told
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as file:
        (row,) = file.execute("SELECT app, cost_usd FROM v1_entries").fetchall()
    assert row[0] == "next", row
    assert told["cost"] and float(row[1]) == float(told["cost"]), (row, told)
    return "200, and one row in the ledger"
