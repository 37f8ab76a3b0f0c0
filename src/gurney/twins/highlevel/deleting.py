"""What goes with a record that is deleted, and what the vendor's own pages can bring back (FACTS 15)."""

from __future__ import annotations

from gurney.twins.highlevel.account import Account
from gurney.twins.kit.tables import Row

RESTORABLE_S = 60 * 86_400
CHILDREN = ("notes", "tasks", "appointments", "opportunities")


def contact(account: Account, row: Row) -> None:
    """A contact with its notes, tasks, appointments, opportunities and relations."""
    id = row["id"]
    for name in CHILDREN:
        for child in account[name].where("contactId", id):
            account.remove(name, child["id"])
    account.unrelate(id)
    account.directory.strike(row)
    account.remove("contacts", id)


def calendar(account: Account, id: str) -> None:
    """A calendar with its appointments."""
    for child in account["appointments"].where("calendarId", id):
        appointment(account, child["id"])
    account.remove("calendars", id)


def appointment(account: Account, id: str) -> None:
    """An appointment; its notes stay with the contact."""
    account.remove("appointments", id)


def pipeline(account: Account, id: str) -> None:
    """A pipeline with its opportunities (FACTS 11)."""
    for child in account["opportunities"].where("pipelineId", id):
        account.remove("opportunities", child["id"])
    account.remove("pipelines", id)


def record(account: Account, key: str, id: str) -> None:
    """A record of an object, for good, with its relations; what it was linked to stays."""
    account.unrelate(id)
    account.remove(key, id)


def restore_contact(account: Account, id: str, *, with_children: bool) -> None:
    """What a person does on the page "Restore". Raises KeyError."""
    name, row, at = account.deleted.pop(id)
    if name != "contacts":
        raise KeyError(id)
    account.add("contacts", row)
    account.directory.enter(row)
    if with_children:
        _bring_back(account, "contactId", id, at)


def restore_calendar(account: Account, id: str) -> None:
    """With the appointments deleted half an hour before or after it. Raises KeyError (FACTS 6)."""
    name, row, at = account.deleted.pop(id)
    if name != "calendars":
        raise KeyError(id)
    account.add("calendars", row)
    _bring_back(account, "calendarId", id, at)


def _bring_back(account: Account, by: str, id: str, at: float) -> None:
    wanted = [
        child for child, (of, row, then) in account.deleted.items()
        if of in CHILDREN and row.get(by) == id and abs(then - at) <= 1_800
    ]  # fmt: skip
    for child in wanted:
        name, row, _ = account.deleted.pop(child)
        account.add(name, row)
