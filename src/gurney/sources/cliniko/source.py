"""Cliniko as a source: the face that the stages of a migration use. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from gurney.runtime import Runtime
from gurney.schema import Schema
from gurney.sources.cliniko import attachments
from gurney.sources.cliniko.check import ObjectCount, SourceAccount, check, counts
from gurney.sources.cliniko.client import Client
from gurney.sources.cliniko.extract import extract, read_settings
from gurney.sources.cliniko.keep import Progress, ReadReport
from gurney.sources.cliniko.source_schema import source_schema
from gurney.sources.cliniko.staging import Snapshot
from gurney.sources.cliniko.sweep import sweep
from gurney.transport import Counts


class ClinikoSource:
    """One clinic's account. Close it when done."""

    name = "cliniko"

    def __init__(
        self,
        runtime: Runtime,
        *,
        api_key: str,
        contact_email: str,
        base_url: str | None = None,
        requests_per_minute: int | None = None,
        in_flight: int | None = None,
    ) -> None:
        """`contact_email` goes into the User-Agent, as Cliniko asks; None leaves a limit as limits.toml has it."""
        self._runtime = runtime
        self._client = Client(
            runtime,
            api_key,
            contact_email=contact_email,
            base_url=base_url,
            requests_per_minute=requests_per_minute,
            in_flight=in_flight,
        )

    @property
    def spent(self) -> Counts:
        """Calls made by this process, and answers 429."""
        return self._client.pacer.total

    async def check(self) -> SourceAccount:
        """Whose account it is and what the key may see. Problems are findings; a dead key raises NotAuthorised."""
        return await check(self._client)

    async def counts(self) -> dict[str, ObjectCount]:
        """Records of every object, live, archived and cancelled, without reading them."""
        return await counts(self._client)

    async def settings(self) -> dict[str, Any]:
        """The account's settings as Cliniko holds them."""
        return await read_settings(self._client)

    def schema(self, settings: Mapping[str, Any]) -> Schema:
        """What a mapping can read: fields, relations, derived facts, custom fields."""
        return source_schema(settings)

    async def extract(
        self, snapshot: Snapshot, *, extraction: int | None = None, progress: Progress | None = None
    ) -> ReadReport:
        """Read the whole account into the snapshot, or go on with that."""
        return await extract(self._client, snapshot, self._runtime, extraction=extraction, progress=progress)

    async def sweep(
        self,
        snapshot: Snapshot,
        *,
        lists: Collection[str] | None = None,
        find_deleted: bool = True,
        progress: Progress | None = None,
    ) -> ReadReport:
        """Bring what changed since the last reading into the snapshot; of all objects, or of those that are named."""
        return await sweep(
            self._client, snapshot, self._runtime, lists=lists, find_deleted=find_deleted, progress=progress
        )

    async def download(self, record: Mapping[str, Any], keep: attachments.Keep[attachments.Kept]) -> attachments.Kept:
        """Stream the bytes of a patient_attachments record into `keep`. See `attachments.download`."""
        return await attachments.download(self._client, self._runtime, record, keep)

    async def close(self) -> None:
        await self._client.aclose()
