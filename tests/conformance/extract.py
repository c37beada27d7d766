"""The fields that matter of the API, as JSON Schemas in our own words: what a client may send, and
what it may get. The specification has far more. Unknown fields of answers are allowed, since the
API adds some without notice.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
NUMBER: Schema = {"type": "number"}
AMOUNT: Schema = {"type": "number", "minimum": 0}  # US dollars
COUNT: Schema = {"type": "integer", "minimum": 0}
BOOLEAN: Schema = {"type": "boolean"}
PRICE: Schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}  # decimal text
SECONDS: Schema = {"type": "integer", "minimum": 1_600_000_000}  # since 1970
GENERATION: Schema = {"type": "string", "pattern": r"^gen-"}


def null_or(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": schema, "minItems": least}


def one_of(*values: Any) -> Schema:
    return {"enum": list(values)}


def between(least: float, most: float) -> Schema:
    return null_or({"type": "number", "minimum": least, "maximum": most})


def fields(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


def only(schema: Schema) -> Schema:
    return {**schema, "additionalProperties": False}


# ---- requests

FUNCTION = fields({"name": TEXT, "arguments": TEXT})
CALL = fields({"id": TEXT, "type": one_of("function"), "function": FUNCTION})
PART = {
    "oneOf": [
        fields({"type": one_of("text"), "text": TEXT}),
        fields({"type": one_of("image_url"), "image_url": fields({"url": TEXT}, detail=TEXT)}),
        fields(
            {"type": one_of("input_audio"), "input_audio": fields({"data": TEXT, "format": TEXT})}
        ),
        fields({"type": one_of("file"), "file": fields({}, filename=TEXT, file_data=TEXT)}),
    ]
}
CONTENT = {"anyOf": [TEXT, list_of(PART, 1)]}
DETAIL = fields(
    {"type": one_of(*(f"reasoning.{kind}" for kind in ("text", "summary", "encrypted")))},
    text=null_or(TEXT),
    summary=TEXT,
    data=TEXT,
    signature=null_or(TEXT),
    format=null_or(TEXT),
    index=COUNT,
    id=null_or(TEXT),
)
MESSAGE = {
    "oneOf": [
        fields({"role": one_of("system", "developer", "user"), "content": CONTENT}),
        fields(
            {"role": one_of("assistant")},
            content=null_or(CONTENT),
            tool_calls=list_of(CALL, 1),
            reasoning=null_or(TEXT),
            reasoning_details=list_of(DETAIL),
            refusal=null_or(TEXT),
        ),
        fields({"role": one_of("tool"), "tool_call_id": TEXT, "content": CONTENT}),
    ]
}
CEILING = {"anyOf": [NUMBER, PRICE]}  # US dollars for a million tokens
PROVIDER = only(
    fields(
        {},
        order=TEXTS,
        only=TEXTS,
        ignore=TEXTS,
        allow_fallbacks=BOOLEAN,
        require_parameters=BOOLEAN,
        data_collection=one_of("allow", "deny"),
        zdr=BOOLEAN,
        sort={},
        quantizations=TEXTS,
        max_price=only(
            fields({}, **dict.fromkeys("prompt completion request image audio".split(), CEILING))
        ),
    )
)
TOOL = fields(
    {"type": one_of("function"), "function": fields({"name": TEXT}, parameters=fields({}))}
)
FORMAT = {
    "oneOf": [
        only(fields({"type": one_of("text", "json_object")})),
        fields({"type": one_of("json_schema"), "json_schema": fields({"name": TEXT})}),
    ]
}
REQUEST = fields(
    {"messages": list_of(MESSAGE, 1)},
    model=TEXT,
    models=TEXTS,
    stream=BOOLEAN,
    provider=PROVIDER,
    tools=list_of(TOOL, 1),
    tool_choice={"anyOf": [one_of("none", "auto", "required"), fields({"type": TEXT})]},
    response_format=FORMAT,
    max_tokens=null_or(COUNT),
    max_completion_tokens=null_or(COUNT),
    temperature=between(0, 2),
    top_p=between(0, 1),
    min_p=between(0, 1),
    top_a=between(0, 1),
    frequency_penalty=between(-2, 2),
    presence_penalty=between(-2, 2),
    repetition_penalty=between(0, 2),
    seed=null_or({"type": "integer"}),
    stop=null_or({"anyOf": [TEXT, TEXTS]}),
    reasoning=only(
        fields({}, effort=TEXT, max_tokens=COUNT, exclude=BOOLEAN, enabled=BOOLEAN, summary=TEXT)
    ),
    metadata={"type": "object", "additionalProperties": TEXT, "maxProperties": 16},
    session_id={"type": "string", "maxLength": 256},
    user=TEXT,
)

# ---- answers

FINISH = one_of("stop", "length", "tool_calls", "content_filter", "error", None)
USAGE = fields(
    {"prompt_tokens": COUNT, "completion_tokens": COUNT, "total_tokens": COUNT},
    cost=null_or(AMOUNT),
    is_byok=BOOLEAN,
    prompt_tokens_details=null_or(fields({}, cached_tokens=COUNT, cache_write_tokens=COUNT)),
    completion_tokens_details=null_or(fields({}, reasoning_tokens=null_or(COUNT))),
    cost_details=null_or(fields({}, upstream_inference_cost=null_or(AMOUNT))),
)
AVAILABILITY = fields(
    {"code": TEXT, "retryable": BOOLEAN, "requested_models": TEXTS, "docs_url": TEXT}
)
INNER = fields(
    {"message": TEXT},
    code={"type": ["integer", "string"]},
    http_status=COUNT,
    metadata=null_or(fields({})),
    availability=AVAILABILITY,
)
METADATA = fields(
    {
        "requested": TEXT,
        "strategy": TEXT,
        "region": null_or(TEXT),
        "summary": TEXT,
        "attempt": COUNT,
        "is_byok": BOOLEAN,
        "endpoints": fields({"total": COUNT, "available": list_of(fields({"provider": TEXT}))}),
    },
    attempts=list_of(fields({"provider": TEXT, "model": TEXT, "status": COUNT})),
)
SAID = {
    "reasoning": null_or(TEXT),
    "reasoning_details": list_of(DETAIL),
    "refusal": null_or(TEXT),
    "images": list_of(fields({"image_url": fields({"url": TEXT})})),
    "annotations": list_of(fields({"type": TEXT})),
}
CHOICE = fields(
    {
        "index": COUNT,
        "finish_reason": FINISH,
        "message": fields(
            {"role": one_of("assistant"), "content": null_or(TEXT)},
            tool_calls=list_of(CALL, 1),
            **SAID,
        ),
    },
    native_finish_reason=null_or(TEXT),
    error=INNER,
)
PIECE = fields(
    {"index": COUNT},
    id=TEXT,
    type=one_of("function"),
    function=fields({}, name=TEXT, arguments=TEXT),
)
DELTA = fields(
    {}, role=one_of("assistant"), content=null_or(TEXT), tool_calls=list_of(PIECE, 1), **SAID
)
COMMON = {"id": GENERATION, "created": SECONDS, "model": TEXT}
MORE = {
    "provider": TEXT,
    "system_fingerprint": null_or(TEXT),
    "service_tier": null_or(TEXT),
    "usage": USAGE,
    "openrouter_metadata": METADATA,
}
COMPLETION = fields(
    {**COMMON, "object": one_of("chat.completion"), "choices": list_of(CHOICE, 1)}, **MORE
)
CHUNK = fields(
    {
        **COMMON,
        "object": one_of("chat.completion.chunk"),
        "choices": list_of(fields({"index": COUNT, "delta": DELTA, "finish_reason": FINISH})),
    },
    error=INNER,
    **MORE,
)
ERROR = fields({"error": INNER}, user_id=TEXT, openrouter_metadata=METADATA)

PRICES = {
    "type": "object",
    "properties": {"discount": NUMBER, "overrides": {"type": "array"}},
    "required": ["prompt", "completion"],
    "additionalProperties": PRICE,
}
ARCHITECTURE = fields({"input_modalities": TEXTS, "output_modalities": TEXTS, "tokenizer": TEXT})
MODEL = fields(
    {
        "id": TEXT,
        "canonical_slug": TEXT,
        "name": TEXT,
        "created": SECONDS,
        "context_length": null_or(COUNT),
        "architecture": ARCHITECTURE,
        "pricing": PRICES,
        "top_provider": fields({"is_moderated": BOOLEAN}, max_completion_tokens=null_or(COUNT)),
        "supported_parameters": TEXTS,
        "links": fields({"details": TEXT}),
    },
    reasoning=fields({"mandatory": BOOLEAN}),
    expiration_date=null_or(TEXT),
)
MODELS = fields({"data": list_of(MODEL)}, total_count=COUNT)
PERCENTILES = null_or(fields(dict.fromkeys(("p50", "p75", "p90", "p99"), NUMBER)))
ENDPOINT = fields(
    {
        "name": TEXT,
        "provider_name": TEXT,
        "tag": TEXT,
        "pricing": PRICES,
        "context_length": COUNT,
        "max_completion_tokens": null_or(COUNT),
        "supported_parameters": TEXTS,
        "quantization": null_or(TEXT),
        "latency_last_30m": PERCENTILES,
        "throughput_last_30m": PERCENTILES,
        "uptime_last_30m": null_or({"type": "number", "minimum": 0, "maximum": 100}),
    },
    status={"type": "integer", "maximum": 0},
)
ENDPOINTS = fields({"data": fields({"id": TEXT, "name": TEXT, "endpoints": list_of(ENDPOINT, 1)})})
LOOKUP = fields(
    {
        "data": fields(
            {
                "id": GENERATION,
                "created_at": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"},
                "model": TEXT,
                "provider_name": null_or(TEXT),
                "total_cost": AMOUNT,
                "usage": AMOUNT,
                "is_byok": BOOLEAN,
                "streamed": null_or(BOOLEAN),
                "cancelled": null_or(BOOLEAN),
                "finish_reason": FINISH,
                "native_tokens_prompt": null_or(COUNT),
                "native_tokens_completion": null_or(COUNT),
            },
            upstream_inference_cost=null_or(AMOUNT),
        )
    }
)
USED = {f"usage{period}": AMOUNT for period in ("", "_daily", "_weekly", "_monthly")}
KEY = fields(
    {
        "data": fields(
            {"label": TEXT, "limit": null_or(AMOUNT), "limit_remaining": null_or(NUMBER), **USED},
            is_free_tier=BOOLEAN,
            is_management_key=BOOLEAN,
            limit_reset=one_of("daily", "weekly", "monthly", None),
        )
    }
)
CREDITS = fields({"data": fields({"total_credits": AMOUNT, "total_usage": AMOUNT})})

ANSWERS = {
    r"/chat/completions": COMPLETION,
    r"/models(\?.*)?|/models/user": MODELS,
    r"/model/.+": fields({"data": MODEL}),
    r"/models/.+/endpoints": ENDPOINTS,
    r"/endpoints/zdr": fields({"data": list_of(ENDPOINT)}),
    r"/generation\?.+": LOOKUP,
    r"/key": KEY,
    r"/credits": CREDITS,
}


def problems(schema: Schema, told: object) -> list[str]:
    """Returns what the value has that the schema does not allow."""
    errors = Draft202012Validator(schema).iter_errors(told)
    return [f"{'.'.join(map(str, error.path))}: {error.message[:300]}" for error in errors]
