"""POST /chat/completions: from a request to its answer and its charge."""

from __future__ import annotations

import dataclasses
import random
from decimal import Decimal, InvalidOperation
from typing import Callable, NamedTuple

from . import encode, faults, words
from .account import Account
from .answer import Answer, Refused, whole
from .bill import Bill, Charge
from .catalogue import Catalogue, Json, Model, Tokens
from .checks import parse
from .faults import Chosen, statuses
from .made import Made, bill, new_id, usage
from .memory import Memory, conversation_of, has_session
from .request import Request
from .routing import Candidate, plan
from .said import said
from .script import Error, Fault, Plain, Raw, Reply, Script, as_plain
from .verdict import Verdict


class Served(NamedTuple):
    """An answer, and what it is to be booked for."""

    answer: Answer
    generation_id: str
    made: Made | None = None
    charge: Charge | None = None
    partial: bool = False  # the client gets only a part of the reply


class Chat:
    """Answers chat requests. The state is that of the whole sandbox."""

    def __init__(
        self,
        catalogue: Catalogue,
        account: Account,
        bill: Bill,
        script: Script,
        verdict: Verdict,
        may_call: Callable[[Model], bool],
        chance: random.Random | None,
        latency: float,
    ) -> None:
        self._catalogue, self._account, self._bill = catalogue, account, bill
        self._script, self._verdict, self._chance = script, verdict, chance
        self._may_call, self._latency = may_call, latency
        self.memory = Memory()

    def serve(self, request: Request, key: str, now: float) -> Served:
        body = parse(request.body)
        self._verdict.read(body)
        generation_id = new_id(now)
        wish = self._wish(request, body)
        if isinstance(wish, Error):
            return Served(_error(wish), generation_id)
        if isinstance(wish, Raw):
            return Served(_raw(wish), generation_id)
        whole_call = _ordered(request, wish) or self._script.draw(None, None)
        prompt = words.prompt_tokens(body)
        candidates, strategy, fallbacks = self._route(request, body, key, prompt, now)
        tells = request.headers.get("x-openrouter-metadata", "").lower() == "enabled"
        previous: list[Json] = []
        for at, candidate in enumerate(candidates):
            chosen = self._fault_of(candidate, whole_call)
            made = self._make(candidate, body, wish, chosen, prompt, key, now, generation_id)
            if tells:
                told = _metadata(body, candidates, candidate, strategy, previous)
                made = dataclasses.replace(made, metadata=told)
            answer = _answer(made, chosen, bool(body.get("stream")), previous)
            after = candidates[at + 1] if at + 1 < len(candidates) else None
            may_go_on = after and (fallbacks or after.model is not candidate.model)
            if may_go_on and not whole_call and answer.is_refusal:
                previous.append(_attempt(candidate, answer.status))
                continue
            return self._served(request, body, key, now, made, chosen, answer, wish, previous)
        raise AssertionError("a route has at least one candidate")

    def _wish(self, request: Request, body: Json) -> Plain | None:
        """Returns the answer that the test wants next, or None."""
        names = [body.get("model") or "", *(body.get("models") or ())]
        value = self._script.take(names if any(names) else [self._catalogue.models[0].id])
        if value is None:
            return None
        return as_plain(value(request) if callable(value) else value)

    def _route(
        self, request: Request, body: Json, key: str, prompt: int, now: float
    ) -> tuple[list[Candidate], str, bool]:
        for name in [body.get("model") or "", *(body.get("models") or ())]:
            try:
                faults.of_model(name)
            except ValueError:
                raise Refused(400, f"{name} is not a valid model ID") from None
        first = self._catalogue.find(body.get("model") or "") or self._catalogue.models[0]
        _check_reasoning(first, body)
        sticky = self.memory.provider_of(conversation_of(key, first, body, request.headers), now)
        route = plan(self._catalogue, body, prompt, sticky, self._chance)
        if not all(self._may_call(model) for model, _ in route.candidates):
            raise Refused(
                404,
                "No endpoints available matching your guardrail restrictions and data policy. "
                "Configure: https://openrouter.ai/settings/privacy",
            )
        self._account.check(body, route.candidates[0].endpoint, prompt, self._bill)
        return route.candidates, route.strategy, route.fallbacks

    def _fault_of(self, candidate: Candidate, whole_call: str | None) -> Chosen:
        if whole_call:
            return faults.named(whole_call)
        drawn = self._script.draw(candidate.model, candidate.endpoint)
        if drawn:
            return faults.named(drawn)
        return faults.of_model(candidate.model.id) or faults.NONE

    def _make(
        self,
        candidate: Candidate,
        body: Json,
        wish: Plain | None,
        chosen: Chosen,
        prompt: int,
        key: str,
        now: float,
        generation_id: str,
    ) -> Made:
        reply = wish if isinstance(wish, Reply) else Reply()
        if reply.served_model is not None:
            candidate = self._other(reply.served_model)
        if reply.prompt_tokens is not None:
            prompt = reply.prompt_tokens
        cached, written = self.memory.read(candidate.endpoint, key, body, prompt, now)
        if reply.cached_tokens is not None:
            cached, written = min(reply.cached_tokens, prompt), 0
        made = said(candidate, body, reply, chosen, generation_id)
        tokens = Tokens(
            prompt,
            made.tokens.completion if reply.completion_tokens is None else reply.completion_tokens,
            cached,
            written,
            made.tokens.reasoning if reply.reasoning_tokens is None else reply.reasoning_tokens,
        )
        cost, upstream = bill(candidate.endpoint, tokens)
        if reply.cost is not None:
            cost = _amount(reply.cost)
        made = dataclasses.replace(
            made,
            created=int(now),
            tokens=tokens,
            cost=cost,
            upstream=upstream,
            usage=usage(candidate.endpoint, tokens, cost, upstream),
        )
        return chosen.fault.made(made) if chosen.fault.made else made

    def _other(self, name: str) -> Candidate:
        model = self._catalogue.find(name)
        if model is None:
            raise ValueError(f"the sandbox has no model {name!r} that could serve")
        return Candidate(model, model.endpoints[0])

    def _served(
        self,
        request: Request,
        body: Json,
        key: str,
        now: float,
        made: Made,
        chosen: Chosen,
        answer: Answer,
        wish: Plain | None,
        previous: list[Json],
    ) -> Served:
        if not answer.is_refusal:
            preferences = body.get("provider") or {}
            stays = has_session(body, request.headers) or made.tokens.cached
            if stays and not preferences.get("order"):
                conversation = conversation_of(key, made.model, body, request.headers)
                self.memory.stick(conversation, made.endpoint.slug, now)
            answer = _paced(answer, wish, self._latency * made.endpoint.latency / 1000)
        if not chosen.fault.billed:
            return Served(answer, made.id)
        charge = Charge(
            made,
            bool(body.get("stream")),
            chosen.fault.outcome,
            now,
            _origin(request, body),
            previous,
        )
        self._bill.add(charge)
        return Served(answer, made.id, made, charge, chosen.fault.is_partial)


def _ordered(request: Request, wish: Plain | None) -> str | None:
    """Returns the fault that the script or the header asks for this call."""
    if isinstance(wish, Fault):
        return wish.name
    if isinstance(wish, Reply) and wish.fault:
        return wish.fault
    name = request.headers.get("x-sandbox-fault")
    if name:
        try:
            faults.named(name)
        except ValueError as error:
            raise Refused(400, str(error)) from None
    return name


def _error(wish: Error) -> Answer:
    usual = statuses.usual(wish.status)
    status = usual._replace(
        message=usual.message if wish.message is None else wish.message,
        metadata=usual.metadata if wish.metadata is None else wish.metadata,
        retry_after=None if wish.headers else usual.retry_after,
    )
    answer = statuses.answer_of(f"status-{wish.status}", status)
    return dataclasses.replace(answer, headers=answer.headers + tuple(wish.headers.items()))


def _raw(wish: Raw) -> Answer:
    body = wish.body.encode() if isinstance(wish.body, str) else wish.body
    return whole(wish.status, body, wish.content_type, tuple(wish.headers.items()))


def _answer(made: Made, chosen: Chosen, streamed: bool, previous: list[Json]) -> Answer:
    name, fault, number = chosen
    if fault.answer is None:
        return encode.answer(made, streamed)
    if previous and name in statuses.STATUSES:
        return statuses.answer_of(name, statuses.STATUSES[name], made.endpoint.provider, previous)
    return fault.answer(made, streamed, number)


def _attempt(candidate: Candidate, status: int) -> Json:
    return {
        "provider": candidate.endpoint.provider,
        "provider_name": candidate.endpoint.provider,
        "model": candidate.model.id,
        "code": status,
        "status": status,
    }


def _metadata(
    body: Json,
    candidates: list[Candidate],
    selected: Candidate,
    strategy: str,
    previous: list[Json],
) -> Json:
    attempts = [
        {name: attempt[name] for name in ("provider", "model", "status")} for attempt in previous
    ]
    served = {
        "provider": selected.endpoint.provider,
        "model": selected.model.id,
        "status": 200,
    }
    return {
        "requested": body.get("model") or (body.get("models") or [selected.model.id])[0],
        "strategy": strategy,
        "region": "global",
        "summary": f"served by {selected.endpoint.provider}",
        "attempt": len(previous) + 1,
        "is_byok": selected.endpoint.own_key,
        "endpoints": {
            "total": len(candidates),
            "available": [
                {
                    "provider": one.endpoint.provider,
                    "model": one.model.id,
                    "selected": one is selected,
                }
                for one in candidates
            ],
        },
        "attempts": [*attempts, served],
    }


def _check_reasoning(model: Model, body: Json) -> None:
    wish = body.get("reasoning") or {}
    effort, short = wish.get("effort"), body.get("reasoning_effort")
    if effort and short and effort != short:
        raise Refused(400, "reasoning_effort contradicts reasoning.effort")
    if model.must_reason and ("none" in (effort, short) or wish.get("enabled") is False):
        told = statuses.STATUSES["reasoning-mandatory"]
        raise Refused(told.code, told.message, told.metadata)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the cost {text!r} is no decimal number") from None


def _paced(answer: Answer, wish: Plain | None, latency: float) -> Answer:
    """Lets the answer come as late and as slowly as the test or the endpoint wants."""
    wait, pace = (wish.wait, wish.pace) if isinstance(wish, Reply) else (0.0, 0.0)
    if wait or latency:
        answer = dataclasses.replace(answer, wait=answer.wait + wait + latency)
    if not pace:
        return answer
    parts = (
        part._replace(wait=part.wait + pace) if part.kind == "delta" else part
        for part in answer.parts
    )
    return dataclasses.replace(answer, parts=parts)


def _origin(request: Request, body: Json) -> Json:
    headers = request.headers
    return {
        "origin": headers.get("http-referer", ""),
        "http_referer": headers.get("http-referer"),
        "user_agent": headers.get("user-agent"),
        "external_user": body.get("user"),
        "session_id": body.get("session_id") or headers.get("x-session-id"),
    }
