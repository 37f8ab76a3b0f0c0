"""Contacts: one call each, duplicates by the location's rules, reads by id (FACTS 4)."""

from __future__ import annotations

from typing import Any

from gurney.twins.highlevel import contact_shapes, deleting
from gurney.twins.highlevel.account import Account
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.contact_shapes import CREATE, UPSERT, created, full, read, update_shape
from gurney.twins.highlevel.refusals import Refused, bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "contacts.readonly", "contacts.write"
CREATED_422 = "created_422"
"""Attribute of a request: the fault of that name has met it."""


def found(call: Call, name: str = "contactId") -> Row:
    """The contact of the route. Raises Refused: unknown ones are 400, not 404 (FACTS 4)."""
    return known(call, call.param(name))


def known(call: Call, id: str) -> Row:
    row = call.account["contacts"].get(id)
    if row is None:
        raise bad(f"Contact with id {id} not found")
    return row


def check_duplicate(call: Call, values: Row, but: str | None = None) -> None:
    """Where duplicates are not allowed, the other contact is named. Raises Refused (FACTS 14)."""
    account = call.account
    if account.row["settings"]["allowDuplicateContact"]:
        return
    match = account.directory.match(values, but)
    if match is None:
        return
    other = account["contacts"].get(match[0]) or {}
    meta = {"contactId": match[0], "contactName": contact_shapes.whole_name(other), "matchingField": match[1]}
    raise Refused(400, "This location does not allow duplicated contacts.", meta=meta)


def store(call: Call, values: Row) -> Row:
    """A new contact with values that are checked."""
    account, now = call.account, call.account.now()
    row: dict[str, Any] = {
        "id": call.world.ids.short(), "locationId": account.id, "type": "lead", "dnd": False, "tags": [],
        "followers": [], "additionalEmails": [], "additionalPhones": [], "dateAdded": now, "dateUpdated": now,
        "createdBy": {"source": "INTEGRATION" if call.access.is_pit else "PUBLIC_API", "channel": "OAUTH",
                      "sourceId": call.access.user, "timestamp": now},
    }  # fmt: skip
    row |= {name: value for name, value in values.items() if value is not None and name != "locationId"}
    account.add("contacts", row)
    account.directory.enter(row)
    for tag in row["tags"]:
        remember_tag(call, tag)
    account.run_automations("contact_created", row["id"])
    return row


def alter(account: Account, row: Row, values: Row) -> Row:
    """Other values for a contact."""
    account.directory.strike(row)
    account.change("contacts", row["id"], {**values, "dateUpdated": account.now()})
    account.directory.enter(row)
    return row


def remember_tag(call: Call, name: str) -> Row:
    """The location's tag of a name; made when there is none."""
    tags = call.account["tags"]
    row = next((one for one in tags if one["name"] == name), None)
    return row or tags.add({"id": call.world.ids.short(), "name": name, "locationId": call.account.id})


@routes.on("POST /contacts", WRITE)
def create(call: Call) -> Answer:
    """201; 400 for a duplicate; with the fault created_422 a refusal that is none (FACTS 0.8)."""
    body = call.body()
    values = read(call, body, CREATE[call.is_v3])
    call.same_location(values["locationId"])
    check_duplicate(call, values)
    row = store(call, values)
    if getattr(call.request, CREATED_422, False):
        raise invalid(["Unprocessable Entity"])
    return call.ok({"contact": created(call, row)}, 201)


@routes.on("POST /contacts/upsert", WRITE)
def upsert(call: Call) -> Answer:
    """Overwrites whoever has the e-mail or phone, in the order of the preferences (FACTS 0.1)."""
    values = read(call, call.body(), UPSERT[call.is_v3])
    call.same_location(values.pop("locationId"))
    wants_new = values.pop("createNewIfDuplicateAllowed", False)
    if not values.get("email") and not values.get("phone"):
        raise bad("Email or phone number is required")
    account = call.account
    match = account.directory.match(values)
    if match is None or (wants_new and account.row["settings"]["allowDuplicateContact"]):
        return call.ok({"new": True, "contact": full(call, store(call, values))})
    other = "phone" if match[1] == "email" else "email"
    if account.directory.bearer(other, values.get(other), but=match[0]) is not None:
        values.pop(other, None)  # a third contact has it: ignored (FACTS 4, upsert description)
    row = known(call, match[0])
    return call.ok({"new": False, "contact": full(call, alter(account, row, values))})


@routes.on("GET /contacts/{contactId}", READ)
def get(call: Call) -> Answer:
    """Immediate, in the names' own case."""
    return call.ok({"contact": full(call, found(call))})


@routes.on("PUT /contacts/{contactId}", WRITE)
def change(call: Call) -> Answer:
    """Only what is given; tags are replaced as a whole. No `locationId` (FACTS 4)."""
    row = found(call)
    values = read(call, call.body(), update_shape(call))
    if call.switch("update_duplicates") == "refuse":
        new = {name: values[name] for name in ("email", "phone") if values.get(name) not in (None, row.get(name))}
        check_duplicate(call, new, but=row["id"])
    for tag in values.get("tags") or ():
        remember_tag(call, tag)
    if "tags" in values:
        values["tags"] = values["tags"] or []
    if "dndSettings" in values and call.switch("dnd_update") == "merge":
        values["dndSettings"] = row.get("dndSettings", {}) | values["dndSettings"]
    alter(call.account, row, values)
    said = {"succeded": True, "succeeded": True} if call.is_v3 else {"succeded": True}
    return call.ok({**said, "contact": full(call, row)})


@routes.on("DELETE /contacts/{contactId}", WRITE)
def delete(call: Call) -> Answer:
    """With notes, tasks, appointments and opportunities; records of objects stay (FACTS 15)."""
    deleting.contact(call.account, found(call))
    return call.succeeded()
