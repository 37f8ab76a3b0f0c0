"""Made-up clinics: every resource of the source in its wire shape, from a seed. Nobody in them exists."""

from __future__ import annotations

from gurney.twins.clinic.generate import SIZES, Clinic, generate
from gurney.twins.clinic.planted import Planted
from gurney.twins.clinic.wire import API, Record

__all__ = ["API", "SIZES", "Clinic", "Planted", "Record", "generate"]
