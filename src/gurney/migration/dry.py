"""A dry build: every record through every object map, without writing anything. What the plan knows beforehand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from gurney.mapping.compile import CompiledMap, CompiledMapping
from gurney.migration.build import Builder, BuiltRow
from gurney.migration.progress import Watcher
from gurney.migration.tables import Told
from gurney.records import Link
from gurney.store.store import Store

STRIDE = 500

Look = Callable[[CompiledMap, Sequence[BuiltRow]], None]


@dataclass(slots=True)
class DryRun:
    """What the mapping would do with the snapshot as it is."""

    selected: Counter[str] = field(default_factory=Counter)
    """Source records that an object map concerns, by object map."""
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of these, left behind, by object map and reason."""
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    stays: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Source ids, by object map, of those that had arrived before there was a reason to leave them behind."""
    writes: Counter[str] = field(default_factory=Counter)
    """Records to write, by destination object; a long note counts with all its parts."""
    sums: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """What amounts add up to, by object map and destination field."""
    populated: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Records with a value, by object map and destination field."""
    pointing: dict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """By object map and destination field, how many records refer to each; only where that is asked for."""
    owned_by: Counter[str] = field(default_factory=Counter)
    """Records to write, by the practitioner whom they belong to."""
    lines: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Records for the files that a map makes, by object map and why they are in none; '': they are lines of one."""
    issues: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By object map, destination field and code."""
    issue_words: dict[tuple[str, str, str], str] = field(default_factory=dict)
    issue_ids: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def count_lines(self, map: str, told: Mapping[Told, int]) -> None:
        """Add what became of records for a file."""
        for (code, words), count in told.items():
            self.lines[map, code] += count
            self.words.setdefault((map, code), words)


def dry_run(
    store: Store,
    compiled: CompiledMapping,
    builder: Builder,
    watcher: Watcher,
    *,
    assigns: bool = False,
    counts_links: bool = False,
    look: Look | None = None,
) -> DryRun:
    """Build everything once, parents taken for migrated. `assigns` keeps what lookups decide once and for all.

    `look` is shown what each portion of rows becomes.
    """
    found = DryRun()
    total = sum(sum(store.snapshot.counts(map.object).values()) for map in compiled.maps)
    watcher.start("Trying the mapping", total)
    seen = 0
    for map in compiled.maps:
        if map.table is not None:
            found.count_lines(map.id, builder.strays(map))
        after = 0
        while rows := store.snapshot.scan(map.object, after=after, limit=STRIDE):
            after = rows[-1].seq
            seen += len(rows)
            built = builder.build(map, rows, dry=True)
            if assigns and map.assigns:
                builder.assign(map, built)
            if look is not None:
                look(map, built)
            found.stays[map.id] |= _arrived(store, map, [item.row.id for item in built if item.built.skipped])
            for item in built:
                found.count_lines(map.id, item.lines)
                if not item.is_selected:
                    continue
                found.selected[map.id] += 1
                for issue in item.built.issues:
                    key = (map.id, issue.field, issue.code)
                    found.issues[key] += 1
                    found.issue_words[key] = issue.words
                    ids = found.issue_ids.setdefault(key, [])
                    if len(ids) < 50:
                        ids.append(issue.source.id)
                if item.built.skipped:
                    found.skipped[map.id, item.built.skipped] += 1
                    found.words[map.id, item.built.skipped] = item.built.skipped_words
                    continue
                for name, value in item.built.writes[0].fields.items():
                    if value is not None:
                        found.populated[map.id, name] += 1
                        if counts_links and isinstance(value, Link):
                            found.pointing[map.id, name][value.id] += 1
                        if isinstance(value, Decimal):
                            found.sums[map.id, name] += value
                if map.owner is not None and (practitioner := map.owner(item.record)):
                    found.owned_by[str(practitioner)] += 1
                found.writes.update(write.object for write in item.built.writes)
            watcher.advance(seen)
            del built  # before the next ones are made
    return found


def _arrived(store: Store, map: CompiledMap, ids: Sequence[str]) -> set[str]:
    """Of these source ids, the ones that an object map has a record for."""
    return set(store.effects.get(map.id, map.object, ids)) if ids else set()
