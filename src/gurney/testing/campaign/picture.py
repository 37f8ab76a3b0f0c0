"""What stands in a CRM, without what the vendor makes up: ids are replaced by our names for the records."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import text

from gurney.store.effects import Effect
from gurney.store.store import Store
from gurney.testing.campaign.people import facts
from gurney.testing.campaign.world import World

_MAPS = text("SELECT DISTINCT map FROM effect ORDER BY map")

Key = tuple[str, str]
"""Object and id at the destination."""
Rows = Mapping[Key, dict[str, Any]]
"""The records themselves."""
Picture = Counter[str]
"""Records as sorted JSON, each with how often it is there."""


def standing(world: World) -> dict[Key, dict[str, Any]]:
    """Every record in the CRM."""
    return {
        (object, str(world.id(object, row))): row
        for object in world.objects
        for row in world.crm.service.dump(object) or ()
    }


def picture(world: World, rows: Rows, known: Mapping[Key, str], without: frozenset[Key] = frozenset()) -> Picture:
    """All records that stand there but some, named by what the ledger knows them as."""
    names = {key: f"<{key[0]}>" for key in rows} | dict(known)
    namer = _Namer(world, names)
    return Counter(
        json.dumps([object, names[object, id], namer.whole(row, object)], sort_keys=True, default=str)
        for (object, id), row in rows.items()
        if (object, id) not in without
    )


def ours(store: Store) -> dict[Key, str]:
    """What the ledger says stands in the CRM because of us, by object and id."""
    maps = [row[0] for row in store.database.rows(_MAPS)]
    return {
        (
            effect.destination_object,
            effect.destination_id,
        ): f"{effect.key.map}/{effect.key.object}/{effect.key.id}/{effect.key.part}"
        for name in maps
        for effect in _pages(store, name)
        if not effect.removed
    }


def _pages(store: Store, map: str) -> Iterator[Effect]:
    after = 0
    while page := store.effects.scan(map, after):
        yield from page
        after = page[-1].seq


class _Namer:
    """Puts our names where the vendor's ids, keys of fields and stamps are."""

    def __init__(self, world: World, names: Mapping[Key, str]) -> None:
        told = facts(world.vendor)
        self._names = names
        self._refs: Mapping[str, str] = told.get("refs", {})
        """Where ids are numbers that occur in every object: which object a field points to."""
        self._by_id = {} if self._refs else {id.rpartition("/")[2]: name for (_, id), name in names.items()}
        self._by_id |= {
            str(row["id"]): f"<{object} {row[name]}>"
            for object, name in told.get("called", {}).items()
            for row in world.crm.service.dump(object) or ()
        }
        self._beside: Mapping[str, str] = told.get("beside", {})
        self._unordered = frozenset(told.get("unordered", ()))
        self._stamps = re.compile("|".join(told["stamps"]))
        dumps = (world.crm.service.dump(name) or () for name in told.get("fields", ()))
        custom = [row for rows in dumps for row in rows if row["is_custom_field"]]
        self._labels = {str(row["field_code"]): str(row["field_name"]) for row in custom}
        self._options: dict[str, dict[str, str]] = {}
        """By field: what people call its options, whose ids follow the order in which they were made."""
        for row in custom:
            words = {str(option["id"]): option["label"] for option in row["options"] or ()}
            self._options.setdefault(str(row["field_name"]), {}).update(words)

    def whole(self, row: Mapping[str, Any], object: str) -> dict[str, Any]:
        """A record, an address that another one has too where it would stand alone: who comes first has it there."""
        plain: dict[str, Any] = self.plain(row, object)
        for name, field in self._beside.items():
            own = next((one for one in plain.get("customFields", ()) if one["id"] == f"<customFields {field}>"), None)
            if own and not plain.get(name):
                plain[name] = own["value"]
                plain["customFields"].remove(own)
        return plain

    def plain(self, value: Any, object: str) -> Any:
        if isinstance(value, dict):
            said = {self._labels.get(key, key): one for key, one in value.items() if not self._stamps.fullmatch(key)}
            return {name: self._named(name, one, object) for name, one in said.items()}
        if isinstance(value, list):
            return [self.plain(one, object) for one in value]
        return self._by_id.get(str(value), value) if isinstance(value, str | int) else value

    def _named(self, field: str | None, value: Any, object: str) -> Any:
        if words := self._options.get(field or ""):
            chosen = value if isinstance(value, list) else [value]
            return [words.get(str(one), one) for one in chosen]
        of = object if field == "id" and self._refs else self._refs.get(field or "", "")
        if of:
            return self._names.get((of, str(value)), value)
        plain = self.plain(value, object)
        return sorted(plain, key=str) if field in self._unordered and isinstance(plain, list) else plain
