"""Records as JSON: what a call writes, what a query answers, and what a describe says, field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gurney.testing.salesforce_fields import ID, Fields

Found = tuple[str, str]
"""A pointer and what is wrong there."""
ID_NAMES = frozenset({"id", "Id"})
RELATION = "__r"
SAMPLE_FIELDS = ("type", "soapType", "length", "precision", "scale", "nillable", "createable", "updateable", "unique")
"""What a describe must say of a standard field as the recorded one does."""


def record_problems(fields: Fields, object: str, record: Any, way: str, at: str) -> Iterator[Found]:
    """A record as it is sent. `way`: 'create' or 'update'."""
    if not isinstance(record, dict):
        yield at, "a record is an object"
        return
    rules = fields.of(object)
    for name, value in record.items():
        where = f"{at}/{name}"
        if name == "attributes":
            continue
        if name in ID_NAMES:
            if way == "create" or not ID.fullmatch(str(value)):
                yield where, "an id that does not belong here, or is none"
        elif isinstance(value, dict):
            yield from _reference_problems(value, where)
        elif rules is not None:
            rule = rules.of(name)
            if rule is None:
                if rules.whole:
                    yield where, f"{object} has no such field"
            elif not (rule.createable if way == "create" else rule.updateable):
                yield where, f"{object} does not let this field be written by {way}"
            elif words := rule.complaint(value):
                yield where, words


def _reference_problems(value: Mapping[str, Any], at: str) -> Iterator[Found]:
    """A parent named by its external id: one field, and its type where it may be several (FACTS 2)."""
    if len([name for name in value if name != "attributes"]) != 1:
        yield at, "a parent is named by one external id"


def query_problems(fields: Fields, record: Any, at: str, object: str = "") -> Iterator[Found]:
    """A record as it is answered; records inside it too."""
    if not isinstance(record, dict) or not isinstance(record.get("attributes"), dict):
        yield at, "a record has attributes"
        return
    kind = record["attributes"].get("type")
    if kind == "AggregateResult":
        return
    if object and str(kind).casefold() != object.casefold():
        yield f"{at}/attributes", f"a record of another type than {object}"
    rules = fields.of(str(kind))
    for name, value in record.items():
        where = f"{at}/{name}"
        if isinstance(value, dict) and "attributes" in value and name != "attributes":
            yield from query_problems(fields, value, where)
        elif isinstance(value, dict) and "records" in value:
            for number, child in enumerate(value["records"]):
                yield from query_problems(fields, child, f"{where}/records/{number}")
        elif rules is not None and name != "attributes":
            rule = rules.of(name)
            if rule is not None:
                words = rule.complaint(value)
            else:
                words = f"{kind} has no such field" if rules.whole and value is not None else ""
            if words:
                yield where, words


def select_problems(fields: Fields, object: str, names: Iterable[str]) -> Iterator[Found]:
    """Fields that are asked for."""
    rules = fields.of(object)
    if rules is not None and rules.whole:
        for name in names:
            if rules.of(name) is None:
                yield f"/{name}", f"{object} has no such field"


def describe_problems(fields: Fields, sample: Mapping[str, Any], told: Any) -> Iterator[Found]:
    """A describe against a recorded one: the same keys, the same types of values, and the same of a field both know."""
    if not isinstance(told, dict) or not isinstance(told.get("fields"), list):
        yield "", "a describe has fields"
        return
    yield from _key_problems(sample, told, "")
    samples = {one["name"]: one for one in sample["fields"]}
    for one in told["fields"]:
        at = f"/fields/{one.get('name')}"
        yield from _key_problems(sample["fields"][0], one, at)
        known = samples.get(one.get("name")) if sample["name"] == told.get("name") else None
        for key in SAMPLE_FIELDS if known is not None else ():
            if one.get(key) != (known or {}).get(key):
                yield f"{at}/{key}", f"{one.get(key)!r}, but the recorded describe says {(known or {}).get(key)!r}"


def _key_problems(sample: Mapping[str, Any], told: Mapping[str, Any], at: str) -> Iterator[Found]:
    for key in sorted(told.keys() - sample.keys()):
        yield f"{at}/{key}", "the recorded describe has no such key"
    for key in sorted(sample.keys() - told.keys()):
        yield f"{at}/{key}", "the recorded describe has this key, too"
    for key in told.keys() & sample.keys():
        is_known = sample[key] is not None and told[key] is not None
        if is_known and type(told[key]) is not type(sample[key]) and key != "defaultValue":
            yield (
                f"{at}/{key}",
                f"a {type(told[key]).__name__}, but the recorded describe has a {type(sample[key]).__name__}",
            )
