"""What the last reading of the source left open, kept so that every later report can say it."""

from __future__ import annotations

from collections.abc import Iterator

from gurney.reports.model import FoundRow
from gurney.sources.cliniko.keep import ReadReport
from gurney.store.store import Store

MOST_IDS = 50
_DOCUMENT = "extraction"
_UNTRUSTED = (
    "Cliniko listed none of these although some were read before. Nothing was concluded from that: what was read "
    "before is kept as it was."
)
_GONE = (
    "Cliniko has these no longer (it answers 404), though other records name them or they were read before. Records "
    "that name them go over without that reference; what was migrated of them stays, for the clinic to decide."
)


def keep_reading(store: Store, report: ReadReport) -> None:
    """Remember what an extraction or a sweep found missing: ids and names of objects, no values."""
    unavailable = sorted(name for name, read in report.objects.items() if not read.available)
    document = {"not_trusted": report.not_trusted, "gone": report.gone, "unavailable": unavailable}
    store.documents.put(_DOCUMENT, {"extraction": report.extraction, **document}, sealed=False)


def reading_findings(store: Store) -> list[FoundRow]:
    """The last reading's open ends, the gravest first."""
    return list(_findings(store))


def _findings(store: Store) -> Iterator[FoundRow]:
    kept = store.documents.get(_DOCUMENT) or {"not_trusted": [], "gone": {}, "unavailable": []}
    for object in kept["not_trusted"]:
        yield FoundRow(
            level="warning", code="list-not-trusted", object=object, words=_UNTRUSTED,
            next_step="Look in Cliniko whether they are there; the next delta asks again.",
        )  # fmt: skip
    for object, ids in sorted(kept["gone"].items()):
        yield FoundRow(level="info", code="gone", object=object, count=len(ids), ids=ids[:MOST_IDS], words=_GONE)
    for object in kept["unavailable"]:
        words = "This account has no such list; nothing of it is migrated."
        yield FoundRow(level="info", code="no-such-list", object=object, words=words)
