"""The standard duplicate rules: on in every new organisation, and no API insert passes them unasked (FACTS 0.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gurney.twins.salesforce.refusals import Refused
from gurney.twins.salesforce.schema import ObjectDef
from gurney.twins.salesforce.store import Row

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

PEOPLE = ("Contact", "Lead", "User")
"""Objects whose name is put together from parts."""
MATCHED_BY = {
    "Contact": ("Email", "Phone", "MobilePhone", "MailingStreet"),
    "Lead": ("Email", "Phone", "MobilePhone", "Street"),
    "Account": ("Phone", "Website", "BillingStreet"),
}
"""Same name, and one of these the same: that is a duplicate to the twin. The vendor's matching is fuzzier."""


def install(world: World) -> None:
    """Index the names that are compared."""
    if world.switches["duplicate_rules"] == "on":
        for name in MATCHED_BY:
            world.table(name).index_by("Name")


def check(world: World, kind: ObjectDef, values: Row) -> None:
    """Raises Refused when the row looks like one that is there."""
    if kind.name not in MATCHED_BY or world.switches["duplicate_rules"] != "on":
        return
    told = {field: _fold(values[field]) for field in MATCHED_BY[kind.name] if values.get(field)}
    if not told:
        return
    name = values.get("Name") or " ".join(values[part] for part in ("FirstName", "LastName") if values.get(part))
    same = [
        row
        for row in world.table(kind.name).by("Name", name)
        if any(value == _fold(row.get(field)) for field, value in told.items())
    ]
    if same:
        more = {"duplicateResult": _result(kind.name, same)}
        raise Refused("DUPLICATES_DETECTED", "Use one of these records?", [], more=more)


def _fold(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _result(name: str, rows: list[Row]) -> dict[str, Any]:
    """Which rows it looks like, in the shape of the vendor's example."""
    matches = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {"attributes": {"type": name}, "Id": row["Id"]},
        }
        for row in rows
    ]
    found = {
        "entityType": name,
        "errors": [],
        "matchEngine": "FuzzyMatchEngine",
        "matchRecords": matches,
        "rule": f"Standard_{name}_Match_Rule_v1_1",
        "size": len(matches),
        "success": True,
    }
    return {
        "allowSave": True,
        "duplicateRule": f"Standard_{name}_Duplicate_Rule",
        "duplicateRuleEntityType": name,
        "errorMessage": "Use one of these records?",
        "matchResults": [found],
    }
