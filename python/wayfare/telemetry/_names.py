"""The names of attributes and metrics, each of them once.

The current names are those of open-telemetry/semantic-conventions-genai at the commit
024a4f944a1291fcb627c9c47da69e79868dd15e, docs/gen-ai/client-inference.md. The old ones are those of
open-telemetry/semantic-conventions up to v1.41.0. Those of the cost are proposed in pull request
443 of the former. OpenInference: the package openinference-semantic-conventions 0.1.42.
"""

from __future__ import annotations

OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN"
LATEST = "gen_ai_latest_experimental"  # a word of OPT_IN: only the current names

# ---- Attributes of spans and metrics.
OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
OLD_PROVIDER = "gen_ai.system"  # until v1.36.0
REQUEST_MODEL = "gen_ai.request.model"
RESPONSE_MODEL = "gen_ai.response.model"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
ERROR_TYPE = "error.type"
TOKEN_TYPE = "gen_ai.token.type"  # of OLD_TOKENS
TOKEN_MODALITY = "gen_ai.token.modality"

# ---- Attributes of spans: the request.
CONVERSATION = "gen_ai.conversation.id"
OUTPUT_TYPE = "gen_ai.output.type"
STREAM = "gen_ai.request.stream"
CHOICES = "gen_ai.request.choice.count"
MAX_TOKENS = "gen_ai.request.max_tokens"
STOP = "gen_ai.request.stop_sequences"
REASONING_LEVEL = "gen_ai.request.reasoning.level"
SEED = "gen_ai.request.seed"
TOP_K = "gen_ai.request.top_k"
TOP_P = "gen_ai.request.top_p"
TEMPERATURE = "gen_ai.request.temperature"
FREQUENCY_PENALTY = "gen_ai.request.frequency_penalty"
PRESENCE_PENALTY = "gen_ai.request.presence_penalty"
INPUT_MESSAGES = "gen_ai.input.messages"
TOOL_DEFINITIONS = "gen_ai.tool.definitions"

# ---- Attributes of spans: the answer.
RESPONSE_ID = "gen_ai.response.id"
FINISH_REASONS = "gen_ai.response.finish_reasons"
FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"
OUTPUT_MESSAGES = "gen_ai.output.messages"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ = "gen_ai.usage.cache_read.input_tokens"
CACHE_WRITE = "gen_ai.usage.cache_write.input_tokens"
OLD_CACHE_WRITE = "gen_ai.usage.cache_creation.input_tokens"  # until v1.41.0
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
AUDIO_INPUT = "gen_ai.usage.audio.input_tokens"
AUDIO_OUTPUT = "gen_ai.usage.audio.output_tokens"
IMAGE_INPUT = "gen_ai.usage.image.input_tokens"
IMAGE_OUTPUT = "gen_ai.usage.image.output_tokens"
COST_AMOUNT = "gen_ai.usage.cost.amount"  # a double by the proposal
COST_CURRENCY = "gen_ai.usage.cost.currency"
COST_SOURCE = "gen_ai.usage.cost.source"

# ---- Attributes of wayfare.
COST_USD = "wayfare.cost_usd"
UPSTREAM_COST_USD = "wayfare.upstream_cost_usd"
COST_FROM = "wayfare.cost_source"
ENTRY = "wayfare.entry"
REQUEST_ID = "wayfare.request_id"
UPSTREAM_PROVIDER = "wayfare.provider"
ATTEMPTS = "wayfare.attempts"
ATTEMPT = "wayfare.attempt"
STATE = "wayfare.state"
STATUS = "wayfare.status"
WAITED = "wayfare.waited_us"
CONTENT_LEFT_OUT = "wayfare.content_left_out"
LABEL = "wayfare."  # and then the name of the part of charge_to, such as wayfare.agent

# ---- Metrics.
DURATION = "gen_ai.client.inference.duration"
OLD_DURATION = "gen_ai.client.operation.duration"
TIME_TO_FIRST_CHUNK = "gen_ai.client.inference.time_to_first_chunk"
OLD_TIME_TO_FIRST_CHUNK = "gen_ai.client.operation.time_to_first_chunk"
OLD_TOKENS = "gen_ai.client.token.usage"
TOKENS_OF_CALL_IN = "gen_ai.client.inference.operation.input_tokens"
TOKENS_OF_CALL_OUT = "gen_ai.client.inference.operation.output_tokens"
SUM_IN = "gen_ai.client.inference.usage.input_tokens"
SUM_OUT = "gen_ai.client.inference.usage.output_tokens"
SUM_CACHE_READ = "gen_ai.client.inference.usage.cache_read.input_tokens"
SUM_CACHE_WRITE = "gen_ai.client.inference.usage.cache_write.input_tokens"
SUM_REASONING = "gen_ai.client.inference.usage.reasoning.output_tokens"
COST_PICODOLLARS = "wayfare.cost.picodollars"
COST_DOLLARS = "wayfare.cost.usd"
COST_UNKNOWN = "wayfare.cost.unknown"

SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
TOKENS = tuple(4**power for power in range(14))

# ---- OpenInference.
KIND = "openinference.span.kind"
OI_MODEL = "llm.model_name"
OI_REQUEST_MODEL = "llm.request.model_name"
OI_RESPONSE_MODEL = "llm.response.model_name"
OI_PROVIDER = "llm.provider"
OI_FINISH_REASON = "llm.finish_reason"
OI_PARAMETERS = "llm.invocation_parameters"
OI_SESSION = "session.id"
OI_PROMPT = "llm.token_count.prompt"
OI_COMPLETION = "llm.token_count.completion"
OI_TOTAL = "llm.token_count.total"
OI_CACHE_READ = "llm.token_count.prompt_details.cache_read"
OI_CACHE_WRITE = "llm.token_count.prompt_details.cache_write"
OI_REASONING = "llm.token_count.completion_details.reasoning"
OI_PROMPT_AUDIO = "llm.token_count.prompt_details.audio"
OI_COMPLETION_AUDIO = "llm.token_count.completion_details.audio"
OI_COST = "llm.cost.total"  # a float by its specification
OI_INPUT = "input.value"
OI_INPUT_TYPE = "input.mime_type"
OI_OUTPUT = "output.value"
OI_OUTPUT_TYPE = "output.mime_type"
OI_INPUT_MESSAGES = "llm.input_messages"
OI_OUTPUT_MESSAGES = "llm.output_messages"
