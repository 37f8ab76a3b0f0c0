"""What work costs beforehand: calls, credits, seconds (FACTS 4, 10, 11). Files go one a call; all else in batches."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.protocol import Cost
from gurney.destinations.vendor import Prices
from gurney.destinations.zoho.limits import holds_files, pacer_limits, per_call, price, traffic
from gurney.destinations.zoho.metadata import FILES, USERS
from gurney.destinations.zoho.reading import FIELDS_A_CALL

UNIT = "credit"
BATCH, SINGLE = "batch", "single"
SIZES = {"write": "write_records", "delete": "delete_records"}
"""What a call takes, by action; reading has its own."""


def cost(object: str, action: str, records: int, *, in_flight: int, fields: int) -> Cost:
    """See Destination.cost. `fields` of each record are read, in groups, each a call."""
    action = "read" if action == "prove" else action
    if action in ("link", "find", "lag"):  # references are fields, a key is unique, and reading by id is never late
        return _schema(0, 0)
    if action == "guard":  # whether files of somebody else hang on a record
        asked = records if holds_files(object) else 0
        return Cost(asked, asked, UNIT, -(-asked // in_flight) * traffic("call_latency_s"))
    if action == "look":
        return _schema(max(0, records - 1), price("light", 1)[0])  # the modules, and fields of all but notes and files
    if action == "new_object":  # one a call, and dear; it is looked for until it is there
        made, looked = _schema(records, price(action, 1)[0]), _schema(records * per_call("new_object_looks"), 1)
        return Cost(made.calls + looked.calls, made.units + looked.units, UNIT, made.seconds + looked.seconds)
    if action in ("new_option", "old_field", "old_option"):  # a field a call
        return _schema(records, price("light", 1)[0])
    if action == "new_field":
        return _schema(2 * -(-records // per_call("new_fields")), price("light", 1)[0])  # and the fields read again
    single = object == FILES
    size = 1 if single else per_call(SIZES.get(action, "read_records"))
    groups = max(1, -(-fields // FIELDS_A_CALL)) if action == "read" else 1
    calls = -(-records // size) * groups
    full, rest = divmod(records, size)
    kind = "light" if single or action == "read" else action
    units = (full * price(kind, size)[0] + (price(kind, rest)[0] if rest else 0)) * groups
    latency = traffic("call_latency_s") if single or action == "read" else traffic("batch_latency_s")
    rounds = -(-calls // in_flight)
    return Cost(calls, units, UNIT, rounds * latency)


def prices(edition: str, users: int, fields: Mapping[str, int]) -> Prices:
    """What an edition's work costs, by how many fields its objects will have."""
    pace = pacer_limits(edition, users)
    in_flight = pace.heavy_concurrency or pace.concurrency
    return Prices(
        vendor="zoho",
        unit=UNIT,
        file_object=FILES,
        user_object=USERS,
        pace=pace,
        cost=lambda object, action, records: cost(
            object, action, records, in_flight=in_flight, fields=fields.get(object, 0)
        ),
        route=lambda object, records: SINGLE if object == FILES else BATCH,
    )


def _schema(calls: int, credits: int) -> Cost:
    return Cost(calls, calls * credits, UNIT, calls * traffic("call_latency_s"))
