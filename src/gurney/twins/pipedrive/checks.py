"""Strict checks of JSON values: what passes comes back as it is stored, what does not raises Wrong (FACTS 4, 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from gurney.twins.pipedrive.refusals import Wrong, not_allowed
from gurney.twins.pipedrive.times import is_day, read_clock, read_span, read_zulu

if TYPE_CHECKING:
    from gurney.twins.pipedrive.call import Call

Check = Callable[["Call", Any], Any]
ADDRESS_PARTS = (
    "value", "country", "admin_area_level_1", "admin_area_level_2", "locality", "sublocality", "route",
    "street_number", "subpremise", "postal_code",
)  # fmt: skip


def expected(kind: str) -> Wrong:
    return Wrong(f"Invalid type: expected {kind}")


def text(call: Call, value: Any) -> str:
    """A string; numbers are refused."""
    if not isinstance(value, str):
        raise expected("string")
    return value


def filled(call: Call, value: Any) -> str:
    """A string that is not blank."""
    if not text(call, value).strip():
        raise Wrong("must not be empty")
    return str(value)


def text_up_to(most: int) -> Check:
    """A string with a length; longer is refused or cut (switch long_text)."""

    def check(call: Call, value: Any) -> str:
        if len(text(call, value)) <= most:
            return str(value)
        if call.world.switches["long_text"] == "refuse":
            raise Wrong(f"must be at most {most} characters long")
        return str(value)[:most]

    return check


def integer(call: Call, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise expected("integer")
    return value


def number(call: Call, value: Any) -> int | float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise expected("number")
    return value


def boolean(call: Call, value: Any) -> bool:
    if not isinstance(value, bool):
        raise expected("boolean")
    return value


def day(call: Call, value: Any) -> str:
    if not is_day(text(call, value)):
        raise Wrong("must be a date in the format YYYY-MM-DD")
    return str(value)


def clock(call: Call, value: Any) -> str:
    """A time of day in UTC."""
    read = read_clock(text(call, value))
    if read is None:
        raise Wrong("must be a time in the format HH:MM")
    return read


def span(call: Call, value: Any) -> str:
    read = read_span(text(call, value))
    if read is None:
        raise Wrong("must be a duration in the format HH:MM")
    return read


def moment(call: Call, value: Any) -> str:
    read = read_zulu(text(call, value))
    if read is None:
        raise Wrong("must be a date and time in the RFC 3339 format")
    return read


def one_of(values: Iterable[Any], inner: Check = text) -> Check:
    """One of some values."""
    allowed = tuple(values)

    def check(call: Call, value: Any) -> Any:
        if inner(call, value) not in allowed:
            raise Wrong(f"must be one of {', '.join(str(v) for v in allowed)}")
        return value

    return check


def or_null(inner: Check) -> Check:
    """The same, or null: declared so by the vendor's document, or a relation that null unlinks."""

    def check(call: Call, value: Any) -> Any:
        return None if value is None else inner(call, value)

    return check


def clearable(inner: Check) -> Check:
    """The same; null passes only if the switch null_scalars says so."""

    def check(call: Call, value: Any) -> Any:
        if value is None and call.world.switches["null_scalars"] == "accept":
            return None
        return inner(call, value)

    return check


def listed(inner: Check) -> Check:
    """A list of such values."""

    def check(call: Call, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise expected("array")
        return [_at(call, inner, index, item) for index, item in enumerate(value)]

    return check


def _at(call: Call, inner: Check, index: int, item: Any) -> Any:
    try:
        return inner(call, item)
    except Wrong as no:
        raise no.under(str(index)) from None


def shaped(keys: Mapping[str, Check], required: Iterable[str] = ()) -> Check:
    """An object with these keys and no others."""
    needed = tuple(required)

    def check(call: Call, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise expected("object")
        return read_object(call, value, keys, needed)

    return check


def read_object(
    call: Call, value: Mapping[str, Any], keys: Mapping[str, Check], needed: Iterable[str]
) -> dict[str, Any]:
    """Every key by its check. Raises Wrong for the first that is unknown, refused or missing."""
    read: dict[str, Any] = {}
    for name, given in value.items():
        check = keys.get(name)
        if check is None:
            raise not_allowed(name)
        try:
            read[name] = check(call, given)
        except Wrong as no:
            raise no.under(name) from None
    for name in needed:
        if name not in read:
            raise Wrong("is required", name)
    return read


_address = shaped(
    {"value": filled, **dict.fromkeys(ADDRESS_PARTS[1:], or_null(text))},
    required=["value"],
)


def address(call: Call, value: Any) -> dict[str, Any]:
    """An address; parts not named become null on every write."""
    return {**dict.fromkeys(ADDRESS_PARTS), **_address(call, value)}


_contact = shaped({"value": filled, "primary": boolean, "label": text}, required=["value"])
_contacts = listed(_contact)


def contacts(call: Call, value: Any) -> list[dict[str, Any]]:
    """E-mails or phones: one is primary, the first unless another says so; the label is `work` by default."""
    given = _contacts(call, value)
    primary = next((index for index, item in enumerate(given) if item.get("primary")), 0)
    return [
        {"label": item.get("label") or "work", "value": item["value"], "primary": index == primary}
        for index, item in enumerate(given)
    ]


def emails(call: Call, value: Any) -> list[dict[str, Any]]:
    """E-mails; whether their form is checked is a switch."""
    given = contacts(call, value)
    if call.world.switches["email_check"] == "refuse":
        for index, item in enumerate(given):
            if "@" not in item["value"].strip("@"):
                raise Wrong("must be a valid e-mail address", str(index), "value")
    return given


def currency(call: Call, value: Any) -> str:
    """The code of a currency that the account has."""
    if text(call, value) not in call.world.currencies:
        raise Wrong("Currency is not supported")
    return str(value)


def owner(call: Call, value: Any) -> int:
    """An active user (FACTS 3.9)."""
    user = call.world.users.get(integer(call, value))
    if user is None or not user["active_flag"]:
        raise Wrong("User not found or not accessible.")
    return int(user["id"])


def visibility(call: Call, value: Any) -> int:
    """A value that the plan knows; changing it is a permission."""
    if integer(call, value) not in call.world.plan.visibilities:
        raise Wrong(f"must be one of {', '.join(str(v) for v in call.world.plan.visibilities)}")
    return int(value)


def link_to(name: str, what: str) -> Check:
    """The id of a live record that the caller may see."""

    def check(call: Call, value: Any) -> int:
        if not call.world.sees(call.user, call.world.shelves[name].get(integer(call, value))):
            raise Wrong(f"{what} not found or not accessible.")
        return int(value)

    return check


def lead_link(call: Call, value: Any) -> str:
    if text(call, value) not in call.world.shelves["leads"]:
        raise Wrong("Lead not found or not accessible.")
    return str(value)


def nothing_there(call: Call, value: Any) -> Any:
    """A relation to something this company has none of (projects, tasks)."""
    integer(call, value)
    raise Wrong("Entity not found or not accessible.")
