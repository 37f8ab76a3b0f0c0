"""Users, roles and permission sets as the API shows them (v1; FACTS 3.9)."""

from __future__ import annotations

from typing import Any

from gurney.twins.kit.wire import Answer
from gurney.twins.pipedrive.call import Call, Routes, ok
from gurney.twins.pipedrive.paging import offset_page, paged
from gurney.twins.pipedrive.refusals import Refused, no_right, not_found, plain
from gurney.twins.pipedrive.shelf import Row

routes = Routes()
NO_USER = "User not found or not accessible."
SEE_OTHERS = "can_see_other_users"


def _visible(call: Call) -> list[Row]:
    """All users, or the caller alone where others may not be seen."""
    company = call.world.company
    if company.may(call.user, SEE_OTHERS):
        return list(company.users.values())
    return [call.user]


def _found(call: Call) -> Row:
    """The user of the route. Raises Refused in the words of users."""
    user = next((user for user in _visible(call) if user["id"] == call.id()), None)
    if user is None:
        raise Refused(404, {"error": NO_USER})
    return user


def _admins_only(call: Call) -> None:
    if not call.world.company.is_admin(call.user):
        raise no_right()


@routes.on("GET /v1/users")
def list_users(call: Call) -> Answer:
    """All at once."""
    return ok([call.world.company.shown(user, call.user) for user in _visible(call)])


@routes.on("GET /v1/users/find")
def find_users(call: Call) -> Answer:
    """By name, or by e-mail with `search_by_email=1`."""
    term = (call.query("term") or "").casefold()
    if not term:
        raise plain(400, "Search term is required")
    key = "email" if call.flag("search_by_email") else "name"
    hits = [user for user in _visible(call) if term in user[key].casefold()]
    return ok([call.world.company.shown(user, call.user) for user in hits])


@routes.on("GET /v1/users/me")
def me(call: Call) -> Answer:
    """The caller and the company, its domain among it."""
    return ok(call.world.company.me(call.user))


@routes.on("GET /v1/users/{id}")
def get_user(call: Call) -> Answer:
    """One."""
    return ok(call.world.company.shown(_found(call), call.user))


@routes.on("GET /v1/users/{id}/permissions")
def permissions(call: Call) -> Answer:
    """What all permission sets of a user add up to."""
    return ok(call.world.company.permissions(_found(call)))


@routes.on("POST /v1/users")
def invite(call: Call) -> Answer:
    """By e-mail; the invited takes a seat (FACTS 3.9)."""
    _admins_only(call)
    body, company = call.body(), call.world.company
    email = body.get("email")
    if not isinstance(email, str) or "@" not in email:
        raise plain(400, "Email is required")
    if company.by_email(email) is not None:
        raise plain(400, "User with this email already exists")
    access = body.get("access") or []
    admin = isinstance(access, list) and any(isinstance(one, dict) and one.get("admin") is True for one in access)
    user = company.add(email, admin=admin, activated=False)
    user["active_flag"] = body.get("active_flag") is not False
    call.world.count_seats()
    return ok(company.shown(user, call.user))


@routes.on("PUT /v1/users/{id}")
def change_user(call: Call) -> Answer:
    """Only `active_flag`."""
    _admins_only(call)
    user, active = _found(call), call.body().get("active_flag")
    if not isinstance(active, bool):
        raise plain(400, "active_flag is required")
    user["active_flag"] = active
    call.world.count_seats()
    return ok(call.world.company.shown(user, call.user))


# Permission sets and roles


def _set_shown(call: Call, one: dict[str, Any]) -> dict[str, Any]:
    company = call.world.company
    count = sum(company.set_of(user, one["app"])["id"] == one["id"] for user in company.users.values())
    return {**one, "assignment_count": count}


@routes.on("GET /v1/permissionSets")
def list_sets(call: Call) -> Answer:
    """All, perhaps of one app."""
    app = call.query("app")
    return ok([_set_shown(call, one) for one in call.world.company.sets.values() if app in (None, one["app"])])


@routes.on("GET /v1/permissionSets/{id}")
def get_set(call: Call) -> Answer:
    """One with what it permits; without an envelope, as the document has it."""
    company = call.world.company
    found = next((one for one in company.sets.values() if one["id"] == call.param("id")), None)
    if found is None:
        raise not_found("Permission set", call.version)
    holder = next((user for user in company.users.values() if company.set_of(user, found["app"]) is found), None)
    contents = [name for name, on in company.permissions(holder).items() if on] if holder else []
    return Answer(200, {**_set_shown(call, found), "contents": contents})


@routes.on("GET /v1/roles")
def list_roles(call: Call) -> Answer:
    """The one role that a new company has."""
    role = {
        "id": 1, "parent_role_id": None, "name": "(Unassigned users)", "active_flag": True,
        "assignment_count": str(len(call.world.users)), "sub_role_count": "0", "level": 1,
    }  # fmt: skip
    return paged(*offset_page(call, [role]))
