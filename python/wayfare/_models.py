"""The models list."""

from __future__ import annotations

from ._wayfare import Catalogue, Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class ModelList(list[Model]):
    """A list of Model, in the server's order; ``catalogue`` tells where it comes from."""

    __slots__ = ("catalogue",)
    __module__ = "wayfare"

    def __init__(self, models: Iterable[Model], catalogue: Catalogue) -> None:
        super().__init__(models)
        self.catalogue = catalogue
