"""Contacts: e-mails, accounts, lifecycle stage and status (FACTS 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from gurney.twins.freshsales.drafts import Draft
from gurney.twins.freshsales.entities import Entity, Match
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.showing import shown_contact
from gurney.twins.freshsales.values import id_in
from gurney.twins.freshsales.world import World

EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


def _emails(draft: Draft, given: Any) -> None:
    """A text, texts, or objects with `_destroy` for edits (FACTS 3)."""
    if given is None or given == "":
        draft.values["emails"] = []
        return
    items = given if isinstance(given, list) else [given]
    wanted = [_wanted(draft, item) for item in items]
    if any(one is None for one in wanted):
        draft.complain("The type for emails is invalid.")
        return
    kept = list(draft.get("emails") or ())
    if draft.world.switches["emails_on_update"] == "replace" and not any(isinstance(item, dict) for item in items):
        kept = []
    for at, one in enumerate(wanted):
        kept = _merged(draft, kept, one or {}, is_first=at == 0)
    if kept and not any(one["is_primary"] for one in kept):
        kept[0] = {**kept[0], "is_primary": True}
    draft.values["emails"] = kept


def _wanted(draft: Draft, item: Any) -> Row | None:
    """What one item asks for; None when it is of a wrong type."""
    if isinstance(item, str):
        return {"value": item}
    if isinstance(item, dict) and draft.world.switches["email_objects"] == "accept":
        return item if isinstance(item.get("value"), str) or "id" in item else None
    return None


def _merged(draft: Draft, kept: list[Row], wanted: Row, *, is_first: bool) -> list[Row]:
    """The e-mails after one item; a text that comes first is the primary one."""
    value, id = wanted.get("value"), id_in(wanted.get("id"))
    old = next(
        (one for one in kept if one["id"] == id or (value and one["value"].casefold() == value.casefold())), None
    )
    if wanted.get("_destroy") is True:
        return [one for one in kept if one is not old]
    if old is None and value is None:
        return kept
    value = value or (old or {})["value"]
    if not EMAIL.fullmatch(value) and draft.world.switches["bad_email"] == "refuse":
        draft.complain("Email is invalid")
        return kept
    primary = bool(wanted.get("is_primary", is_first if "is_primary" not in wanted and len(wanted) == 1 else False))
    if primary:
        kept = [{**one, "is_primary": False} for one in kept]
    made = {
        "id": old["id"] if old else draft.world.next("email"), "value": value,
        "is_primary": primary or bool(old and old["is_primary"] and wanted.get("is_primary") is not False),
        "label": wanted.get("label", old["label"] if old else None), "_destroy": False,
    }  # fmt: skip
    if old is None:
        return [*kept, made]
    return [made if one["id"] == old["id"] else one for one in kept]


def _email(draft: Draft, given: Any) -> None:
    """The scalar beside the list: the list wins."""
    if "emails" not in draft.values:
        _emails(draft, given)


def tags(draft: Draft, given: Any) -> None:
    """A list of texts; a list that is sent replaces the old one (switch lists_on_update)."""
    if given is None:
        given = []
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        draft.complain("The type for tags is invalid.")
        return
    old = draft.get("tags") or [] if draft.world.switches["lists_on_update"] == "add" else []
    draft.values["tags"] = list(dict.fromkeys([*old, *given]))


def _phones(draft: Draft, given: Any) -> None:
    items = given or []
    if not isinstance(items, list) or not all(
        isinstance(one, dict) and isinstance(one.get("value"), str) for one in items
    ):
        draft.complain("The type for phone_numbers is invalid.")
        return
    draft.values["phone_numbers"] = [
        {"id": draft.world.next("email"), "value": one["value"], "label": one.get("label"), "_destroy": False}
        for one in items
        if one.get("_destroy") is not True
    ]


def _accounts(draft: Draft, given: Any) -> None:
    """A list of objects with ids; another type has its own words (FACTS 3, recorded)."""
    items = given if given is not None else []
    if not isinstance(items, list) or not all(isinstance(one, dict) and "id" in one for one in items):
        draft.complain("The type for sales_accounts is invalid.")
        return
    accounts = draft.world.shelves["sales_accounts"]
    known = [one for one in items if accounts.live(id_in(one["id"])) is not None]
    if len(known) < len(items) and draft.world.switches["unknown_reference"] == "refuse":
        draft.complain("Sales accounts is invalid")
    old = draft.get("sales_accounts") or [] if draft.world.switches["lists_on_update"] == "add" else []
    ids = list(dict.fromkeys([*(one["id"] for one in old), *(id_in(one["id"]) for one in known)]))
    otherwise = ids[0] if ids and draft.world.switches["primary_account"] == "first" else None
    primary = next((id_in(one["id"]) for one in known if one.get("is_primary") is True), otherwise)
    draft.values["sales_accounts"] = [{"id": id, "is_primary": id == primary} for id in ids]


def _settle(draft: Draft) -> None:
    _stage(draft)
    policy = draft.world.switches["identifier"]
    if draft.world.switches["last_name_required"] == "yes":
        draft.need("last_name")
    if any("mail" in one or "xternal" in one for one in draft.problems):
        return
    if policy == "email" and not draft.get("emails"):
        draft.complain("Email can't be blank")
    known_by_mobile = draft.world.switches["mobile_unique"] == "yes" and draft.get("mobile_number")
    if policy == "any" and not (draft.get("emails") or draft.get("external_id") or known_by_mobile):
        draft.complain("At least one unique identifier is needed: Email, External ID")


def _stage(draft: Draft) -> None:
    """Stage and status go together: a status belongs to one stage (FACTS 3)."""
    world, stage, status = draft.world, draft.values.get("lifecycle_stage_id"), draft.values.get("contact_status_id")
    stages = world.catalogue["lifecycle_stages"]
    if status is not None:
        owner = (world.choice("contact_statuses", status) or {}).get("lifecycle_stage_id")
        if stage is not None and stage != owner and world.switches["status_mismatch"] == "refuse":
            draft.complain("Contact status is invalid")
        draft.values["lifecycle_stage_id"] = stage if stage is not None else owner
    elif stage is not None or draft.is_new:
        chosen = world.choice("lifecycle_stages", stage) or stages[0]
        if draft.is_new or chosen["id"] != draft.old.get("lifecycle_stage_id"):
            draft.values |= {"lifecycle_stage_id": chosen["id"], "contact_status_id": chosen["contact_status_ids"][0]}


def _uniques(world: World, row: Row) -> Iterable[Match]:
    if world.switches["email_unique"] == "yes":
        every = world.switches["unique_emails"] == "all"
        values = [one["value"].casefold() for one in row.get("emails", ()) if every or one["is_primary"]]
        yield "email" if every else "primary_email", "Email", values
    if "external_id" in row:
        yield "external_id", "External ID", (row["external_id"].strip().casefold(),)
    if "mobile_number" in row and world.switches["mobile_unique"] == "yes":
        yield "mobile_number", "Mobile", (row["mobile_number"].strip().casefold(),)


CONTACTS = Entity(
    name="contacts",
    root="contact",
    special={"emails": _emails, "email": _email, "tags": tags, "phone_numbers": _phones, "sales_accounts": _accounts},
    settle=_settle,
    uniques=_uniques,
    show=shown_contact,
    matches=("id", "emails", "mobile_number", "external_id"),
)
