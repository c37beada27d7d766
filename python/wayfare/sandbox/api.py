"""The API of the sandbox without its transport: a request comes in, an answer goes out."""

from __future__ import annotations

import random
import time
import urllib.parse
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Callable

from . import control, models
from .account import Account
from .answer import Answer, Part, Refused, error_body, json_answer, refusal
from .bill import Bill
from .catalogue import Catalogue, Json, Model
from .chat import Chat, Served
from .encode import details
from .made import new_id
from .request import Request
from .script import Script
from .verdict import FINAL, Verdict

ROOT = "/api/v1"
KEPT = 10_000  # requests that are kept for tests to read,
KEPT_BYTES = 256 << 20  # with so many bytes of their bodies
FAILURES = 1000  # answers that could not be made: more are not told
LARGEST_BODY = 128 << 20


class Exchange:
    """One request and its answer, as the transport carries it."""

    def __init__(self, api: Api, request: Request, key: str, served: Served) -> None:
        self._api, self._request, self._key, self._served = api, request, key, served
        self.answer = served.answer
        self.generation_id = served.generation_id
        self.charge = served.charge
        self._text, self._tokens = "", 0
        self._is_over = False

    def sends(self, part: Part) -> None:
        """The part is about to be sent. The bill is right before the client can see the end."""
        self._text += part.text
        self._tokens += part.tokens
        if part.kind in ("done", "body", "stall", "close", "reset"):
            self.ended()

    def ended(self) -> None:
        """The answer was sent as far as it goes."""
        if self._is_over:
            return
        self._is_over = True
        served, now = self._served, self._api.now()
        if self.charge:
            self.charge.end(now)
        if served.made is None:
            return
        verdict, raw = self._api.verdict, self._request.body
        if served.partial:
            verdict.broke(self._key, raw, served.made, self._text, now)
        else:
            verdict.served(self._key, raw, served.made, details(served.made))

    def left(self) -> None:
        """The client disconnected before the end."""
        if self._is_over:
            return
        self._is_over = True
        charge = self.charge
        if charge:
            charge.outcome = "cancelled"
            if charge.made.endpoint.cancels:
                charge.made = charge.made.stopped(self._tokens)
            charge.end(self._api.now())


class Api:
    """The state of one sandbox. One thread answers; any thread may read and script it."""

    def __init__(
        self,
        *,
        models: Sequence[Model],
        auth: bool,
        seed: int,
        generation_delay: float,
        credits: Decimal | None,
        key_limit: Decimal | None,
        key_models: Sequence[str] | None,
        balance: bool,
        latency: float,
    ) -> None:
        self.auth = auth
        self.generation_delay = generation_delay
        self.catalogue = Catalogue(models)
        self.bill, self.verdict, self.script = Bill(), Verdict(), Script(seed)
        self.account = Account(credits, key_limit)
        self.requests: deque[Request] = deque(maxlen=KEPT)
        self._kept_bytes = 0
        self.count: int = 0
        self.failures: list[str] = []  # of functions that a test gave
        self.ahead = 0.0  # seconds that the clock of the sandbox is ahead
        self._key_models = None if key_models is None else frozenset(key_models)
        self.chat = Chat(
            self.catalogue,
            self.account,
            self.bill,
            self.script,
            self.verdict,
            self._may_call,
            random.Random(seed) if balance else None,
            latency,
        )

    def now(self) -> float:
        return time.time() + self.ahead

    def reset(self) -> None:
        """Forgets requests, charges, answers to come, faults, findings and prompt caches."""
        self.requests.clear()
        self._kept_bytes = 0
        self.count = 0
        self.failures.clear()
        self.bill.clear()
        self.verdict.clear()
        self.script.reset()
        self.chat.memory.clear()

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Exchange:
        """Answers a request. `headers` have names in lower case. It raises nothing."""
        scheme, _, key = headers.get("authorization", "").partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
        if "authorization" in headers:
            headers = {**headers, "authorization": "Bearer …"}
        request = Request(method, path, headers, body, _is_right(key))
        route = urllib.parse.urlsplit(path).path
        try:
            if method == "OPTIONS":
                served = Served(_preflight(headers), "")
            elif route.startswith(f"{ROOT}/_sandbox/"):
                name = route[len(ROOT) + len("/_sandbox/") :]
                served = Served(control.handle(self, method, name, body), "")
            else:
                served = self._serve(request, route, key)
        except Refused as error:
            served = Served(error.answer, new_id(self.now()))
            self._refused(request, key, error.answer)
        return Exchange(self, request, key, served)

    def _serve(self, request: Request, route: str, key: str) -> Served:
        self._keep(request)
        query = urllib.parse.urlsplit(request.path).query
        self.verdict.received(key, query, request.body, self.now())
        if request.method == "POST" and route == f"{ROOT}/chat/completions":
            self._require_key(key)
            served = self._chat(request, key)
            if served.answer.is_refusal:
                self._refused(request, key, served.answer)
            return served
        return Served(self._list(request, route, key), new_id(self.now()))

    def _keep(self, request: Request) -> None:
        self.count += 1
        if len(self.requests) == KEPT:
            self._kept_bytes -= len(self.requests.popleft().body)
        self.requests.append(request)
        self._kept_bytes += len(request.body)
        while self._kept_bytes > KEPT_BYTES and len(self.requests) > 1:
            self._kept_bytes -= len(self.requests.popleft().body)

    def _chat(self, request: Request, key: str) -> Served:
        try:
            return self.chat.serve(request, key, self.now())
        except Refused:
            raise
        except Exception as error:
            # As a rule a function of the test. The client gets an error, and the test is told why.
            told = f"{type(error).__name__}: {error}"
            if len(self.failures) < FAILURES:
                self.failures.append(f"an answer could not be made: {told}")
            return Served(refusal(500, f"The sandbox could not answer: {told}"), "")

    def _list(self, request: Request, route: str, key: str) -> Answer:
        path = urllib.parse.unquote(route)
        known: dict[str, Callable[[], Answer]] = {
            "/models": lambda: models.models(self.catalogue.listed, request.query),
            "/models/count": lambda: models.count(self.catalogue.listed, request.query),
            "/models/user": lambda: models.models(self._models_of(key), request.query),
            "/endpoints/zdr": lambda: models.zdr(self.catalogue.listed),
            "/providers": models.providers,
            "/generation": lambda: self._generation(request, key),
            "/key": lambda: self._of_key(key, self.account.key(self.bill)),
            "/credits": lambda: self._of_key(key, self.account.credit(self.bill)),
        }
        name = path[len(ROOT) :] if path.startswith(ROOT) else ""
        if request.method == "GET":
            if name in known:
                return known[name]()
            if name.startswith("/models/") and name.endswith("/endpoints"):
                return models.endpoints(self.catalogue, name[len("/models/") : -len("/endpoints")])
            if name.startswith("/model/"):
                return models.model(self.catalogue, name[len("/model/") :])
        raise Refused(404, f"The sandbox does not play {request.method} {path}")

    def _require_key(self, key: str) -> None:
        if self.auth and not _is_right(key):
            raise Refused(401, "User not found." if key else "No cookie auth credentials found")

    def _may_call(self, model: Model) -> bool:
        return self._key_models is None or model.id in self._key_models

    def _models_of(self, key: str) -> list[Model]:
        self._require_key(key)
        return [one for one in self.catalogue.listed if self._may_call(one)]

    def _of_key(self, key: str, told: Json) -> Answer:
        self._require_key(key)
        return json_answer(told, cache="private, no-store")

    def _generation(self, request: Request, key: str) -> Answer:
        self._require_key(key)
        generation_id = request.query.get("id", "")
        charge = self.bill.find(generation_id)
        known = charge and charge.ended is not None
        if not charge or not known or self.now() < (charge.ended or 0) + self.generation_delay:
            told = error_body(404, f"Generation {generation_id} not found")
            return json_answer({"error": told["error"]}, 404)
        return json_answer(charge.generation())

    def _refused(self, request: Request, key: str, answer: Answer) -> None:
        if request.method == "POST":
            after = dict(answer.headers).get("Retry-After")
            seconds = float(after) if after and after.isdigit() else None
            final = answer.status in FINAL and seconds is None
            self.verdict.refused(key, request.body, answer.status, seconds, final, self.now())


def _preflight(headers: dict[str, str]) -> Answer:
    """The answer to a browser that asks whether a page may send a request, as OpenRouter's is."""
    asked = headers.get("access-control-request-headers", "authorization, content-type")
    allowed = (
        ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
        ("Access-Control-Allow-Headers", asked),
        ("Access-Control-Max-Age", "600"),
    )
    return Answer(204, iter(()), headers=allowed)


def _is_right(key: str) -> bool:
    return key.startswith("sk-or-") and len(key) > len("sk-or-")
