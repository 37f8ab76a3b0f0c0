"""What stands in a CRM after a move, in one vocabulary for every destination, found by the clinic's own ids.

A destination's view (crm_zoho.py, crm_salesforce.py, crm_pipedrive.py) says where each word of the vocabulary stands in
its records, and how a link, an owner, a note or a file is read there. The checks speak the vocabulary only. Where a
vendor differs on purpose, its view says so with the reason.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

Row = dict[str, Any]
Dumps = Mapping[str, list[Row]]
MARK = re.compile(r"_cliniko-(\d+)")
"""The clinic's id of a file, in the file's name."""
PIECE = re.compile(r"\[cliniko:(\w+):(\d+)(?: (\w+))? (\d+)/(\d+)\]")


def text(value: Any) -> str:
    assert value is None or isinstance(value, str), value
    return value or ""


def moment(value: Any) -> datetime | None:
    """An instant, in UTC."""
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def money(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def whole(value: Any) -> int | None:
    assert value is None or value == int(value)
    return None if value is None else int(value)


def truth(value: Any) -> bool:
    assert isinstance(value, bool), value
    return value


def both(*names: str) -> Callable[[Any, Row], str]:
    """Fields that together say a word."""
    return lambda crm, row: " ".join(filter(None, (row[name] for name in names)))


LINK = "link"
"""Read by the view: the CRM's id of the record that is pointed to; '' for none."""
VOCABULARY: Mapping[str, Mapping[str, Any]] = {
    "patients": {
        **dict.fromkeys(("name", "first_name", "last_name", "email", "email_as_typed"), text),
        **dict.fromkeys(("phone_mobile", "phone_home", "phone_work", "phone_other", "phone_fax"), text),
        **dict.fromkeys(("phones_as_typed", "phones_further"), text),
        **dict.fromkeys(("street", "city", "post_code", "country", "born_on"), text),
        **dict.fromkeys(("notes", "occupation", "emergency_contact", "medical_alerts", "relationships"), text),
        **dict.fromkeys(("record_type", "medicare_number", "referral_source"), text),
        **dict.fromkeys(("referred_by_patient", "referred_by", "referring_doctor", "insurer", "account"), LINK),
        "archived": truth,
        "billed_total": money,
        "created_at": moment,
    },
    "contacts": {
        **dict.fromkeys(("last_name", "record_type", "organisation", "specialty", "provider_number", "city"), text),
        "archived": truth,
    },
    "payers": dict.fromkeys(("name", "city", "phones"), text),
    "locations": {
        **dict.fromkeys(("name", "city", "time_zone", "contact_information", "reply_email"), text),
        "archived": truth,
    },
    "types": {
        **dict.fromkeys(("name", "billing_code", "colour"), text),
        "duration_min": whole,
        "archived": truth,
    },
    "products": {"name": text, "code": text, "unit_price": money, "stock": money},
    "services": {"name": text, "item_type": text, "unit_price": money},
    "meetings": {
        **dict.fromkeys(("title", "notes", "owner", "practitioner_id", "practitioner_name", "state"), text),
        **dict.fromkeys(("type", "location", "patient"), LINK),
        **dict.fromkeys(("starts_at", "ends_at"), moment),
        "contradictory": truth,
        "attendee_count": whole,
    },
    "attendances": {
        **dict.fromkeys(("title", "class_id", "day", "owner", "practitioner_id", "practitioner_name", "state"), text),
        **dict.fromkeys(("starts_at", "ends_at"), moment),
        "patient": LINK,
    },
    "invoices": {
        **dict.fromkeys(("number", "issued_on", "status", "owner", "practitioner_id", "practitioner_name"), text),
        **dict.fromkeys(("original_number", "lines"), text),
        **dict.fromkeys(("total", "tax", "net"), money),
        **dict.fromkeys(("patient", "original"), LINK),
        "line_count": whole,
    },
}
"""The kinds of records and their fields. Records are found by the clinic's id, and have `id`, the CRM's own."""
PHONES = (
    "phone_mobile", "phone_home", "phone_work", "phone_other", "phone_fax", "phones_as_typed", "phones_further",
)  # fmt: skip
STATES = frozenset({"Booked", "Arrived", "Did Not Arrive", "Cancelled", "Unmarked", "Deleted", ""})


@dataclass(frozen=True)
class Kind:
    """Where the records of one kind stand: the object, the field with the clinic's id, and what each word is called.

    A name of `names` is a field, or a function of the view and the record where no single field says it.
    """

    object: str
    key: str
    names: Mapping[str, str | Callable[[Any, Row], Any]]


@dataclass(frozen=True)
class Piece:
    """One note: a whole text, or a part of one."""

    number: int
    count: int
    title: str
    text: str
    """What a reader sees."""
    markup: str
    """What is stored, where notes have markup; '' where they are plain."""
    parent: str


@dataclass(frozen=True)
class File:
    """One file. `about` is what stands beside it: its description and full name."""

    name: str
    size: int
    sha256: str
    parent: str
    about: str


class Crm(ABC):
    """One destination's records after a move. Subclasses name their objects and fields."""

    vendor: ClassVar[str]
    twin_options: ClassVar[tuple[str, ...]]
    """How its twin runs for these tests."""
    scale: ClassVar[int] = 1
    """Seconds that pass in one for its twin, where its lists make verbs wait; Cliniko's twin keeps step."""
    kinds: ClassVar[Mapping[str, Kind]]
    objects: ClassVar[tuple[str, ...]]
    """Whatever of the twin is dumped: a rollback must bring it all back."""
    maps: ClassVar[Mapping[str, str]]
    """The object map of the main kinds, as reports name it; also 'notes', 'forms' and 'files'."""
    names_most: ClassVar[Mapping[str, int]]
    """The words that a patient's name is written to, and the characters that each takes."""
    note_most: ClassVar[int]
    """Characters that one note takes."""
    own_text_most: ClassVar[int]
    """Characters that one of the clinic's own fields takes."""
    file_most: ClassVar[int]
    """Bytes that one file may have."""
    file_name_most: ClassVar[int]
    own_standard_fields: ClassVar[frozenset[str]]
    """Standard fields of a patient's record that the clinic's own fields are called like."""
    choices_as_text: ClassVar[Mapping[str, str]]
    """The clinic's own fields of choice that go into a text field all the same, with the reason."""
    never_removed: ClassVar[frozenset[str]]
    """What an interface of this vendor cannot take back; the rollback must name exactly these."""
    in_the_bin: ClassVar[frozenset[str]] = frozenset()
    """The only objects whose deleted records the vendor keeps for a while; empty where it keeps all."""

    writes: ClassVar[Mapping[str, str]]
    """The calls that change something, by method: a pattern for the beginning of the path."""
    schema_path: ClassVar[str]
    """A pattern for the paths of those that change no record but the schema."""
    lost: ClassVar[Mapping[str, int]] = {"": 7}
    """Of the writes whose path begins so, one in how many loses its answer, when answers are lost."""
    misfortunes: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    """Faults of this vendor's own that befall it besides."""

    def __init__(self, dumps: Dumps) -> None:
        self.dumps = self.prepared(dumps)
        self._kinds: dict[str, dict[str, Row]] = {}
        self._raw: dict[str, dict[str, Row]] = {}

    @classmethod
    def prepared(cls, dumps: Dumps) -> Dumps:
        """The dumps in a form in which each record holds its values by name and ids are one of a kind."""
        return dumps

    @classmethod
    def pictured(cls, dumps: Dumps) -> Dumps:
        """The same, without what chance decides between two moves of one clinic."""
        return cls.prepared(dumps)

    # Records

    def of(self, kind: str) -> dict[str, Row]:
        """The records of a kind by the clinic's id, in the vocabulary."""
        if kind not in self._kinds:
            self._kinds[kind] = {key: self._neutral(kind, row) for key, row in self.raw(kind).items()}
        return self._kinds[kind]

    def raw(self, kind: str) -> dict[str, Row]:
        """The same as the vendor has them. A key that occurs twice is an error."""
        if kind not in self._raw:
            self._raw[kind] = self._keyed(self.kinds[kind])
        return self._raw[kind]

    def _keyed(self, where: Kind) -> dict[str, Row]:
        rows = [row for row in self.dumps.get(where.object, ()) if row.get(where.key)]
        keyed = {row[where.key]: row for row in rows}
        assert len(keyed) == len(rows), f"a {where.key} stands on two records"
        return keyed

    def _neutral(self, kind: str, row: Row) -> Row:
        names = self.kinds[kind].names
        found: Row = {"id": self.id(row)}
        for word, read in VOCABULARY.get(kind, {}).items():
            name = names[word]
            value = name(self, row) if callable(name) else self.link(row.get(name)) if read is LINK else row.get(name)
            found[word] = value if read is LINK else read(value)
        assert found.get("state", "") in STATES
        return found

    def strangers(self) -> dict[str, int]:
        """Records by object that are of no kind: everything that was moved must have its place."""
        known: dict[str, set[str]] = defaultdict(set)
        for kind, where in self.kinds.items():
            known[where.object] |= {self.id(row) for row in self.raw(kind).values()}
        counts = {name: sum(self.id(row) not in ids for row in self.dumps.get(name, ())) for name, ids in known.items()}
        return {name: count for name, count in counts.items() if count}

    @classmethod
    def address(cls, text: str) -> str:
        """An e-mail address as the vendor stores it."""
        return text

    @property
    def patients(self) -> dict[str, Row]:
        return self.of("patients")

    @property
    def meetings(self) -> dict[str, Row]:
        """Appointments and classes, each by its own id."""
        return self.of("meetings")

    @property
    def invoices(self) -> dict[str, Row]:
        return self.of("invoices")

    def place(self, kind: str, word: str) -> tuple[str, str]:
        """Object and field where a word stands, for those who type into the CRM."""
        name = self.kinds[kind].names[word]
        assert isinstance(name, str)
        return self.kinds[kind].object, name

    def typed(self, kind: str, key: str, word: str, value: str) -> Row:
        """What the twin is told when somebody types a value into a record."""
        object, name = self.place(kind, word)
        return {"object": object, "id": self.of(kind)[key]["id"], "fields": {name: value}}

    # Notes

    @cached_property
    def notes(self) -> dict[tuple[str, str, str], dict[int, Piece]]:
        found: dict[tuple[str, str, str], dict[int, Piece]] = defaultdict(dict)
        for note in self.read_notes():
            mark = PIECE.search(note["title"])
            assert mark, "a note without a mark"
            object, id, about, number, count = mark.groups()
            assert int(number) not in found[object, id, about or ""], "a piece is there twice"
            found[object, id, about or ""][int(number)] = Piece(int(number), int(count), **note)
        return found

    def pieces(self, object: str, id: str, about: str = "") -> list[Piece]:
        """The pieces of one text in their order; none may be missing. `about` is a word of the kind or a field."""
        names = self.kinds[object].names if object in self.kinds else {}
        field = names.get(about, about)
        pieces = self.notes.get((object, id, field if isinstance(field, str) else about), {})
        assert sorted(pieces) == list(range(1, len(pieces) + 1))
        assert all(piece.count == len(pieces) for piece in pieces.values())
        return [pieces[number] for number in sorted(pieces)]

    def text(self, object: str, id: str, about: str = "") -> str:
        return "".join(piece.text for piece in self.pieces(object, id, about))

    def noted(self, object: str) -> set[str]:
        """Ids of the records of an object that have a note of their own."""
        return {id for kind, id, about in self.notes if kind == object and not about}

    # What each vendor reads in its own way

    @classmethod
    @abstractmethod
    def id(cls, row: Row) -> str: ...

    @abstractmethod
    def link(self, value: Any) -> str: ...

    @abstractmethod
    def read_notes(self) -> list[Row]:
        """Every note: title, text, markup, parent."""

    def files_by_mark(
        self, rows: Iterable[Row], *, name: str, size: str, parent: Callable[[Row], str]
    ) -> dict[str, File]:
        """Files by the clinic's ids in their names; their descriptions and full names stand in notes."""
        found = {}
        for row in rows:
            mark = MARK.search(row[name])
            assert mark, "a file without a mark"
            assert mark[1] not in found, "a file twice"
            about = self.text("patient_attachments", mark[1])
            found[mark[1]] = File(row[name], row[size], row["sha256"], parent(row), about)
        return found

    @property
    @abstractmethod
    def files(self) -> dict[str, File]:
        """Every file by the clinic's id."""

    @abstractmethod
    def own(self, patient: str, field: str) -> str | list[str]:
        """The value of one of the clinic's own fields; a list where several answers are possible."""

    # For comparing two moves

    @classmethod
    @abstractmethod
    def is_stamp(cls, field: str) -> bool:
        """Whether a field's value differs from move to move although all is well."""

    @classmethod
    def is_write(cls, method: str, path: str) -> bool:
        return method in cls.writes and re.match(cls.writes[method], path) is not None
