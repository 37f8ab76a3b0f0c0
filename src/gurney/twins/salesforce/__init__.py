"""A twin of Salesforce's REST, Bulk and Metadata APIs, written from the vendor's facts and specification alone."""

from __future__ import annotations

from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin
from gurney.twins.salesforce.rules import RULES
from gurney.twins.salesforce.service import Salesforce

__all__ = ["RULES", "build"]


def build(options: TwinOptions) -> Twin:
    """A new organisation behind an API. Raises BadOption."""
    return Twin(Salesforce(options), options)
