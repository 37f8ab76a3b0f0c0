"""The sample clinic on both sides: its files as the vendor would answer them, and what stands in the CRM."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from processes import Gurney, RunningTwin, running_twin, shell, up_to_sample

Row = dict[str, Any]
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "clinic-harbour"
OBJECTS = (
    "Contacts", "Accounts", "Leads", "Products", "Events", "Tasks", "Notes", "Attachments", "Locations",
    "Appointment_Types", "Invoice_History",
)  # fmt: skip
STAFF = ("grace.jones", "frontdesk", "jose.oconnell+physio", "david.brown", "john.smith")
"""Who of the clinic has a user in the CRM, at harbour.example.org: a practitioner who came back, two who share an
address, one with a plus in it, one who left, and an ordinary one. All others go to the fallback owner."""
FALLBACK = "admin@example.com"
PIECE = re.compile(r"\[cliniko:(\w+):(\d+)(?: (\w+))? (\d+)/(\d+)\]")


def linked(row: Row, name: str) -> str:
    """The id that a relation points to; '' where there is none."""
    relation = row.get(name)
    return relation["links"]["self"].split("?")[0].rsplit("/", 1)[-1] if relation else ""


@dataclass
class Clinic:
    """The clinic's files. Lines end with a line feed alone: values may hold other separators."""

    folder: Path

    @cached_property
    def manifest(self) -> Row:
        return json.loads((self.folder / "manifest.json").read_bytes())

    @cached_property
    def settings(self) -> Row:
        return json.loads((self.folder / "settings_public.json").read_bytes())

    @cached_property
    def _read(self) -> dict[str, dict[str, Row]]:
        return {}

    def rows(self, resource: str) -> dict[str, Row]:
        if resource not in self._read:
            lines = gzip.decompress((self.folder / f"{resource}.jsonl.gz").read_bytes()).split(b"\n")
            self._read[resource] = {row["id"]: row for row in map(json.loads, filter(None, lines))}
        return self._read[resource]

    def of(self, resource: str, relation: str, id: str) -> list[Row]:
        return [row for row in self.rows(resource).values() if linked(row, relation) == id]


@dataclass
class Story:
    """What was there before, after the load, and after the rollback."""

    gurney: Gurney
    clinic: RunningTwin
    crm: RunningTwin
    before: dict[str, list[Row]]
    documents: dict[str, Any] = field(default_factory=dict)
    loaded: dict[str, list[Row]] = field(default_factory=dict)
    after: dict[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def there(self) -> Crm:
        return Crm(self.loaded)

    def report(self, name: str) -> Any:
        """A stage's report as the workspace keeps it."""
        return json.loads((self.gurney.workspace / "reports" / f"{name}.json").read_bytes())


def dumps(crm: RunningTwin) -> dict[str, list[Row]]:
    there = crm.state()
    return {object: crm.dump(object) for object in OBJECTS if object in there}


@contextmanager
def tell(clinic_folder: Path, folder: Path) -> Iterator[Story]:
    """Move the clinic verb by verb, each a process, and take everything back."""
    users = [word for name in STAFF for word in ("--user", f"{name}@harbour.example.org")]
    with (
        running_twin("cliniko", "--load", str(clinic_folder), "--unlimited") as clinic,
        running_twin("zoho", "--unlimited", *users) as crm,
    ):
        gurney = shell(folder, clinic, crm)
        told = Story(gurney, clinic, crm, dumps(crm))
        up_to_sample(gurney, fallback=FALLBACK)
        told.documents["run"] = gurney("run")
        told.documents["reconcile"] = gurney("reconcile")
        told.documents["status"] = gurney("status")
        told.loaded = dumps(crm)
        told.documents["log"] = gurney("log", "verify")
        told.documents["rollback"] = gurney("rollback", "--yes")
        told.after = dumps(crm)
        yield told


class Crm:
    """What stands in the CRM, found by the clinic's own ids."""

    def __init__(self, loaded: dict[str, list[Row]]) -> None:
        self._loaded = loaded
        self._by_key: dict[tuple[str, str], dict[str, Row]] = {}
        self._pieces: dict[tuple[str, str, str], dict[int, Row]] = defaultdict(dict)
        for note in loaded["Notes"]:
            found = PIECE.search(note["Note_Title"])
            assert found, "a note without a mark"
            object, id, about, number, count = found.groups()
            self._pieces[object, id, about or ""][int(number)] = {**note, "count": int(count)}

    def rows(self, object: str) -> list[Row]:
        return self._loaded[object]

    def keyed(self, object: str, key: str) -> dict[str, Row]:
        """Records by one of our key fields; a key that occurs twice is an error."""
        if (object, key) not in self._by_key:
            rows = [row for row in self._loaded[object] if row.get(key)]
            self._by_key[object, key] = {row[key]: row for row in rows}
            assert len(self._by_key[object, key]) == len(rows), f"a {key} stands on two records"
        return self._by_key[object, key]

    @property
    def patients(self) -> dict[str, Row]:
        return self.keyed("Contacts", "Cliniko_Patient_ID")

    @property
    def contacts(self) -> dict[str, Row]:
        return self.keyed("Contacts", "Cliniko_Contact_ID")

    @property
    def payers(self) -> dict[str, Row]:
        return self.keyed("Accounts", "Cliniko_Contact_ID")

    @property
    def meetings(self) -> dict[str, Row]:
        return self.keyed("Events", "Cliniko_Appointment_ID")

    @property
    def attendances(self) -> dict[str, Row]:
        return self.keyed("Tasks", "Cliniko_Attendee_ID")

    @property
    def invoices(self) -> dict[str, Row]:
        return self.keyed("Invoice_History", "Cliniko_Invoice_ID")

    @property
    def locations(self) -> dict[str, Row]:
        return self.keyed("Locations", "Cliniko_Business_ID")

    @property
    def types(self) -> dict[str, Row]:
        return self.keyed("Appointment_Types", "Cliniko_Type_ID")

    @cached_property
    def files(self) -> dict[str, Row]:
        """Attachments by the clinic's id, which stands in their names."""
        found = {re.search(r"_cliniko-(\d+)", row["File_Name"]): row for row in self._loaded["Attachments"]}
        return {match[1]: row for match, row in found.items() if match}

    def pieces(self, object: str, id: str, about: str = "") -> list[Row]:
        """The pieces of one text in their order; none may be missing."""
        pieces = self._pieces.get((object, id, about), {})
        assert sorted(pieces) == list(range(1, len(pieces) + 1))
        assert all(piece["count"] == len(pieces) for piece in pieces.values())
        return [pieces[number] for number in sorted(pieces)]

    def text(self, object: str, id: str, about: str = "") -> str:
        return "".join(piece["Note_Content"] for piece in self.pieces(object, id, about))

    def noted(self, object: str) -> set[str]:
        """Ids of the records of an object that have a note of their own."""
        return {id for kind, id, about in self._pieces if kind == object and not about}
