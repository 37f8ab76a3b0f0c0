"""One made-up organisation: its schema, rows, users, limits.

What is where:
- `World` (here): everything that belongs to the organisation; `world.table("Contact")`, `world.schema`, `world.store`,
  `world.ids`, `world.access(user_id)`, `world.now_text()`, `world.add_object(kind)`, `world.remove_object(name)`,
  `world.add_field(kind, field)`, `world.remove_field(kind, field)`.
- `schema`: ObjectDef, FieldDef, PickValue, Schema; `standard*`: the objects and fields that every organisation has.
- `store`: Table (rows, indexes, recycle bin), Store (tables, blobs, `atomic()` for all-or-nothing).
- `writing`: `Writer(world, access).insert/update/upsert(...)`; `Hooks` of an object; `deleting`: delete, undelete.
- `access`: Access, a snapshot of a user's rights. `refusals`: Refused, for requests and rows alike.
- `call`: Call (one request on its way through an endpoint) and Routes; `service`: lists the modules with routes.
- `limits`, `editions`, `times`, `ids`: what their names say; `rules`: every claim and switch.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from gurney.twins.kit.clock import Clock
from gurney.twins.kit.options import BadOption, TwinOptions
from gurney.twins.salesforce import behaviours, content, duplicates, people, regions, standard
from gurney.twins.salesforce.access import DECIDING, Access
from gurney.twins.salesforce.editions import EDITIONS, SANDBOX_REQUESTS, Edition
from gurney.twins.salesforce.ids import DIGITS, Ids
from gurney.twins.salesforce.limits import Limits
from gurney.twins.salesforce.locks import Locks
from gurney.twins.salesforce.refusals import not_found
from gurney.twins.salesforce.rules import RULES
from gurney.twins.salesforce.schema import FieldDef, ObjectDef, Schema
from gurney.twins.salesforce.store import Row, Store, Table
from gurney.twins.salesforce.times import shown
from gurney.twins.salesforce.tokens import Tokens
from gurney.twins.salesforce.validation import ValidationRule

CUSTOM_OBJECT_PREFIX = "01I"
CUSTOM_FIELD_PREFIX = "00N"
LINKS = (("ContentDocumentLink", "LinkedEntityId"), ("ContentVersion", "FirstPublishLocationId"))
ACTIVITIES = (("Event", "WhatId"), ("Task", "WhatId"))


@dataclass
class World:
    """The state of the organisation. `fill` makes it; nothing is shared between two."""

    options: TwinOptions
    clock: Clock
    edition: Edition = field(init=False)
    switches: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        name = self.options.edition or "enterprise"
        if name not in EDITIONS:
            raise BadOption(f"no edition {name!r}; there are {', '.join(EDITIONS)}")
        self.edition = EDITIONS[name]
        self.switches = RULES.switches(self.options.switches)
        self.fill()

    def fill(self) -> None:
        """The organisation as it is on its first day."""
        self.random = random.Random(self.options.seed)
        self.ids = Ids()
        self.sandbox = self.switches["sandbox"] == "yes"
        self.schema = Schema()
        self.store = Store()
        for kind in standard.build():
            self.add_object(kind)
        duplicates.install(self)
        behaviours.install(self)
        regions.install(self)
        content.install(self)
        self.schema_changed = self.now()
        self.counted: tuple[int, dict[str, int]] = (self.now(), {})
        """When the estimate of `/limits/recordCount` was last made, and what it says."""
        self.locks = Locks()
        self.cleared: dict[str, list[tuple[str, str, str, str]]] = {}
        """By id of a binned row: (object, field, id, target) of the references that its deletion emptied."""
        self.validation_rules: list[ValidationRule] = []
        self.jobs: dict[str, Any] = {}
        self.bulk_locks: dict[str, tuple[Any, Any]] = {}
        """By id: (job, batch) that locked it during the chunk now running, which "" tells."""
        self.cursors: dict[str, Any] = {}
        self.deployments: dict[str, Any] = {}
        self._objects_made = 0
        self._accesses: dict[str, Access] = {}
        self._access_version: tuple[int, ...] = ()
        self._moment = (-1, "")
        self.admin: Row = people.populate(self)
        self.org: Row = next(iter(self.table("Organization").rows.values()))
        self.licences = max(int(self.switches["licences"]), len(self.table("User").rows))
        most = SANDBOX_REQUESTS if self.sandbox else self.edition.requests(self.licences)
        self.limits = Limits(self.edition, self.licences, self.store, requests=most, unlimited=self.options.unlimited)
        self.tokens = Tokens(self)

    # Time and secrets

    def now(self) -> int:
        """Vendor time in whole seconds."""
        return int(self.clock.timestamp())

    def now_text(self) -> str:
        """Vendor time as rows hold it."""
        now = int(self.clock.timestamp())
        if self._moment[0] != now:
            self._moment = (now, shown(now))
        return self._moment[1]

    def secret(self, length: int = 32) -> str:
        """Hexadecimal noise, the same for the same seed."""
        return f"{self.random.getrandbits(length * 4):0{length}x}"

    # Schema and rows

    def table(self, name: str) -> Table:
        """The rows of an object. Raises KeyError."""
        return self.store.tables[name]

    def kind(self, name: str) -> ObjectDef:
        """An object by its name in any case. Raises Refused (404)."""
        found = self.schema.find(name)
        if found is None:
            raise not_found()
        return found

    def row_of(self, id: str) -> tuple[ObjectDef, Row] | None:
        """The live row with a long id, whatever its object."""
        kind = self.schema.of_id(id)
        row = self.store.tables[kind.name].rows.get(id) if kind else None
        return (kind, row) if kind and row is not None else None

    def add_object(self, kind: ObjectDef) -> ObjectDef:
        """One more object, with an empty table. A custom one is given its id and key prefix."""
        if kind.custom:
            kind.id = kind.id or self.ids.new(CUSTOM_OBJECT_PREFIX)
            kind.key_prefix = kind.key_prefix or self._new_prefix()
            for made in kind.custom_fields():
                made.id = made.id or self.ids.new(CUSTOM_FIELD_PREFIX)
            self._link(kind)
        self.schema.add(kind)
        self.store.open(kind)
        self.schema_changed = self.now()
        return kind

    def remove_object(self, name: str, *, purge: bool = False) -> ObjectDef:
        """Take a custom object out with its rows. Unless purged it still counts (FACTS 11)."""
        gone = self.schema.remove(name)
        self.store.close(name)
        self.schema_changed = self.now()
        self._forget_grants(f"{name}.", name)
        if not purge:
            self.schema.deleted_objects.append(gone)
        return gone

    def add_field(self, kind: ObjectDef, new: FieldDef) -> FieldDef:
        """One more field; replaces the definition of an existing one of that name. Raises store.Clash."""
        if new.custom and new.id is None:
            new.id = self.ids.new(CUSTOM_FIELD_PREFIX)
        before = kind.fields.get(new.name)
        if before is not None and before.auto_number is not None:
            new.counter = before.counter
        self.store.tables[kind.name].index(new)
        kind.add(new)
        self.touch()
        return new

    def remove_field(self, kind: ObjectDef, name: str, *, purge: bool = False) -> FieldDef:
        """Take a custom field out with its data. Unless purged it still counts."""
        gone = kind.remove(name)
        self.store.tables[kind.name].forget(name)
        self._forget_grants(f"{kind.name}.{name}")
        if not purge:
            kind.deleted_fields.append(gone)
        self.touch()
        return gone

    def touch(self) -> None:
        """Something of the schema changed: call it after changing a definition in place."""
        self.schema.touch()
        self.schema_changed = self.now()

    def _new_prefix(self) -> str:
        self._objects_made += 1
        high, low = divmod(self._objects_made, len(DIGITS))
        return f"a{DIGITS[high]}{DIGITS[low]}"

    def _link(self, kind: ObjectDef) -> None:
        """Files can be linked to rows of any object, activities to those that want them."""
        for name, reference in (*LINKS, *(ACTIVITIES if kind.activities else ())):
            field = self.schema.objects[name].fields[reference]
            if kind.name not in field.reference_to:
                field.reference_to = (*field.reference_to, kind.name)

    def _forget_grants(self, field: str, name: str | None = None) -> None:
        fields, objects = self.table("FieldPermissions"), self.table("ObjectPermissions")
        for id in [
            i for i, row in fields.rows.items() if row["Field"] == field or (name and row["SobjectType"] == name)
        ]:
            fields.purge(id)
        for id in [i for i, row in objects.rows.items() if name and row["SobjectType"] == name]:
            objects.purge(id)

    # Users

    def access(self, user_id: str) -> Access:
        """What a user may do just now."""
        tables = self.store.tables
        version = (self.schema.version, *(tables[name].version for name in DECIDING))
        if version != self._access_version:
            self._access_version = version
            self._accesses.clear()
        found = self._accesses.get(user_id)
        if found is None:
            found = self._accesses[user_id] = Access(self, user_id)
        return found
