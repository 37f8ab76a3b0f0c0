"""What a twin starts with: data from a folder, or a made-up clinic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from gurney.twins.clinic import SIZES, generate
from gurney.twins.cliniko.storage import FileSource, FolderFiles, MadeFiles
from gurney.twins.cliniko.store import FOLLOWERS, Record, Row, row_of
from gurney.twins.kit.load import manifest_of, read_lines, resources_in
from gurney.twins.kit.options import BadOption, TwinOptions

FOLLOWING = frozenset(name for names in FOLLOWERS.values() for name in names)
"""Lists that repeat other resources' records: made from those, not loaded."""
LATER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "patients": ("country_code", "relationships", "receives_cancellation_emails"),
    "invoices": (
        "attendee",
        "original_invoice",
        "reversed_invoices",
        "signature",
        "calculation_method",
        "calculation_method_description",
    ),
    "attendees": (
        "sent_email_follow_ups_count",
        "sent_email_reminders_count",
        "sent_sms_follow_ups_count",
        "sent_sms_reminders_count",
    ),
    "patient_cases": ("closed_at",),
    "patient_forms": ("archived_at", "edited_at", "business"),
    "unavailable_blocks": ("unavailable_block_type",),
}
"""Attributes that the 2024 schema does not have."""


@dataclass(frozen=True)
class Stock:
    """Everything a twin starts with."""

    rows: Iterator[Row]
    settings: Record
    settings_public: Record
    user: Record
    files: FileSource


def stock(options: TwinOptions, as_of: datetime, schema: str) -> Stock:
    """The records, settings and files that the options ask for. Raises BadOption."""
    if options.load_dir is not None:
        return _folder(options.load_dir, schema)
    return _clinic(options.clinic or "small", options.seed, as_of, schema)


def _folder(folder: Path, schema: str) -> Stock:
    if not folder.is_dir():
        raise BadOption(f"no folder {folder} to load")
    generated = {entry["id"]: entry["size"] for entry in manifest_of(folder).get("files_generated", ())}
    paths = {path.name.partition(".")[0]: path for path in folder.glob("files/*")}
    names = [name for name in resources_in(folder) if name not in FOLLOWING]
    records = ((name, record) for name in names for record in read_lines(folder, name))
    return Stock(
        _rows(records, schema),
        _object(folder, "settings"),
        _object(folder, "settings_public"),
        _object(folder, "user"),
        FolderFiles(paths, generated),
    )


def _object(folder: Path, name: str) -> Record:
    path = folder / f"{name}.json"
    if not path.is_file():
        raise BadOption(f"{folder} has no {name}.json")
    read: Record = orjson.loads(path.read_bytes())
    return read


def _clinic(size: str, seed: int, as_of: datetime, schema: str) -> Stock:
    """`small`, `medium`, `large`, a number of patients, `records:N`, or N of the `oddities:N` and nobody else."""
    kind, _, number = size.rpartition(":")
    if (not number.isdigit() and size not in SIZES) or kind not in ("", "records", "oddities"):
        known = f"{', '.join(SIZES)}, a number of patients, records:N, or oddities:N"
        raise BadOption(f"clinic {size!r} is none of {known}")
    count = SIZES.get(size) or int(number)
    asked = {kind: count} if kind else {}
    made = generate(0 if kind == "oddities" else count, seed, as_of, **asked)
    files = MadeFiles(made.files.size, made.files.chunks)
    return Stock(_rows(iter(made), schema), made.settings, made.settings_public, made.user, files)


def _rows(records: Iterator[tuple[str, Record]], schema: str) -> Iterator[Row]:
    for order, (resource, record) in enumerate(records):
        if resource in FOLLOWING:
            continue
        if schema == "2024-06":
            for name in LATER_FIELDS.get(resource, ()):
                record.pop(name, None)
        yield row_of(resource, record, order)
