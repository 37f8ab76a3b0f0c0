"""What a destination's routes cost on our side: contacts through the ledger and the client, twin without limits.

python -m benchmarks.routes --to salesforce --route bulk --records 200000
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from benchmarks.figures import keep
from benchmarks.stand_ins import PLAIN, TOLD, twin
from gurney.cli.stand_ins import clock_of
from gurney.destinations.protocol import Destination
from gurney.destinations.vendor import Opening, vendor
from gurney.migration.connect import SealedTokens
from gurney.migration.send import Sender
from gurney.records import Kind, OperationKey, State, Write
from gurney.runtime import Runtime, collect_garbage_rarely
from gurney.schema import FieldType, NewField
from gurney.store.keys import MasterKey
from gurney.store.store import Store, open_store

KEY = {
    "zoho": ("Contacts", "Cliniko_ID"),
    "salesforce": ("Contact", "Cliniko_Id__c"),
    "pipedrive": ("persons", "Cliniko_ID"),
    "highlevel": ("contacts", "cliniko_id"),
    "freshsales": ("contacts", "Cliniko_ID"),
}
NAMES = {
    "zoho": ("First_Name", "Last_Name", "Email", "Phone", "Mailing_Street", "Mailing_City"),
    "salesforce": ("FirstName", "LastName", "Email", "Phone", "MailingStreet", "MailingCity"),
    "pipedrive": ("First", "name", "email", "phone_mobile", "Street", "City"),
    "highlevel": ("firstName", "lastName", "email", "phone", "address1", "city"),
    "freshsales": ("first_name", "last_name", "email", "mobile_number", "address", "city"),
}
EXTERNAL = {"freshsales": "external_id"}
"""A field of the vendor's own that holds our key as well."""
MADE = {"pipedrive": ("First", "Street", "City")}
"""Fields among those that must be made, and are then called as the vendor chooses."""
STRIDE = 10_000
LEAST = {
    ("salesforce", "batch"): 1000,
    ("zoho", "batch"): 100,
    ("freshsales", "bulk"): 100 / 3,
}
"""Records a call at the most: five Collections of 200 in a Composite; an upsert of 100; a job of 100, which is a call
to begin, one to ask, one to read the ids. Everything else is a call each (FACTS of each vendor)."""


async def measure(to: str, route: str, records: int) -> None:
    """Write so many contacts by one route, and say what each cost."""
    with tempfile.TemporaryDirectory() as folder, twin(to, "--unlimited", *PLAIN.get(to, ())) as crm:
        told = {**crm["env"], **TOLD.get(to, {})}
        runtime = Runtime(clock_of(told), environ={**os.environ, **told})
        store = open_store(str(Path(folder) / "store.sqlite"), runtime, MasterKey(b"k" * 32, "test"), create=True)
        destination, contacts = await opened(to, route, told, store, runtime)
        object = contacts.object
        sender = Sender(store, destination, store.runs.open("full", "benchmark"), runtime)
        before, began, cpu = destination.spent().calls, time.monotonic(), time.process_time()
        done = 0
        for start in range(0, records, STRIDE):
            many = min(STRIDE, records - start)
            sent = await sender.send(contacts.some(start, many), ahead={object: records - start - many})
            done += sent[State.DONE]
        wall, used = time.monotonic() - began, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        chosen = destination.route(object, Kind.CREATE, records).name
        print(
            f"{to} by {chosen:<6} {done:>9,} contacts {wall:>7.1f} s {done / wall:>8,.0f}/s "
            f"{used / records * 1e6:>6.0f} µs CPU each, {destination.spent().calls - before:,} calls, "
            f"peak {peak:,.0f} MB"
        )
        calls = destination.spent().calls - before
        keep("route", to=to, route=chosen, records=done, rate=done / wall, cpu_us=used / records * 1e6, peak_mb=peak,
             calls=calls, least=least(to, chosen, records))  # fmt: skip
        await destination.close()
        store.close()


async def opened(
    to: str, route: str, told: Mapping[str, str], store: Store, runtime: Runtime
) -> tuple[Destination, Contacts]:
    """The destination with the fields that the contacts need."""
    prefix = f"GURNEY_{to.upper()}_"
    values = {name.removeprefix(prefix): value for name, value in told.items() if name.startswith(prefix)}
    opening = Opening(runtime, values, store.files.open, lambda key: SealedTokens(store, to, key), route=route)
    destination = vendor(to).open(opening)
    object, key = KEY[to]
    own = NewField(object, key, "Cliniko ID", FieldType.TEXT, length=64, unique=True)
    made = await destination.provision(
        [own, *(NewField(object, name, name, FieldType.TEXT, length=64) for name in MADE.get(to, ()))]
    )
    called = {str(one.change.name): one.actual_name for one in made if isinstance(one.change, NewField)}
    names = [called.get(name, name) for name in NAMES[to]]
    return destination, Contacts(object, called[key], names, EXTERNAL.get(to, ""))


def least(to: str, route: str, records: int) -> int | None:
    """The fewest calls that the vendor's interface allows; None for jobs, whose calls depend on how long they take."""
    if (to, route) == ("salesforce", "bulk"):
        return None
    return ceil(records / LEAST.get((to, route), 1))


@dataclass(frozen=True)
class Contacts:
    """Made-up people for one vendor."""

    object: str
    key: str
    names: Sequence[str]
    external: str = ""

    def some(self, start: int, many: int) -> Iterator[Write]:
        """So many of them from a number on."""
        first, last, email, phone, street, city = self.names
        for number in range(start, start + many):
            fields = {
                self.key: f"{number}",
                first: f"Given{number % 977}",
                last: f"Family{number}",
                email: f"patient{number}@example.com",
                phone: f"04 5555 {number % 10_000:04}",
                street: f"{number % 300} Example Street, Unit {number % 9}",
                city: "Newtown",
            }
            if self.external:
                fields[self.external] = f"bench:{number}"
            key = OperationKey("bench", "patients", f"{number}")
            yield Write(key, self.object, self.key, f"{number}", fields)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--to", default="salesforce", choices=sorted(KEY))
    options.add_argument("--route", default="", help="single, batch or bulk; empty: the cheapest")
    options.add_argument("--records", type=int, default=20_000)
    given = options.parse_args()
    collect_garbage_rarely()
    asyncio.run(measure(given.to, given.route, given.records))


if __name__ == "__main__":
    main()
