"""Each Python client doing the same: a plain call whose text is read, and a stream whose every
delta is read.

Run by the interpreter of the client's own environment, so it needs the standard library and that
client alone. A class has `call` and `stream`, and, where the client has an asyncio face, `acall`
and `astream`; each returns how many characters of text it read, so that work left out shows.
`atokens`, of some, gives the pieces one by one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

MODEL = "openai/gpt-4o-mini"
PROMPT = ("Tell me about the quick brown fox and the lazy dog. " * 10)[:480]
MESSAGES = [{"role": "user", "content": PROMPT}]


def _body(stream: bool) -> dict[str, Any]:
    return {"model": MODEL, "messages": MESSAGES, **({"stream": True} if stream else {})}


def _delta(line: str | bytes) -> int:
    """The length of the text in one line of a stream: what who uses no client writes by hand."""
    if not line.startswith(b"data: " if isinstance(line, bytes) else "data: ") or line[6:12] in (
        "[DONE]",
        b"[DONE]",
    ):  # type: ignore[arg-type]
        return 0
    choices = json.loads(line[6:])["choices"]
    return len(choices[0]["delta"].get("content") or "") if choices else 0


def _openai_text(reply: Any) -> int:
    return len(reply.choices[0].message.content)


def _openai_delta(chunk: Any) -> int:
    return len(chunk.choices[0].delta.content or "") if chunk.choices else 0


class Wayfare:
    """The ledger is on; `durability` is the default unless the line says otherwise."""

    def __init__(self, base: str, **options: str) -> None:
        import wayfare

        self.options: dict[str, Any] = {"base_url": base, "api_key": "none", **options}
        self.wayfare = wayfare
        self.client = wayfare.Client(**self.options)
        self.aclient: Any = None

    def call(self) -> int:
        return len(self.client.chat(MESSAGES, model=MODEL).text)

    def stream(self) -> int:
        with self.client.stream(MESSAGES, model=MODEL) as stream:
            return sum(len(event.text or "") for event in stream)

    async def acall(self) -> int:
        self.aclient = self.aclient or self.wayfare.AsyncClient(**self.options)
        return len((await self.aclient.chat(MESSAGES, model=MODEL)).text)

    async def astream(self) -> int:
        self.aclient = self.aclient or self.wayfare.AsyncClient(**self.options)
        size = 0
        async with self.aclient.stream(MESSAGES, model=MODEL) as stream:
            async for event in stream:
                size += len(event.text or "")
        return size

    async def atokens(self) -> AsyncIterator[str]:
        self.aclient = self.aclient or self.wayfare.AsyncClient(**self.options)
        async with self.aclient.stream(MESSAGES, model=MODEL) as stream:
            async for event in stream:
                if event.text:
                    yield event.text

    async def aclose(self) -> None:
        if self.aclient:
            await self.aclient.close()


class Instrumented(Wayfare):
    """With telemetry, where a program has not set up OpenTelemetry: nothing is recorded."""

    def __init__(self, base: str, **options: str) -> None:
        from wayfare import telemetry

        super().__init__(base, **options)
        telemetry.instrument(self.client, **self.providers())

    def providers(self) -> dict[str, Any]:
        return {}


class Recorded(Instrumented):
    """With spans and metrics by OpenTelemetry's SDK. What has ended is dropped."""

    def providers(self) -> dict[str, Any]:
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

        tracer_provider = TracerProvider()
        tracer_provider.add_span_processor(SpanProcessor())
        return {
            "tracer_provider": tracer_provider,
            "meter_provider": MeterProvider([InMemoryMetricReader()]),
        }


class Httpx:
    def __init__(self, base: str) -> None:
        import httpx

        self.url = base + "/chat/completions"
        self.client = httpx.Client(timeout=60)
        self.aclient = httpx.AsyncClient(
            timeout=60, limits=httpx.Limits(max_connections=1000, max_keepalive_connections=1000)
        )

    def call(self) -> int:
        return len(
            self.client.post(self.url, json=_body(False)).json()["choices"][0]["message"]["content"]
        )

    def stream(self) -> int:
        with self.client.stream("POST", self.url, json=_body(True)) as answer:
            return sum(map(_delta, answer.iter_lines()))

    async def acall(self) -> int:
        return len(
            (await self.aclient.post(self.url, json=_body(False))).json()["choices"][0]["message"][
                "content"
            ]
        )

    async def astream(self) -> int:
        size = 0
        async with self.aclient.stream("POST", self.url, json=_body(True)) as answer:
            async for line in answer.aiter_lines():
                size += _delta(line)
        return size


class Aiohttp:
    def __init__(self, base: str) -> None:
        import aiohttp

        self.aiohttp = aiohttp
        self.url = base + "/chat/completions"
        self.session: Any = None

    def _session(self) -> Any:
        self.session = self.session or self.aiohttp.ClientSession(
            connector=self.aiohttp.TCPConnector(limit=0)
        )
        return self.session

    async def acall(self) -> int:
        async with self._session().post(self.url, json=_body(False)) as answer:
            return len((await answer.json())["choices"][0]["message"]["content"])

    async def astream(self) -> int:
        size = 0
        async with self._session().post(self.url, json=_body(True)) as answer:
            async for line in answer.content:
                size += _delta(line)
        return size

    async def aclose(self) -> None:
        if self.session:
            await self.session.close()


class Pycurl:
    """One easy handle, used again."""

    def __init__(self, base: str) -> None:
        import io

        import pycurl

        self.io = io
        self.curl = pycurl.Curl()
        self.curl.setopt(pycurl.URL, base + "/chat/completions")
        self.curl.setopt(pycurl.HTTPHEADER, ["Content-Type: application/json"])
        self.fields, self.write = pycurl.POSTFIELDS, pycurl.WRITEDATA

    def _perform(self, stream: bool) -> bytes:
        buffer = self.io.BytesIO()
        self.curl.setopt(self.fields, json.dumps(_body(stream)))
        self.curl.setopt(self.write, buffer)
        self.curl.perform()
        return buffer.getvalue()

    def call(self) -> int:
        return len(json.loads(self._perform(False))["choices"][0]["message"]["content"])

    def stream(self) -> int:
        return sum(map(_delta, self._perform(True).split(b"\n")))


class Openai:
    def __init__(self, base: str) -> None:
        import openai

        self.client = openai.OpenAI(base_url=base, api_key="none", max_retries=0)
        self.aclient = openai.AsyncOpenAI(base_url=base, api_key="none", max_retries=0)

    def call(self) -> int:
        return _openai_text(self.client.chat.completions.create(model=MODEL, messages=MESSAGES))

    def stream(self) -> int:
        return sum(
            map(
                _openai_delta,
                self.client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True),
            )
        )

    async def acall(self) -> int:
        return _openai_text(
            await self.aclient.chat.completions.create(model=MODEL, messages=MESSAGES)
        )

    async def astream(self) -> int:
        return sum(
            [
                _openai_delta(c)
                async for c in await self.aclient.chat.completions.create(
                    model=MODEL, messages=MESSAGES, stream=True
                )
            ]
        )

    async def atokens(self) -> AsyncIterator[str]:
        async for chunk in await self.aclient.chat.completions.create(
            model=MODEL, messages=MESSAGES, stream=True
        ):
            if _openai_delta(chunk):
                yield chunk.choices[0].delta.content


class Litellm:
    def __init__(self, base: str) -> None:
        import litellm

        litellm.suppress_debug_info = True
        self.litellm = litellm
        self.options: dict[str, Any] = {
            "model": "openrouter/" + MODEL,
            "messages": MESSAGES,
            "api_base": base,
            "api_key": "none",
            "num_retries": 0,
        }

    def call(self) -> int:
        return _openai_text(self.litellm.completion(**self.options))

    def stream(self) -> int:
        return sum(map(_openai_delta, self.litellm.completion(**self.options, stream=True)))

    async def acall(self) -> int:
        return _openai_text(await self.litellm.acompletion(**self.options))

    async def astream(self) -> int:
        return sum(
            [
                _openai_delta(c)
                async for c in await self.litellm.acompletion(**self.options, stream=True)
            ]
        )


class LiterLlm:
    """Its exported request class is refused by its own client; the one inside is taken."""

    def __init__(self, base: str) -> None:
        from liter_llm import _internal_bindings as native

        self.native = native
        self.client = native.create_client("none", base_url=base, max_retries=0)

    def _request(self, stream: bool) -> Any:
        messages = [self.native.Message(message) for message in MESSAGES]
        return self.native.ChatCompletionRequest(
            model=MODEL, messages=messages, **({"stream": True} if stream else {})
        )

    async def acall(self) -> int:
        return len((await self.client.chat(self._request(False))).choices[0].message.content.text)

    async def astream(self) -> int:
        stream = self.client.chat_stream(self._request(True))
        if hasattr(stream, "__await__"):
            stream = await stream
        return sum([_openai_delta(c) async for c in stream])


class Openrouter:
    def __init__(self, base: str) -> None:
        from openrouter import OpenRouter

        self.client = OpenRouter(api_key="none", server_url=base)

    def call(self) -> int:
        return _openai_text(self.client.chat.send(model=MODEL, messages=MESSAGES))

    def stream(self) -> int:
        return sum(
            map(_openai_delta, self.client.chat.send(model=MODEL, messages=MESSAGES, stream=True))
        )

    async def acall(self) -> int:
        return _openai_text(await self.client.chat.send_async(model=MODEL, messages=MESSAGES))

    async def astream(self) -> int:
        return sum(
            [
                _openai_delta(c)
                async for c in await self.client.chat.send_async(
                    model=MODEL, messages=MESSAGES, stream=True
                )
            ]
        )


class LangchainOpenrouter:
    def __init__(self, base: str) -> None:
        from langchain_openrouter import ChatOpenRouter

        self.chat = ChatOpenRouter(model=MODEL, api_key="none", base_url=base, max_retries=0)

    def call(self) -> int:
        return len(self.chat.invoke(PROMPT).content)

    def stream(self) -> int:
        return sum(len(chunk.content) for chunk in self.chat.stream(PROMPT))

    async def acall(self) -> int:
        return len((await self.chat.ainvoke(PROMPT)).content)

    async def astream(self) -> int:
        return sum([len(chunk.content) async for chunk in self.chat.astream(PROMPT)])


class PydanticAi:
    """A fresh run of an agent without tools; streams by the deltas of run_stream, not debounced."""

    def __init__(self, base: str) -> None:
        from openai import AsyncOpenAI
        from pydantic_ai import Agent
        from pydantic_ai.models.openrouter import OpenRouterModel
        from pydantic_ai.providers.openrouter import OpenRouterProvider

        client = AsyncOpenAI(base_url=base, api_key="none", max_retries=0)
        self.agent = Agent(
            OpenRouterModel(MODEL, provider=OpenRouterProvider(openai_client=client))
        )

    def call(self) -> int:
        return len(self.agent.run_sync(PROMPT).output)

    async def acall(self) -> int:
        return len((await self.agent.run(PROMPT)).output)

    async def astream(self) -> int:
        async with self.agent.run_stream(PROMPT) as run:
            return sum([len(text) async for text in run.stream_text(delta=True, debounce_by=None)])


CLIENTS = {
    "wayfare": Wayfare,
    "instrumented": Instrumented,
    "recorded": Recorded,
    "httpx": Httpx,
    "aiohttp": Aiohttp,
    "pycurl": Pycurl,
    "openai": Openai,
    "litellm": Litellm,
    "liter-llm": LiterLlm,
    "openrouter": Openrouter,
    "langchain-openrouter": LangchainOpenrouter,
    "pydantic-ai": PydanticAi,
}
