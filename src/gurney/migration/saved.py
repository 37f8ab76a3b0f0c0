"""Neutral data to and from the JSON documents that stages leave for later ones."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from gurney.schema import Provisioned

_PROVISIONED: TypeAdapter[list[Provisioned]] = TypeAdapter(list[Provisioned])


def provisioned_to_json(made: list[Provisioned]) -> list[Any]:
    saved: list[Any] = _PROVISIONED.dump_python(made, mode="json")
    return saved


def provisioned_from_json(saved: list[Any]) -> list[Provisioned]:
    return _PROVISIONED.validate_python(saved)
