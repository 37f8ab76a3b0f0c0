"""Names and labels for fields that the mapping creates: valid, unique, and telling (contract, AUD10, SCH1).

The clinic's own labels are anything people type: repeated, in any script, as long as a sentence, or equal to a
standard field. A label made here has letters, digits and blanks only, so that the name that the destination
derives from it is foreseeable; the clinic's own words stay in the field's help.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf

from gurney.mapping.model import Create, FieldMap, Mapping, Names, ObjectMap
from gurney.mapping.problems import Problem
from gurney.schema import ObjectSchema, Schema

LABEL_CHARS = 25
NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
RESERVED = frozenset({"id", "name", "owner", "tag", "layout", "status", "email", "phone", "territories", "locked"})
"""Never given to a new field, also where the live schema does not list them."""

_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ı": "i"})
_GAPS = re.compile(r"[^A-Za-z0-9]+")


class Namer:
    """Gives labels that nothing on the same object has."""

    def __init__(self, taken: set[str], most: int = LABEL_CHARS) -> None:
        self._taken = {_folded(name) for name in taken} | RESERVED
        self._most = most

    def label(self, words: str, section: str, number: int, *, repeated: bool) -> str:
        """A label for the clinic's `words`; `number` is the place of the field in its section."""
        plain = latin(words) or f"{latin(section) or 'Custom'} field {number}"
        if plain[0].isdigit():
            plain = f"Field {plain}"
        fitting = _cut(plain, self._most)
        if repeated or _folded(fitting) in self._taken:
            fitting = self._with_section(plain, latin(section))
        return self._unique(fitting)

    def _with_section(self, plain: str, section: str) -> str:
        room = max(self._most - len(section) - 1, self._most * 2 // 3)
        return _cut(f"{_cut(plain, room)} {section}".strip(), self._most)

    def _unique(self, label: str) -> str:
        chosen, count = label, 1
        while _folded(chosen) in self._taken:
            count += 1
            chosen = f"{_cut(label, self._most - len(str(count)) - 1)} {count}"
        self._taken.add(_folded(chosen))
        return chosen


def latin(words: str) -> str:
    """Letters a-z, digits and single blanks of a label.

    >>> latin("Größe (cm)"), latin("医保号")
    ('Grosse cm', '')
    """
    plain = unicodedata.normalize("NFKD", words.translate(_LETTERS)).encode("ascii", "ignore").decode()
    return _GAPS.sub(" ", plain).strip()


def name_for(label: str, names: Names) -> str:
    """The name that goes with a label.

    >>> name_for("Policy number", Names()), name_for("Policy number", Names(suffix="__c", most=8))
    ('Policy_number', 'Policy_n__c')
    """
    return _GAPS.sub("_", label)[: names.most].strip("_") + names.suffix


def taken_names(mapping: Mapping, object: str, there: ObjectSchema | None) -> set[str]:
    """Names, without what the API puts behind them, and labels that an object has or will have."""
    live = {text for field in (there.fields.values() if there else ()) for text in (field.name, field.label)}
    lines = [line for entry in mapping.maps if entry.to == object for line in entry.fields]
    taken = live | {line.to for line in lines} | {line.create.label for line in lines if line.create}
    return {text.removesuffix(mapping.names.suffix) for text in taken}


def naming_problems(mapping: Mapping, destination: Schema, limits: MappingOf[str, int]) -> Iterator[Problem]:
    """Invalid or repeated names and labels, and one field described in two ways."""
    most = limits.get("field_label_chars", mapping.names.most or LABEL_CHARS)
    seen: dict[tuple[str, str], tuple[str, Create]] = {}
    labels: dict[tuple[str, str], str] = {}
    for entry in mapping.active():
        there = destination.objects.get(entry.to)
        if entry.module == "create" and not entry.to.endswith(mapping.names.suffix):
            words = f"The destination ends the name of a new object with {mapping.names.suffix}."
            yield Problem(entry.line, entry.map, "error", words, f"Call it {entry.to}{mapping.names.suffix}.")
        for line in entry.active_fields():
            if line.create is None or (there and line.to in there.fields):
                continue
            yield from _spelling(entry, line, line.create, most, mapping.names)
            yield from _same(entry, line, line.create, seen)
            yield from _labels(entry, line, line.create, there, labels)


def _spelling(entry: ObjectMap, line: FieldMap, create: Create, most: int, names: Names) -> Iterator[Problem]:
    suffix = "" if create.standard else names.suffix
    stem = line.to.removesuffix(suffix)
    ending = f", {suffix} at the end" if suffix else ""
    if not NAME.fullmatch(stem) or not line.to.endswith(suffix):
        words = f"The name {line.to} is not allowed: letters, digits, single underscores, a letter first{ending}."
        example = name_for(latin(create.label) or "Custom field 1", names)
        yield _problem(entry, line, words, f"For example {example}.")
    elif names.most is not None and len(stem) > names.most:
        words = f"The name {line.to} has {len(stem)} characters{' before ' + suffix if suffix else ''}; "
        yield _problem(entry, line, f"{words}{names.most} are allowed.", "Shorten it.")
    if len(create.label) > most:
        yield _problem(entry, line, f"The label has {len(create.label)} characters; {most} are allowed.", "Shorten it.")


def _same(
    entry: ObjectMap, line: FieldMap, create: Create, seen: dict[tuple[str, str], tuple[str, Create]]
) -> Iterator[Problem]:
    other, before = seen.setdefault((entry.to, line.to), (entry.map, create))
    differs = [
        name for name in ("type", "label", "unique", "lookup_to") if getattr(before, name) != getattr(create, name)
    ]
    if differs:
        words = f"{other} describes this field with another {' and '.join(differs)}."
        yield _problem(entry, line, words, "Describe it alike in both.")


def _labels(
    entry: ObjectMap, line: FieldMap, create: Create, there: ObjectSchema | None, labels: dict[tuple[str, str], str]
) -> Iterator[Problem]:
    label = _folded(create.label)
    other = labels.setdefault((entry.to, label), line.to)
    live = next((field.name for field in (there.fields.values() if there else ()) if _folded(field.label) == label), "")
    if other != line.to or (live and live != line.to):
        words = f"The label {create.label!r} belongs to {live or other} already."
        yield _problem(entry, line, words, "Choose another label.")


def _problem(entry: ObjectMap, line: FieldMap, words: str, remedy: str) -> Problem:
    return Problem(line.line or entry.line, f"{entry.map} {line.to}", "error", words, remedy)


def _folded(text: str) -> str:
    return _GAPS.sub(" ", text).strip().casefold()


def _cut(text: str, most: int) -> str:
    return text[:most].strip()
