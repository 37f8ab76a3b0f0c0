"""A record on its way to being saved: what was sent, checked field by field, with all that is wrong at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from gurney.twins.freshsales.refusals import invalid
from gurney.twins.freshsales.schema import CUSTOM, Field, Schema
from gurney.twins.freshsales.shelf import Row
from gurney.twins.freshsales.values import Bad, Dropped, human, taken

if TYPE_CHECKING:
    from gurney.twins.freshsales.world import World


class Draft:
    """Values to be saved over an old row (empty for a new record)."""

    def __init__(self, world: World, user: Row, old: Row | None) -> None:
        self.world = world
        self.user = user
        self.old: Row = old or {}
        self.is_new = old is None
        self.values: Row = {}
        self.problems: list[str] = []
        self._bad: set[str] = set()

    def get(self, name: str) -> Any:
        """The value as it will be."""
        return self.values[name] if name in self.values else self.old.get(name)

    def complain(self, message: str) -> None:
        self.problems.append(message)

    def attempt(self, name: str, check: Callable[[], Any]) -> None:
        """Set a value, or note what is wrong with it, or pass it over."""
        try:
            self.values[name] = check()
        except Bad as no:
            self._bad.add(name)
            self.complain(str(no))
        except Dropped:
            pass

    def take(self, name: str, check: Callable[[Any], Any], given: Any) -> None:
        """The same for a value that was sent; what is empty clears."""
        self.attempt(name, lambda: None if given is None or given == "" else check(given))

    def field(self, field: Field, value: Any) -> None:
        """Set a field as its type takes it."""
        self.attempt(field.name, lambda: taken(self.world, field, value))

    def strange(self, name: str) -> None:
        """A key that nobody knows (switch unknown_keys)."""
        if self.world.switches["unknown_keys"] == "refuse":
            self.complain(f"{name} is not a valid attribute")

    def need(self, *names: str) -> None:
        """These must not be blank."""
        for name in names:
            if self.get(name) in (None, "") and name not in self._bad:
                self.complain(f"{human(name)} can't be blank")

    def finish(self) -> Row:
        """The whole row. Raises Refused with every problem."""
        if self.problems:
            raise invalid(self.problems)
        return {**self.old, **self.values}


Special = Mapping[str, Callable[[Draft, Any], None]]


def fill(draft: Draft, schema: Schema, special: Special, attributes: Row) -> None:
    """Take every attribute that was sent; what the vendor computes is ignored (FACTS 3)."""
    for name, value in attributes.items():
        if name in special:
            special[name](draft, value)
        elif name == "custom_field":
            _custom(draft, schema, value)
        elif name in schema.fields and not schema.fields[name].custom:
            if schema.fields[name].writable:
                draft.field(schema.fields[name], value)
        else:
            draft.strange(name)


def _custom(draft: Draft, schema: Schema, given: Any) -> None:
    if given is None:
        return
    if not isinstance(given, dict):
        draft.complain("The type for custom_field is invalid.")
        return
    for name, value in given.items():
        field = schema.fields.get(name)
        if field is not None and field.custom and name.startswith(CUSTOM):
            draft.field(field, value)
        else:
            draft.strange(name)
