"""What every client is opened with, and tells of itself."""

from __future__ import annotations

from . import _wayfare

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Literal


class Opened:
    """A client with its options; Client tells what each means."""

    __slots__ = ("__weakref__", "_native")

    def __init__(
        self,
        *,
        api_key: str | None = None,
        keys: dict[str, str] | None = None,
        base_url: str | None = None,
        app_url: str | None = None,
        app_title: str | None = None,
        app_categories: Sequence[str] | None = None,
        env_folder: str | os.PathLike[str] | None = None,
        ledger: str | os.PathLike[str] | None = None,
        durability: Literal["reserve", "power", "process"] | None = None,
        dialect: Literal["automatic", "openrouter", "openai"] | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        proxy: str | None = None,
        allow_http: bool | None = None,
        connect_timeout: float | None = None,
        first_byte_timeout: float | None = None,
        idle_timeout: float | None = None,
        deadline: float | None = None,
        retries: int | None = None,
        max_open_calls: int | None = None,
    ) -> None:
        self._native = _wayfare.Client(
            api_key=api_key,
            keys=keys,
            base_url=base_url,
            app_url=app_url,
            app_title=app_title,
            app_categories=app_categories,
            env_folder=env_folder,
            ledger=ledger,
            durability=durability,
            dialect=dialect,
            ca_file=ca_file,
            proxy=proxy,
            allow_http=allow_http,
            connect_timeout=connect_timeout,
            first_byte_timeout=first_byte_timeout,
            idle_timeout=idle_timeout,
            deadline=deadline,
            retries=retries,
            max_open_calls=max_open_calls,
        )

    @property
    def ledger_path(self) -> str:
        """The path of the ledger, made absolute;

        "" where there is neither an option nor a home for it.
        """
        return self._native.ledger_path

    @property
    def base_url(self) -> str:
        """The base URL, as it is used."""
        return self._native.base_url

    @property
    def has_key(self) -> bool:
        """Whether there is a key, of whatever worth, for calls without a route["key"]."""
        return self._native.has_key

    def __repr__(self) -> str:
        return (
            f"wayfare.{type(self).__name__}(base_url={self.base_url!r}, "
            f"ledger={self.ledger_path!r})"
        )
