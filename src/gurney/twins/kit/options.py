"""What a person may ask of a twin when starting it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gurney.twins.kit.load import manifest_of


class BadOption(ValueError):
    """A twin was asked for something that does not exist; the words name it and what does."""


@dataclass(frozen=True)
class TwinOptions:
    """Options of `gurney twin VENDOR`."""

    vendor: str
    port: int = 0
    """0 lets the system choose; the ready line says which."""
    edition: str | None = None
    clinic: str | None = None
    """small, medium, large or a number of records, for twins that make up a clinic."""
    seed: int = 1
    load_dir: Path | None = None
    users: tuple[str, ...] = ()
    scale: float = 1.0
    """Seconds of vendor time per real second; 0 stops the clock, which then only moves when told to."""
    unlimited: bool = False
    faults_file: Path | None = None
    tls: bool = False
    now: datetime | None = None
    switches: dict[str, str] = field(default_factory=dict)
    latency_s: float = 0.0
    """Vendor seconds that every answer takes."""
    record_bodies: bool = False


def start_time(options: TwinOptions) -> datetime:
    """Where the twin's clock starts: what was asked for, else the loaded data's `as_of`, else the present."""
    if options.now is not None:
        return options.now if options.now.tzinfo else options.now.replace(tzinfo=UTC)
    if options.load_dir is not None:
        as_of = manifest_of(options.load_dir).get("as_of")
        if isinstance(as_of, str):
            return datetime.fromisoformat(as_of)
    return datetime.now(UTC)
