"""The folder that a migration lives in.

`gurney.toml` holds the settings (never a secret), `mapping.yaml` the editable mapping, `.gurney/` the store and
`reports/` what people read. Unknown settings are errors: a misspelt option must not be silently ignored.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gurney.destinations.names import NAMES as DESTINATIONS
from gurney.errors import Misused
from gurney.runtime import Runtime


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class MigrationTable(_Table):
    """[migration]: what this workspace is."""

    id: str
    destination: str
    operator: str = ""
    """Who runs it, as written into the log; empty: the name of the system's user."""


class SourceTable(_Table):
    """[source]: the Cliniko account."""

    contact_email: str = "migration@example.com"
    """Sent in the User-Agent, as the vendor demands."""
    requests_per_minute: int = Field(default=200, ge=1)
    """What the vendor allows this user a minute (FACTS 4: 200, more by agreement); lower it when others share it."""
    in_flight: int = Field(default=4, ge=1, le=8)
    patients_csv: str = ""
    """A patients export (CSV) as a cross-check and the only source of balances."""


class DestinationTable(_Table):
    """[destination]: the CRM account."""

    data_centre: str = "au"
    edition: str = ""
    """Overrides the edition that the account reports."""
    route: Literal["", "single", "batch", "bulk"] = ""
    """The one way in which records may be written; empty: the cheapest for each object."""
    allow_duplicates: bool = True
    """Save records that the CRM's own rules take for duplicates; false: each fails by itself, and is listed."""
    leave_to_others: int = Field(default=0, ge=0, le=90)
    """Per cent of every allowance and rate of the account that other programs keep while the migration works."""


class SampleTable(_Table):
    """[sample]: where the sample goes."""

    sandbox: bool = False
    """In a second account of the CRM, with credentials of its own: gurney login SYSTEM --sandbox."""


class OptionsTable(_Table):
    """[options]: choices that the plan shows and the clinic signs."""

    verify_files: Literal["checksum", "size"] = "checksum"
    """How an uploaded file is proven: read back whole, or by its size alone (half the calls)."""
    read_back: Literal["all", "sample"] = "all"
    """What the run reads back to prove it: every record, or the sample's alone; the reconciliation reads all."""
    rollback_fields: bool = True
    """Whether a rollback also removes the fields that provisioning created."""
    files_ahead_mb: int = Field(default=2_000, ge=0)
    """MB of attached files that the run may fetch before it comes to send them; 0: each when its turn has come."""
    delta_hours: int = Field(default=48, ge=1)
    """How long after the load a delta is expected."""


class Settings(_Table):
    """gurney.toml."""

    migration: MigrationTable
    source: SourceTable = Field(default_factory=SourceTable)
    destination: DestinationTable = Field(default_factory=DestinationTable)
    sample: SampleTable = Field(default_factory=SampleTable)
    options: OptionsTable = Field(default_factory=OptionsTable)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A migration's folder and its settings."""

    folder: Path
    settings: Settings

    @property
    def mapping_file(self) -> Path:
        return self.folder / "mapping.yaml"

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def state(self) -> Path:
        return self.folder / ".gurney"

    @property
    def name(self) -> str:
        return self.folder.resolve().name


def create(folder: Path, destination: str, runtime: Runtime) -> Workspace:
    """Make a new workspace. The folder must not exist or be empty."""
    if destination not in DESTINATIONS:
        raise Misused(
            f"There is no destination {destination!r}.", next_step=f"Choose one of: {', '.join(DESTINATIONS)}."
        )
    if folder.exists() and not folder.is_dir():
        raise Misused(f"{folder} is a file.", next_step="Name a folder that does not exist yet.")
    if folder.exists() and any(folder.iterdir()):
        raise Misused(f"{folder} is not empty.", next_step="Name a folder that does not exist yet.")
    migration_id = f"m-{runtime.clock.now():%Y%m%d}-{runtime.entropy(4).hex()}"
    runtime.write_file(folder / "gurney.toml", [_template(migration_id, destination).encode()])
    runtime.write_file(folder / ".gitignore", [b".gurney/\nreports/\n"])
    for part in (folder / ".gurney", folder / "reports"):
        part.mkdir(parents=True, exist_ok=True, mode=0o700)
    return open_workspace(folder)


def open_workspace(folder: Path) -> Workspace:
    """Read a workspace's settings. Raises Misused with every wrong key and its nearest right one."""
    file = folder / "gurney.toml"
    if not file.is_file():
        raise Misused(
            f"{folder} is not a Gurney workspace: it has no gurney.toml.",
            next_step="Make one with: gurney new DIR --to zoho. Or name an existing one with --workspace DIR.",
        )
    try:
        return Workspace(folder, Settings.model_validate(tomllib.loads(file.read_text("utf-8"))))
    except tomllib.TOMLDecodeError as wrong:
        raise Misused(f"{file} is not valid TOML: {wrong}.", next_step="Mend that line.") from None
    except UnicodeDecodeError:
        raise Misused(f"{file} is not written in UTF-8.", next_step="Save it as UTF-8.") from None
    except ValidationError as wrong:
        problems = "\n".join(_problem(error) for error in wrong.errors())
        raise Misused(f"{file} has settings that do not fit:\n{problems}", next_step="Mend these lines.") from None


def _problem(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] != "extra_forbidden":
        return f"  {where}: {error['msg']}"
    model: type[BaseModel] = Settings
    for part in error["loc"][:-1]:
        annotation = model.model_fields[str(part)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    near = get_close_matches(str(error["loc"][-1]), model.model_fields, n=1)
    return f"  {where}: there is no such setting" + (f"; did you mean {near[0]}?" if near else "")


def as_of_from(text: str) -> datetime:
    """A moment as the environment or the command line gives it: ISO 8601 with a zone."""
    if not re.search(r"(Z|[+-]\d\d:?\d\d)$", text):
        raise Misused(f"{text!r} is no moment with a zone.", next_step="Write it like 2026-11-16T00:00:00Z.")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Misused(f"{text!r} is no moment.", next_step="Write it like 2026-11-16T00:00:00Z.") from None


def _template(migration_id: str, destination: str) -> str:
    return f"""\
# A Gurney migration. No secrets here: they come from `gurney login`, a key store, or the environment.

[migration]
id = "{migration_id}"
destination = "{destination}"
operator = ""              # who runs this, as written into the log; empty: the system's user name

[source]
contact_email = "migration@example.com"   # Cliniko asks callers to name one
requests_per_minute = 200                 # what Cliniko allows a user; lower it when others use that user's keys
in_flight = 4
patients_csv = ""                         # optional: Cliniko's own patients export, the only source of balances

[destination]
data_centre = "au"         # us, eu, au, in, jp, cn, ca, sa
edition = ""               # empty: as the account says
route = ""                 # empty: the cheapest; or single, batch, bulk where the CRM has it
allow_duplicates = true    # save what the CRM's duplicate rules suspect (families share much); false: list it as failed
leave_to_others = 0        # per cent of every allowance and rate that other programs of this account keep

[sample]
sandbox = false            # true: the sample goes into a second account, see `gurney login --help`

[options]
verify_files = "checksum"  # or "size": half the calls, but the bytes themselves are not compared
read_back = "all"          # or "sample": the run reads back the sample's records alone, the reconciliation all
rollback_fields = true     # a rollback also removes the fields that were created
files_ahead_mb = 2000      # attached files that the run fetches ahead, while it writes records; 0: none
delta_hours = 48
"""
