"""The sub-account itself: settings, time zones, tags, users (FACTS 3)."""

from __future__ import annotations

from zoneinfo import available_timezones

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import AGENCY, BOTH, Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contact_shapes import read_tags
from gurney.twins.highlevel.contacts import alter, remember_tag
from gurney.twins.highlevel.countries import COUNTRIES
from gurney.twins.highlevel.refusals import bad, other_location, told
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
TAG = Shape({"name": checks.filled}, ["name"])
_flags = ("allowDuplicateContact", "allowDuplicateOpportunity", "allowFacebookNameMerge", "disableContactTimezone")
_texts = ("name", "phone", "address", "city", "state", "postalCode", "website", "timezone")
UPDATE = Shape(
    {**dict.fromkeys(_texts, checks.text), "companyId": checks.filled, "country": checks.one_of(COUNTRIES),
     "settings": Shape(dict.fromkeys(_flags, checks.boolean)), "prospectInfo": checks.record,
     "social": checks.record, "twilio": checks.record, "mailgun": checks.record, "snapshot": checks.record},
    ["companyId"],
)  # fmt: skip


@routes.on("GET /locations/search", "locations.readonly", by=BOTH)
def search(call: Call) -> Answer:
    """For the agency; the specification lets locations ask too, but their tokens got 403 (FACTS 3)."""
    call.only("companyId", "skip", "limit", "order", "email")
    if call.place is not None:
        raise told(403, "Forbidden resource")
    skip, limit, email = call.number("skip", 0), call.number("limit", 10), call.query("email")
    rows = [one.row for one in call.world.accounts.values() if email in (None, one.row["email"])]
    return call.ok({"locations": rows[skip : skip + limit]})


@routes.on("GET /locations/{locationId}", "locations.readonly", by=BOTH)
def get(call: Call) -> Answer:
    """With the company's id, the time zone, and whether duplicates are allowed."""
    account = call.world.accounts.get(call.param("locationId"))
    if account is None or (call.place is not None and account is not call.place):
        raise other_location()
    return call.ok({"location": account.row})


@routes.on("PUT /locations/{locationId}", "locations.write", by=AGENCY)
def change(call: Call) -> Answer:
    """The agency may turn "Allow Duplicate Contact" on; no location may."""
    account = call.world.accounts.get(call.param("locationId"))
    values = UPDATE.read(call.body())
    if account is None or values.pop("companyId") != call.world.company_id:
        raise other_location()
    account.row["settings"] |= values.pop("settings", {})
    account.row |= {name: value for name, value in values.items() if name in (*_texts, "country")}
    return call.ok({name: value for name, value in account.row.items() if name not in ("business", "reseller")})


@routes.on("GET /locations/{locationId}/timezones", "locations.readonly", by=BOTH)
def timezones(call: Call) -> Answer:
    return call.ok({"timeZones": sorted(available_timezones())})


@routes.on("GET /locations/{locationId}/tags", "locations/tags.readonly")
def list_tags(call: Call) -> Answer:
    call.same_location(call.param("locationId"))
    return call.ok({"tags": list(call.account["tags"])})


@routes.on("POST /locations/{locationId}/tags", "locations/tags.write")
def create_tag(call: Call) -> Answer:
    call.same_location(call.param("locationId"))
    names = read_tags(call, [TAG.read(call.body())["name"]])
    if any(row["name"] == names[0] for row in call.account["tags"]):
        raise bad("The tag name is already exist.")
    return call.ok({"tag": remember_tag(call, names[0])})


def _tag(call: Call) -> Row:
    call.same_location(call.param("locationId"))
    row = call.account["tags"].get(call.param("tagId"))
    if row is None:
        raise call.missing("Tag")
    return row


@routes.on("GET /locations/{locationId}/tags/{tagId}", "locations/tags.readonly")
def get_tag(call: Call) -> Answer:
    return call.ok({"tag": _tag(call)})


@routes.on("PUT /locations/{locationId}/tags/{tagId}", "locations/tags.write")
def change_tag(call: Call) -> Answer:
    row = _tag(call)
    call.account["tags"].change(row["id"], {"name": read_tags(call, [TAG.read(call.body())["name"]])[0]})
    return call.ok({"tag": row})


@routes.on("DELETE /locations/{locationId}/tags/{tagId}", "locations/tags.write")
def delete_tag(call: Call) -> Answer:
    """Contacts lose it."""
    row = _tag(call)
    call.account["tags"].remove(row["id"])
    for contact in call.account["contacts"]:
        if row["name"] in contact["tags"]:
            alter(call.account, contact, {"tags": [tag for tag in contact["tags"] if tag != row["name"]]})
    return call.succeeded()
