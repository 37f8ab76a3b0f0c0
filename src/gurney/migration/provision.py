"""Make room at the destination: the planned modules, fields and pick-list values; or verify that the admin did.

Repeating it creates nothing. What was there before us is remembered: a key field that existed may hold values
already, and a rollback must not remove what we did not make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gurney.mapping.known import as_mapped
from gurney.mapping.schema_changes import changes
from gurney.migration.about import about
from gurney.migration.compiled import made_so_far, names_of
from gurney.migration.context import Migration
from gurney.migration.plan import require_current_plan
from gurney.migration.saved import provisioned_to_json
from gurney.migration.stages import Stage, reach, require, require_approval
from gurney.reports.forecast import ROOM
from gurney.reports.provision import ProvisionReport, ProvisionRow
from gurney.schema import NewField, NewObject, Provisioned, SchemaChange


async def provision(migration: Migration) -> ProvisionReport:
    """Create what the approved plan names. Raises GateRefused without an approval of the plan as it is."""
    require(migration.store, "provision", Stage.PLANNED, "gurney plan")
    plan = require_current_plan(migration)
    require_approval(migration.store, "provision", "plan", migration.store.documents.digest("plan"))
    mapping = migration.mapping()
    destination = migration.destination()
    objects = sorted({entry.to for entry in mapping.active()})
    migration.watcher.say("Comparing the plan with the destination's schema")
    with migration.working.on(ROOM):
        live = await destination.describe(objects)
    wanted = changes(mapping, as_mapped(live, names_of(migration, mapping, live)))
    migration.watcher.start("Making room", len(wanted))
    before = made_so_far(migration)
    _intend(migration, before, wanted)
    with migration.working.on(ROOM):
        made = await destination.provision(wanted)
    migration.watcher.advance(len(made))
    _remember(migration, before, made)
    with migration.working.on(ROOM):
        migration.keep_schema(await destination.describe(objects))
    created = [_entry(one) for one in made if one.state == "created"]
    migration.store.ledger.note_each(None, "provision", created, migration.operator)
    await _create_users(migration, plan)
    report = ProvisionReport(
        about=about(migration),
        ok=all(one.state in ("created", "existing") for one in made),
        rows=[_row(one) for one in made],
        already_there=len(wanted) == 0,
    )
    if report.ok:
        reach(migration.store, Stage.PROVISIONED)
    return report


def objects_with_old_keys(migration: Migration) -> frozenset[str]:
    """Destination objects whose key field was there before we provisioned anything."""
    ours = {
        (one.change.object, one.change.name)
        for one in made_so_far(migration)
        if isinstance(one.change, NewField) and one.state == "created"
    }
    return frozenset(
        entry.to for entry in migration.mapping().active() if entry.key and (entry.to, entry.key) not in ours
    )


def _intend(migration: Migration, before: Sequence[Provisioned], wanted: Sequence[SchemaChange]) -> None:
    """Remember what is about to be made: after a crash it must not pass for something that was there before us."""
    _remember(migration, before, [Provisioned(change, "created", words="intended") for change in wanted])


def _remember(migration: Migration, before: Sequence[Provisioned], made: Sequence[Provisioned]) -> None:
    """What an earlier run made or was about to make stays ours for ever, although it exists by now.

    This run's own intentions do not count: what it then finds existing, hidden from us until now, was an admin's.
    """
    known = {_identity(one): one for one in before}
    for one in made:
        earlier = known.get(_identity(one))
        if earlier is not None and earlier.state == "created" and one.state == "existing":
            one = replace(one, state="created")
        known[_identity(one)] = one
    everything = provisioned_to_json(list(known.values()))
    migration.store.documents.put("provisioned", {"made": everything}, sealed=False)


def _identity(one: Provisioned) -> tuple[str, ...]:
    change = one.change
    if isinstance(change, NewObject):
        return ("object", change.name)
    if isinstance(change, NewField):
        return ("field", change.object, change.name)
    return ("options", change.object, change.field, *change.options)


def _entry(one: Provisioned) -> dict[str, str]:
    return {"what": "/".join(_identity(one)[:3]), "actual_name": one.actual_name, "vendor_id": one.vendor_id}


def _row(one: Provisioned) -> ProvisionRow:
    kind, *name = _identity(one)
    return ProvisionRow(
        kind=kind, name=".".join(name[:2]), state=one.state, actual_name=one.actual_name, words=one.words
    )


async def _create_users(migration: Migration, plan: dict[str, object]) -> None:
    """Invite the users that the plan names, where the plan says so."""
    users = plan.get("users_to_create")
    if not isinstance(users, list) or not users:
        return
    destination = migration.destination()
    there = {user.email.casefold() for user in await destination.users()}
    for user in users:
        if user["email"].casefold() not in there:
            made = await destination.create_user(user["email"], user["first_name"], user["last_name"], user["role"])
            details = {"practitioner": user["practitioner"], "user": made.id}
            migration.store.ledger.note(None, "invite-user", details, migration.operator)
