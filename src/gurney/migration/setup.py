"""The setup plan: what will be created in the CRM, as a page, as a sheet, and as the vendor's own package (MAP2 to 5).

The administrator reads it before anything is created, and may create it instead of us: `gurney provision` then
verifies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from gurney.destinations.protocol import Capabilities
from gurney.destinations.vendor import vendor
from gurney.mapping.model import Mapping
from gurney.mapping.schema_changes import standard_fields_used
from gurney.migration.context import Migration
from gurney.reports.csv import write_csv
from gurney.reports.plan import PlanReport
from gurney.reports.render import render
from gurney.reports.setup import (
    FieldToCreate,
    ObjectToCreate,
    OptionsToCreate,
    SetupPlan,
    SetupReport,
    StandardField,
    UserToCreate,
)
from gurney.schema import NewField, NewObject, NewOptions, Schema, SchemaChange

SHEET = ("Object", "Field", "Label", "Type", "Length", "Unique", "Pick-list values", "Looks up", "Help", "Mapped by")


def setup_plan(
    mapping: Mapping,
    live: Schema,
    wanted: Sequence[SchemaChange],
    users: Sequence[dict[str, str]],
    capabilities: Capabilities,
) -> SetupPlan:
    """What is created, what is used as it is, and what a person does."""
    setup = SetupPlan(
        users=[
            UserToCreate(
                practitioner_id=user["practitioner"], name=f"{user['first_name']} {user['last_name']}".strip(),
                email=user["email"], role=user["role"],
            )
            for user in users
        ],
        standard_fields=[
            StandardField(object=one.object, name=one.name, maps=list(one.maps))
            for one in standard_fields_used(mapping, live)
        ],
    )  # fmt: skip
    for change in wanted:
        if isinstance(change, NewObject):
            setup.objects.append(ObjectToCreate(name=change.name, label=change.plural_label, reason=change.reason))
        elif isinstance(change, NewField):
            setup.fields.append(
                FieldToCreate(
                    object=change.object, name=change.name, label=change.label, type=change.type.value,
                    length=change.length, unique=change.unique, options=list(change.options),
                    lookup_to=change.lookup_to or "", reason=change.reason, maps=list(change.maps),
                )
            )  # fmt: skip
        elif isinstance(change, NewOptions):
            setup.options.append(
                OptionsToCreate(object=change.object, field=change.field, options=list(change.options))
            )
    setup.by_hand = _by_hand(users, wanted, capabilities)
    return setup


def _by_hand(users: Sequence[dict[str, str]], wanted: Sequence[SchemaChange], capabilities: Capabilities) -> list[str]:
    steps = []
    if not capabilities.creates_fields and any(isinstance(change, NewField) for change in wanted):
        steps.append(
            "No program makes these fields for certain: make each with exactly the label above, from "
            "field-definitions.csv beside this plan; then: gurney provision, which verifies them and names what is "
            "missing."
        )
    if users:
        steps.append("Invited users must accept their invitation before they can own records; then: gurney plan")
    if "object" not in capabilities.deletes_schema and any(isinstance(change, NewObject) for change in wanted):
        steps.append("A rollback cannot remove created objects by the API: the administrator deletes them in Setup.")
    steps.append("Switch off notifications and automations that would write to patients while records arrive.")
    return steps


def write_setup(migration: Migration, plan: PlanReport, wanted: Sequence[SchemaChange]) -> list[Path]:
    """Write the administrator's documents beside the plan; returns their files."""
    chosen = vendor(migration.workspace.settings.migration.destination)
    report = SetupReport(about=plan.about, destination=chosen.title, setup=plan.setup, approval=plan.approval)
    folder, runtime = migration.workspace.reports, migration.runtime
    files = render(report, folder, runtime)
    files.append(write_csv(folder / "field-definitions.csv", SHEET, _sheet(wanted), runtime))
    for name, content in (chosen.setup_package(wanted) if chosen.setup_package else {}).items():
        runtime.write_file(folder / name, [content])
        files.append(folder / name)
    return files


def _sheet(wanted: Sequence[SchemaChange]) -> Iterator[tuple[object, ...]]:
    """The field-definition sheet: a row for each object, field and list of values to create; values a line each."""
    for change in wanted:
        if isinstance(change, NewObject):
            yield change.name, "", change.label, "object", "", "", "", "", change.reason, ""
        elif isinstance(change, NewField):
            yield (
                change.object, change.name, change.label, change.type.value, change.length or "",
                "yes" if change.unique else "", "\n".join(change.options), change.lookup_to or "", change.help,
                ", ".join(change.maps),
            )  # fmt: skip
        else:
            yield change.object, change.field, "", "values to add", "", "", "\n".join(change.options), "", "", ""
