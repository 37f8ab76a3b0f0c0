"""Which currency amounts are in: Cliniko knows a symbol and a country, no code (FACTS 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel.numbers import get_territory_currencies


def currency_of(settings: Mapping[str, Any]) -> str:
    """The ISO 4217 code of the account's country; '' when unknown.

    >>> currency_of({"account": {"country_code": "AU"}})
    'AUD'
    """
    country = (settings.get("account") or {}).get("country_code") or ""
    known = get_territory_currencies(country.upper()) if country else []
    return str(known[0]) if known else ""
