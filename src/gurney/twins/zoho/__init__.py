"""A twin of Zoho CRM's REST API v2 to v8, written from the vendor's facts and specification alone."""

from __future__ import annotations

from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.zoho.rules import RULES
from gurney.twins.zoho.service import Zoho

__all__ = ["RULES", "build"]


def build(options: TwinOptions) -> Twin:
    """A new organisation behind an API. Raises BadOption."""
    return Twin(Zoho(options), options)
