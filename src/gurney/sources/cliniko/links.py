"""References between records: an absolute address under `links.self`, absent when there is none (FACTS 5)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

SAME_NUMBERS = {"appointments": "individual_appointments"}
"""Legacy addresses: the id is that of the individual appointment (FACTS 6, assumed)."""


def link_id(record: Mapping[str, Any], field: str) -> str | None:
    """The id that a relation points to; None where the record has no such relation.

    >>> link_id({"user": {"links": {"self": "https://api.au1.cliniko.com/v1/users/7?x=1"}}}, "user")
    '7'
    """
    target = link_target(record, field)
    return target[1] if target else None


def link_target(record: Mapping[str, Any], field: str) -> tuple[str, str] | None:
    """(object, id) that a relation points to. Host and query of the address do not matter."""
    relation = record.get(field)
    if not relation:
        return None
    try:
        return _place(relation["links"]["self"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # a note, a number, an address without an id: no relation to one record


@lru_cache(maxsize=8192)
def _place(address: str) -> tuple[str, str] | None:
    """What an address leads to. The same few practitioners, types and patients are named again and again."""
    head, id = address.partition("?")[0].rstrip("/").rsplit("/", 2)[1:]
    return (SAME_NUMBERS.get(head, head), id) if id and head else None
