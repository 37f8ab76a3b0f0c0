"""References between records: an absolute address under `links.self`, absent when there is none (FACTS 5)."""

from __future__ import annotations

from collections.abc import Mapping
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
    if not isinstance(relation, dict):
        return None
    links = relation.get("links")
    address = links.get("self") if isinstance(links, dict) else None
    if not isinstance(address, str):
        return None
    path = address.partition("?")[0].rstrip("/")
    head, _, id = path.rpartition("/")
    object = head.rpartition("/")[2]
    return (SAME_NUMBERS.get(object, object), id) if id and object else None
