"""Which kinds of value flow where: from source fields through transforms into destination fields (MAP6)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from gurney.mapping.model import FieldMap
from gurney.mapping.transforms import Transform, find, registered
from gurney.schema import FieldSchema, FieldType

_NUMBERS = frozenset({FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY, FieldType.PERCENT})
_LONG = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.RICH_TEXT})
_WORDS = _LONG | {FieldType.EMAIL, FieldType.PHONE, FieldType.URL, FieldType.PICKLIST, FieldType.MULTI_PICKLIST}

_HOLDS: dict[str, frozenset[FieldType]] = {
    "text": _WORDS,
    "html": _LONG,
    "date": _LONG | {FieldType.DATE},
    "datetime": _LONG | {FieldType.DATETIME},
    "number": _LONG | _NUMBERS,
    "yes_no": _LONG | {FieldType.BOOLEAN, FieldType.PICKLIST},
    "options": _LONG | {FieldType.MULTI_PICKLIST},
    "texts": _LONG,
    "answer": frozenset(),
}
"""Destination types that take a kind of value without losing what it is."""

_READS: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "html", "date", "datetime", "number", "any"}),
    "html": frozenset({"text", "html", "any"}),
    "texts": frozenset({"texts", "options", "any", "text"}),
    "options": frozenset({"options", "texts", "any"}),
    "yes_no": frozenset({"yes_no", "any"}),
    "answer": frozenset({"answer", "any"}),
    "number": frozenset({"number", "any"}),
    "date": frozenset({"date", "any"}),
    "datetime": frozenset({"datetime", "any"}),
}
"""Kinds that a transform understands. The source sends dates and amounts as text."""

_KIND_OF: dict[FieldType, str] = {
    FieldType.BOOLEAN: "yes_no",
    FieldType.DATE: "date",
    FieldType.DATETIME: "datetime",
    FieldType.MULTI_PICKLIST: "options",
    FieldType.OTHER: "any",
    FieldType.FILE: "any",
    **dict.fromkeys(_NUMBERS, "number"),
}


def kind_of(line: FieldMap, sources: dict[str, FieldSchema | None]) -> str:
    """The kind of value that a line reads, before any transform."""
    if len(line.source) != 1:
        return "texts"
    path = line.source[0]
    if path.startswith("custom_fields."):
        return "answer"
    field = sources.get(path)
    return _KIND_OF.get(field.type, "text") if field else "any"


def chain_problems(line: FieldMap, kind: str, supplied: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(words, remedy) for transforms that do not exist, do not fit together or are set wrongly."""
    for position, call in enumerate(line.transform):
        known = find(call.name)
        if known is None:
            yield f"There is no transform `{call.name}`.", _nearest(call.name)
            return
        yield from _setting_problems(known, call.settings, supplied)
        if known.whole and position:
            yield f"`{call.name}` reads the whole record and must come first.", "Move it to the front."
        elif not known.whole and known.reads != "any" and kind not in _READS[known.reads]:
            yield f"`{call.name}` reads {known.reads}, but gets {kind}.", "Put a transform in between, or drop it."
        kind = known.writes


def type_clash(line: FieldMap, kind: str, target: FieldType) -> str:
    """Why the value cannot be held by the destination's type; '' when it can."""
    for call in line.transform:
        known = find(call.name)
        kind = known.writes if known else "any"
    if line.values or kind == "any" or target is FieldType.OTHER:
        return ""
    if target in _HOLDS[kind]:
        return ""
    return f"A value of kind {kind} does not fit a field of type {target.value}."


def _setting_problems(
    known: Transform, given: dict[str, str | int | bool], supplied: frozenset[str]
) -> Iterator[tuple[str, str]]:
    settings = known.settings
    for name in given:
        if name not in settings:
            yield f"`{known.name}` has no setting `{name}`.", f"It has: {', '.join(settings) or 'none'}."
    for name, parameter in settings.items():
        if parameter.default is parameter.empty and name not in given and name not in supplied:
            yield f"`{known.name}` needs the setting `{name}`.", f"Write {{{known.name}: {{{name}: ...}}}}."


def _nearest(name: str) -> str:
    close = difflib.get_close_matches(name, registered(), n=1)
    return f"Did you mean `{close[0]}`?" if close else "See docs/reference/transforms.md."
