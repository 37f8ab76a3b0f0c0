"""The Cliniko twin: one account of the source's API, written from the vendor's facts alone."""

from __future__ import annotations

from gurney.twins.cliniko.rules import RULES
from gurney.twins.cliniko.service import Cliniko
from gurney.twins.kit.clock import Clock
from gurney.twins.kit.options import TwinOptions
from gurney.twins.kit.twin import Twin

__all__ = ["RULES", "Cliniko", "build"]


def build(options: TwinOptions, clock: Clock | None = None) -> Twin:
    """A twin with the records that the options ask for. Raises BadOption."""
    return Twin(Cliniko(options, clock), options)
