"""A twin of HighLevel's REST API (dated versions and v3), written from the vendor's facts and specification alone.

Besides the vendor's own faults `expire_token`, `stale_search` (`seconds`) and `created_422` (a contact is created, and
the answer is 422 all the same), orders for the kit's faults that matter here: `drop_after` (the effect happened, the
answer was lost) and `{"do": "status", "status": 500, "after": true, "body": {…}}`.
"""

from __future__ import annotations

from gurney.twins.highlevel.rules import RULES
from gurney.twins.highlevel.service import HighLevel
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

__all__ = ["RULES", "build"]


def build(options: TwinOptions) -> Twin:
    """A new agency with one sub-account behind an API. Raises BadOption."""
    return Twin(HighLevel(options), options)
