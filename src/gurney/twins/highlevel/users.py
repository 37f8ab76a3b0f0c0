"""Users: practitioners are found here, compared by e-mail in the client (FACTS 3)."""

from __future__ import annotations

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import AGENCY, BOTH, Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.refusals import bad, other_location
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "users.readonly", "users.write"
_own = {
    "companyId": checks.filled, "firstName": checks.filled, "lastName": checks.filled, "email": checks.email,
    "password": checks.filled, "phone": checks.text, "type": checks.one_of(["account", "agency"]),
    "role": checks.one_of(["admin", "user"]), "locationIds": checks.texts, "permissions": checks.record,
    "scopes": checks.texts, "scopesAssignedToOnly": checks.texts, "profilePhoto": checks.text,
    "twilioPhone": checks.record, "platformLanguage": checks.text,
}  # fmt: skip
NEEDED = ("companyId", "firstName", "lastName", "email", "password", "type", "role", "locationIds")
CREATE = Shape(_own, NEEDED)
CHANGE = Shape(_own)
BY_EMAIL = Shape(
    {"companyId": checks.filled, "emails": checks.filled, "deleted": checks.boolean, "skip": checks.text,
     "limit": checks.text, "projection": checks.text},
    ["companyId", "emails"],
)  # fmt: skip
SEARCH = ("companyId", "query", "skip", "limit", "locationId", "type", "role", "ids", "sort", "sortDirection",
          "enabled2waySync")  # fmt: skip


def _visible(call: Call) -> list[Row]:
    """The users that the token may see."""
    return call.world.users_in(call.place) if call.place else list(call.world.users.values())


def _found(call: Call) -> Row:
    row = next((user for user in _visible(call) if user["id"] == call.param("userId")), None)
    if row is None:
        raise call.missing("User")
    return row


@routes.on("GET /users", READ)
def of_location(call: Call) -> Answer:
    """Old, answering still: all users of the location, unpaged."""
    call.only("locationId")
    call.here()
    return call.ok({"users": _visible(call)})


@routes.on("GET /users/search", READ, by=BOTH)
def search(call: Call) -> Answer:
    """By name, e-mail or phone, 25 at a time."""
    call.only(*SEARCH)
    if call.needed("companyId") != call.world.company_id:
        raise other_location()
    location, words = call.query("locationId"), (call.query("query") or "").casefold()
    ids = (call.query("ids") or "").split(",")
    rows = [
        user
        for user in _visible(call)
        if (location is None or location in user["roles"]["locationIds"])
        and any(words in user[name].casefold() for name in ("name", "email", "phone"))
        and call.query("role") in (None, user["roles"]["role"])
        and call.query("type") in (None, user["roles"]["type"])
        and (ids == [""] or user["id"] in ids)
    ]
    skip, limit = call.number("skip", 0), call.number("limit", 25, 100)
    return call.ok({"users": rows[skip : skip + limit], "count": len(rows)})


@routes.on("POST /users/search/filter-by-email", READ, by=AGENCY)
def by_email(call: Call) -> Answer:
    """The agency's token only (FACTS 3)."""
    body = BY_EMAIL.read(call.body())
    emails = {one.strip().casefold() for one in body["emails"].split(",")}
    rows = [user for user in call.world.users.values() if user["email"].casefold() in emails]
    return call.ok({"users": rows, "count": len(rows)})


@routes.on("GET /users/{userId}", READ, by=BOTH)
def get(call: Call) -> Answer:
    return call.ok({name: value for name, value in _found(call).items() if name != "deleted"})


@routes.on("POST /users", WRITE, by=BOTH)
def create(call: Call) -> Answer:
    """Comes with a personal calendar in each of its locations (FACTS 3)."""
    body = CREATE.read(call.body())
    allowed = {call.place.id} if call.place else set(call.world.accounts)
    if body["companyId"] != call.world.company_id or not set(body["locationIds"]) <= allowed:
        raise other_location()
    if any(user["email"].casefold() == body["email"].casefold() for user in call.world.users.values()):
        raise bad("A user with the email already exists")
    names = (body["firstName"], body["lastName"])
    user = call.world.add_user(body["email"], role=body["role"], names=names, places=body["locationIds"])
    user["phone"] = body.get("phone", "")
    return call.ok({name: value for name, value in user.items() if name != "deleted"}, 201)


@routes.on("PUT /users/{userId}", WRITE, by=BOTH)
def change(call: Call) -> Answer:
    row, body = _found(call), CHANGE.read(call.body())
    row |= {name: body[name] for name in ("firstName", "lastName", "email", "phone") if name in body}
    row["name"] = f"{row['firstName']} {row['lastName']}"
    row["roles"] |= {name: body[name] for name in ("role", "type") if name in body}
    return call.ok({name: value for name, value in row.items() if name != "deleted"})


@routes.on("DELETE /users/{userId}", WRITE, by=BOTH)
def delete(call: Call) -> Answer:
    """Queued, says the vendor; here it is done."""
    del call.world.users[_found(call)["id"]]
    message = "Queued deleting user with e-mail"
    return call.ok({"succeded": True, "message": message} | ({"succeeded": True} if call.is_v3 else {}))
