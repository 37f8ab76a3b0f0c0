"""One sub-account (the vendor's "location"): its settings, fields, objects, records, files and limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gurney.twins.highlevel.ids import zulu
from gurney.twins.highlevel.lag import SearchIndex
from gurney.twins.highlevel.limits import Meter
from gurney.twins.highlevel.matching import Directory
from gurney.twins.highlevel.zips import inside
from gurney.twins.kit.attic import Stored
from gurney.twins.kit.tables import Row, Table

if TYPE_CHECKING:
    from gurney.twins.highlevel.world import World

GROUPS = {
    "contacts": (),
    "notes": ("contactId", "appointmentId"),
    "tasks": ("contactId",),
    "calendars": (),
    "calendarGroups": (),
    "appointments": ("contactId", "calendarId"),
    "blockedSlots": (),
    "services": (),
    "businesses": (),
    "pipelines": (),
    "opportunities": ("contactId", "pipelineId"),
    "invoices": ("contactId",),
    "products": (),
    "prices": ("product",),
    "medias": (),
    "documents": ("contactId",),
    "associations": (),
    "relations": ("firstRecordId", "secondRecordId", "associationId"),
    "workflows": (),
    "tags": (),
}
"""Tables, and what their rows are found by."""
INDEXED = ("contacts", "opportunities", "tasks", "businesses")
"""What searches find late; records of custom objects too."""


def exact(value: Any) -> Any:
    """Ids differ by case; lists are no keys."""
    return repr(value) if isinstance(value, list | dict) else value


@dataclass
class Field:
    """A custom field of a contact, an opportunity, or an object."""

    id: str
    key: str
    """With its object: `contact.ndis_number`, `custom_objects.cliniko_invoice.total`."""
    name: str
    type: str
    shown: Row
    """Everything else that the vendor shows of it."""
    options: list[Row] = field(default_factory=list)
    """Key and label; contact fields have labels only."""
    unique: bool = False

    @property
    def bare(self) -> str:
        """The key without its object."""
        return self.key.rpartition(".")[2]


@dataclass
class ObjectSchema:
    """A custom object, or `business`."""

    key: str
    shown: Row
    fields: dict[str, Field] = field(default_factory=dict)
    folders: dict[str, Row] = field(default_factory=dict)
    searchable: list[str] = field(default_factory=list)
    changed_at: float = float("-inf")
    cached: list[Row] = field(default_factory=list)
    """The fields as they were before the latest change: what the cache shows for a while."""

    def field_named(self, bare: str) -> Field | None:
        return next((one for one in self.fields.values() if one.bare == bare), None)


class Account:
    """The state of one sub-account."""

    def __init__(self, world: World, row: Row) -> None:
        self._world = world
        self.id: str = row["id"]
        self.row = row
        self.zone = ZoneInfo(row["timezone"])
        self.meter = Meter(world.plan, world.switches, unlimited=world.options.unlimited)
        self.tables = {name: Table(groups=groups, fold=exact) for name, groups in GROUPS.items()}
        self.indexes = {name: self._new_index() for name in INDEXED}
        self.directory = Directory(world.switches["dedupe_order"].split(","))
        self.fields: dict[str, Field] = {}
        """Of contacts and opportunities, by id."""
        self.folders: dict[str, Row] = {}
        self.objects: dict[str, ObjectSchema] = {}
        self.deleted: dict[str, tuple[str, Row, float]] = {}
        """Id to object, row and moment."""
        self.files: dict[str, Stored] = {}
        self.notifications: list[Row] = []
        self.automations: list[Row] = []
        self.invoice_number = 0
        self.changes = dict.fromkeys(self.tables, 0)
        """How often each table has changed: what has been sorted once need not be sorted again before."""
        self.sorted: dict[tuple[str, str, bool], tuple[int, list[tuple[Any, str, Row]]]] = {}

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def _new_index(self) -> SearchIndex:
        switches = self._world.switches
        return SearchIndex(float(switches["search_lag_s"]), float(switches["search_gap_s"]))

    # Records

    def add_object(self, schema: ObjectSchema) -> None:
        """A new object with no records."""
        self.objects[schema.key] = schema
        self.tables[schema.key] = Table(fold=exact)
        self.changes[schema.key] = 0
        self.indexes[schema.key] = self._new_index()

    def add(self, name: str, row: Row) -> Row:
        """Take a new record."""
        self.tables[name].add(row)
        self.changes[name] += 1
        if name in self.indexes:
            self.indexes[name].heard(row["id"], None, self._now())
        return row

    def change(self, name: str, id: str, values: Row) -> Row:
        """Set values of a record; None takes a value out. Searches hear of it later."""
        table = self.tables[name]
        row = table.get(id)
        assert row is not None
        self.changes[name] += 1
        if name in self.indexes:
            self.indexes[name].heard(id, row, self._now())
        table.change(id, values)
        for key in [key for key, value in values.items() if value is None]:
            del row[key]
        return row

    def remove(self, name: str, id: str) -> Row:
        """Take a record away; it is kept aside for what the vendor's own pages can restore."""
        row = self.tables[name].remove(id)
        self.changes[name] += 1
        if name in self.indexes:
            self.indexes[name].heard(id, row, self._now())
        self.deleted[id] = (name, row, self._now())
        return row

    def unrelate(self, id: str) -> None:
        """Drop the relations of a record that is gone."""
        relations = self.tables["relations"]
        for side in ("firstRecordId", "secondRecordId"):
            for row in relations.where(side, id):
                relations.remove(row["id"])

    def searched(self, name: str, stale_s: float) -> Iterable[Row]:
        """The records as searches see them."""
        return self.indexes[name].view(self.tables[name], self._now(), stale_s)

    # Fields

    def field_of(self, model: str, id_or_key: str) -> Field | None:
        """A field of contacts or opportunities by id, or by key with or without its object."""
        found = self.fields.get(id_or_key)
        if found is None:
            keys = (id_or_key, f"{model}.{id_or_key}")
            found = next((one for one in self.fields.values() if one.key in keys), None)
        return found if found is not None and found.shown["model"] == model else None

    # What happens around

    def inside(self, stored: Stored) -> Iterator[Row]:
        """What a file holds that is a ZIP."""
        return inside(self._world.attic.get(stored))

    def run_automations(self, trigger: str, id: str) -> None:
        """Published workflows with this trigger start; nobody can stop them by the API (FACTS 0.10)."""
        for workflow in self.tables["workflows"]:
            if workflow["trigger"] == trigger and workflow["status"] == "published":
                self.automations.append(
                    {"id": f"{workflow['id']}-{id}", "workflowId": workflow["id"], "recordId": id, "time": self.now()}
                )

    def notify(self, kind: str, id: str) -> None:
        """A message goes out to a person."""
        self.notifications.append({"id": f"{kind}-{id}", "kind": kind, "recordId": id, "time": self.now()})

    def _now(self) -> float:
        return self._world.clock.timestamp()

    def now(self) -> str:
        return zulu(self._now())
