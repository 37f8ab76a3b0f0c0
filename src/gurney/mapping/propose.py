"""The proposal: the default mapping plus the clinic's own patient fields, cut to what the edition has room for.

Cliniko's custom fields are known by token, for their labels repeat and change (FACTS 0.8, 6.1). Archived ones
count: they may hold values. No person types field pairs (contract, G3, SRC12, AUD10).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from gurney.mapping.capacity import crowded_out, rooms
from gurney.mapping.model import FieldMap, Mapping, Names, ObjectMap, ValuesFrom
from gurney.mapping.naming import LABEL_CHARS, Namer, latin, name_for, taken_names
from gurney.mapping.transforms.answers import OTHER
from gurney.mapping.transforms.text import shortened
from gurney.schema import FieldType, Schema

OPTION_CHARS = 120
LONG_TEXT_CHARS = 32_000
"""For each of the clinic's paragraphs at most: some destinations count the long texts of an object together."""
HELP_CHARS = 255

_GOVERNMENT = re.compile(r"medicare|\bdva\b|\bndis\b|\bihi\b|\bnhs\b|\bssn\b|tax file|passport|licen[cs]e n", re.I)
_NEVER = re.compile(
    r"credit ?card|card number|\bcvv\b|\bbsb\b|bank|account (?:number|no)\b|password|passcode|\bpin\b", re.I
)
_CONSENT = re.compile(r"consent|agree|permission|opt[ -]?(?:in|out)|privacy", re.I)
_FINANCIAL = re.compile(r"fund|insur|policy|cover|plan|payer|claim|billing|invoice", re.I)
_CLINICAL = re.compile(
    r"condition|history|diagnos|allerg|medic|symptom|surg|injur|pregnan|goal|gp\b|doctor|health|clinical|pain|treat",
    re.I,
)

Definition = MappingOf[str, Any]
"""`patient_custom_fields_definition` of the account's settings: sections with fields."""


@dataclass(frozen=True, slots=True)
class CompanionField:
    """A field without room at the destination: its values go out as a companion file."""

    map: str
    object: str
    """Source object."""
    label: str
    line: FieldMap
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a person confirms."""

    mapping: Mapping
    companion: tuple[CompanionField, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Custom:
    """One custom field as the account defines it."""

    name: str
    token: str
    type: str
    section: str
    number: int
    archived: bool
    options: list[str] = field(default_factory=list)
    has_other: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.section} › {self.name}" if self.section else self.name


def propose(
    mapping: Mapping,
    definition: Definition | None,
    destination: Schema,
    limits: MappingOf[str, int],
    filled: MappingOf[str, int] | None = None,
    records: MappingOf[str, Sequence[MappingOf[str, Any]]] | None = None,
) -> Proposal:
    """A copy of `mapping` with every custom patient field, and with what has no room switched off.

    A field of the mapping that is filled from nowhere takes the clinic's own field of the same name.
    `filled`: token -> number of patients that have a value; without it every field counts as used.
    `records`: the source's records of the objects that value maps are taken from.
    """
    proposed = mapping.model_copy(deep=True)
    for line in (line for entry in proposed.maps for line in entry.fields):
        if line.values_from is not None and not line.values:
            line.values = _words(line.values_from, (records or {}).get(line.values_from.object, ()))
    notes = list(_switch_off_what_is_not_there(proposed, destination))
    fields = list(_defined(definition or {}))
    for entry in proposed.active():
        if entry.source == "patients" and entry.key:
            known = {path for line in entry.fields for path in line.source}
            fresh = [custom for custom in fields if f"custom_fields.{custom.token}" not in known]
            fresh = _fill_slots(entry, fresh)
            if not entry.clinic_fields:
                continue
            taken = taken_names(proposed, entry.to, destination.objects.get(entry.to))
            namer = Namer(taken, limits.get("field_label_chars", mapping.names.most or LABEL_CHARS))
            lines = list(_lines(fresh, namer, proposed.names, limits, filled))
            entry.fields = [*entry.fields, *lines]
            notes.extend(_never_notes(entry, lines))
    companion = list(_cut_to_room(proposed, destination, limits))
    return Proposal(proposed, tuple(companion), (*notes, *_room_notes(companion)))


def _switch_off_what_is_not_there(mapping: Mapping, destination: Schema) -> Iterator[str]:
    """Optional entries for which the account has no object, as its edition does not: off, and said so."""
    for entry in list(mapping.active()):
        needed = entry.module == "standard" and (entry.key or entry.marker)
        if entry.optional and needed and entry.to not in destination.objects:
            entry.enabled = False
            yield f"{entry.map} is off: this account has no {entry.to}. Switch it on after an upgrade."


def objects_of_values(mapping: Mapping) -> set[str]:
    """Source objects whose records `propose` takes value maps from."""
    lines = (line for entry in mapping.maps for line in entry.fields)
    return {line.values_from.object for line in lines if line.values_from is not None}


def _words(told: ValuesFrom, records: Sequence[MappingOf[str, Any]]) -> dict[str, str]:
    """By what a line reads, the word that goes over; records without a word are left out."""
    words = ((record, " ".join(str(record.get(told.word) or "").split())) for record in records)
    return {
        str(record.get(told.key) if told.key else record[told.word]).strip(): word for record, word in words if word
    }


def _defined(definition: Definition) -> Iterator[_Custom]:
    for section in definition.get("sections") or ():
        for number, given in enumerate(section.get("fields") or (), start=1):
            names = [str(option.get("name") or "").strip() for option in given.get("options") or ()]
            yield _Custom(
                name=" ".join(str(given.get("name") or "").split()),
                token=str(given["token"]),
                type=str(given.get("type") or ""),
                section=str(section.get("name") or "").strip(),
                number=number,
                archived=bool(given.get("archived") or section.get("archived")),
                options=list(dict.fromkeys(name for name in names if name)),
                has_other=bool((given.get("other") or {}).get("enabled")),
            )


def _fill_slots(entry: ObjectMap, fields: list[_Custom]) -> list[_Custom]:
    """Let fields that wait for the clinic's own of the same name take them; returns the others."""
    rejects = {line.reject_to for line in entry.fields}
    slots = {latin(line.label).casefold(): line for line in entry.fields if line.is_slot and line.to not in rejects}
    left = []
    for custom in sorted(fields, key=lambda custom: custom.archived):
        line = slots.get(latin(custom.name).casefold())
        shape = _ANSWERS.get((line.create.type, custom.type == "date")) if line and line.create else None
        if line is None or shape is None or line.source:
            left.append(custom)
            continue
        given = {"from": f"custom_fields.{custom.token}", "transform": [shape], "note": f"Cliniko: {custom.full_name}"}
        filled = FieldMap.model_validate({**line.model_dump(by_alias=True, exclude_unset=True), **given})
        entry.fields = [filled if one is line else one for one in entry.fields]
        slots[latin(custom.name).casefold()] = filled
    return [custom for custom in fields if custom in left]


_ANSWERS = {
    (FieldType.TEXT, False): "answer_text",
    (FieldType.TEXT, True): "answer_text",
    (FieldType.LONG_TEXT, False): "answer_text",
    (FieldType.LONG_TEXT, True): "answer_text",
    (FieldType.DATE, True): "answer_date",
}
"""How a waiting field of a type takes an answer that is a date, or is none."""


def _lines(
    fields: list[_Custom],
    namer: Namer,
    names: Names,
    limits: MappingOf[str, int],
    filled: MappingOf[str, int] | None,
) -> Iterator[FieldMap]:
    counted = Counter(latin(custom.name).casefold() for custom in fields)
    for custom in fields:
        repeated = counted[latin(custom.name).casefold()] > 1
        label = namer.label(custom.name, custom.section, custom.number, repeated=repeated)
        used = filled is None or filled.get(custom.token, 0) > 0
        yield _line(custom, label, _shape(custom, limits, names), names, used)
        if custom.has_other and custom.type in ("radiobuttons", "checkboxes"):
            other = namer.label(
                f"{label[: LABEL_CHARS - 6].strip()} other", custom.section, custom.number, repeated=False
            )
            shape = {"transform": ["answer_other"], "create": {"type": "text", "length": 255}}
            yield _line(custom, other, shape, names, used)


def _line(custom: _Custom, label: str, shape: dict[str, Any], names: Names, used: bool) -> FieldMap:
    words = f"Cliniko: {custom.full_name}"
    note = f"{words}{' (archived in Cliniko)' if custom.archived else ''}"
    never = bool(_NEVER.search(custom.name)) and not _GOVERNMENT.search(custom.name)
    data: dict[str, Any] = {
        "to": name_for(label, names),
        "from": f"custom_fields.{custom.token}",
        **shape,
        "class": _class_of(custom),
        "priority": "useful" if used and not custom.archived else "extra",
        "note": note,
    }
    data["create"] = {**shape["create"], "label": label, "help": shortened(words, HELP_CHARS)}
    if never:
        data["enabled"] = False
    return FieldMap.model_validate(data)


def _shape(custom: _Custom, limits: MappingOf[str, int], names: Names) -> dict[str, Any]:
    """Transform and destination type, by the type of the custom field."""
    match custom.type:
        case "text":
            return {"transform": ["answer_text"], "create": {"type": "text", "length": 255}}
        case "date":
            return {"transform": ["answer_date"], "create": {"type": "date"}}
        case "radiobuttons":
            return _choice(custom, "answer_choice", "picklist", limits, names)
        case "checkboxes":
            return _choice(custom, "answer_choices", "multi_picklist", limits, names)
        case _:
            usual = min(limits.get("long_text_chars", LONG_TEXT_CHARS), LONG_TEXT_CHARS)
            length = limits.get("own_long_text_chars", usual)
            create = {"type": "long_text", "length": length}
            return {"transform": ["answer_text"], "create": create, "too_long": "overflow_note"}


def _choice(custom: _Custom, transform: str, type: str, limits: MappingOf[str, int], names: Names) -> dict[str, Any]:
    most = limits.get("option_chars", OPTION_CHARS)
    options = [*custom.options, *([OTHER] if custom.has_other and OTHER not in custom.options else [])]
    values = _short_options(options, most, names.not_in_options)
    shape: dict[str, Any] = {
        "transform": [transform],
        "unmapped": "report",
        "create": {"type": type, "options": list(dict.fromkeys(values.values()))},
    }
    return {**shape, "values": values}


def _short_options(options: list[str], most: int, unfit: str) -> dict[str, str]:
    """Options as they go over, without unfit signs; ones that are too long are shortened so that they still differ."""
    values: dict[str, str] = {}
    for option in options:
        short = shortened("".join("," if sign in unfit else sign for sign in option), most)
        while short in values.values():
            short = f"{shortened(option, most - 4)} {len(values)}"
        values[option] = short
    return values


def _class_of(custom: _Custom) -> str:
    own, around = custom.name, custom.full_name
    if _GOVERNMENT.search(own):
        return "government_id"
    if _CONSENT.search(own):
        return "consent"
    if _CLINICAL.search(own) and not _FINANCIAL.search(own):
        return "clinical"
    if _FINANCIAL.search(around) or _NEVER.search(own):
        return "financial"
    return "clinical" if _CLINICAL.search(around) else "ordinary"


def _never_notes(entry: ObjectMap, lines: list[FieldMap]) -> Iterator[str]:
    for line in lines:
        if not line.enabled:
            yield (
                f"{entry.map} {line.to} is off: its label speaks of cards, banks or passwords. "
                "Such values should not be handed on; switch it on only knowingly."
            )


def _cut_to_room(mapping: Mapping, destination: Schema, limits: MappingOf[str, int]) -> Iterator[CompanionField]:
    for room in rooms(mapping, destination, limits):
        crowded = crowded_out(mapping, destination, room)
        why = f"{room.words} has room for {room.most} custom fields, {room.existing + room.new} are wanted."
        lines = [(entry, line) for entry in mapping.maps for line in entry.fields if (entry.to, line.to) in crowded]
        for entry, line in lines:
            if entry.enabled and line.enabled:
                yield CompanionField(entry.map, entry.source, line.label, line.model_copy(deep=True), why)
        for entry, line in lines:
            line.enabled = line.enabled and not entry.enabled


def _room_notes(companion: list[CompanionField]) -> Iterator[str]:
    for why in dict.fromkeys(one.why for one in companion):
        labels = list(dict.fromkeys(one.label for one in companion if one.why == why))
        yield f"{why} These go out as a companion file: {', '.join(labels)}."
