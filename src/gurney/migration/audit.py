"""The audit: the source read into the snapshot, counted, and looked at for what is wrong or will not fit.

Nothing is written to the destination. What is found is told with ids, never with values.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from gurney.destinations.protocol import User
from gurney.mapping.compile import NOTE_CHARS
from gurney.mapping.propose import LONG_TEXT_CHARS
from gurney.migration.about import about
from gurney.migration.automations import write_automations
from gurney.migration.build import Related
from gurney.migration.compiled import limits_of
from gurney.migration.context import Migration
from gurney.migration.crosscheck import cross_check, patients_export
from gurney.migration.gotchas import OVERSIZE_STEPS, location_options, reading_notes
from gurney.migration.owners import Practitioner, practitioners_of, resolve
from gurney.migration.quality import QualityAudit, QualityLimits, prospect_fields
from gurney.migration.reading import keep_reading, reading_findings
from gurney.migration.stages import Stage, reach, require
from gurney.reports.audit import (
    AuditReport,
    CustomFieldRow,
    InventoryRow,
    OversizeFile,
    PractitionerRow,
    Unmatched,
)
from gurney.reports.forecast import READ
from gurney.sources.cliniko.custom_fields import definitions
from gurney.sources.cliniko.derived import derive
from gurney.sources.cliniko.links import link_id
from gurney.sources.cliniko.objects import objects
from gurney.store.snapshot import Row

STRIDE = 1000


async def audit(migration: Migration) -> AuditReport:
    """Read everything into the snapshot (or go on doing so), then say what is there."""
    require(migration.store, "audit", Stage.CHECKED, "gurney check")
    as_of = migration.as_of()
    export = patients_export(migration.workspace)
    with migration.store.worker_lock():
        with migration.working.on(READ):
            await _extract(migration)
        migration.store.documents.put("audit", {"as_of": as_of.isoformat()}, sealed=False)
        report = _inventory(migration)
        report.reading = [*reading_findings(migration.store), *cross_check(migration.store.snapshot, export)]
        _quality(migration, report)
        await _people(migration, report)
        write_automations(migration)
        settings = source_settings(migration)
        migration.keep_schema(migration.source().schema(settings), "source-schema")
        reach(migration.store, Stage.AUDITED)
    return report


def source_settings(migration: Migration) -> dict[str, Any]:
    """The account's settings as read, with the definitions of custom fields."""
    row = migration.store.snapshot.get("settings", ["settings"]).get("settings")
    return row.body if row else {}


def rows_of(migration: Migration, object: str) -> Iterator[Row]:
    """All rows of an object, a stride in memory at a time."""
    after = 0
    while rows := migration.store.snapshot.scan(object, after=after, limit=STRIDE):
        yield from rows
        after = rows[-1].seq


async def practitioners(migration: Migration) -> list[Practitioner]:
    """The clinic's practitioners with what resolves their owner."""
    rows = list(rows_of(migration, "practitioners"))
    bodies = [row.body for row in rows if row.state != "gone"]
    facts = derive("practitioners", bodies, Related(migration.store.snapshot), migration.as_of())
    return practitioners_of({**body, "derived": fact} for body, fact in zip(bodies, facts, strict=True))


async def _extract(migration: Migration) -> None:
    announced: dict[str, int] = {}
    read: dict[str, int] = {}

    def progress(object: str, done: int, total: int) -> None:
        announced[object], read[object] = total, done
        migration.watcher.start("Reading Cliniko", max(sum(announced.values()), 1))
        migration.watcher.advance(
            sum(read.values()), detail=f"{objects()[object].label if object in objects() else object}"
        )

    read_report = await migration.source().extract(migration.store.snapshot, progress=progress)
    keep_reading(migration.store, read_report)


def _inventory(migration: Migration) -> AuditReport:
    snapshot = migration.store.snapshot
    rows = []
    for object in snapshot.objects():
        if object == "settings":
            continue
        counts = snapshot.counts(object)
        total = sum(count for state, count in counts.items() if state != "gone")
        put_away = counts.get("archived", 0) + counts.get("deleted", 0)
        note = f"{counts['merged']} merged into others" if counts.get("merged") else ""
        rows.append(
            InventoryRow(
                object=object, live=counts.get("live", 0), archived=put_away, cancelled=counts.get("cancelled", 0),
                total=total, note=note,
            )
        )  # fmt: skip
    account = migration.document("source-account", "gurney check")
    files = [row.body for row in rows_of(migration, "patient_attachments") if row.state != "gone"]
    return AuditReport(
        about=about(migration),
        as_of=migration.as_of(),
        account=f"{account['name']} ({account['subdomain']})",
        inventory=rows,
        attachments=len(files),
        attachment_bytes=sum(int(file.get("size") or 0) for file in files),
        custom_fields=_custom_fields(migration),
        reading_notes=reading_notes(migration.workspace.settings.migration.destination),
        location_options=location_options(snapshot.counts("businesses")),
    )


def _custom_fields(migration: Migration) -> list[CustomFieldRow]:
    filled = filled_custom_fields(migration)
    return [
        CustomFieldRow(
            section=field.section, label=field.name, type=field.type.value, token=field.token,
            archived=field.archived, filled=filled[field.token], options=len(field.options),
        )
        for field in definitions(source_settings(migration))
    ]  # fmt: skip


def filled_custom_fields(migration: Migration) -> Counter[str]:
    """How many patients hold a value, by the field's token."""
    filled: Counter[str] = Counter()
    for row in rows_of(migration, "patients"):
        for section in (row.body.get("custom_fields") or {}).get("sections", ()):
            filled.update(field["token"] for field in section.get("fields", ()) if field.get("token"))
    return filled


def _quality(migration: Migration, report: AuditReport) -> None:
    """One pass over every record, parents before children."""
    limits = limits_of(migration)
    account = migration.document("source-account", "gurney check")
    detector = QualityAudit(
        as_of=migration.as_of(),
        country=account.get("country_code") or "AU",
        key=hashlib.sha256(migration.id.encode()).digest(),
        limits=QualityLimits(
            file_bytes=limits.get("file_bytes"),
            file_name_chars=limits.get("file_name_chars"),
            note_chars=limits.get("note_chunk_chars", limits.get("note_chars", NOTE_CHARS)),
            long_text_chars=min(limits.get("long_text_chars", LONG_TEXT_CHARS), LONG_TEXT_CHARS),
            first_name_chars=limits.get("first_name_chars", 40),
            last_name_chars=limits.get("last_name_chars", 80),
        ),
    )
    settings = source_settings(migration)
    detector.see("settings", settings)
    total = sum(row.total for row in report.inventory)
    migration.watcher.start("Looking at the records", total)
    seen = 0
    for object in objects():
        for row in rows_of(migration, object):
            if row.state != "gone":
                detector.see(object, row.body)
            seen += 1
            if seen % STRIDE == 0:
                migration.watcher.advance(seen)
    report.quality = detector.finish()
    report.oversize = _oversize(migration, limits.get("file_bytes"))
    report.oversize_steps = OVERSIZE_STEPS if report.oversize else []
    candidates = prospect_fields(settings.get("patient_custom_fields_definition"))
    if candidates:
        report.prospect_field = candidates[0].label
        report.prospect_words = (
            "Cliniko itself does not separate prospective from active patients. These custom fields may: "
            + ", ".join(candidate.label for candidate in candidates)
            + ". Row Z2 (Leads) is off unless it is switched on in mapping.yaml."
        )


def _oversize(migration: Migration, limit: int | None) -> list[OversizeFile]:
    if limit is None:
        return []
    return [
        OversizeFile(
            attachment_id=row.id, patient_id=link_id(row.body, "patient") or "", size_bytes=int(row.body["size"]),
            limit_bytes=limit,
        )
        for row in rows_of(migration, "patient_attachments")
        if int(row.body.get("size") or 0) > limit
    ]  # fmt: skip


async def _people(migration: Migration, report: AuditReport) -> None:
    """The roster, and who of them has no user (AUD11, AUD12)."""
    roster = await practitioners(migration)
    users: list[User] = await migration.destination().users()
    resolution = resolve(roster, users)
    names = {entry["id"]: entry["email"] for entry in resolution.matched}
    counts = _appointments_by_practitioner(migration)
    report.practitioners = [
        PractitionerRow(id=who.id, name=who.name, active=who.active, user_email=who.email, owner=names.get(who.id, ""))
        for who in roster
    ]
    report.unmatched = [
        Unmatched(id=entry["id"], active=entry["active"], reason=entry["reason"], records=counts[entry["id"]])
        for entry in resolution.unmatched
    ]


def _appointments_by_practitioner(migration: Migration) -> Counter[str]:
    counts: Counter[str] = Counter()
    for object in ("individual_appointments", "group_appointments", "treatment_notes", "invoices"):
        for row in rows_of(migration, object):
            counts[link_id(row.body, "practitioner") or ""] += 1
    return counts
