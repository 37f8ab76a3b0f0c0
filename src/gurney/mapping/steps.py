"""One line of the mapping as a closure: read, transform, fit, and keep what does not fit (contract, G2, MAP6, MAP7).

Nothing is dropped: text that is too long is shortened visibly and kept whole for a note, and a value that a field
cannot hold goes to the field named for that or into such a note. Each of these is an issue that people see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gurney.mapping.fit import Accepts, fitting
from gurney.mapping.model import FieldMap
from gurney.mapping.paths import Record, many_reader, raw_text, reader
from gurney.mapping.pieces import shortened_html
from gurney.mapping.transforms import Unconvertible, find
from gurney.mapping.transforms.rich import Html
from gurney.mapping.transforms.text import shortened
from gurney.records import Assigned, Issue, SourceKey, Value
from gurney.schema import FieldSchema, FieldType

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What the mapping needs of the account and of the destination's own rules."""

    as_of: datetime
    zone: str
    """IANA name of the clinic's time zone: the day that a moment falls on."""
    currency: str = ""
    country: str = ""
    checks: Mapping[str, Accepts] = field(default_factory=dict)
    """'email', 'phone', 'url': whether the destination accepts such a text."""

    def supplied(self) -> dict[str, Any]:
        """Settings of transforms that come from the account, by name."""
        return {"zone": self.zone, "currency": self.currency, "country_code": self.country, "as_of": self.as_of}


@dataclass(slots=True)
class Draft:
    """A destination record while it is being built."""

    source: SourceKey
    fields: dict[str, Value] = field(default_factory=dict)
    sources: dict[str, object] = field(default_factory=dict)
    """The raw source value of each field, as read; made into text when somebody asks."""
    issues: list[Issue] = field(default_factory=list)
    kept: list[tuple[int, str, str]] = field(default_factory=list)
    """(position of the field map, label, whole text) for notes; the text of a rich field is `Html`."""
    assigned: dict[str, Assigned] = field(default_factory=dict)
    """(object map, source id) by field, for lookups that are decided once."""
    too_long: str = ""
    """A field that must not be shortened and would have to be."""


Step = Callable[[Record, Draft], None]
TEXTS = frozenset(
    {FieldType.TEXT, FieldType.LONG_TEXT, FieldType.RICH_TEXT, FieldType.PICKLIST, FieldType.OTHER, FieldType.EMAIL}
)


CHECKED_OR_RICH = frozenset({FieldType.EMAIL, FieldType.RICH_TEXT})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a field refuses beside what its type does, and where a refused value is kept."""

    kept_in: str | None = None
    """Actual name of the `reject_to` field; None: a note."""
    is_shared: bool = False
    """Whether other lines keep theirs there as well."""
    all_but: frozenset[str] | None = None
    """The values of a pick-list that takes no others."""


def step(line: FieldMap, position: int, target: FieldSchema, context: Context, refusal: Refusal) -> Step:
    """Compile one field map. `target` is the live field."""
    if line.value is not None:
        return _constant(target, fitting(target.type, context.checks)(line.value), line.value)
    read, whole, asks_empty = _reading(line)
    calls = _calls(line, context)
    fit = fitting(target.type, context.checks, target.max_length if target.type is FieldType.INTEGER else None)
    values = line.values
    most = None if line.too_long == "split" or target.type not in TEXTS else target.max_length
    name, default, is_rich = target.name, line.default, target.type is FieldType.RICH_TEXT
    reject, known = refusal.kept_in, refusal.all_but
    prefix = f"{line.label}: " if refusal.is_shared else ""

    def take(record: Record, draft: Draft) -> None:
        raw = read(record)
        if raw is None and not asks_empty:
            if default is not None:
                _default(line, name, default, draft)
            return
        value = record if whole else raw
        try:
            for call in calls:
                value = call(value)
                if value is None:
                    break
            else:
                if is_rich and type(value) is Html and value.simplified:
                    _simplified(name, draft)
                value = fit(_mapped(line, name, value, draft) if values else value)
                if known is not None:
                    _among(known, value)
        except Unconvertible as no:
            _reject(line, position, reject, prefix, raw, no, draft)
            return
        if value is None:
            if default is not None:
                _default(line, name, default, draft)
            return
        if most is not None and type(value) is str and len(value) > most:
            value = _shorten(line, position, most, Html(value) if is_rich else value, draft)
        draft.fields[name] = value
        draft.sources[name] = raw
        if reject is not None and not values and type(raw) is str and raw != value:
            _keep_raw(reject, prefix, raw, draft)

    is_plain = not (calls or values or default or reject or known) and target.type in TEXTS - CHECKED_OR_RICH
    return _plain_text(line, position, name, read, most, take) if is_plain else take


def _plain_text(
    line: FieldMap, position: int, name: str, read: Callable[[Record], Any], most: int | None, general: Step
) -> Step:
    """The commonest line, text into text, without the detours that the others need."""

    def take_text(record: Record, draft: Draft) -> None:
        raw = read(record)
        if type(raw) is str:
            value = raw.strip()
            if value:
                if most is not None and len(value) > most:
                    value = _shorten(line, position, most, value, draft)
                draft.fields[name] = value
                draft.sources[name] = raw
        elif raw is not None:
            general(record, draft)

    return take_text


def text_reader(line: FieldMap, context: Context) -> Callable[[Record], str]:
    """The field's value as text, for fields that go out as a companion file: as typed where it cannot be converted.

    Takes a `paths.view`.
    """
    if line.lookup:
        by = reader(line.lookup.by)
        return lambda record: raw_text(by(record))
    whole = FieldSchema(line.to, line.label, FieldType.LONG_TEXT)
    take = step(line, 0, whole, context, Refusal())

    def read(record: Record) -> str:
        draft = Draft(SourceKey("", ""))
        take(record, draft)
        return raw_text(draft.fields.get(line.to)) or "\n".join(text for _, _, text in draft.kept)

    return read


def converted(line: FieldMap, context: Context) -> Callable[[Record], Any]:
    """The line's value as its transforms leave it, fitted to no field; as typed where it cannot be converted.

    Takes a `paths.view`.
    """
    read, whole, asks_empty = _reading(line)
    calls = _calls(line, context)

    def convert(record: Record) -> Any:
        raw = read(record)
        if raw is None and not asks_empty:
            return None
        value = record if whole else raw
        try:
            for call in calls:
                value = call(value)
                if value is None:
                    return None
        except Unconvertible:
            return raw
        return value

    return convert


def _reading(line: FieldMap) -> tuple[Callable[[Record], Any], bool, bool]:
    first = find(line.transform[0].name) if line.transform else None
    read = reader(line.source[0]) if len(line.source) == 1 else many_reader(line.source)
    whole = first is not None and first.whole
    return read, whole, whole or (first is not None and first.takes_empty)


def _calls(line: FieldMap, context: Context) -> tuple[Convert, ...]:
    supplied = context.supplied()
    known = [(find(call.name), call.settings) for call in line.transform]
    return tuple(transform.bound(settings, supplied) for transform, settings in known if transform)


def _mapped(line: FieldMap, name: str, value: Any, draft: Draft) -> Any:
    if isinstance(value, tuple):
        return tuple(_mapped(line, name, item, draft) for item in value)
    text = raw_text(value).strip()
    if text in line.values:
        return line.values[text]
    if line.unmapped == "report":
        words = "A value is not in the value map; it was written as it is."
        draft.issues.append(Issue(draft.source, name, "unmapped-value", words, "Add it to `values` of this field."))
    return value


def _among(known: frozenset[str], value: Value) -> None:
    chosen = value if isinstance(value, tuple) else () if value is None else (str(value),)
    if not known.issuperset(chosen):
        raise Unconvertible("a value of the destination's list")


def _constant(target: FieldSchema, value: Value, given: object) -> Step:
    name = target.name

    def put(record: Record, draft: Draft) -> None:
        draft.fields[name] = value
        draft.sources[name] = given

    return put


def _default(line: FieldMap, name: str, default: str, draft: Draft) -> None:
    draft.fields[name] = default
    draft.sources[name] = ""
    words = "The source holds nothing here and the destination needs a value; the stated words were written."
    remedy = f"Fill {', '.join(line.source)} in Cliniko."
    draft.issues.append(Issue(draft.source, name, "default-used", words, remedy))


def _shorten(line: FieldMap, position: int, most: int, value: str, draft: Draft) -> str:
    if line.too_long == "error":
        draft.too_long = line.to
        return value
    draft.kept.append((position, line.label, value))
    words = f"The text has {len(value)} characters, the field takes {most}: shortened, the whole is in a note."
    draft.issues.append(Issue(draft.source, line.to, "text-shortened", words))
    return shortened_html(value, most) if isinstance(value, Html) else shortened(value, most)


def _simplified(name: str, draft: Draft) -> None:
    words = "Formatting that rich text does not take here was left out; every word is there."
    draft.issues.append(Issue(draft.source, name, "formatting-simplified", words))


def _reject(
    line: FieldMap, position: int, reject: str | None, prefix: str, raw: object, no: Unconvertible, draft: Draft
) -> None:
    text = raw_text(raw).strip()
    if reject is not None:
        _keep_raw(reject, prefix, text, draft)
        kept = "kept as typed in the field for such values"
    else:
        draft.kept.append((position, line.label, text))
        kept = "kept as typed in a note"
    words = f"Not {no.expected}: left empty, {kept}."
    draft.issues.append(Issue(draft.source, line.to, "value-refused", words, "Correct it in Cliniko."))


def _keep_raw(reject: str, prefix: str, raw: str, draft: Draft) -> None:
    before = draft.fields.get(reject)
    draft.fields[reject] = f"{before}\n{prefix}{raw.strip()}" if before else f"{prefix}{raw.strip()}"
    draft.sources[reject] = f"{raw_text(draft.sources.get(reject))}\n{raw}" if before else raw
