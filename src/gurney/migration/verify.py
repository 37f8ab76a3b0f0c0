"""Read back and compare: every record that we stand for, every field that we wrote.

The expectation is what the ledger says was written, which was built by the mapping; the witness is the
destination alone. A record that is gone, a field that differs and a link that leads elsewhere are told apart.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from gurney.destinations.protocol import Destination
from gurney.errors import VendorRefused
from gurney.mapping.compile import CompiledMap
from gurney.migration.build import Builder
from gurney.migration.compare import FieldDiff, Verdict, as_text, comparable, compare
from gurney.migration.kept import kept_fields
from gurney.records import Link, OperationKey, ReadBack, Value
from gurney.schema import Schema
from gurney.store.diffs import Diff
from gurney.store.effects import Effect
from gurney.store.runs import Run
from gurney.store.store import Store

EDITED = "changed at the destination since"
"""Begins the reason of a difference that is somebody's edit."""
NOT_THERE = frozenset({400, 404, 410})
"""How vendors answer who asks for a file where it hangs no longer; other refusals are no proof of that."""
SIZES_ALONE = "sizes-alone"
"""Document: files were once compared by their size alone, so a verdict of theirs does not speak for their bytes."""


@dataclass(slots=True)
class Proof:
    """What was found for one object map, counted."""

    records: Counter[str] = field(default_factory=Counter)
    """By verdict: equal, different, edited (different, because somebody changed it since), unverifiable, gone."""
    fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By field name and verdict."""
    links: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By field name and 'checked' or 'broken'."""
    populated: Counter[str] = field(default_factory=Counter)
    """How many records hold a value at the destination, by field name."""
    arrived: int = 0
    """Source records whose own record was found."""
    stays: int = 0
    """The same of records that would be left behind by now. They are in no sum and no count of filled fields."""
    owners: Counter[str] = field(default_factory=Counter)
    """'right' and 'wrong', of the records that we gave an owner."""
    sums: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """What the destination's amounts add up to, by field name."""


class Verifier:
    """Proves object maps, one stride at a time."""

    def __init__(
        self,
        store: Store,
        destination: Destination,
        schema: Schema,
        builder: Builder,
        *,
        every_diff: bool = False,
        checksum: bool = True,
        only: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._store = store
        self._destination = destination
        self._schema = schema
        self._builder = builder
        self._every_diff = every_diff
        self._checksum = checksum
        self.only = only
        self.proofs: dict[str, Proof] = defaultdict(Proof)
        self.stays: Mapping[str, AbstractSet[str]] = {}
        """Source ids, by object map, of what arrived before the clinic archived or deleted it: it stays."""
        self._proven: dict[str, int] = {}
        self._kept = kept_fields(store)

    async def stride(self, map: CompiledMap, run: Run) -> bool:
        """Prove the next records of a map; True when none is left.

        How far a map is proven is not kept: a run that goes on after a crash proves its module anew, whole.
        """
        size = self._destination.capabilities.read_size * self._destination.capabilities.in_flight
        effects = self._store.effects.scan(map.id, after=self._proven.get(map.id, 0), limit=size)
        todo = [effect for effect in effects if not effect.removed and self._wanted(effect)]
        await self._prove(map, run, todo)
        self._proven[map.id] = effects[-1].seq if effects else 0
        return len(effects) < size

    def gate(self, map: CompiledMap) -> str:
        """Why the next module must not be begun; '' when records and links are whole."""
        proof = self.proofs[map.id]
        broken = sum(count for (_, kind), count in proof.links.items() if kind == "broken")
        problems = []
        if proof.records["gone"]:
            problems.append(f"{proof.records['gone']} records are not at the destination")
        if broken:
            problems.append(f"{broken} links lead nowhere or elsewhere")
        return " and ".join(problems)

    def _wanted(self, effect: Effect) -> bool:
        return self.only is None or effect.key.id in self.only.get(effect.key.object, frozenset())

    async def _prove(self, map: CompiledMap, run: Run, effects: Sequence[Effect]) -> None:
        groups: dict[str, list[Effect]] = defaultdict(list)
        for effect in effects:
            groups[effect.destination_object].append(effect)
        for object, group in groups.items():
            there = await self.read(object, group)
            self._judge(map, run, object, group, there)

    def owner_field(self, object: str) -> str:
        """The field that tells the owner of an object's records; '' where they have none."""
        name = self._destination.capabilities.owner_field
        schema = self._schema.objects.get(object)
        return name if schema is not None and name in schema.fields else ""

    async def read(
        self, object: str, effects: Sequence[Effect], fields: Collection[str] = (), *, download: bool = True
    ) -> dict[str, ReadBack]:
        """The destination's records behind these effects, by destination id: what we wrote, and `fields` too.

        Without `download` no file's bytes are fetched: enough to see whether a person changed it, for attached files
        cannot be written over, and a vendor that has versions of files tells their checksum.
        """
        capabilities = self._destination.capabilities
        if object == capabilities.file_object:
            return await self._read_files(effects, download=download)
        written = {name for effect in effects for name in effect.written}
        owner = {capabilities.owner_field} if any(effect.owner_id for effect in effects) else set()
        names = sorted({*fields, *written, *owner})
        chunks = [
            [effect.destination_id for effect in effects[start : start + capabilities.read_size]]
            for start in range(0, len(effects), capabilities.read_size)
        ]
        slots = asyncio.Semaphore(capabilities.in_flight)

        async def one(ids: list[str]) -> dict[str, ReadBack]:
            async with slots:
                return await self._destination.read(object, ids, names, expected=expected)

        expected = {effect.destination_id: effect.written for effect in effects}
        found: dict[str, ReadBack] = {}
        for part in await asyncio.gather(*(one(ids) for ids in chunks)):
            found.update(part)
        return found

    async def _read_children(self, object: str, effects: Sequence[Effect]) -> dict[str, ReadBack]:
        parents = list(dict.fromkeys(effect.parent for effect in effects if effect.parent is not None))
        children = await self._destination.read_children(parents, object)
        return {child.id: child for group in children.values() for child in group}

    async def _read_files(self, effects: Sequence[Effect], *, download: bool) -> dict[str, ReadBack]:
        """Files with their name and size, and with the checksum of their bytes where that is asked for."""
        found = await self._read_children(self._destination.capabilities.file_object, effects)
        if not self._checksum:
            self._store.documents.put(SIZES_ALONE, {"compared": True}, sealed=False)
            return found
        slots = asyncio.Semaphore(self._destination.capabilities.in_flight)

        async def one(effect: Effect, file: ReadBack) -> ReadBack | None:
            async with slots:
                try:
                    return await self._with_checksum(effect, file, download=download)
                except VendorRefused as no:
                    if no.status not in NOT_THERE:
                        raise
                    return None  # listed, but no longer where we put it: a person merged the record that it hangs on

        there = [effect for effect in effects if effect.destination_id in found and effect.parent is not None]
        files = await asyncio.gather(*(one(effect, found[effect.destination_id]) for effect in there))
        checked = {effect.destination_id: file for effect, file in zip(there, files, strict=True)}
        return {id: file for id, file in {**found, **checked}.items() if file is not None}

    async def _with_checksum(self, effect: Effect, file: ReadBack, *, download: bool) -> ReadBack:
        digest = await self._told_sha256(effect, file)
        if not digest and (download or file.fields.get("md5")):  # other bytes than ours, as the vendor tells
            digest = await self._sha256(effect)
        return replace(file, fields={**file.fields, "sha256": digest}) if digest else file

    async def _told_sha256(self, effect: Effect, file: ReadBack) -> str:
        """The checksum of the bytes that we sent, where the vendor's own checksum proves them; else ''."""
        kept = effect.write.file if effect.write else None
        told = file.fields.get("md5")
        if kept is not None and self._is_proven(effect, file):
            return kept.sha256
        if kept is not None and told and told == (kept.md5 or await _digest(self._store.files.open(kept), "md5")):
            return kept.sha256
        return ""

    async def _sha256(self, effect: Effect) -> str:
        """The checksum of the bytes that are there: they are fetched."""
        assert effect.parent is not None
        return await _digest(await self._destination.read_file(effect.parent, effect.destination_id))

    def _is_proven(self, effect: Effect, file: ReadBack) -> bool:
        """Whether the bytes of a list were compared since it was written, and the vendor shows no change after that.

        A list can be made again from the snapshot, so its bytes are fetched once; an attachment's are each time.
        """
        unchanged = effect.modified_at is not None and file.modified_at == effect.modified_at
        is_list = self._builder.makes_files(effect.key.map)
        return is_list and unchanged and effect.verdict == "equal" and not self._store.documents.get(SIZES_ALONE)

    def _judge(
        self, map: CompiledMap, run: Run, object: str, effects: Sequence[Effect], there: Mapping[str, ReadBack]
    ) -> None:
        of = comparable(self._destination, self._schema.objects.get(object), object)
        proof = self.proofs[map.id]
        sources = self._sources(map, effects) if self._every_diff else {}
        verdicts: dict[str, list[Effect]] = defaultdict(list)
        diffs: list[Diff] = []
        for effect in effects:
            record = there.get(effect.destination_id)
            if record is None:
                verdicts["gone"].append(effect)
                diffs.append(_gone(effect))
                continue
            expected = self._expected(effect)
            found = compare(expected, record, of, sources.get(effect.key.id))
            found = [self._explained(effect, record, diff) for diff in found]
            self._count(proof, effect, record, found)
            verdicts[_overall(found)].append(effect)
            diffs += self._diffs(map, effect, found, sources.get(effect.key.id))
        for verdict, group in verdicts.items():
            proof.records[verdict] += len(group)
            self._store.effects.set_verdicts([effect.key for effect in group], verdict, _stamps(verdict, group, there))
        self._store.diffs.put(run, diffs)

    def _explained(self, effect: Effect, record: ReadBack, diff: FieldDiff) -> FieldDiff:
        """Say of a difference that somebody made it: its record was changed after our last write, or a delta met it."""
        if diff.verdict is not Verdict.DIFFERENT:
            return diff
        later = bool(effect.modified_at and record.modified_at and record.modified_at > effect.modified_at)
        if not later and diff.field not in self._kept.get(str(effect.key), ()):
            return diff
        by = f" by {record.modified_by}" if later and record.modified_by else ""
        return replace(diff, reason=f"{EDITED}{by}")

    def _expected(self, effect: Effect) -> Mapping[str, Value]:
        if effect.destination_object != self._destination.capabilities.file_object or self._checksum:
            return effect.written
        return {name: value for name, value in effect.written.items() if name != "sha256"}

    def _sources(self, map: CompiledMap, effects: Sequence[Effect]) -> dict[str, Mapping[str, str]]:
        """The source's own values as text, by source id and destination field."""
        rows = self._store.snapshot.get(map.object, sorted({effect.key.id for effect in effects}))
        built = self._builder.build(map, list(rows.values()))
        return {item.row.id: item.built.source_values for item in built}

    def _count(self, proof: Proof, effect: Effect, record: ReadBack, found: Sequence[FieldDiff]) -> None:
        stays = effect.key.id in self.stays.get(effect.key.map, ())
        proof.arrived += effect.key.part == 0 and not stays
        proof.stays += effect.key.part == 0 and stays
        owner = record.fields.get(self._destination.capabilities.owner_field)
        if effect.owner_id and isinstance(owner, Link):
            proof.owners["right" if owner.id == effect.owner_id else "wrong"] += 1
        for diff in found:
            proof.fields[diff.field, diff.verdict] += 1
            if isinstance(diff.actual, Decimal) and not stays:
                proof.sums[diff.field] += diff.actual
            if diff.actual not in (None, "", ()) and not stays:
                proof.populated[diff.field] += 1
            if isinstance(diff.expected, Link):
                proof.links[diff.field, "checked"] += 1
                if diff.verdict is Verdict.DIFFERENT and not diff.reason.startswith(EDITED):
                    proof.links[diff.field, "broken"] += 1

    def _diffs(
        self, map: CompiledMap, effect: Effect, found: Sequence[FieldDiff], source: Mapping[str, str] | None
    ) -> list[Diff]:
        return [
            Diff(
                map=effect.key.map,
                source_id=effect.key.id,
                destination_id=effect.destination_id,
                field=map.said(diff.field),
                source_value=(source or {}).get(diff.field, ""),
                expected=as_text(diff.expected),
                actual=as_text(diff.actual),
                verdict=diff.verdict.value,
                reason=diff.reason,
            )
            for diff in found
            if self._every_diff or diff.verdict in (Verdict.DIFFERENT, Verdict.UNVERIFIABLE)
        ]


def _overall(found: Sequence[FieldDiff]) -> str:
    verdicts = {diff.verdict for diff in found}
    different = [diff for diff in found if diff.verdict is Verdict.DIFFERENT]
    if different:
        return "edited" if all(diff.reason.startswith(EDITED) for diff in different) else "different"
    return "unverifiable" if Verdict.UNVERIFIABLE in verdicts else "equal"


def _stamps(verdict: str, effects: Sequence[Effect], there: Mapping[str, ReadBack]) -> dict[OperationKey, datetime]:
    """When each record was changed last. Where a difference was found, that may have been somebody else."""
    if verdict not in ("equal", "unverifiable"):
        return {}
    stamps = {effect.key: there[effect.destination_id].modified_at for effect in effects}
    return {key: stamp for key, stamp in stamps.items() if stamp is not None}


def _gone(effect: Effect) -> Diff:
    return Diff(
        map=effect.key.map,
        source_id=effect.key.id,
        destination_id=effect.destination_id,
        field="",
        source_value="",
        expected="",
        actual="",
        verdict="different",
        reason="the record is not at the destination",
    )


async def _digest(chunks: AsyncIterator[bytes], algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    async for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
