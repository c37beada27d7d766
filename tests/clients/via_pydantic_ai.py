"""pydantic-ai with its provider for OpenRouter, which uses the package openai."""

from __future__ import annotations

from lines import BASE_URL, Json, serve, tool, usage
from openai import AsyncOpenAI
from pydantic_ai.direct import model_request_stream_sync, model_request_sync
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponseStreamEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openrouter import OpenRouterModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers.openrouter import OpenRouterProvider
from pydantic_ai.tools import ToolDefinition


def _parameters(body: Json) -> ModelRequestParameters:
    functions = [one["function"] for one in body.get("tools", [])]
    tools = [
        ToolDefinition(name=one["name"], parameters_json_schema=one["parameters"])
        for one in functions
    ]
    if "response_format" not in body:
        return ModelRequestParameters(function_tools=tools)
    form = body["response_format"]["json_schema"]
    wanted = OutputObjectDefinition(form["schema"], name=form["name"])
    return ModelRequestParameters(output_mode="native", output_object=wanted)


def _told(response: ModelResponse) -> Json:
    cost = (response.provider_details or {}).get("cost")
    told = usage(response.usage.input_tokens, response.usage.output_tokens, cost)
    calls = [tool(one.tool_name, one.args_as_dict()) for one in response.tool_calls]
    return {"text": response.text, "tool": calls[0] if calls else None, "usage": told}


def _message(role: str, text: str) -> ModelMessage:
    if role == "user":
        return ModelRequest.user_text_prompt(text)
    return ModelResponse(parts=[TextPart(text)])


def _text(event: ModelResponseStreamEvent) -> str:
    """The text that is new in an event."""
    if isinstance(event, PartStartEvent) and isinstance(event.part, TextPart):
        return str(event.part.content)
    if isinstance(event, PartDeltaEvent) and isinstance(event.delta, TextPartDelta):
        return str(event.delta.content_delta)
    return ""


def call(body: Json, key: str) -> Json:
    provider = OpenRouterProvider(openai_client=AsyncOpenAI(base_url=BASE_URL, api_key=key))
    model = OpenRouterModel(body["model"], provider=provider)
    asked = [_message(one["role"], one["content"]) for one in body["messages"]]
    parameters = _parameters(body)
    if not body.get("stream"):
        return _told(model_request_sync(model, asked, model_request_parameters=parameters))
    with model_request_stream_sync(model, asked, model_request_parameters=parameters) as events:
        pieces = [_text(event) for event in events]
        whole = events.response
    return {**_told(whole), "pieces": [text for text in pieces if text]}


serve(call)
