"""Rows on their way into the snapshot, together with how far each walk is: a killed extraction goes on from there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gurney.sources.cliniko.lanes import Lane, Latest, Sweep, Window, shifted
from gurney.sources.cliniko.objects import ObjectSpec, links_of, objects, state_of
from gurney.sources.cliniko.staging import Snapshot
from gurney.store.snapshot import Staged

REFERRED_TO = frozenset({"users", "patients", "practitioners", "businesses", "appointment_types", "contacts"})
"""Objects whose missing records are looked for: the source may have deleted them for good (FACTS 6.1)."""

Progress = Callable[[str, int, int], None]
"""Told after each page: object, rows read so far, rows announced."""


@dataclass(slots=True)
class ObjectRead:
    """What was read of one object."""

    rows: int = 0
    """Rows that passed, some of them more than once."""
    new: int = 0
    changed: int = 0
    announced: int = 0
    listed: dict[str, int] = field(default_factory=dict)
    """By list: how many rows it says it has, where it was read from its beginning without a limit of time."""
    available: bool = True


@dataclass(slots=True)
class ReadReport:
    """What an extraction or a sweep brought."""

    extraction: int
    objects: dict[str, ObjectRead] = field(default_factory=dict)
    gone: dict[str, list[str]] = field(default_factory=dict)
    """Ids that others refer to, or that we had, and that Cliniko answers 404 for."""
    merged: dict[str, str] = field(default_factory=dict)
    """Patients that were merged -> who they became."""
    not_trusted: list[str] = field(default_factory=list)
    """Objects whose list came back empty although we hold rows: nothing was concluded from that."""
    calls: int = 0


@dataclass(slots=True)
class _Walk:
    """How far one object is."""

    lanes: list[Lane]
    phase: str
    """'walk', then 'sweep', then 'done'."""
    is_long: bool = False
    """More than one page: it may have changed while it was read, so it is swept."""
    newest: dict[str, str] = field(default_factory=dict)
    """By list: the newest change that there was when its last changes were read."""


class Keeper:
    """The sink of all lanes of one extraction."""

    def __init__(
        self, snapshot: Snapshot, report: ReadReport, mark: str | None, read_at: str, progress: Progress | None
    ) -> None:
        """`mark` is the newest change known before the walk began; `read_at` stands in for rows without stamps."""
        self.report = report
        self.wanted: dict[str, set[str]] = defaultdict(set)
        self.merged: dict[str, str] = {}
        self._snapshot = snapshot
        self._mark = mark
        self._read_at = read_at
        self._progress = progress
        self._walks: dict[str, _Walk] = {}

    def begin(self, spec: ObjectSpec, phase: str, lanes: Sequence[Lane], *, is_long: bool = False) -> Sequence[Lane]:
        """Enter an object's lanes; returns them."""
        self._walks[spec.name] = _Walk(list(lanes), phase, is_long)
        return lanes

    def take(self, lane: Lane, rows: Sequence[dict[str, Any]], total: int, followers: Sequence[Lane]) -> None:
        """Keep a page. See `lanes.Sink`."""
        spec = lane.spec
        walk = self._walks[spec.name]
        walk.is_long = walk.is_long or bool(followers)
        walk.lanes = [other for other in walk.lanes if other is not lane] + list(followers)
        if isinstance(lane, Latest) and lane.newest:
            walk.newest[lane.path] = lane.newest
        if not walk.lanes:
            walk.phase = "done" if walk.phase == "sweep" or not walk.is_long or not spec.filterable else "walked"
        fresh = [staged(spec, row, self._read_at) for row in rows]
        self._note(fresh)
        counts = self._snapshot.put(
            spec.name,
            fresh,
            extraction=self.report.extraction,
            cursor=self._cursor(spec),
        )
        read = self.report.objects.setdefault(spec.name, ObjectRead())
        read.rows += len(rows)
        read.new += counts.new
        read.changed += counts.changed
        read.announced = max(read.announced, total)
        if _tells_how_many(lane):
            read.listed[lane.path] = total
        if self._progress is not None:
            self._progress(spec.name, read.rows, read.announced)

    def missing(self, lane: Lane) -> None:
        """The account does not have this list."""
        self.report.objects.setdefault(lane.spec.name, ObjectRead()).available = False

    def is_walked(self, spec: ObjectSpec) -> bool:
        """Whether the object's walk is complete and a sweep has to follow."""
        return self._walks[spec.name].phase == "walked"

    def note_staged(self, object: str, bodies: Iterable[dict[str, Any]]) -> None:
        """Take account of rows that an earlier, killed process staged."""
        self._note([staged(objects()[object], body, self._read_at) for body in bodies])

    def _note(self, rows: Iterable[Staged]) -> None:
        for row in rows:
            for field_name, target, id in row.links:
                if target in REFERRED_TO:
                    self.wanted[target].add(id)
                    if field_name == "merged_with_patient":
                        self.merged[row.id] = id

    def _cursor(self, spec: ObjectSpec) -> dict[str, Any]:
        walk = self._walks[spec.name]
        return {
            "extraction": self.report.extraction,
            "mark": self._mark,
            "phase": walk.phase,
            "is_long": walk.is_long,
            "lanes": [_saved(lane) for lane in walk.lanes],
            "newest": {} if walk.lanes else walk.newest,
        }


def staged(spec: ObjectSpec, row: dict[str, Any], read_at: str) -> Staged:
    """One row as the snapshot keeps it. Services have no stamps: the time of reading makes the newest win."""
    return Staged(
        id=row["id"],
        created_at=row.get("created_at") or "",
        updated_at=row.get("updated_at") or read_at,
        state=state_of(row),
        body=row,
        links=links_of(spec, row),
    )


def lanes_of(spec: ObjectSpec, mark: str | None) -> list[Lane]:
    """The lanes of an object that was not begun."""
    bound = shifted(mark, 1) if mark else None
    return [Window(spec, path, bound=bound) for path in spec.paths]


def lanes_again(spec: ObjectSpec, cursor: Mapping[str, Any]) -> list[Lane]:
    """The lanes that a cursor tells of."""
    lanes: list[Lane] = []
    for saved in cursor["lanes"]:
        if saved["kind"] == "sweep":
            lanes.append(Sweep(spec, saved["path"], saved["since"]))
        else:
            lanes.append(
                Window(
                    spec, saved["path"], saved["since"], saved["before"], saved["bound"], reached=saved["since"],
                    announced=saved["announced"],
                )
            )  # fmt: skip
    return lanes


def _tells_how_many(lane: Lane) -> bool:
    """Whether the page's total was that of the whole list."""
    return isinstance(lane, Latest) or (isinstance(lane, Window) and lane.since is None and lane.before is None)


def _saved(lane: Lane) -> dict[str, Any]:
    if isinstance(lane, Sweep | Latest):
        return {"kind": "sweep", "path": lane.path, "since": lane.since}
    if not isinstance(lane, Window):
        raise TypeError(f"no cursor for {type(lane).__name__}")
    return {
        "kind": "window",
        "path": lane.path,
        "since": lane.reached or lane.since,
        "before": lane.before,
        "bound": lane.bound,
        "announced": max(1, (lane.watch.total or lane.announced) - len(lane.watch.seen)),
    }
