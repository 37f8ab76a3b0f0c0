"""The clinic at work, through the back door: edits that no API call made, and so no journal shows.

Under the admin address: `POST edit {"object", "id", "fields"}`, `create {"object", "record"}`,
`delete {"object", "id"}`, `merge {"loser", "survivor"}`. As a fault, `staff_edit` does one such thing just
before a request is answered, so that lists change between two pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from gurney.twins.cliniko import shaping
from gurney.twins.cliniko.resources import resources
from gurney.twins.cliniko.store import Record, Store
from gurney.twins.cliniko.writing import Writing
from gurney.twins.kit.options import BadOption
from gurney.twins.kit.wire import Answer, Handler, Request

DEEDS = ("touch", "archive", "delete", "create")


class Staff:
    """Makes changes as people in the clinic would."""

    def __init__(self, store: Store, writing: Writing, seed: int) -> None:
        self._store = store
        self._writing = writing
        self._seed = seed
        self._chance = Random(seed)

    @property
    def actions(self) -> dict[str, Handler]:
        """The admin calls."""
        return {
            "POST edit": lambda request: Answer(200, self.edit(**_arguments(request, "object", "id", "fields"))),
            "POST create": lambda request: Answer(200, self.create(**_arguments(request, "object", "record"))),
            "POST delete": lambda request: Answer(200, self.delete(**_arguments(request, "object", "id"))),
            "POST merge": lambda request: Answer(200, self.merge(**_arguments(request, "loser", "survivor"))),
        }

    def edit(self, object: str, id: str, fields: Record) -> Record:
        """Set attributes of a record; NAME_id sets or (null) removes a relation. Moves updated_at unless given."""
        record = self._found(object, id)
        record["updated_at"] = self._writing.now()
        shaping.write(record, fields, self._store)
        if object in ("patients", "practitioners") and fields.keys() & {"first_name", "last_name"}:
            record["label"] = f"{record['first_name']} {record['last_name']}"
        self._writing.save(object, record)
        return record

    def create(self, object: str, record: Record) -> Record:
        """Add a record; what is not said is as on a new one. Stamps and id may be given."""
        resource = resources().get(object)
        if resource is None:
            raise BadOption(f"no object {object!r}; there are {', '.join(resources())}")
        id = str(record.get("id") or self._store.new_id())
        made = shaping.new_record(resource, id, self._writing.now())
        shaping.write(made, record, self._store)
        shaping.derive(object, made, self._store)
        self._writing.save(object, made)
        return made

    def delete(self, object: str, id: str) -> Record:
        """Remove a record for good: no sweep over updated_at will ever show it (FACTS 8)."""
        gone = self._found(object, id)
        self._store.drop(object, id, self._writing.time())
        return gone

    def merge(self, loser: str, survivor: str) -> Record:
        """Merge one patient into another: the loser is archived and names the survivor (FACTS 6.1)."""
        self._found("patients", survivor)
        now = self._writing.now()
        return self.edit("patients", loser, {"merged_at": now, "archived_at": now, "merged_with_patient_id": survivor})

    def interfere(self, request: Request, arguments: Mapping[str, Any]) -> None:
        """The fault `staff_edit`: `object`, and `deed` as touch, archive, delete or create."""
        object, deed = str(arguments.get("object", "patients")), str(arguments.get("deed", "touch"))
        if deed not in DEEDS:
            raise BadOption(f"staff_edit: no deed {deed!r}; there are {', '.join(DEEDS)}")
        rows = self._store.tables[object].ordered("created_at")
        if not rows:
            return
        record = self._chance.choice(rows).record()
        if deed == "touch":
            self.edit(object, record["id"], {})
        elif deed == "archive":
            self.edit(object, record["id"], {"archived_at": self._writing.now()})
        elif deed == "delete":
            self.delete(object, record["id"])
        else:
            self.create(object, {key: value for key, value in record.items() if key not in _OWN})

    def reset(self) -> None:
        """Start the same changes again."""
        self._chance = Random(self._seed)

    def _found(self, object: str, id: str) -> Record:
        record = self._store.find(object, str(id)) if object in self._store.tables else None
        if record is None:
            raise BadOption(f"no {object} {id}")
        return record


_OWN = ("id", "created_at", "updated_at", "links")


def _arguments(request: Request, *names: str) -> dict[str, Any]:
    body = request.json()
    return {name: body[name] for name in names}
