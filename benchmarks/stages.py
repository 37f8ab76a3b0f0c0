"""A migration's stages as the benchmarks need them: without gates between them, load and proof apart."""

from __future__ import annotations

from collections.abc import Callable

from gurney.migration.context import Migration
from gurney.migration.load import Load


async def load_phases(load: Load) -> None:
    """Everything that writes, but files: those are measured by their bytes, not by their number."""
    await _advance(load, lambda phase: not phase.startswith("prove"))


async def prove_phases(load: Load) -> None:
    """Everything that reads back and compares."""
    await _advance(load, lambda phase: phase.startswith("prove"))


async def _advance(load: Load, is_wanted: Callable[[str], bool]) -> None:
    for phase in await load.phases():
        if is_wanted(phase) and not _is_files(load, phase):
            while not await load.advance(phase):
                pass


def _is_files(load: Load, phase: str) -> bool:
    return load.compiled.by_id[phase.partition(" ")[2]].object == "patient_attachments"


def staged(migration: Migration) -> int:
    """Records in the snapshot."""
    snapshot = migration.store.snapshot
    return sum(sum(snapshot.counts(object).values()) for object in snapshot.objects())


def written(migration: Migration) -> int:
    """Records of ours at the destination."""
    return sum(migration.store.effects.by_object().values())
