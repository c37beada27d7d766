"""FastAPI: a chat and a stream of server-sent events, with a budget for each user.

pip install fastapi uvicorn
uvicorn --app-dir python/examples fastapi_app:app --workers 2

curl -H 'X-User: ann' -d '{"text": "Hello"}' -H 'Content-Type: application/json' \\
  http://127.0.0.1:8000/chat
curl -N -H 'X-User: ann' 'http://127.0.0.1:8000/stream?text=Hello'

Each process of the server has one client, and all of them have one ledger. So the budget of a user
holds for all of them together. DAILY is its limit in US dollars.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import AsyncIterator
from typing import Annotated

import billing
import wayfare
from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

DAILY = os.environ.get("DAILY", "0.50")
TOKENS_MAX = 300  # a budget holds the longest answer until the call has ended


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the client when this process begins to serve, and books what runs when it ends."""
    async with wayfare.AsyncClient() as client:
        # With "*", each user has a window of their own. Every process may say the same.
        await client.budget("each-user", limit=DAILY, window="day", user="*")
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)
User = Annotated[str, Header(alias="X-User")]  # stands for your own log-in


class Question(BaseModel):
    text: str


@app.exception_handler(wayfare.Error)
async def tell_error(_: Request, error: wayfare.Error) -> JSONResponse:
    headers, status = {}, 502
    if isinstance(error, wayfare.errors.BudgetExceeded):
        status = 402
    elif isinstance(error, wayfare.errors.RateLimited):
        status = 429
        if error.retry_after is not None:
            headers["Retry-After"] = f"{error.retry_after:.0f}"
    return JSONResponse(reason_of(error), status, headers)


def reason_of(error: wayfare.Error) -> dict[str, str | None]:
    """What a user may read. The message and the advice are for your log."""
    ends = None if error.resets_at is None else error.resets_at.isoformat()
    return {"error": error.code, "resets_at": ends}


@app.post("/chat")
async def chat(question: Question, user: User) -> dict[str, str | None]:
    client: wayfare.AsyncClient = app.state.client
    account: wayfare.types.ChargeTo = {"app": "web", "user": user}
    reply = await client.chat(question.text, max_tokens=TOKENS_MAX, charge_to=account)
    billing.keep(user, reply)
    return {"text": reply.text, "cost": reply.metadata["cost"]}


@app.get("/stream")
async def stream(text: str, user: User) -> StreamingResponse:
    return StreamingResponse(events(text, user), media_type="text/event-stream")


async def events(text: str, user: str) -> AsyncIterator[str]:
    """A browser that goes away ends this, and so the call. Its cost is then looked up."""
    client: wayfare.AsyncClient = app.state.client
    account: wayfare.types.ChargeTo = {"app": "web", "user": user}
    try:
        async with client.stream(text, max_tokens=TOKENS_MAX, charge_to=account) as pieces:
            async for event in pieces:
                if event.text:
                    yield told("text", {"text": event.text})
            reply = await pieces.reply
    except wayfare.Error as error:
        if error.reply is not None:  # what had come is billed, too
            billing.keep(user, error.reply)
        yield told("error", reason_of(error))
        return
    billing.keep(user, reply)
    yield told("done", {"cost": reply.metadata["cost"]})


def told(name: str, data: dict[str, str | None]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
