"""The clinic's own patient fields: their definitions in the settings, and a patient's values (FACTS 6.1).

Every field type occurs, and so do an archived option, an archived field and an archived section that still
hold values. Fields are known by token; names repeat across sections on purpose ("Notes").
"""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

from gurney.twins.clinic.wire import DAY_S, Record, day

FUNDS = ("Banksia Mutual", "Wattle Health Fund", "Southern Cover", "Old Mutual (closed)")


class CustomFields:
    """Definitions with tokens drawn from the seed; `values` fills some of them for one patient."""

    def __init__(self, seed: int) -> None:
        self._tokens = Random(f"custom fields {seed}")
        self.definition: Record = {
            "sections": [
                self._section("Funding", self._funding()),
                self._section("Clinical background", self._background()),
                self._section("Office", [self._field("Notes", "text"), self._field("Preferred day", "text")]),
                self._section("Old intake (2019)", self._old_intake(), archived=True),
            ]
        }

    def values(self, rng: Random, as_of: int, filled: float = 0.5) -> Record | None:
        """One patient's values: what is not filled in is left out; null when nothing is filled in."""
        sections = []
        for section in self.definition["sections"]:
            chance = filled if not section["archived"] or filled == 1 else 0.03
            fields = [self._answered(field, rng, as_of) for field in section["fields"] if rng.random() < chance]
            if fields:
                sections.append({**section, "fields": fields})
        return {"sections": sections} if sections else None

    def _funding(self) -> list[Record]:
        return [
            self._field("Health fund", "radiobuttons", FUNDS, other=True, closed=("Old Mutual (closed)",)),
            self._field("Policy number", "text"),
            self._field("NDIS number", "text"),
            self._field("Plan end", "date"),
        ]

    def _background(self) -> list[Record]:
        conditions = ("Asthma", "Diabetes", "Hypertension", "Osteoarthritis", "Swine flu")
        return [
            self._field("Conditions", "checkboxes", conditions, other=True, closed=("Swine flu",)),
            self._field("History", "paragraph"),
            self._field("Notes", "paragraph"),
        ]

    def _old_intake(self) -> list[Record]:
        return [
            self._field("Fax consent", "checkboxes", ("Yes",)),
            self._field("Loyalty card", "text", archived=True),
        ]

    def _token(self) -> str:
        return str(UUID(int=self._tokens.getrandbits(128), version=4))

    def _section(self, name: str, fields: list[Record], *, archived: bool = False) -> Record:
        return {"name": name, "token": self._token(), "archived": archived, "fields": fields}

    def _field(
        self,
        name: str,
        kind: str,
        options: tuple[str, ...] = (),
        *,
        other: bool = False,
        closed: tuple[str, ...] = (),
        archived: bool = False,
    ) -> Record:
        field: Record = {"name": name, "type": kind, "token": self._token(), "archived": archived}
        if options:
            field["options"] = [
                {"name": option, "token": self._token(), **({"archived": True} if option in closed else {})}
                for option in options
            ]
            field["other"] = {"enabled": other}
        return field

    def _answered(self, field: Record, rng: Random, as_of: int) -> Record:
        """The field as it travels inside a patient: without `archived`, with the value."""
        answered = {key: value for key, value in field.items() if key != "archived"}
        kind = field["type"]
        if kind in ("radiobuttons", "checkboxes"):
            return _chosen(answered, rng, several=kind == "checkboxes")
        return {**answered, "value": _value(field["name"], kind, rng, as_of)}


def _chosen(field: Record, rng: Random, *, several: bool) -> Record:
    """Marks the chosen options with selected:true, or fills the free answer of a radio button."""
    if field["other"]["enabled"] and not several and rng.random() < 0.15:
        return {**field, "other": {"enabled": True, "selected": True, "value": "Regional Mutual"}}
    picked = {rng.randrange(len(field["options"])) for _ in range(2 if several else 1)}
    options = [
        {**option, "selected": True} if place in picked else dict(option)
        for place, option in enumerate(field["options"])
    ]
    return {**field, "options": options}


def _value(name: str, kind: str, rng: Random, as_of: int) -> Any:
    if kind == "date":
        return day(as_of + rng.randint(-400, 400) * DAY_S)
    if kind == "paragraph":
        return "ACL repair 2011\nNo other surgery" if rng.random() < 0.5 else "Nothing to report."
    if name.endswith("number"):
        return str(rng.randint(430_000_000, 439_999_999))
    return rng.choice(("Mornings", "Ask for Sam", "Ground floor, please", "Tuesday"))
