"""The agents for other programs: the same ledger, the same budgets, another key if you like.

    uvicorn --app-dir services/api main:app --port 8001

It has no log-in, so it listens on this machine alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import wayfare
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("PRODUCT_ENV_FOLDER", HERE))  # it may have a .env
STATUS = {
    "invalid": 400,
    "budget_exceeded": 402,
    "no_agent": 404,
    "conflict": 409,
    "rate_limited": 429,
}


class Question(BaseModel):
    text: str


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the one client of this process, and books what runs when the process ends."""
    options: dict[str, Any] = {"env_folder": FOLDER} if (FOLDER / ".env").exists() else {}
    async with wayfare.AsyncClient(
        charge_to={"app": "product"}, require_charge_to=["app", "agent"], **options
    ) as client:
        app.state.client = client
        yield


app = FastAPI(title="Agents", lifespan=lifespan)


@app.exception_handler(wayfare.Error)
async def tell_failure(_: Any, error: wayfare.Error) -> JSONResponse:
    told = {"code": error.code, "message": str(error.message), "advice": error.advice}
    return JSONResponse({"failure": told}, STATUS.get(error.code, 502))


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": True}


@app.get("/agents")
async def agents() -> list[dict[str, Any]]:
    return [
        {"name": one.name, "version": one.version, "model": one.model}
        async for one in app.state.client.agents()
    ]


@app.post("/agents/{name:path}/messages")
async def message(name: str, question: Question) -> dict[str, Any]:
    """One answer of the agent. What the caller stores with it is its metadata."""
    reply = await app.state.client.chat(question.text, agent=name)
    return {"text": reply.text, "metadata": reply.metadata}


@app.get("/usage")
async def usage() -> list[dict[str, Any]]:
    rows = await app.state.client.usage(by=["day", "app", "agent"])
    return [
        {"day": row.day, "agent": row.agent, "calls": row.calls, "cost": str(row.cost)}
        for row in rows
        if row.app == "product"
    ]


@app.get("/doctor")
async def doctor() -> dict[str, Any]:
    """What the command `wayfare doctor` finds here. It costs nothing, and prints no key."""
    words = [sys.executable, "-m", "wayfare", "doctor", "--json", "--env-folder", str(FOLDER)]
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=HERE,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 25)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        raise
    found: dict[str, Any] = json.loads(out)
    return found
