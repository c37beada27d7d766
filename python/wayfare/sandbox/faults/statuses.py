"""The refusals of the API, with the bodies and headers that it sends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..answer import Answer, Headers, dumps, error_body, whole
from ..catalogue import Json
from ..made import Made
from .fault import Fault


class Status(NamedTuple):
    code: int
    message: str
    metadata: Mapping[str, object] = MappingProxyType({})
    retry_after: int | None = None  # seconds, as a header
    availability: Mapping[str, object] = MappingProxyType({})  # the newer form, which has no code


_SHARED_POOL = {
    "raw": "this model is temporarily rate-limited upstream. Please retry shortly.",
    "is_byok": False,
    "provider_error_code": "rate_limit_exceeded",
    "limit_source": "upstream_provider_shared_pool",
    "remedy_hint": "Retry shortly, or route to another provider.",
    "retry_after_seconds": 1,
    "retry_after_seconds_raw": 1,
    "headers": {"Retry-After": "1"},
}
_PROVIDER = "provider"  # replaced by the name of the provider


def _of_provider(error_type: str, **more: object) -> Json:
    return {"error_type": error_type, "provider_name": _PROVIDER, **more}


STATUSES: dict[str, Status] = {
    "status-400": Status(400, "Provider returned error", _of_provider("invalid_request")),
    "status-401": Status(401, "User not found.", {"error_type": "authentication"}),
    "status-402": Status(
        402,
        "This request requires more credits, or fewer max_tokens. You requested up to 16384 "
        "tokens, but can only afford 21.",
        {"error_type": "payment_required", "limit_source": "openrouter_credits"},
    ),
    "status-403": Status(
        403,
        "Your chosen model requires moderation and your input was flagged.",
        _of_provider("permission_denied", reasons=["violence"], flagged_input="…"),
    ),
    "status-404": Status(
        404,
        "No endpoints found matching your data policy.",
        {
            "routing_funnel": [{"step": "Initial Endpoints", "endpoint_count": 1}],
            "failed_routing_step": "Filter by Data Policy",
        },
    ),
    "status-408": Status(408, "Request timed out", {"error_type": "timeout"}),
    "status-409": Status(409, "Conflict"),
    "status-412": Status(412, "Precondition failed", {"error_type": "precondition_failed"}),
    "status-413": Status(413, "Request body too large", {"error_type": "payload_too_large"}),
    "status-422": Status(422, "Unprocessable request", {"error_type": "unprocessable"}),
    "status-429": Status(
        429, "Provider returned error", {**_SHARED_POOL, "provider_name": _PROVIDER}, 1
    ),
    "status-500": Status(500, "Internal Server Error", {"error_type": "server"}),
    "status-502": Status(
        502, "Provider returned an invalid response", _of_provider("provider_unavailable")
    ),
    "status-503": Status(
        503,
        "No provider is available for this request",
        {"error_type": "provider_overloaded"},
        1,
    ),
    "status-504": Status(504, "Provider timed out", _of_provider("timeout")),
    "status-520": Status(520, "Unknown error at the edge"),
    "status-522": Status(522, "Connection timed out at the edge"),
    "status-524": Status(524, "The provider did not answer in time", {"error_type": "timeout"}),
    "status-529": Status(529, "Provider is overloaded", _of_provider("provider_overloaded")),
    "no-key": Status(401, "No cookie auth credentials found"),
    "key-limit": Status(
        402,
        "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys",
        {"error_type": "payment_required", "limit_source": "openrouter_key_limit"},
    ),
    "in-flight": Status(
        402,
        "The estimated cost of your running requests exceeds your balance. Retry shortly.",
        {
            "error_type": "payment_required",
            "limit_source": "openrouter_in_flight_budget",
            "reason": "in_flight_budget_exhausted",
        },
        1,
    ),
    "guardrail": Status(
        403,
        "Request blocked by guardrail",
        {"error_type": "permission_denied", "patterns": ["credit-card"]},
    ),
    "context-length": Status(
        400,
        "This endpoint's maximum context length is 128000 tokens. However, you requested about "
        "130000 tokens. Please reduce the length of either one.",
        _of_provider("context_length_exceeded"),
    ),
    "prompt-too-long": Status(
        400,
        "Provider returned error",
        _of_provider("invalid_request", raw="prompt is too long: 210000 tokens > 200000 maximum"),
    ),
    "content-policy": Status(
        400, "The prompt violates the content policy", _of_provider("content_policy_violation")
    ),
    "reasoning-mandatory": Status(
        400,
        "Reasoning is mandatory for this endpoint and cannot be disabled.",
        {"provider_name": None},
    ),
    "free-daily": Status(
        429,
        "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model "
        "requests per day",
        {"limit_source": "openrouter_free_tier_daily"},
        3600,
    ),
    "free-minute": Status(
        429,
        "Rate limit exceeded: free-models-per-min.",
        {"limit_source": "openrouter_free_models_per_min"},
        30,
    ),
    "insufficient-quota": Status(
        429,
        "Provider returned error",
        _of_provider(
            "rate_limit_exceeded",
            raw="You exceeded your current quota, please check your plan and billing details.",
            provider_error_code="insufficient_quota",
        ),
    ),
    "model-not-found": Status(
        400,
        "The requested model does not exist",
        availability={"code": "model_not_found", "retryable": False},
    ),
    "model-deprecated": Status(
        404,
        "The requested model is no longer available",
        availability={
            "code": "model_deprecated",
            "retryable": False,
            "fallback_models": ["openai/gpt-4o-mini"],
        },
    ),
    "region": Status(
        403,
        "The model is not available in your region",
        availability={"code": "region_restricted", "retryable": False, "excluded_by": "geo"},
    ),
    "capacity": Status(
        429,
        "All providers of the model are at capacity",
        retry_after=1,
        availability={"code": "capacity_exhausted", "retryable": True, "retry_after": 1},
    ),
    "unavailable": Status(
        503,
        "The model is temporarily unavailable",
        retry_after=1,
        availability={"code": "temporarily_unavailable", "retryable": True, "retry_after": 1},
    ),
}
_DONE_BEFORE_IT_FAILED = (504, 520, 522, 524)  # the provider did the work and billed it
_RATE_LIMITED = ("free-daily", "free-minute")  # refusals of OpenRouter's own tell its limits


def usual(code: int) -> Status:
    """Returns the API's refusal with this status, or a plain one where it has none."""
    return STATUSES.get(f"status-{code}", Status(code, f"Error {code}"))


def answer_of(
    name: str, status: Status, provider: str = "Sandbox", previous: list[Json] | None = None
) -> Answer:
    """Makes the answer. `previous` are the errors of the providers that were tried before."""
    metadata = {
        key: provider if value == _PROVIDER else value for key, value in status.metadata.items()
    }
    if previous:
        metadata["previous_errors"] = previous
    headers: Headers = ()
    if status.retry_after is not None:
        headers = (("Retry-After", str(status.retry_after)),)
    if name in _RATE_LIMITED:
        limits = {
            "X-RateLimit-Limit": "20",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(time.time() + (status.retry_after or 0)) * 1000),
        }
        metadata["headers"] = limits
        headers += tuple(limits.items())
    if status.availability:
        told: Json = {
            "error": {
                "message": status.message,
                "error_type": status.availability["code"],
                "http_status": status.code,
                "availability": {
                    **status.availability,
                    "requested_models": [],
                    "docs_url": "https://openrouter.ai/docs/api/reference/errors-and-debugging",
                },
                "metadata": {"previous_errors": previous or []},
            }
        }
    else:
        told = error_body(status.code, status.message, metadata or None)
    return whole(status.code, dumps(told), headers=headers)


def _fault(name: str, status: Status) -> Fault:
    def answer(made: Made, _: bool, __: int) -> Answer:
        return answer_of(name, status, made.endpoint.provider)

    told = f"the status {status.code}"
    if name != f"status-{status.code}":
        told += f": {status.message.split('. ')[0].rstrip('.')}"
    if status.retry_after is not None:
        told += f", with Retry-After: {status.retry_after}"
    return Fault(told, answer, billed=status.code in _DONE_BEFORE_IT_FAILED, outcome="refused")


FAULTS: dict[str, Fault] = {name: _fault(name, status) for name, status in STATUSES.items()}
