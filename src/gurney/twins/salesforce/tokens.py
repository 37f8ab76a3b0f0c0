"""Sessions of the API: who holds which token (FACTS 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World


class Tokens:
    """Everything the login host knows."""

    def __init__(self, world: World) -> None:
        self._world = world
