"""Persons and organizations (FACTS 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gurney.twins.pipedrive import checks
from gurney.twins.pipedrive.call import Call
from gurney.twins.pipedrive.checks import Check
from gurney.twins.pipedrive.endpoints import routes_of
from gurney.twins.pipedrive.entities import Entity
from gurney.twins.pipedrive.refusals import Refused, Wrong, plain
from gurney.twins.pipedrive.shelf import Row
from gurney.twins.pipedrive.standard import CONTACT_SYNC, DELETE_CONTACTS, ORGANIZATION_EXTRAS, PERSON_EXTRAS
from gurney.twins.pipedrive.world import World

SYNC_NOTES_MOST = 10_000
READS = ("include_fields", "custom_fields", "include_option_labels", "include_labels")


def labels_of(name: str) -> Check:
    """Ids of labels, each an option of the object's label field."""

    def check(call: Call, value: Any) -> Any:
        known = call.world.schemas[name].standard["label_ids"]
        ids = checks.listed(checks.integer)(call, value)
        for index, id in enumerate(ids):
            if known.option(id) is None and call.world.switches["unknown_option"] == "refuse":
                raise Wrong(f"Option {id} does not exist", str(index))
        return ids

    return check


def _sync_only(call: Call, value: Any) -> Any:
    """Keys that exist only where contact sync is on (FACTS 3.3)."""
    raise sync_off()


def sync_off() -> Refused:
    return plain(403, "Contact sync is not enabled for the company.")


def _person_keys(world: World) -> Mapping[str, Check]:
    keys: dict[str, Check] = {
        "name": checks.filled,
        "owner_id": checks.owner,
        "org_id": checks.or_null(checks.link_to("organizations", "Organization")),
        "add_time": checks.moment,
        "emails": checks.emails,
        "phones": checks.contacts,
        "visible_to": checks.visibility,
        "label_ids": labels_of("persons"),
        "custom_fields": lambda call, value: call.world.schemas["persons"].read(call, value),
    }
    if world.switches["name_parts"] == "accept":
        keys |= {"first_name": checks.text, "last_name": checks.text}
    if world.switches["contact_sync"] == "off":
        return {**keys, **dict.fromkeys(CONTACT_SYNC, _sync_only)}
    return {
        **keys,
        "postal_address": checks.or_null(checks.address),
        "notes": checks.or_null(checks.text_up_to(SYNC_NOTES_MOST)),
        "im": checks.contacts,
        "birthday": checks.or_null(checks.day),
        "job_title": checks.or_null(checks.text),
    }


def names_of(name: str) -> tuple[str, str | None]:
    """First and last name as the vendor derives them: the last word, and all before it."""
    words = name.split()
    return (" ".join(words[:-1]), words[-1]) if len(words) > 1 else (name.strip(), None)


def _finish_person(call: Call, values: Row, before: Row | None) -> Row:
    if before is None:
        values.setdefault("visible_to", call.world.default_visibility())
        if "name" not in values and ("first_name" in values or "last_name" in values):
            values["name"] = " ".join(filter(None, (values.get("first_name"), values.get("last_name"))))
        if "name" not in values:
            raise Wrong("is required", "name")
    if "name" in values and not ("first_name" in values or "last_name" in values):
        values["first_name"], values["last_name"] = names_of(values["name"])
    return values


_EMPTY_PERSON: Row = {
    "id": None, "name": None, "first_name": None, "last_name": None, "add_time": None, "update_time": None,
    "visible_to": None, "custom_fields": {}, "owner_id": None, "label_ids": [], "org_id": None, "is_deleted": False,
    "picture_id": None, "phones": [], "emails": [],
}  # fmt: skip
_EMPTY_SYNCED: Row = {
    **_EMPTY_PERSON, "postal_address": None, "notes": None, "im": [], "birthday": None, "job_title": None,
}  # fmt: skip


PERSONS = Entity(
    name="persons",
    what="Person",
    writable=_person_keys,
    empty=lambda world: _EMPTY_PERSON if world.switches["contact_sync"] == "off" else _EMPTY_SYNCED,
    finish=_finish_person,
    only_new=("add_time",),
    relations={"org_id": "org_id", "deal_id": "deal.person_id"},
    params=("updated_until", *READS),
    get_params=READS,
    includes=PERSON_EXTRAS,
)


def _organization_keys(world: World) -> Mapping[str, Check]:
    return {
        "name": checks.filled,
        "owner_id": checks.owner,
        "add_time": checks.moment,
        "visible_to": checks.visibility,
        "label_ids": labels_of("organizations"),
        "address": checks.clearable(checks.address),
        "website": checks.or_null(checks.text),
        "linkedin": checks.or_null(checks.text),
        "industry": checks.or_null(checks.integer),
        "annual_revenue": checks.or_null(checks.integer),
        "employee_count": checks.or_null(checks.integer),
        "custom_fields": lambda call, value: call.world.schemas["organizations"].read(call, value),
    }


def _finish_organization(call: Call, values: Row, before: Row | None) -> Row:
    if before is None:
        values.setdefault("visible_to", call.world.default_visibility())
    return values


_EMPTY_ORGANIZATION: Row = {
    "id": None, "name": None, "add_time": None, "update_time": None, "visible_to": None, "custom_fields": {},
    "owner_id": None, "label_ids": [], "is_deleted": False, "address": None, "website": None, "linkedin": None,
    "industry": None, "annual_revenue": None, "employee_count": None,
}  # fmt: skip

ORGANIZATIONS = Entity(
    name="organizations",
    what="Organization",
    writable=_organization_keys,
    empty=lambda world: _EMPTY_ORGANIZATION,
    finish=_finish_organization,
    required=("name",),
    only_new=("add_time",),
    params=("updated_until", *READS),
    get_params=READS,
    includes=ORGANIZATION_EXTRAS,
)

routes = routes_of(PERSONS, None, None, DELETE_CONTACTS)
routes.all += routes_of(ORGANIZATIONS, None, None, DELETE_CONTACTS).all
