"""What the providers and the router remember between requests: prompt caches and conversations."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import TypeVar

from .catalogue import Endpoint, Json, Model
from .words import text_of, whole_prompt

_Kept = TypeVar("_Kept")

BLOCK = 128  # tokens
_CHARACTERS = 4 * BLOCK
_MOST = 200_000  # blocks or conversations that are remembered
_STICKY = 600.0  # seconds of inactivity


class Memory:
    def __init__(self) -> None:
        self._blocks: OrderedDict[bytes, float] = OrderedDict()  # when each expires
        self._conversations: OrderedDict[bytes, tuple[str, float]] = OrderedDict()

    def read(
        self, endpoint: Endpoint, key: str, body: Json, prompt: int, now: float
    ) -> tuple[int, int]:
        """Returns the cached and the written tokens of a prompt, and keeps its beginning.

        A cache keeps whole blocks of 128 tokens. An explicit one keeps the whole prompt wherever
        the request has a cache_control.
        """
        cache = endpoint.cache
        if cache is None or prompt < cache.least:
            return 0, 0
        keeps = cache.automatic or _has_cache_control(body)
        known, blocks = 0, 0
        for block in _chain(f"{endpoint.slug}\0{endpoint.provider}\0{key}", whole_prompt(body)):
            if (blocks + 1) * BLOCK > prompt:
                break
            expires = self._blocks.get(block, 0.0)
            if blocks == known and expires > now:
                known += 1
            if keeps or expires > now:
                self._keep(self._blocks, block, now + cache.lifetime)
            blocks += 1
        cached = known * BLOCK if known * BLOCK >= cache.least else 0
        writes = keeps and "input_cache_write" in endpoint.prices
        return cached, (blocks * BLOCK - cached) if writes else 0

    def provider_of(self, conversation: bytes, now: float) -> str | None:
        """Returns the slug of the provider that this conversation goes to."""
        slug, expires = self._conversations.get(conversation, ("", 0.0))
        return slug if expires > now else None

    def stick(self, conversation: bytes, slug: str, now: float) -> None:
        self._keep(self._conversations, conversation, (slug, now + _STICKY))

    def clear(self) -> None:
        self._blocks.clear()
        self._conversations.clear()

    @staticmethod
    def _keep(table: OrderedDict[bytes, _Kept], name: bytes, value: _Kept) -> None:
        table[name] = value
        table.move_to_end(name)
        if len(table) > _MOST:
            table.popitem(last=False)


def conversation_of(key: str, model: Model, body: Json, headers: dict[str, str]) -> bytes:
    """Names a conversation: by its session, else by how it began."""
    session = body.get("session_id") or headers.get("x-session-id") or body.get("prompt_cache_key")
    if not session:
        firsts: dict[bool, str] = {}
        for message in body["messages"]:
            firsts.setdefault(message.get("role") == "system", text_of(message))
        session = repr(sorted(firsts.items()))
    told = f"{key}\0{model.id}\0{session}"
    return hashlib.sha256(told.encode("utf-8", "replace")).digest()


def has_session(body: Json, headers: dict[str, str]) -> bool:
    return bool(
        body.get("session_id") or headers.get("x-session-id") or body.get("prompt_cache_key")
    )


def _has_cache_control(body: Json) -> bool:
    if body.get("cache_control"):
        return True
    parts = [tool for tool in body.get("tools") or () if isinstance(tool, dict)]
    for message in body["messages"]:
        content = message.get("content")
        parts += [message, *(content if isinstance(content, list) else ())]
    return any(isinstance(part, dict) and part.get("cache_control") for part in parts)


def _chain(name: str, text: str) -> Iterator[bytes]:
    """Names each block by itself and all that stand before it."""
    digest = name.encode("utf-8", "replace")
    for at in range(0, len(text), _CHARACTERS):
        block = text[at : at + _CHARACTERS].encode("utf-8", "replace")
        digest = hashlib.sha256(digest + block).digest()
        yield digest
