"""A twin of Pipedrive's REST API v1 and v2, written from the vendor's facts and specification alone.

Besides the vendor's own faults `expire_token` and `stale_search`, orders for the kit's faults that matter here:
`drop_after` (the effect happened, the answer was lost), `{"do": "status", "status": 502, "body": "<html>…"}` (the
gateway) and `{"do": "status", "status": 200, "body": "null", "after": true}` (an empty success, FACTS 13.8).
"""

from __future__ import annotations

from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.pipedrive.rules import RULES
from gurney.twins.pipedrive.service import Pipedrive

__all__ = ["RULES", "build"]


def build(options: TwinOptions) -> Twin:
    """A new company behind an API. Raises BadOption."""
    return Twin(Pipedrive(options), options)
