"""A sandbox: OpenRouter's API on this machine, for tests without a key and without money.

    with Sandbox() as sandbox:
        sandbox.reply("Short.", 429, "Good.")
        client = wayfare.Client(base_url=sandbox.base_url, api_key=sandbox.api_key)
        ...
        print(sandbox.bill)
        sandbox.check()

It is a real server on the loopback interface, so that every client of every language can call it by
its base URL. It answers as the API does, with invented prices, which it charges exactly. A test can
give it answers and order faults; `python -m wayfare.sandbox` and `wayfare sandbox` run it as a
program, and pytest has the fixture `wayfare_sandbox`. It needs the extra `sandbox`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import TracebackType
from typing import TYPE_CHECKING, Union

from . import control, faults
from .api import ROOT, Api
from .bill import Bill
from .catalogue import Endpoint, Json, Model, PromptCache, prices
from .own_models import MODELS, SIMULATED, models_of
from .request import Request
from .script import Error, Fault, Raw, Reply, ToolCall, Wanted
from .verdict import RULES, Finding

__all__ = [
    "MODELS",
    "RULES",
    "SIMULATED",
    "Bill",
    "Endpoint",
    "Error",
    "Fault",
    "Finding",
    "Model",
    "PromptCache",
    "Raw",
    "Reply",
    "Request",
    "Sandbox",
    "ToolCall",
    "prices",
]

if TYPE_CHECKING:
    from .serving import Serving
    from .tls import Certificate

Dollars = Union[str, int, Decimal]
_EXTRA = "Install it with: pip install 'wayfare[sandbox]'"


class Sandbox:
    """Serves within a `with` block, on a thread of its own. Any thread may call its methods.

    host, port: where it listens. 0: any free port.
    seed: of every random choice: faults with a probability, and providers with `balance`.
    auth: False takes requests without a key. Every key that begins with sk-or- is right.
    tls: serves by https, with a certificate of its own: `authority` is the file to trust.
    http2: offers HTTP/2 beside HTTP/1.1. It implies tls.
    models: the models in place of MODELS: each a Model or an id, or a dict from ids to prices. The
        first is the default.
    key_models: the ids of the models that the key may call, as GET /models/user lists them. None:
        all.
    credits, key_limit: US dollars that the account and the key may spend. None: no limit.
    generation_delay: seconds from the end of a call until GET /generation knows it.
    balance: draws the provider by its price, as OpenRouter does. Else the cheapest is the first.
    latency: the share of an endpoint's latency that an answer really waits: 0 to 1.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 0,
        auth: bool = True,
        tls: bool = False,
        http2: bool = False,
        models: Sequence[Model | str] | Mapping[str, Mapping[str, str]] = MODELS,
        key_models: Sequence[str] | None = None,
        credits: Dollars | None = None,
        key_limit: Dollars | None = None,
        generation_delay: float = 0.0,
        balance: bool = False,
        latency: float = 0.0,
    ) -> None:
        if not models:
            raise ValueError("models: give at least one")
        self._api = Api(
            models=models_of(models),
            auth=auth,
            seed=seed,
            generation_delay=generation_delay,
            credits=_dollars("credits", credits),
            key_limit=_dollars("key_limit", key_limit),
            key_models=key_models,
            balance=balance,
            latency=latency,
        )
        self._host, self._tls = host, tls or http2
        self._serving = _serving(self._api, host, port, http2)
        self._certificate: Certificate | None = None
        self.base_url = ""  # as "http://127.0.0.1:40123/api/v1"
        self.api_key = "sk-or-v1-sandbox"

    def __enter__(self) -> Sandbox:
        if self._tls:
            self._certificate = _certificate()
        try:
            port = self._serving.start(self._certificate)
        except BaseException:
            self._delete_certificate()
            raise
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.base_url = f"{'https' if self._tls else 'http'}://{host}:{port}{ROOT}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._serving.stop()
        self._delete_certificate()

    def _delete_certificate(self) -> None:
        if self._certificate:
            self._certificate.delete()

    @property
    def authority(self) -> str | None:
        """The file of the authority that signed the certificate. None without tls."""
        return self._certificate.authority if self._certificate else None

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program finds this sandbox in the place of OpenRouter."""
        told = {
            "OPENROUTER_BASE_URL": self.base_url,
            "OPENROUTER_API_KEY": self.api_key,
            "WAYFARE_DIALECT": "openrouter",
        }
        if self.authority:
            told["SSL_CERT_FILE"] = told["NODE_EXTRA_CA_CERTS"] = self.authority
        return told

    # ---- what it answers

    def reply(self, *values: Wanted, model: str | None = None, times: int | None = 1) -> None:
        """Adds answers to the queue: each next chat request takes the first that fits.

        A value is text, a status such as 429, a dict or a list for JSON, a ToolCall, a Fault, an
        Error, a Raw, a Reply, or a function of the Request that returns one of these. With `model`,
        only requests of this model take it. `times` is how often each is given; None is always.
        Without an answer in the queue the sandbox makes one from the request.
        """
        for value in values:
            self._api.script.plan(value, model, times)

    def fault(
        self,
        name: str,
        *,
        times: int | None = None,
        probability: float = 1,
        model: str | None = None,
        provider: str | None = None,
    ) -> None:
        """Orders a fault for chat requests to come: the next `times`, or all.

        With `model` or `provider`, the endpoints that fit have it. As at OpenRouter, an error of
        one endpoint leads to the next. `faults()` lists the names.
        """
        self._api.script.order(name, model, provider, times, probability)

    @staticmethod
    def faults() -> list[Json]:
        """Lists the faults: name, whether it is billed, and what it does."""
        return faults.listing()

    @property
    def generation_delay(self) -> float:
        """Seconds from the end of a call until GET /generation knows it. May change at any time."""
        return self._api.generation_delay

    @generation_delay.setter
    def generation_delay(self, seconds: float) -> None:
        self._api.generation_delay = seconds

    def advance(self, seconds: float) -> None:
        """Puts the sandbox's clock forward: prompt caches expire, lookups become known."""
        self._api.ahead += seconds

    # ---- what it saw

    @property
    def requests(self) -> list[Request]:
        """The requests that arrived, at most the last 10,000."""
        return list(self._api.requests)

    @property
    def bill(self) -> list[Json]:
        """One line for each billed request, in the order of arrival.

        A line has generation_id, model, provider, prompt_tokens, completion_tokens, cost (exact
        decimal text), upstream_cost, streamed and outcome.
        """
        return self._api.bill.lines()

    @property
    def total(self) -> Decimal:
        """The sum of the bill: what the account paid, in US dollars."""
        return self._api.bill.total()

    @property
    def verdict(self) -> list[Finding]:
        """What the client did wrong. RULES tells what each rule means."""
        return self._api.verdict.findings()

    def problems(self, allow: Sequence[str] = ()) -> list[str]:
        """Lists what is wrong at the end of a test: unused answers, functions that failed, and
        findings of rules that are not in `allow`.
        """
        unknown = sorted(set(allow) - set(RULES))
        if unknown:
            raise ValueError(f"unknown rule {unknown[0]!r}: known are {', '.join(RULES)}")
        return control.api_problems(self._api, allow)

    def check(self, allow: Sequence[str] = ()) -> None:
        """Raises AssertionError if there are problems."""
        found = self.problems(allow)
        if found:
            raise AssertionError(
                "the sandbox has found:\n" + "\n".join(f"- {one}" for one in found)
            )

    def reset(self) -> None:
        """Forgets all of it: requests, bill, answers and faults to come, findings, caches."""
        self._api.reset()


def _serving(api: Api, host: str, port: int, http2: bool) -> Serving:
    """Loads the HTTP server here, so that nothing else of this package needs it."""
    try:
        from .serving import Serving

        return Serving(api, host, port, http2)
    except ImportError as error:
        raise ImportError(f"the sandbox cannot serve: {error}. {_EXTRA}") from None


def _certificate() -> Certificate:
    try:
        from .tls import Certificate

        return Certificate()
    except ImportError as error:
        raise ImportError(f"the sandbox has no certificate: {error}. {_EXTRA}") from None


def _dollars(name: str, amount: Dollars | None) -> Decimal | None:
    if isinstance(amount, float):
        raise TypeError(f"{name} is a float: give text, such as '0.10', or a Decimal")
    if amount is None:
        return None
    try:
        dollars = Decimal(amount)
    except InvalidOperation:
        dollars = Decimal("NaN")
    if not dollars.is_finite():
        raise ValueError(f"{name} is {amount!r}: give an amount of US dollars")
    return dollars
