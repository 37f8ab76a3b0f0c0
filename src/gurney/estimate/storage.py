"""Room that records and files take at the destination, against what the edition has, as far as the vendor says."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.destinations.protocol import Limit
from gurney.estimate.workload import Workload
from gurney.reports.audit import LimitRow
from gurney.reports.model import FoundRow

MB = 1_000_000
GB_IN_MB = 1_000
UNSURE = "Vendors tell their storage only roughly; what the account has used already is not known here."


def storage_rows(work: Workload, limits: Mapping[str, Limit], users: int, file_object: str) -> list[LimitRow]:
    """In MB. Files take room of their own, not that of records."""
    return [*_data(work, limits, file_object), *_files(work, limits, users)]


def _data(work: Workload, limits: Mapping[str, Limit], file_object: str) -> list[LimitRow]:
    size = limits.get("record_bytes")
    if size is None or size.value is None:
        return []
    records = sum(part.records for part in work.parts if part.object != file_object)
    return [_row("data storage in MB", records * size.value, limits.get("storage_mb"), 1)]


def _files(work: Workload, limits: Mapping[str, Limit], users: int) -> list[LimitRow]:
    each = limits.get("storage_gb_per_user")
    if not work.source_bytes:
        return []
    return [_row("file storage in MB", work.source_bytes, each, max(1, users) * GB_IN_MB)]


def _row(what: str, needed_bytes: int, limit: Limit | None, times: int) -> LimitRow:
    needed = -(-needed_bytes // MB)
    allowed = limit.value * times if limit and limit.value is not None else None
    return LimitRow(
        limit=what, needed=needed, allowed=allowed, fits=allowed is None or needed <= allowed,
        source=limit.source if limit else "", words=UNSURE if allowed is not None else "The vendor names no limit.",
    )  # fmt: skip


def no_room(row: LimitRow) -> FoundRow:
    """Even if nothing of it were used yet."""
    code = "storage" if "storage" in row.limit else "limit"
    words = f"{row.limit}: {row.needed:,} are needed, the edition has {row.allowed:,} in all."
    step = "Upgrade, add storage, or leave files out." if code == "storage" else "Upgrade, or let the plan cut fields."
    return FoundRow(level="warning", code=code, words=words, next_step=step)
