"""What work costs beforehand, in calls: a call for each record and each of its links (FACTS 12)."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from gurney.destinations.highlevel.limits import UNIT, data, pacer_limits, per_call, traffic
from gurney.destinations.highlevel.objects import APPOINTMENTS, CONTACTS, CUSTOM_OBJECT, FILES, NOTES, USERS
from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices
from gurney.transport import Limits

ONE_BY_ONE = frozenset({"look", "find", "new_object", "new_field", "new_option", "old_field", "old_option"})


def cost(object: str, action: str, records: int, *, links: int, pace: Limits) -> Cost:
    """'write', 'read', 'delete', 'download' of so many records, or a change of the schema.

    `links` is how many lookups a record of the object has. A contact's differ in number: see 'link'.
    """
    if action == "lag":
        return Cost(0, 0, UNIT, traffic("lag_s") if _walks(object, records) else 0.0)
    calls = _calls(object, action, records, links)
    beside = 1 if action in ONE_BY_ONE or (action in ("read", "prove") and _walks(object, records)) else None
    return Cost(calls, calls, UNIT, pace.lasts_s(calls, traffic("call_latency_s"), beside))


def prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    """What a plan's work costs; neither users nor the number of fields make a difference."""
    pace, links = pacer_limits(edition, users), data()["links"]
    return Prices(
        vendor="highlevel",
        unit=UNIT,
        file_object=FILES,
        user_object=USERS,
        pace=pace,
        cost=lambda object, action, records: cost(
            object,
            action,
            records,
            links=int(links.get(object, 0)),
            pace=pace,
        ),
        route=lambda object, records: "single",
    )


def _walks(object: str, records: int) -> bool:
    """Whether records are read by pages of a search, which shows late what was written."""
    return object.startswith(CUSTOM_OBJECT) and records >= per_call("walk_from")


def _calls(object: str, action: str, records: int, links: int) -> int:
    if action == "look":
        return records + per_call("look")
    if action == "find":  # appointments: calendar by calendar, some years a call
        years = int(traffic("find_last_year") - traffic("find_first_year"))
        return max(1, records) * -(-years // int(traffic("find_years"))) if object == APPOINTMENTS else 0
    if object == USERS or not records or action == "old_object":
        return 0
    if action in ("new_option", "old_option") and object != APPOINTMENTS:
        return 1  # all options of a field at once; a calendar is an option with a call of its own
    is_record = object.startswith(CUSTOM_OBJECT)
    if action == "link":
        return records if object == CONTACTS else 0  # a record's are counted with it; the rest are fields
    if action == "write" and is_record:
        return records * (1 + links)
    if action in ("read", "prove") and _walks(object, records):
        return -(-records // per_call("records_page"))
    if action == "prove" and object == APPOINTMENTS and records > per_call("appointments_apart"):
        months = per_call("calendar_months")
        return min(records, ceil(months * (1 - (1 - 1 / months) ** records)))  # so many hold at least one
    if action == "prove" and object == NOTES and records >= per_call("walk_from"):
        return -(-records // per_call("notes_a_contact"))
    if action == "guard":  # whether something of somebody else hangs on a contact
        return records * per_call("contact_children") if object == CONTACTS else 0
    if action == "delete" and object == FILES:
        return 3 * records  # the contact's field is read, written without the file, and read again
    return records
