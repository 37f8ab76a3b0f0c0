"""From `Account.Name` to a value of a row, for a user who sees the fields on the way (FACTS 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.access import Access
from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import FieldDef, ObjectDef
from gurney.twins.salesforce.soql import Path, marked
from gurney.twins.salesforce.store import Row

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

Getter = Callable[[Row], Any]
POINTED_FIELDS = ("Id", "Name", "FirstName", "LastName", "Email", "Phone", "Title", "Username", "Alias", "IsActive")
"""What can be asked of a parent that may be one of several objects."""
DEEPEST = 5
SEE_DESCRIBE = "Please reference your WSDL or the describe call for the appropriate names."


@dataclass(frozen=True)
class Resolved:
    """A field somewhere up from an object, and how to reach it."""

    field: FieldDef
    kind: ObjectDef
    get: Getter
    parents: tuple[FieldDef, ...]
    """The references on the way."""


@dataclass
class Resolver:
    """Finds fields for one query."""

    world: World
    access: Access
    text: str

    def object(self, path: Path) -> ObjectDef:
        """The object of a FROM. Raises Refused (INVALID_TYPE)."""
        kind = self.world.schema.find(str(path))
        if kind is None or not self.access.can(kind, "read") or not kind.queryable:
            words = (
                f"sObject type '{path}' is not supported. If you are attempting to use a custom object, be sure to "
                f"append the '__c' after the entity name. {SEE_DESCRIBE}"
            )
            raise Refused("INVALID_TYPE", marked(self.text, path.at, words))
        return kind

    def resolve(self, kind: ObjectDef, path: Path, alias: str | None = None) -> Resolved:
        """The field at the end of a path. Raises Refused (INVALID_FIELD)."""
        names = path.names
        if len(names) > 1 and names[0].lower() in (kind.name.lower(), (alias or kind.name).lower()):
            names = names[1:]
        return self._resolve(kind, names, path, ())

    def _resolve(self, kind: ObjectDef, names: tuple[str, ...], path: Path, parents: tuple[FieldDef, ...]) -> Resolved:
        if len(names) == 1:
            field = self.access.field(kind, names[0])
            if field is None:
                raise self.no_column(names[0], kind, path)
            return Resolved(field, kind, _getter(field), parents)
        reference = kind.relation(names[0])
        if reference is None or reference.name not in self.access.readable(kind) or len(parents) >= DEEPEST:
            raise self.no_relation(names[0], kind, path)
        if reference.name_pointing or len(reference.reference_to) > 1:
            return self._pointed(reference, names[1:], path, parents)
        target = self.world.schema.find(reference.reference_to[0])
        if target is None:
            raise self.no_relation(names[0], kind, path)
        above = self._resolve(target, names[1:], path, (*parents, reference))
        rows, key, get = self.world.table(target.name).rows, reference.name, above.get

        def from_parent(row: Row) -> Any:
            parent = rows.get(row.get(key, ""))
            return get(parent) if parent is not None else None

        return Resolved(above.field, above.kind, from_parent, above.parents)

    def _pointed(
        self, reference: FieldDef, names: tuple[str, ...], path: Path, parents: tuple[FieldDef, ...]
    ) -> Resolved:
        """A field of a parent that may be of several kinds: only what they share, by the vendor's object Name."""
        name = next((known for known in POINTED_FIELDS if known.lower() == names[0].lower()), None)
        if len(names) != 1 or (name is None and names[0] != "Type"):
            words = f"No such column '{names[0]}' on entity 'Name'. {SEE_DESCRIBE}"
            raise Refused("INVALID_FIELD", marked(self.text, path.at, words))
        world, key = self.world, reference.name

        def from_parent(row: Row) -> Any:
            found = world.row_of(row.get(key, ""))
            if found is None:
                return None
            return found[0].name if name is None else found[1].get(name)

        shown = FieldDef(name or "Type", name or "Type", "string", 255)
        pseudo = ObjectDef("Name", "Name", "Names", None)
        return Resolved(shown, pseudo, from_parent, (*parents, reference))

    def no_column(self, name: str, kind: ObjectDef, path: Path) -> Refused:
        words = (
            f"No such column '{name}' on entity '{kind.name}'. If you are attempting to use a custom field, be sure "
            f"to append the '__c' after the custom field name. {SEE_DESCRIBE}"
        )
        return Refused("INVALID_FIELD", marked(self.text, path.at, words))

    def no_relation(self, name: str, kind: ObjectDef, path: Path) -> Refused:
        words = (
            f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
            f"relationship, be sure to append the '__r' after the custom relationship name. {SEE_DESCRIBE}"
        )
        return Refused("INVALID_FIELD", marked(self.text, path.at, words))


def _getter(field: FieldDef) -> Getter:
    name = field.name
    if field.type == "boolean":
        return lambda row: row.get(name, False)
    return lambda row: row.get(name)
