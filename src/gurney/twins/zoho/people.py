"""Users: found, invited, changed, deleted (FACTS 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import available_timezones

from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer
from gurney.twins.zoho.call import Call, Routes
from gurney.twins.zoho.reading import modified_since, numbered_page
from gurney.twins.zoho.refusals import Refused, error, missing, no_permission, success
from gurney.twins.zoho.values import EMAIL
from gurney.twins.zoho.world import Person, World, full_name

routes = Routes()
MANAGE = "Crm_Implied_Manage_Users"
KINDS: dict[str, Callable[[World, Row], bool]] = {
    "AllUsers": lambda world, user: True,
    "ActiveUsers": lambda world, user: user["status"] == "active",
    "DeactiveUsers": lambda world, user: user["status"] == "disabled",
    "DeletedUsers": lambda world, user: user["status"] == "deleted",
    "ConfirmedUsers": lambda world, user: user["confirm"],
    "NotConfirmedUsers": lambda world, user: not user["confirm"],
    "ActiveConfirmedUsers": lambda world, user: user["status"] == "active" and user["confirm"],
    "AdminUsers": lambda world, user: world.is_admin(user),
    "ActiveConfirmedAdmins": lambda world, user: world.may_own(user["id"]) and world.is_admin(user),
}


def shown_user(call: Call, user: Row) -> dict[str, Any]:
    """A user as the vendor shows one."""
    world = call.world
    profile = next(p for p in world.profiles if p.id == user["profile"])
    role = next(r for r in world.roles if r.id == user["role"])
    admin = world.user_named(world.admin["id"])
    empty = dict.fromkeys((
        "$shift_effective_from", "$current_shift", "$next_shift", "state", "fax", "zip", "phone", "dob", "city",
        "signature", "street", "alias", "status_reason__s", "website", "mobile",
    ))  # fmt: skip
    return {
        **empty,
        "id": user["id"],
        "email": user["email"],
        "first_name": user["first_name"] or "",
        "last_name": user["last_name"],
        "full_name": full_name(user),
        "status": user["status"],
        "confirm": user["confirm"],
        "role": {"name": role.name, "id": role.id},
        "profile": {"name": profile.name, "id": profile.id},
        "zuid": user["zuid"],
        "time_zone": user["time_zone"],
        "type__s": "Regular User",
        "customize_info": dict.fromkeys(("notes_desc", "show_right_panel", "bc_view", "unpin_recent_item")),
        "country": "AU",
        "country_locale": "en_AU",
        "language": "en_GB",
        "locale": "en_GB",
        "microsoft": False,
        "sandboxDeveloper": False,
        "personal_account": False,
        "Isonline": False,
        "default_tab_group": "0",
        "decimal_separator": "Period",
        "number_separator": "Comma",
        "time_format": "hh:mm a",
        "date_format": "dd/MM/yyyy",
        "name_format__s": "Salutation,First Name,Last Name",
        "sort_order_preference__s": "First Name,Last Name",
        "created_time": call.shown(user["created_time"]),
        "Modified_Time": call.shown(user["modified_time"]),
        "created_by": admin,
        "Modified_By": admin,
    }


@routes.on("GET", "/users", "ZohoCRM.users.READ")
def list_users(call: Call) -> Answer:
    """Users of a type, 200 a page."""
    kind = call.query("type") or "AllUsers"
    since = modified_since(call)
    if kind == "CurrentUser":
        return Answer(200, {"users": [shown_user(call, call.user)]})
    if kind not in KINDS:
        details = {"param_name": "type", "supported_values": [*KINDS, "CurrentUser"]}
        raise Refused(400, "INVALID_DATA", "invalid data", details)
    fits = KINDS[kind]
    users = [user for user in call.world.users if fits(call.world, user)]
    if since is not None:
        users = [user for user in users if user["modified_time"] >= since]
        if not users:
            return Answer(304)
    return numbered_page(call, [shown_user(call, user) for user in users], "users")


@routes.on("GET", "/users/actions/count", "ZohoCRM.users.READ")
def count_users(call: Call) -> Answer:
    """How many users of a type."""
    fits = KINDS.get(call.query("type") or "AllUsers", KINDS["AllUsers"])
    return Answer(200, {"count": sum(fits(call.world, user) for user in call.world.users)})


@routes.on("GET", "/users/{id}", "ZohoCRM.users.READ")
def one_user(call: Call) -> Answer:
    """A user by id."""
    user = call.world.users.get(call.param("id"))
    return Answer(200, {"users": [shown_user(call, user)]}) if user else Answer(204)


@routes.on("POST", "/users", "ZohoCRM.users.CREATE")
def invite(call: Call) -> Answer:
    """One user a call, invited by e-mail; a password cannot be set (FACTS 7)."""
    if not call.world.is_admin(call.user):
        raise no_permission(MANAGE)
    order = call.listed("users", 1)[0]
    refused = _refusal(call, order if isinstance(order, dict) else {})
    if refused is not None:
        return Answer(400, {"users": [refused]})
    world = call.world
    user = world.add_user(
        str(order["email"]).lower(),
        "",
        _person(world.profiles, order["profile"]) or world.profiles[1],
        _person(world.roles, order["role"]) or world.roles[1],
        confirmed=False,
    )
    world.users.change(user["id"], {"first_name": order.get("first_name"), "last_name": order["last_name"]})
    return Answer(201, {"users": [success("User added", {"id": user["id"]})]})


def _refusal(call: Call, order: dict[str, Any]) -> dict[str, Any] | None:
    world = call.world
    for name in ("last_name", "email", "role", "profile"):
        if not order.get(name):
            return missing(name, f"$.users[0].{name}").element
    for name in ("first_name", "last_name", "email"):
        if not isinstance(order.get(name) or "", str):
            return error("INVALID_DATA", "invalid data", {"api_name": name, "expected_data_type": "text"})
    at = {"api_name": "email", "json_path": "$.users[0].email"}
    if not EMAIL.fullmatch(str(order["email"])):
        return error("INVALID_DATA", "Invalid Email Id. Please choose a different email id", at)
    if world.users.by("email", order["email"]) is not None:
        return error("DUPLICATE_DATA", "Failed to add user since same email id is already present", at)
    for name, known in (("role", world.roles), ("profile", world.profiles)):
        if _person(known, order[name]) is None:
            details = {"api_name": name, "json_path": f"$.users[0].{name}"}
            return error("INVALID_DATA", "the id given seems to be invalid", details)
    if sum(user["status"] == "active" for user in world.users) >= world.licences:
        words = "Request exceeds your license limit. Need to upgrade in order to add a user"
        return error("LICENSE_LIMIT_EXCEEDED", words, {"limit": world.licences})
    return None


def _person(known: list[Person], given: Any) -> Person | None:
    id = given.get("id") if isinstance(given, dict) else given
    return next((person for person in known if person.id == id), None)


@routes.on("PUT", "/users/{id}", "ZohoCRM.users.UPDATE")
def change_user(call: Call) -> Answer:
    """Names, time zone, status (active, disabled)."""
    if not call.world.is_admin(call.user):
        raise no_permission(MANAGE)
    user = call.world.users.get(call.param("id"))
    order = call.listed("users", 1)[0]
    if user is None or not isinstance(order, dict):
        return Answer(400, {"users": [error("INVALID_DATA", "the id given seems to be invalid", {})]})
    changes = {name: order[name] for name in ("first_name", "last_name", "time_zone", "status") if name in order}
    if any(not isinstance(value, str) for value in changes.values()):
        return Answer(400, {"users": [error("INVALID_DATA", "invalid data", {"expected_data_type": "text"})]})
    if changes.get("time_zone", "UTC") not in available_timezones():
        return Answer(400, {"users": [error("INVALID_DATA", "Give a proper time zone value", {})]})
    if changes.get("status", "active") not in ("active", "disabled"):
        return Answer(400, {"users": [error("INVALID_DATA", "invalid data", {"api_name": "status"})]})
    call.world.users.change(user["id"], changes)
    call.world.users.change(user["id"], {"modified_time": call.world.now()})
    return Answer(200, {"users": [success("User updated", {"id": user["id"]})]})


@routes.on("DELETE", "/users/{id}", "ZohoCRM.users.DELETE")
def delete_user(call: Call) -> Answer:
    """The user stays known, as deleted; records keep their owner."""
    if not call.world.is_admin(call.user):
        raise no_permission(MANAGE)
    user = call.world.users.get(call.param("id"))
    if user is None:
        return Answer(400, {"users": [error("INVALID_DATA", "the id given seems to be invalid", {})]})
    if user["id"] == call.world.admin["id"]:
        return Answer(400, {"users": [error("NOT_ALLOWED", "Primary contact cannot be deleted", {})]})
    if user["status"] == "deleted":
        return Answer(400, {"users": [error("ID_ALREADY_DELETED", "User is already deleted", {})]})
    call.world.users.change(user["id"], {"status": "deleted", "modified_time": call.world.now()})
    return Answer(200, {"users": [success("User deleted", {"id": user["id"]})]})
