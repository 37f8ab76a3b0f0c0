"""What work costs beforehand, in calls: a call for each record and each of its links (FACTS 12)."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from gurney.destinations.highlevel.limits import UNIT, calls_per_second, data, pacer_limits, per_call, traffic
from gurney.destinations.highlevel.objects import APPOINTMENTS, CONTACTS, CUSTOM_OBJECT, FILES, NOTES, USERS
from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices


def cost(object: str, action: str, records: int, *, links: int, calls_a_second: float, concurrency: int) -> Cost:
    """'write', 'read', 'delete', 'download' of so many records, or a change of the schema.

    `links` is how many lookups a record of the object has. A contact's differ in number: see 'link'.
    """
    calls = _calls(object, action, records, links)
    seconds = max(calls / calls_a_second, calls * traffic("call_latency_s") / concurrency)
    return Cost(calls, calls, UNIT, seconds)


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
            calls_a_second=calls_per_second(edition),
            concurrency=pace.concurrency,
        ),
        route=lambda object, records: "single",
    )


def _calls(object: str, action: str, records: int, links: int) -> int:
    if action == "look":
        return records + per_call("look")
    if object == USERS or not records or action == "old_object":
        return 0
    if action in ("new_option", "old_option") and object != APPOINTMENTS:
        return 1  # all options of a field at once; a calendar is an option with a call of its own
    is_record = object.startswith(CUSTOM_OBJECT)
    if action == "link":
        return records if object == CONTACTS else 0  # a record's are counted with it; the rest are fields
    if action == "write" and is_record:
        return records * (1 + links)
    if action in ("read", "prove") and is_record and records >= per_call("walk_from"):
        return -(-records // per_call("records_page"))
    if action == "prove" and object == APPOINTMENTS and records > per_call("appointments_apart"):
        months = per_call("calendar_months")
        return min(records, ceil(months * (1 - (1 - 1 / months) ** records)))  # so many hold at least one
    if action == "prove" and object == NOTES and records >= per_call("walk_from"):
        return -(-records // per_call("notes_a_contact"))
    if action == "delete" and object == FILES:
        return 3 * records  # the contact's field is read, written without the file, and read again
    return records
