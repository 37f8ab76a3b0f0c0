"""A twin of Freshsales Suite's REST API, written from the vendor's facts and operations alone.

Besides `stale_search` (`seconds`), the vendor's own faults concern jobs of the request they meet: `lose_job` (taken,
and never done), `half_job` (`keep`: that share is done, then the job says what it always says), `shuffle_job` (done in
another order than asked) and `forget_job` (done, but its status cannot be read). The kit's `drop_after` matters most.
"""

from __future__ import annotations

from gurney.twins.freshsales.rules import RULES
from gurney.twins.freshsales.service import Freshsales
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

__all__ = ["RULES", "build"]


def build(options: TwinOptions) -> Twin:
    """A new account behind an API. Raises BadOption."""
    return Twin(Freshsales(options), options)
