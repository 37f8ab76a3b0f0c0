"""Contacts on their way to a made-up CRM."""

from __future__ import annotations

from gurney.records import OperationKey, Outcome, Value, Write
from gurney.store.runs import Run
from gurney.store.store import Store


def key(id: str, part: int = 0, map: str = "Z1") -> OperationKey:
    return OperationKey(map, "patients", id, part)


def contact(id: str, part: int = 0, **more: object) -> Write:
    """A creation of a contact that stands for patient `id`."""
    fields: dict[str, Value] = {"Last_Name": f"Name of {id}", "Cliniko_ID": id}
    about = {"key_field": "Cliniko_ID", "key_value": id, "fields": fields, **more}
    return Write(key(id, part), "Contacts", **about)  # type: ignore[arg-type]


def create(store: Store, run: Run, *ids: str) -> None:
    """Bring patients to the destination; '7' becomes 'zoho-7'."""
    writes = [contact(id) for id in ids]
    store.ledger.intend(run, writes)
    store.ledger.conclude(run, [Outcome.done(write.key, f"zoho-{write.key.id}") for write in writes])
