"""A contact's body on its way in, and its several shapes on the way out (FACTS 4.1, 4.2)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from gurney.twins.highlevel import checks, values
from gurney.twins.highlevel.call import Call
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.countries import COUNTRIES
from gurney.twins.highlevel.refusals import invalid, not_allowed
from gurney.twins.kit.tables import Row

CUSTOM = "customFields."
"""Custom values lie flat in a contact's row, under this and the field's id."""
CHANNELS = {"Call": "call", "Email": "email", "SMS": "sms", "WhatsApp": "whatsApp", "GMB": "gmb", "FB": "fb"}
"""Keys of `dndSettings`, and what they are called under v3."""
TEXTS = ("firstName", "lastName", "name", "gender", "phone", "address1", "city", "state", "postalCode", "website",
         "source", "companyName", "assignedTo")  # fmt: skip
UPDATE_LACKS = ("gender", "companyName")
"""Absent from the vendor's update body, present in its create body."""
NAMES = ("firstName", "lastName")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(name: str, value: Any, wrong: list[str]) -> Any:
    if value != "" and (not isinstance(value, str) or value not in _zones()):
        wrong.append(f"{name} must be a valid IANA time zone")
    return value


def _country(name: str, value: Any, wrong: list[str]) -> Any:
    if value != "" and (not isinstance(value, str) or value not in COUNTRIES):
        wrong.append(f"{name} must be a valid enum value")
    return value


_status = {"status": checks.one_of(["active", "inactive", "permanent"]), "message": checks.text, "code": checks.text}
_channel = Shape(_status, ["status"])
_inbound = Shape({"all": Shape({"status": checks.one_of(["active", "inactive"]), "message": checks.text}, ["status"])})


def _create(channels: list[str]) -> Shape:
    return Shape(
        {
            **dict.fromkeys(TEXTS, checks.text), "locationId": checks.filled, "email": checks.email,
            "timezone": _zone, "country": _country, "dnd": checks.boolean, "tags": checks.texts,
            "dateOfBirth": values.birthday, "dndSettings": Shape(dict.fromkeys(channels, _channel)),
            "inboundDndSettings": _inbound, "customFields": checks.listed(checks.record),
        },
        ["locationId"],
    )  # fmt: skip


CREATE = {False: _create(list(CHANNELS)), True: _create(list(CHANNELS.values()))}
UPSERT = {v3: shape.but(createNewIfDuplicateAllowed=checks.boolean) for v3, shape in CREATE.items()}
UPDATE = {v3: shape.but("locationId") for v3, shape in CREATE.items()}
STRICT_UPDATE = {v3: shape.but(*UPDATE_LACKS) for v3, shape in UPDATE.items()}


def update_shape(call: Call) -> Shape:
    """What PUT takes: the specification's body lacks two properties of the create body (switch update_lacks)."""
    return (STRICT_UPDATE if call.switch("update_lacks") == "refuse" else UPDATE)[call.is_v3]


def read(call: Call, body: Row, shape: Shape) -> Row:
    """The values to store, None for those to clear. Raises Refused with every violation."""
    wrong: list[str] = []
    given = shape.into("", body, wrong)
    if call.switch("null_clears") == "yes":
        given |= {name: "" for name, value in body.items() if value is None}
    customs = given.pop("customFields", [])
    if not wrong:
        _standard(call, given, wrong)
        given |= custom_values(call, "contact", customs, wrong)
    if wrong:
        raise invalid(wrong)
    return given


def _standard(call: Call, given: Row, wrong: list[str]) -> None:
    """Make of each value what is stored."""
    if given.get("phone"):
        given["phone"] = values.phone(call, "phone", given["phone"], wrong)
    elif "phone" in given:
        del given["phone"]  # clearing it does nothing (FACTS 4.1)
    if given.get("dateOfBirth") == "" and values.is_stubborn(call, "DATE"):
        del given["dateOfBirth"]
    if call.switch("email_case") == "lower" and "email" in given:
        given["email"] = given["email"].lower()
    if "tags" in given:
        given["tags"] = read_tags(call, given["tags"])
    if "dndSettings" in given:
        old = {new: old for old, new in CHANNELS.items()}
        given["dndSettings"] = {old.get(name, name): one for name, one in given["dndSettings"].items()}
    is_known = not given.get("assignedTo") or call.world.user_in(call.account, given["assignedTo"]) is not None
    if not is_known and call.switch("unknown_user") == "refuse":
        wrong.append("assignedTo must be a user of this location")
    _name(given)
    for name, value in given.items():
        if value == "":
            given[name] = None


def _name(given: Row) -> None:
    """A whole name is split at its first blank, unless its parts are given."""
    whole = given.pop("name", None)
    if whole and not any(part in given for part in NAMES):
        given["firstName"], _, given["lastName"] = whole.partition(" ")


def read_tags(call: Call, tags: list[str]) -> list[str]:
    """Tags, each once (switch tag_case)."""
    kept = [tag.strip().lower() if call.switch("tag_case") == "lower" else tag.strip() for tag in tags]
    return list(dict.fromkeys(tag for tag in kept if tag))


def custom_values(call: Call, model: str, items: list[Row], wrong: list[str]) -> Row:
    """Custom values by id or key; unknown ones are passed over in silence (switch unknown_field)."""
    read_in: Row = {}
    for index, item in enumerate(items):
        at = f"{CUSTOM}{index}"
        named = ["field_value", "value", *(["fieldValue"] if call.is_v3 else [])]
        wrong += [f"{at}.{not_allowed(name)}" for name in item if name not in ("id", "key", *named)]
        handle = item.get("id") or item.get("key")
        if not isinstance(handle, str):
            wrong.append(f"{at}.id must be a string")
            continue
        is_prefixed = "." in handle and call.switch("prefixed_keys") == "ignore"
        field = None if is_prefixed else call.account.field_of(model, handle)
        value = next((item[name] for name in named if name in item), None)
        if field is None:
            if call.switch("unknown_field") == "refuse":
                wrong.append(f"{at}.id is not a custom field of this location")
        elif value == "" or (value is None and call.switch("null_clears") == "yes"):
            if not values.is_stubborn(call, field.type):
                read_in[CUSTOM + field.id] = None
        elif value is not None:
            read_in[CUSTOM + field.id] = values.contact_value(call, field, f"{at}.field_value", value, wrong)
    return read_in


# Ways out


def customs(row: Row, name: str = "value") -> list[Row]:
    """Custom values with the ids of their fields, never their keys."""
    return [{"id": key[len(CUSTOM) :], name: value} for key, value in row.items() if key.startswith(CUSTOM)]


def whole_name(row: Row) -> str:
    return f"{row.get('firstName', '')} {row.get('lastName', '')}".strip()


def full(call: Call, row: Row) -> Row:
    """A contact read by its id: names in their own case."""
    shown = {key: value for key, value in row.items() if not key.startswith(CUSTOM)}
    if call.switch("gender_read") == "no":
        shown.pop("gender", None)
    name = whole_name(row)
    shown |= {
        "name": name, "contactName": name, "fullNameLowerCase": name.lower(),
        "firstNameLowerCase": row.get("firstName", "").lower(), "lastNameLowerCase": row.get("lastName", "").lower(),
        "customFields": customs(row),
    }  # fmt: skip
    if "email" in row:
        shown["emailLowerCase"] = row["email"].lower()
    if call.is_v3 and "dndSettings" in row:
        shown["dndSettings"] = {CHANNELS[channel]: one for channel, one in row["dndSettings"].items()}
    return shown


def created(call: Call, row: Row) -> Row:
    """A contact as creating it answers: the birthday as a moment (FACTS 4.1)."""
    shown = full(call, row)
    if "dateOfBirth" in shown:
        day = shown["dateOfBirth"]
        shown |= {"dateOfBirth": f"{day}T00:00:00.000Z", "birthMonth": int(day[5:7]), "birthDay": int(day[8:10])}
    return {**shown, "deleted": False, "bounceEmail": False, "unsubscribeEmail": False}


def hit(call: Call, row: Row) -> Row:
    """A contact in a list or search: names in lower case only (switch search_names)."""
    shown = full(call, row)
    if call.switch("search_names") == "lower":
        for name in ("firstName", "lastName", "name"):
            shown.pop(name, None)
        shown["contactName"] = shown["contactName"].lower()
    return shown
