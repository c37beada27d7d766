"""The list of models."""

from __future__ import annotations

from ._wayfare import Model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._wayfare import CatalogueState, DefaultModel


class ModelList(list[Model]):
    """A list of Model, in the server's order. ``catalogue`` tells the source of the list.

    ``defaults`` has the well-known models, if the list was asked for with defaults_first.
    """

    __slots__ = ("catalogue", "defaults")
    __module__ = "wayfare"

    def __init__(
        self,
        models: Iterable[Model],
        catalogue: CatalogueState,
        defaults: Iterable[DefaultModel] = (),
    ) -> None:
        super().__init__(models)
        self.catalogue = catalogue
        self.defaults = list(defaults)
