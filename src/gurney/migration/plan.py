"""The plan: mapping, schema changes, owners, limits and forecast in one document that a person signs.

`mapping.yaml` is proposed when there is none; one that a person edited is kept, checked and planned for as it is.
Nothing is written to the destination.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gurney.destinations.vendor import Prices, vendor
from gurney.errors import GateRefused
from gurney.estimate.account import limit_rows
from gurney.estimate.forecast import forecast
from gurney.estimate.storage import no_room, storage_rows
from gurney.mapping import document
from gurney.mapping.compile import CompiledMapping
from gurney.mapping.coverage import coverage, explain
from gurney.mapping.known import as_mapped
from gurney.mapping.model import FieldMap, Mapping, ObjectMap, digest
from gurney.mapping.problems import MappingWrong, Problem
from gurney.mapping.propose import Proposal, objects_of_values, propose
from gurney.mapping.schema_changes import changes
from gurney.mapping.validate import validate
from gurney.migration.about import about
from gurney.migration.audit import filled_custom_fields, practitioners, rows_of, source_settings
from gurney.migration.build import Builder
from gurney.migration.companion import Companion, settle_companions
from gurney.migration.compiled import compile_for, limits_of, names_of, with_changes
from gurney.migration.context import Migration
from gurney.migration.dry import DryRun, dry_run
from gurney.migration.owners import Practitioner, Resolution, resolve
from gurney.migration.progress import Nobody
from gurney.migration.setup import setup_plan, write_setup
from gurney.migration.stages import Stage, reach, require
from gurney.migration.workload import TryOne, workload
from gurney.reports.audit import LimitRow
from gurney.reports.forecast import ROOM, Forecast
from gurney.reports.model import Approval, FoundRow
from gurney.reports.plan import CompanionField, FieldRow, MapRow, OneToOne, OwnerRow, PlanReport
from gurney.schema import Schema, SchemaChange

LINKS = "links_per_side"
"""The limit of a vendor that counts how many records point to one."""
CONSENT = (
    "Consent goes over by its meaning: only a recorded yes counts as agreement. Where the patient never answered, "
    "the CRM's opt-out is set, so that nobody is written to who did not agree."
)


async def plan(migration: Migration, *, fallback_owner: str = "", create_users: bool = False) -> PlanReport:
    """Propose and check the mapping, resolve owners, try every record, and write the plan."""
    require(migration.store, "plan", Stage.AUDITED, "gurney audit")
    destination = migration.destination()
    with migration.working.on(ROOM):
        mapping, proposal = await _mapping(migration)
        live = await destination.describe(sorted({entry.to for entry in mapping.active()}))
    limits = limits_of(migration)
    seen = as_mapped(live, names_of(migration, mapping, live))
    written = _without_demands(seen, destination.capabilities.user_object)
    problems = validate(mapping, migration.schema("source-schema", "gurney audit"), written, limits)
    errors = [problem for problem in problems if problem.level == "error"]
    if errors:
        raise MappingWrong(str(migration.workspace.mapping_file), errors)
    wanted = changes(mapping, seen)
    roster = await practitioners(migration)
    with migration.working.on(ROOM):
        people = await destination.users()
    resolution = resolve(roster, people, fallback_owner or _fallback_so_far(migration))
    users = _users_to_create(roster, resolution) if create_users else []
    compiled = compile_for(migration, mapping, with_changes(live, wanted))
    builder = Builder(migration.store, compiled, resolution.owners, migration.as_of())
    migration.store.assignments.forget_undone()
    tried = dry_run(migration.store, compiled, builder, migration.watcher, assigns=True, counts_links=LINKS in limits)
    companions = settle_companions(migration, mapping, proposal)
    account = migration.account()
    prices, users_there = Prices.of(destination), int(account.details.get("users") or 0)
    work = workload(migration, mapping, tried, wanted, _trial(migration, seen, live, resolution))
    estimate = forecast(prices, work, edition=account.edition, users=users_there)
    room = storage_rows(work, account.limits, users_there, prices.file_object)
    saved = _document(migration, mapping, resolution, tried, users, estimate)
    digest_of_plan = migration.store.documents.put("plan", saved, sealed=True)
    migration.store.documents.put("owners", resolution.as_document(), sealed=True)
    migration.keep_schema(live)
    reach(migration.store, Stage.PLANNED)
    table = coverage(mapping)
    report = PlanReport(
        about=about(migration),
        destination=vendor(destination.name).title,
        one_to_one=OneToOne(rows=table.rows, one_to_one=table.one_to_one, supported=table.supported),
        maps=[_map_row(mapping, entry, tried) for entry in mapping.maps],
        setup=setup_plan(mapping, seen, wanted, users, destination.capabilities),
        owners=_owner_rows(resolution),
        fallback_owner=resolution.fallback,
        limits=[*_limit_rows(migration, mapping, seen, wanted), *room],
        findings=[
            *_problem_rows(problems),
            *_tried_rows(tried),
            *crowded_rows(mapping, tried, limits.get(LINKS)),
            *(no_room(row) for row in room if not row.fits),
            *_assigned_rows(migration, compiled),
            *_note_rows(proposal),
            *_owner_findings(resolution),
        ],
        companions=_companions(companions),
        consent_sentence=CONSENT,
        forecast=estimate,
        approval=_approval(migration, digest_of_plan),
    )
    write_setup(migration, report, wanted)
    report.findings.append(FoundRow(level="info", code="coverage", words=table.words))
    return report


def _without_demands(live: Schema, user_object: str) -> Schema:
    """The schema as validation judges it: users are matched or invited, never written, so nothing need be filled."""
    users = live.objects.get(user_object)
    if users is None:
        return live
    fields = {name: replace(field, required=False) for name, field in users.fields.items()}
    return Schema({**live.objects, user_object: replace(users, fields=fields)})


def require_current_plan(migration: Migration) -> dict[str, Any]:
    """The plan, if mapping.yaml still says what it was made from. Raises GateRefused otherwise."""
    saved = migration.document("plan", "gurney plan")
    if digest(migration.mapping()) != saved["mapping"]:
        raise GateRefused("mapping.yaml changed since the plan was made.", next_step="First: gurney plan")
    return saved


async def _mapping(migration: Migration) -> tuple[Mapping, Proposal | None]:
    """The clinic's mapping: its own file, or the proposal, which is then written there."""
    file = migration.workspace.mapping_file
    if file.is_file():
        return migration.mapping(), None
    default = document.default(migration.workspace.settings.migration.destination)
    live = await migration.destination().describe(sorted({entry.to for entry in default.active()}))
    proposal = propose(
        default,
        source_settings(migration).get("patient_custom_fields_definition"),
        as_mapped(live, names_of(migration, default, live)),
        limits_of(migration),
        filled_custom_fields(migration),
        {
            object: [row.body for row in rows_of(migration, object) if row.state != "gone"]
            for object in objects_of_values(default)
        },
    )
    migration.runtime.write_file(file, [document.dump(proposal.mapping).encode()])
    return migration.mapping(), proposal


def _fallback_so_far(migration: Migration) -> str:
    owners = migration.store.documents.get("owners")
    return owners["fallback"] if owners else ""


def _users_to_create(roster: Sequence[Practitioner], resolution: Resolution) -> list[dict[str, str]]:
    """Practitioners with an address and no user: they can be invited (OWN2, OWN6)."""
    unmatched = {entry["id"] for entry in resolution.unmatched}
    users = []
    for who in roster:
        if who.id in unmatched and who.email and who.active:
            first, _, last = who.name.rpartition(" ")
            users.append(
                {"practitioner": who.id, "email": who.email, "first_name": first, "last_name": last, "role": ""}
            )
    return users


def _trial(migration: Migration, seen: Schema, live: Schema, resolution: Resolution) -> TryOne:
    """How one object map of another mapping is tried, to price it."""

    def try_one(mapping: Mapping, map: str) -> DryRun:
        compiled = compile_for(migration, mapping, with_changes(live, changes(mapping, seen)))
        builder = Builder(migration.store, compiled, resolution.owners, migration.as_of())
        alone = CompiledMapping([compiled.by_id[map]], compiled.by_id)
        return dry_run(migration.store, alone, builder, Nobody())

    return try_one


def _document(
    migration: Migration,
    mapping: Mapping,
    resolution: Resolution,
    tried: DryRun,
    users: list[dict[str, str]],
    estimate: Forecast,
) -> dict[str, Any]:
    """What is signed, and what later stages go by. Holds no moment of its making: the same plan, the same digest."""
    return {
        "mapping": digest(mapping),
        "as_of": migration.as_of().isoformat(),
        "owners": resolution.owners,
        "fallback": resolution.fallback,
        "users_to_create": users,
        "expected": dict(tried.selected),
        "skipped": {f"{map} {code}": count for (map, code), count in sorted(tried.skipped.items())},
        "writes": dict(tried.writes),
        "forecast": estimate.model_dump(mode="json"),
    }


def _map_row(mapping: Mapping, entry: ObjectMap, tried: DryRun) -> MapRow:
    told = explain(mapping, entry.map)
    return MapRow(
        map=entry.map,
        row=entry.row,
        source=entry.source,
        destination=entry.to,
        cardinality=entry.cardinality,
        supported=entry.support != "none",
        enabled=entry.enabled,
        condition="; ".join(f"{path} is {condition.short()}" for path, condition in entry.when.items()),
        owner=f"the user of {entry.owner.practitioner}" if entry.owner else "",
        transformations=[told.transformation] if told.transformation else [],
        lookups=list(told.lookups),
        schema_dependencies=list(told.schema),
        deviation=entry.deviation.strip(),
        fields=[_field_row(line) for line in entry.told_fields()],
        records=tried.selected.get(entry.map, 0),
    )


def _field_row(line: FieldMap) -> FieldRow:
    return FieldRow(
        to=line.to,
        source=", ".join(line.source),
        transforms=[call.name for call in line.transform],
        lookup=f"{' or '.join(line.lookup.map)} by {line.lookup.by}" if line.lookup else "",
        values="; ".join(f"{source} → {there}" for source, there in line.values.items()),
        field_class=line.sensitivity,
        note=line.note,
    )


def _owner_rows(resolution: Resolution) -> list[OwnerRow]:
    matched = [
        OwnerRow(practitioner_id=entry["id"], name=entry["name"], active=True, owner_id=entry["user"],
                 owner=entry["email"])
        for entry in resolution.matched
    ]  # fmt: skip
    how = (
        "unmatched" if not resolution.fallback else "unassigned" if resolution.fallback == "unassigned" else "fallback"
    )
    rest = [
        OwnerRow(
            practitioner_id=entry["id"], name=entry["name"], active=entry["active"], how=how,
            owner=resolution.fallback if how == "fallback" else "", reason=entry["reason"],
        )
        for entry in resolution.unmatched
    ]  # fmt: skip
    return [*matched, *rest]


def _owner_findings(resolution: Resolution) -> list[FoundRow]:
    found = []
    if not resolution.is_complete:
        found.append(
            FoundRow(
                level="error", code="owners-undecided", count=len(resolution.unmatched),
                ids=[entry["id"] for entry in resolution.unmatched][:50],
                words="Practitioners without a user: nothing is loaded while their records' owner is undecided.",
                next_step="Create the users, or: gurney plan --fallback-owner EMAIL (or: unassigned)",
            )
        )  # fmt: skip
    words = "These practitioners share one user; their names on the records tell them apart."
    found += [
        FoundRow(level="warning", code="owners-shared", ids=shared["practitioners"], words=words)
        for shared in resolution.ambiguous
    ]
    return found


def _limit_rows(migration: Migration, mapping: Mapping, live: Schema, wanted: Sequence[SchemaChange]) -> list[LimitRow]:
    """What the plan needs against what the edition allows (AUD4)."""
    return limit_rows(mapping, live, wanted, migration.account().limits)


def _problem_rows(problems: Sequence[Problem]) -> list[FoundRow]:
    return [
        FoundRow(
            level="warning" if problem.level == "warning" else "info", code="mapping",
            words=f"{problem.where}: {problem.words}", next_step=problem.remedy,
        )
        for problem in problems
    ]  # fmt: skip


def _tried_rows(tried: DryRun) -> list[FoundRow]:
    """What the dry build met: values that do not fit, records that stay behind."""
    rows = [
        FoundRow(
            level="warning", code=code, object=map, count=count, ids=tried.issue_ids[map, field, code],
            words=f"{field}: {tried.issue_words[map, field, code]}" if field else tried.issue_words[map, field, code],
        )
        for (map, field, code), count in sorted(tried.issues.items())
    ]  # fmt: skip
    left = [
        FoundRow(level="info", code=code, object=map, count=count, words=tried.words[map, code])
        for (map, code), count in sorted(tried.skipped.items())
    ]
    return [*rows, *left, *_line_rows(tried)]


def crowded_rows(mapping: Mapping, tried: DryRun, most: int | None) -> Iterator[FoundRow]:
    """Links that a full record will not take: they are counted before, and the reconciliation names them after."""
    made = {(entry.map, line.to) for entry in mapping.active() for line in entry.active_fields() if line.create}
    for (map, field), targets in sorted(tried.pointing.items()):
        over = [count - most for count in targets.values() if most is not None and count > most]
        if over and (map, field) in made:
            words = f"{field}: {sum(over):,} links cannot be made, for the CRM takes {most:,} to one record."
            step = f"The records arrive without them. To find them later, fill a text field beside {field} too."
            yield FoundRow(
                level="warning", code="links-over-limit", object=map, count=sum(over), words=words, next_step=step
            )


def _assigned_rows(migration: Migration, compiled: CompiledMapping) -> list[FoundRow]:
    """Lookups that are decided once and for all: how many records each of their targets takes."""
    return [
        FoundRow(
            level="info", code="assigned", object=map.id, count=sizes.total(),
            words=f"{map.said(field)}: {sizes.total()} records are assigned to {len(sizes)}, at most "
            f"{max(sizes.values())} to one. The assignment is kept: what changes later moves none of them.",
        )
        for map in compiled.maps
        if map.assigns
        for field, sizes in sorted(migration.store.assignments.sizes(map.id).items())
    ]  # fmt: skip


def _line_rows(tried: DryRun) -> list[FoundRow]:
    """Of records that become lines of files: how many do, and why others do not."""
    rows = []
    for (map, code), count in sorted(tried.lines.items()):
        words = f"{count:,} records are lines of {tried.selected[map]:,} files." if not code else tried.words[map, code]
        rows.append(FoundRow(level="info", code=code or "lines", object=map, count=count, words=words))
    return rows


def _note_rows(proposal: Proposal | None) -> list[FoundRow]:
    return [FoundRow(level="info", code="proposal", words=note) for note in (proposal.notes if proposal else ())]


def _companions(companions: Sequence[Companion]) -> list[CompanionField]:
    return [
        CompanionField(object=one.object, label=one.line.label, priority=number, reason=one.why)
        for number, one in enumerate(companions, start=1)
    ]


def _approval(migration: Migration, digest_of_plan: str) -> Approval:
    approval = migration.store.documents.approval("plan")
    if approval is not None and approval.digest == digest_of_plan:
        return Approval(document="plan", digest=digest_of_plan, by=approval.by, at=approval.at)
    return Approval(document="plan", digest=digest_of_plan, command="gurney approve plan --by NAME")
