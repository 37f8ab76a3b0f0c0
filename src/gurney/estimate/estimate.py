"""The estimate: one clinic, one destination, its editions side by side, by the arithmetic of the plan's forecast."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from gurney.destinations.vendor import Prices, Vendor, vendor
from gurney.errors import Misused
from gurney.estimate.account import Needs, left_out, needs
from gurney.estimate.allowance import amount_of
from gurney.estimate.binding import binds
from gurney.estimate.clinic import Clinic
from gurney.estimate.expected import expected
from gurney.estimate.forecast import forecast
from gurney.estimate.grade import factors, is_individual, overall
from gurney.estimate.pairs import compatibility, core_objects, core_words, gotcha_rows
from gurney.estimate.storage import storage_rows
from gurney.estimate.timeline import timeline, wanted_words
from gurney.estimate.workload import Workload, fields_read
from gurney.mapping.coverage import coverage
from gurney.mapping.model import Mapping as Document
from gurney.reports.audit import LimitRow
from gurney.reports.estimate import EditionFit, EstimateAbout, EstimateReport, Left, Sum
from gurney.reports.forecast import AT_SOURCE, BACK, DELTA, FORWARD, READ_BACK, RECONCILE, ROOM, SAMPLE, WRITE, Forecast
from gurney.reports.pairs import spoken


@dataclass(frozen=True, slots=True)
class Option:
    """An edition, and what the clinic's migration is in it."""

    edition: str
    needs: Needs
    prices: Prices
    work: Workload
    limits: tuple[LimitRow, ...]
    is_told: bool
    """Whether the vendor documents what it allows."""
    lacks: str = ""
    """What a migration needs and the edition does not have."""

    @property
    def fits(self) -> bool:
        return not self.lacks and not self.needs.companions and all(row.fits for row in self.limits)


def estimate(
    about: EstimateAbout,
    clinic: Clinic,
    mapping: Document,
    *,
    edition: str = "",
    users: int = 1,
    source_calls_per_minute: int,
    others_percent: int = 0,
    wanted_days: float | None = None,
) -> EstimateReport:
    """Everything that can be said beforehand. Without an edition: the smallest in which everything has room."""
    to = vendor(mapping.destination)
    options = [
        _option(to, mapping, clinic, name, users, source_calls_per_minute, others_percent) for name in to.editions()
    ]
    chosen = _chosen(to, options, edition)
    told = forecast(chosen.prices, chosen.work, edition=chosen.edition, users=users)
    coverage_told, core = coverage(mapping), core_objects(mapping)
    report = EstimateReport(
        about=about,
        destination=to.title,
        edition=chosen.edition,
        users=users,
        records=clinic.records,
        files=clinic.files,
        file_bytes=clinic.file_bytes,
        counts=dict(sorted(clinic.counted().items())),
        assumptions=[*clinic.assumptions, *([] if edition else [_why(chosen)])],
        scope="individual" if is_individual(clinic.records) else "standard",
        factors=factors(coverage_told, core, told, clinic.records, chosen.needs.without_room),
        core=core,
        core_words=core_words(core),
        timeline=timeline(told),
        wanted_days=wanted_days,
        forecast=told,
        sums=list(_sums(told)),
        editions=[_fit(option, told, option is chosen) for option in options],
        limits=list(chosen.limits),
        companions=[
            Left(what=f"{one.object}: {one.label}", becomes="a column of a CSV file", why=one.why)
            for one in chosen.needs.companions
        ],
        by_hand=list(_by_hand(mapping, chosen.needs.mapping, clinic)),
        compatibility=compatibility(coverage_told),
        compatibility_words=coverage_told.words,
        gotchas=gotcha_rows(to.name),
    )
    report.grade = overall(report.factors, clinic.records)
    report.wanted_words = wanted_words(report, wanted_days) if wanted_days is not None else ""
    return report


def _option(
    to: Vendor, mapping: Document, clinic: Clinic, edition: str, users: int, a_minute: int, others_percent: int
) -> Option:
    limits = to.limits(edition, users)
    known = {name: limit.value for name, limit in limits.items() if limit.value is not None}
    needed = needs(to, mapping, clinic, edition, users)
    prices = to.prices(edition, users, fields_read(needed.mapping)).leaving(others_percent)
    work = expected(needed, clinic, prices, known, a_minute)
    rows = (*needed.limits, *storage_rows(work, limits, users, prices.file_object))
    is_told = any(limit.value is not None for name, limit in limits.items() if name.startswith("custom_fields_per"))
    return Option(edition, needed, prices, work, rows, is_told, to.lacks(edition))


def _chosen(to: Vendor, options: list[Option], edition: str) -> Option:
    """The named one, or the smallest in which everything fits; where none is documented to, the largest."""
    if edition:
        named = next((option for option in options if option.edition == edition.lower()), None)
        if named is None:
            raise Misused(
                f"{to.title} has no edition {edition!r}.", next_step=f"Choose one of: {', '.join(to.editions())}."
            )
        return named
    documented = any(option.is_told for option in options)
    fitting = [option for option in options if option.fits and (option.is_told or not documented)]
    return fitting[0] if fitting else options[-1]


def _why(chosen: Option) -> str:
    reason = "the smallest in which everything has room" if chosen.fits else "the largest; not everything has room"
    return f"Edition: {chosen.edition} ({reason}; say another with --edition)"


def _fit(option: Option, told: Forecast, is_chosen: bool) -> EditionFit:
    row = next(row for row in told.editions if row.edition == option.edition)
    work = amount_of((one for one in told.rows), FORWARD)
    return EditionFit(
        edition=option.edition,
        chosen=is_chosen,
        fits=option.fits,
        missing=_missing(option),
        companions=option.needs.without_room,
        seconds=row.seconds,
        windows=row.windows,
        window_s=row.window_s,
        binds=binds(option.prices, work),
    )  # fmt: skip


def _missing(option: Option) -> list[str]:
    rows = [row for row in option.limits if not row.fits and row.allowed is not None]
    lacks = [option.lacks] if option.lacks else []
    return [*lacks, *(f"{row.limit}: {row.needed:,} needed, {row.allowed:,} allowed" for row in rows)]


def _sums(told: Forecast) -> Iterator[Sum]:
    """The same rows, by what a clinic asks about."""
    kinds: tuple[tuple[str, Collection[str], str], ...] = (
        ("Read the source, files included", AT_SOURCE, "calls of the source"),
        ("Make fields and objects, look at the account", {ROOM}, ""),
        ("Write every record and file", {WRITE}, ""),
        ("Read the sample back", {SAMPLE}, ""),
        ("Read everything back in the run", {READ_BACK}, ""),
        ("Read everything back once more, to reconcile", {RECONCILE}, ""),
        ("All of it at the destination", FORWARD, ""),
        ("A rollback of everything, if asked for", {BACK}, ""),
    )
    for what, phases, words in kinds:
        amount = amount_of(told.rows, phases)
        yield Sum(what=what, calls=amount.calls, units=amount.units, seconds=amount.seconds, words=words)
    for row in told.rows:
        if row.phase == DELTA:
            at = "calls of the source" if row.unit != told.unit or not row.records else "at the destination"
            yield Sum(what=row.what[0].upper() + row.what[1:], calls=row.calls, units=row.units,
                      seconds=row.seconds or 0.0, words=at)  # fmt: skip


def _by_hand(mapping: Document, proposed: Document, clinic: Clinic) -> Iterator[Left]:
    """What stays behind or becomes lines of a file: by the mapping, and by what the edition lacks."""
    for entry in proposed.active():
        if entry.table is not None and (count := clinic.taken(proposed, entry)):
            becomes = "lines of a CSV file on each patient"
            yield Left(what=f"{spoken(entry.source)} ({count:,})", becomes=becomes, why=f"{entry.map}: {entry.title}")
    listed = {one.source for one in mapping.not_migrated}
    taken = {entry.source for entry in proposed.active()} | listed
    for entry in proposed.maps:
        if entry.enabled or entry.source in taken or not (count := clinic.taken(proposed, entry)):
            continue
        lacks = left_out(mapping, proposed, entry.map)
        why = f"This edition has no {spoken(entry.to)}." if lacks else f"A choice of the clinic: {entry.title}"
        becomes = "nothing" if lacks else f"nothing, unless {entry.map} is switched on"
        yield Left(what=f"{spoken(entry.source)} ({count:,})", becomes=becomes, why=why)
    for one in mapping.not_migrated:
        yield Left(what=spoken(one.source), becomes=one.instead or "nothing", why=one.why)
