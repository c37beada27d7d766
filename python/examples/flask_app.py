"""Flask: a chat with a budget for each user, in processes that a server forks.

pip install flask gunicorn
gunicorn --chdir python/examples --workers 2 --threads 8 flask_app:app

curl -H 'X-User: ann' -d '{"text": "Hello"}' -H 'Content-Type: application/json' \\
  http://127.0.0.1:8000/chat
"""

from __future__ import annotations

import functools
import os

import billing
import wayfare
from flask import Flask, Response, jsonify, request

DAILY = os.environ.get("DAILY", "0.50")
app = Flask(__name__)


@functools.cache
def client_of(process: int) -> wayfare.Client:
    """Opens the client of this process. Its threads share it.

    A client that was used before a fork answers `forked`. So none is opened before the first
    request, and --preload does no harm.
    """
    client = wayfare.Client()
    client.budget("each-user", limit=DAILY, window="day", user="*")
    return client


@app.post("/chat")
def chat() -> Response:
    user = request.headers["X-User"]  # stands for your own log-in
    reply = client_of(os.getpid()).chat(
        request.get_json()["text"], max_tokens=300, charge_to={"app": "web", "user": user}
    )
    billing.keep(user, reply)
    return jsonify(text=reply.text, cost=reply.metadata["cost"])


@app.errorhandler(wayfare.Error)
def tell_error(error: wayfare.Error) -> tuple[Response, int]:
    status = {"budget_exceeded": 402, "rate_limited": 429}.get(error.code, 502)
    return jsonify(error=error.code, resets_at=error.resets_at), status
