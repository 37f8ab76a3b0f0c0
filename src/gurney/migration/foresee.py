"""The clinic of a workspace, counted for an estimate: in the groups that mappings ask about, from the snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gurney.destinations.names import NAMES
from gurney.destinations.vendor import vendor
from gurney.errors import GateRefused, Misused
from gurney.estimate.clinic import NAMED, Clinic, Group, of_counts
from gurney.estimate.counts import complete, read
from gurney.estimate.estimate import estimate
from gurney.estimate.pairs import pair
from gurney.estimate.storage import no_room
from gurney.mapping import document
from gurney.mapping.model import Mapping as Document
from gurney.mapping.paths import reader, view
from gurney.migration.audit import STRIDE, audit, filled_custom_fields, rows_of, source_settings
from gurney.migration.build import Related
from gurney.migration.context import Migration, open_migration
from gurney.migration.files import size_of
from gurney.reports.audit import AuditReport
from gurney.reports.estimate import EstimateAbout, EstimateReport
from gurney.reports.model import Report
from gurney.reports.pairs import PairsReport
from gurney.reports.quote import QuoteReport
from gurney.reports.render import as_html
from gurney.runtime import Runtime
from gurney.sources.cliniko.derived import derive
from gurney.version import __version__

RATE = 200
"""Calls a minute that Cliniko allows a user (FACTS 4)."""
AWAY = frozenset({"merged", "gone"})
"""The source itself has these no longer."""
FILES = "patient_attachments"
Fact = tuple[tuple[str, Any], ...]


def clinic_of(migration: Migration, mapping: Document) -> Clinic:
    """The audited clinic. Raises GateRefused before there was an audit."""
    if migration.store.documents.get("audit") is None:
        raise GateRefused(
            "This workspace has no audit yet.",
            next_step="First: gurney audit. Or tell numbers: gurney estimate --counts FILE",
        )
    sizes = [size for row in rows_of(migration, FILES) if row.state == "live" and (size := size_of(row))]
    return Clinic(
        groups=tuple(
            group for object in migration.store.snapshot.objects() for group in _groups(migration, mapping, object)
        ),
        files=len(sizes),
        file_bytes=sum(sizes),
        note_chars=0,
        definition=source_settings(migration).get("patient_custom_fields_definition") or {},
        filled=filled_custom_fields(migration),
        words={
            object: tuple(row.body for row in rows_of(migration, object) if row.state != "gone") for object in NAMED
        },
        assumptions=("Long notes count as one record each; the plan tries every one.",),
    )


def _groups(migration: Migration, mapping: Document, object: str) -> Iterator[Group]:
    paths = sorted(_asked(mapping, object))
    if not paths:
        for state, count in migration.store.snapshot.counts(object).items():
            if state not in AWAY:
                yield Group(object, count, is_put_away=state == "archived")
        return
    found: Counter[tuple[Fact, bool]] = Counter()
    for facts, state in _facts(migration, object, paths):
        if state not in AWAY:
            found[facts, state == "archived"] += 1
    for (facts, is_put_away), count in found.items():
        yield Group(object, count, _nested(facts), is_put_away)


def _facts(migration: Migration, object: str, paths: list[str]) -> Iterator[tuple[Fact, str]]:
    """What each record answers to the paths, and its state. Only what is asked is derived."""
    wanted = {path.partition(".")[2] for path in paths if path.startswith("derived.")}
    readers = [(path, reader(path)) for path in paths]
    after = 0
    while rows := migration.store.snapshot.scan(object, after=after, limit=STRIDE):
        after = rows[-1].seq
        bodies = [row.body for row in rows]
        related = Related(migration.store.snapshot)
        derived = derive(object, bodies, related, migration.as_of(), wanted) if wanted else [{}] * len(rows)
        for body, fact, row in zip(bodies, derived, rows, strict=True):
            seen = view({**body, "derived": fact})
            yield tuple((path, _plain(read(seen))) for path, read in readers), row.state


def _asked(mapping: Document, object: str) -> set[str]:
    """The paths that conditions about an object ask about."""
    entries = [entry for entry in mapping.maps if entry.source == object]
    return {path for entry in entries for part in (entry, *entry.leave_out) for path in part.when}


def _plain(value: Any) -> Any:
    """Conditions ask for words, numbers and truth, or whether there is anything: no text of a person is kept."""
    return value if isinstance(value, bool | int) or value is None else str(value) if len(str(value)) < 40 else "told"


def _nested(facts: Fact) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in facts:
        head, _, rest = path.partition(".")
        if rest:
            found.setdefault(head, {})[rest] = value
        else:
            found[head] = value
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants estimated. Of `counts` and `workspace` one is there."""

    to: str = ""
    counts: Path | None = None
    workspace: Path | None = None
    edition: str = ""
    users: int = 1
    within_days: float | None = None
    others_percent: int = 0
    """Of every allowance and rate of the CRM, what other programs keep; a workspace of that CRM says it by itself."""


async def foresee(question: Question) -> EstimateReport:
    """The estimate. Raises Misused where the question cannot be answered."""
    runtime = Runtime()
    if question.counts is not None and question.workspace is not None:
        raise Misused("Counts and a workspace cannot both be told.", next_step="Leave one of them out.")
    if question.counts is not None:
        about = EstimateAbout(migration_id="", workspace="", made_at=runtime.clock.now(), version=__version__)
        mapping = document.default(_known(question.to))
        clinic = of_counts(complete(read(question.counts)))
        return _estimated(question, about, clinic, mapping, RATE)
    if question.workspace is None:
        raise Misused(
            "There is nothing to estimate from.",
            next_step="gurney estimate --counts-template > clinic.toml; then tell it with --counts clinic.toml",
        )
    migration = open_migration(question.workspace, runtime)
    try:
        return of_workspace(migration, question)
    finally:
        await migration.close()


def of_workspace(migration: Migration, question: Question) -> EstimateReport:
    """The estimate of an audited workspace; for its own destination by its own mapping, where it has one."""
    settings = migration.workspace.settings
    own = settings.migration.destination
    to = _known(question.to or own)
    has_mapping = to == own and migration.workspace.mapping_file.is_file()
    mapping = migration.mapping() if has_mapping else document.default(to)
    about = EstimateAbout(
        migration_id=migration.id, workspace=migration.workspace.name, made_at=migration.runtime.clock.now(),
        version=__version__,
    )  # fmt: skip
    edition = question.edition or (settings.destination.edition if to == own else "")
    clinic = clinic_of(migration, mapping)
    others = question.others_percent or (settings.destination.leave_to_others if to == own else 0)
    question = replace(question, edition=edition, others_percent=others)
    return _estimated(question, about, clinic, mapping, settings.source.requests_per_minute)


async def audited(migration: Migration) -> AuditReport:
    """The audit, and what follows from it at once: a forecast, what has no room, and the quote."""
    report = await audit(migration)
    account = migration.account()
    editions = vendor(migration.destination().name).editions()
    told = of_workspace(
        migration,
        Question(
            edition=account.edition if account.edition in editions else "",
            users=max(1, int(account.details.get("users") or 1)),
        ),
    )
    report.forecast, report.limits = told.forecast, told.limits
    report.gaps += [no_room(row) for row in told.limits if not row.fits]
    write_page(
        QuoteReport(about=told.about, estimate=told), migration.workspace.reports / "quote.html", migration.runtime
    )
    return report


def all_pairs(to: str = "") -> PairsReport:
    """Every pair, or one."""
    names = (_known(to),) if to else NAMES
    about = EstimateAbout(migration_id="", workspace="", made_at=Runtime().clock.now(), version=__version__)
    return PairsReport(about=about, pairs=[pair(name) for name in names])


def write_page(report: Report, file: Path, runtime: Runtime | None = None) -> Path:
    """A report as one HTML page."""
    (runtime or Runtime()).write_file(file, (piece.encode() for piece in as_html(report)))
    return file


def write_pages(report: EstimateReport, html: Path | None, quote: Path | None) -> list[Path]:
    """The estimate, and the quote that follows from it, where somebody wants them."""
    pages = [write_page(report, html)] if html else []
    return [*pages, *([write_page(QuoteReport(about=report.about, estimate=report), quote)] if quote else [])]


def _estimated(
    question: Question, about: EstimateAbout, clinic: Clinic, mapping: Document, a_minute: int
) -> EstimateReport:  # fmt: skip
    return estimate(
        about, clinic, mapping, edition=question.edition, users=question.users, source_calls_per_minute=a_minute,
        others_percent=question.others_percent, wanted_days=question.within_days,
    )  # fmt: skip


def _known(to: str) -> str:
    if to not in NAMES:
        words = f"There is no destination {to!r}." if to else "No destination is named."
        raise Misused(words, next_step=f"Choose one of: {', '.join(NAMES)}.")
    return to
