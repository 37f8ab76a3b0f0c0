"""The load: every selected record of every object map, parents first, each module proven before the next.

Work goes on where it stopped: what has an outcome is not looked at again, what failed is tried again by the next
run. The sample is the same program over chosen records.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from gurney.destinations.protocol import Destination
from gurney.errors import GurneyError
from gurney.mapping.compile import CompiledMap, CompiledMapping
from gurney.migration.ahead import Ahead
from gurney.migration.build import Builder, BuiltRow, opened
from gurney.migration.files import Fetcher, size_of
from gurney.migration.ownership import held
from gurney.migration.progress import Watcher
from gurney.migration.send import Sender
from gurney.migration.tables import keep_made
from gurney.migration.verify import Verifier
from gurney.records import Kind, Link, OperationKey, Outcome, ReadBack, State, Value, Write
from gurney.reports.forecast import FETCH
from gurney.store.effects import Effect
from gurney.store.ledger import Operation
from gurney.store.runs import Run
from gurney.store.snapshot import Row
from gurney.store.store import Store

STRIDE = 2000
"""Source records that one stride takes: enough to keep ten batches of a hundred in flight, few enough to hold."""

MOST_AT_ONCE = 5000
"""Source records that are held at once to keep several large calls in flight."""

FILES_STRIDE = 40
"""Files that one stride takes: they are a call each, and a stride should last seconds."""

FILE_TOO_LARGE = (
    "Open the patient in Cliniko, download the file under Files, keep it where the clinic keeps large files, and note "
    "that in the CRM."
)
LIST_TOO_LARGE = (
    "The list is too long for one file. Have it as notes, where the mapping has such an entry, or export it in Cliniko "
    "under Reports and keep it where the clinic keeps large files."
)

WAITS = "Its turn has not come: the record becomes several, one after another."

REFUSED_BY_US = frozenset({"parent-not-migrated", "text-too-long"})
"""Reasons of the mapping that count as failures: the next run tries again."""

NO_BYTES = "file-not-available"
"""Why a file is left to a person whose bytes Cliniko did not give out: every run and delta asks for them again."""

NOT_YET = frozenset({"not-ready"})
"""Reasons that pass by themselves: left to a person, and tried again by every run and delta."""


class PhaseGateFailed(GurneyError):
    """A module arrived with records missing or links broken: the next one must not be built on it (ORD2)."""

    exit_code = 4


@dataclass(slots=True)
class Load:
    """A program for the engine: phases `load`, `link` and `prove` for each object map."""

    store: Store
    files: Fetcher | None
    """None where nothing can be fetched: files that the store has are sent."""
    destination: Destination
    compiled: CompiledMapping
    builder: Builder
    sender: Sender
    verifier: Verifier
    run: Run
    watcher: Watcher
    keys_before_us: frozenset[str]
    """Destination objects whose key field was there before provisioning: it may hold values of ours already."""
    file_bytes: int | None
    """The destination's limit for one file, as the check found it."""
    chosen: Mapping[str, frozenset[str]] | None = None
    """Source ids by source object for a sample; None takes all."""
    gated: bool = True
    """Whether a module that is not whole stops the run. A delta goes on: people may have deleted records since; so does
    a run whose operator knows of it."""
    apart: Callable[[str], AbstractContextManager[object]] = nullcontext
    """Counts what is done within it as another kind of work."""
    tell: Callable[[], str] = str
    """How the allowance and the time stand, for the progress line."""
    _ahead: Ahead | None = None
    _totals: dict[str, int] = field(default_factory=dict)
    """Records of each source object, counted once: nothing comes into the snapshot while a load is under way."""

    def going_ahead(self) -> AbstractAsyncContextManager[None]:
        """Fetch files before their turn for as long as the block runs, as far as that is wanted."""
        if self.files is None or self.files.source is None or not self.files.ahead_bytes:
            return nullcontext()
        self._ahead = Ahead(self.files, self._files_to_come(self.files))
        return self._ahead.beside()

    async def phases(self) -> list[str]:
        """In dependency order; a module is proven before the next begins."""
        phases: list[str] = []
        for map in self.maps():
            phases.append(f"load {map.id}")
            phases += [f"link {map.id}"] if map.has_deferred else []
            phases.append(f"prove {map.id}")
        return phases

    def maps(self) -> list[CompiledMap]:
        """The object maps that write records; owners are settled before: users are linked, not loaded."""
        users = self.destination.capabilities.user_object
        return [map for map in self.compiled.maps if map.destination_object != users]

    async def advance(self, phase: str) -> bool:
        await self.settle()
        verb, _, map_id = phase.partition(" ")
        map = self.compiled.by_id[map_id]
        if verb == "load":
            return await self._load(phase, map)
        if verb == "link":
            return await self._link(phase, map)
        return await self._prove(map)

    async def settle(self) -> None:
        """Bring what a crash or a pause left unknown to an outcome, before anything else, in whatever phase it was."""
        await self.sender.settle_leftovers()

    async def _load(self, phase: str, map: CompiledMap) -> bool:
        rows, last = self._next_rows(phase, map)
        after = rows[-1].seq if rows else 0
        tried, built = await self._build(map, rows)
        rows.clear()  # bodies are large, and all that is sent stands in what they became
        if built:
            self._record_left_out(map, built)
            ahead = 0 if last else max(0, self._total(map) - self.store.ledger.touched(map.id) - tried)
            await self._write(map, [item for item in built if not item.built.skipped], ahead)
        self._passed(phase, after, last)
        self.watcher.start(f"{map.id} {map.object}", self._total(map))
        self.watcher.advance(self.store.ledger.touched(map.id), detail=self.tell())
        return last

    async def _build(self, map: CompiledMap, rows: Sequence[Row]) -> tuple[int, list[BuiltRow]]:
        """How many of these rows are not at the destination yet, and what becomes of those that the map selects."""
        finished = self.store.ledger.finished_ids(map.id, map.object, [row.id for row in rows])
        todo = [row for row in rows if row.id not in finished]
        if todo and self.files is not None and self._is_fetched(map):
            with self.apart(FETCH):
                await self._fetch(self.files, rows, todo)
        slim = not self._is_fetched(map)
        portions = self.builder.portions(map, todo)
        return len(todo), [
            item.without_source() if slim else item for some in portions for item in some if item.is_selected
        ]

    def _is_fetched(self, map: CompiledMap) -> bool:
        """Whether its files are the source's, not lists that are made here."""
        return map.table is None and map.destination_object == self.destination.capabilities.file_object

    async def _fetch(self, files: Fetcher, rows: Sequence[Row], todo: Sequence[Row]) -> None:
        if self._ahead is not None:
            self._ahead.come_to(rows)
        await files.have(todo)

    def _files_to_come(self, files: Fetcher) -> Iterator[Row]:
        """Attachments in the order in which the load will come to them."""
        for map in self.maps():
            after = (self.store.ledger.progress(self._name(f"load {map.id}")) or {}).get("after", 0)
            while self._is_fetched(map) and (rows := self.store.snapshot.scan(map.object, after=after)):
                after = rows[-1].seq
                finished = self.store.ledger.finished_ids(map.id, map.object, [row.id for row in rows])
                yield from (row for row in rows if row.id not in finished and files.wants(row))

    def _next_rows(self, phase: str, map: CompiledMap) -> tuple[list[Row], bool]:
        """The next rows of a phase, and whether they are the last."""
        after = (self.store.ledger.progress(self._name(phase)) or {}).get("after", 0)
        limit = self._stride(map)
        if self.chosen is None:
            rows = self.store.snapshot.scan(map.object, after=after, limit=limit)
            return rows, len(rows) < limit
        found = self.store.snapshot.get(map.object, sorted(self.chosen.get(map.object, frozenset())))
        rows = sorted((row for row in found.values() if row.seq > after), key=lambda row: row.seq)
        return rows[:limit], len(rows) <= limit

    def _stride(self, map: CompiledMap) -> int:
        """Source records to take at once: what keeps the route's calls in flight, or fills one bulk job."""
        if map.destination_object == self.destination.capabilities.file_object:
            return FILES_STRIDE
        route = self.destination.route(map.destination_object, Kind.CREATE, self._total(map))
        return max(STRIDE, route.batch_size, min(route.batch_size * route.in_flight, MOST_AT_ONCE))

    def _total(self, map: CompiledMap) -> int:
        """Records of the source that this map looks at."""
        if self.chosen is not None:
            return len(self.chosen.get(map.object, frozenset()))
        if map.object not in self._totals:
            self._totals[map.object] = sum(self.store.snapshot.counts(map.object).values())
        return self._totals[map.object]

    def _passed(self, phase: str, after: int, last: bool) -> None:
        """Note where a phase stands: after the row with this number; 0 when there was none."""
        if after:
            after = 0 if last else after
            self.store.ledger.keep_progress(self.run, self._name(phase), {"after": after})

    def _name(self, phase: str) -> str:
        return f"{self.run.id} {phase}"

    def _record_left_out(self, map: CompiledMap, built: Sequence[BuiltRow]) -> None:
        """Write down, with its reason, every record that stays behind, and what a person should know of the rest."""
        outcomes = [_left_out(map, item) for item in built if item.built.skipped]
        known = self.store.ledger.states(map.id, [outcome.key for outcome in outcomes])
        news = [outcome for outcome in outcomes if not _says(known.get(outcome.key), outcome)]
        if news:
            self.store.ledger.record(self.run, map.destination_object, news)
        self.store.issues.add(self.run, [issue for item in built for issue in item.built.issues])

    async def _write(self, map: CompiledMap, built: Sequence[BuiltRow], ahead: int) -> None:
        manual = [outcome for item in built if (outcome := self._by_hand(map, item)) is not None]
        if manual:
            self.store.ledger.record(self.run, map.destination_object, manual)
        left = {outcome.key for outcome in manual}
        writes = [write for item in built for write in item.built.writes if write.key not in left]
        writes = self._not_there(writes)
        wanted = {write.file for write in writes}
        await keep_made(self.store, (made for item in built for made in item.made if made[0] in wanted))
        before: dict[OperationKey, Mapping[str, Value]] = {}
        if map.destination_object in self.keys_before_us:
            writes = await self._meet_existing(map, writes, before)
        waiting = [write for write in writes if write.parent is not None and not write.parent.id]
        waiting_keys = {write.key for write in waiting}
        ready = [write for write in writes if write.key not in waiting_keys]
        self._keep_open(writes)
        await self.sender.send(ready, before, ahead={map.destination_object: ahead})
        await self.sender.send(self._with_parents(map, waiting))

    def _keep_open(self, writes: Sequence[Write]) -> None:
        """Write down all that becomes of one source record: a crash in between must not make it look whole."""
        parts = Counter(write.key.id for write in writes)
        several = [write for write in writes if parts[write.key.id] > 1]
        for object in sorted({write.object for write in several}):
            mine = [write.key for write in several if write.object == object]
            self.store.ledger.record(self.run, object, [Outcome.failed(key, code="waits", words=WAITS) for key in mine])

    def _not_there(self, writes: Sequence[Write]) -> list[Write]:
        """Writes that nothing at the destination stands for yet; changes of the rest are the delta's business."""
        effects = self.store.effects.of([write.key for write in writes])
        return [write for write in writes if write.key not in effects or effects[write.key].removed]

    def _with_parents(self, map: CompiledMap, waiting: Sequence[Write]) -> list[Write]:
        """Notes on records that have just been created: now their parents have ids."""
        parents = self.store.effects.get(map.id, map.object, sorted({write.key.id for write in waiting}))
        return [
            replace(write, parent=Link(map.destination_object, parents[write.key.id]))
            for write in waiting
            if write.key.id in parents
        ]

    async def _meet_existing(
        self, map: CompiledMap, writes: Sequence[Write], before: dict[OperationKey, Mapping[str, Value]]
    ) -> list[Write]:
        """Turn creations of records that hold our key already into updates, and keep what they held."""
        ours = [write for write in writes if write.key_field]
        if not ours:
            return list(writes)
        object, key_field = ours[0].object, ours[0].key_field
        there = await self.destination.find(object, key_field, [write.key_value for write in ours])
        owner = self.verifier.owner_field(object) if any(write.owner_id for write in ours) else ""
        names = sorted({name for write in ours for name in write.fields} | ({owner} - {""}))
        old = await self.destination.read(object, sorted(set(there.values())), names) if there else {}
        met: list[Write] = []
        for write in writes:
            id = there.get(write.key_value) if write.key_field else None
            if id is None or id not in old:
                met.append(write)
                continue
            update = map.for_update(write)
            before[write.key] = held(update, old[id], owner)
            seen = old[id].modified_at
            met.append(replace(update, kind=Kind.UPDATE, destination_id=id, unless_modified_since=seen))
        return met

    def _by_hand(self, map: CompiledMap, item: BuiltRow) -> Outcome | None:
        """A file that cannot go by itself, with what a person has to do; None for everything else."""
        if map.destination_object != self.destination.capabilities.file_object:
            return None
        key = OperationKey(map.id, map.object, item.row.id)
        file = item.built.writes[0].file
        size = file.size_bytes if map.table and file else size_of(item.row)
        if self.is_too_large(size):
            words = LIST_TOO_LARGE if map.table else FILE_TOO_LARGE
            words = f"{size} bytes are over the limit of {self.file_bytes}. {words}"
            return Outcome(key, State.MANUAL, code="file-too-large", words=words)
        if file is not None and file.size_bytes == 0:
            words = "The file is empty (0 bytes). If it should not be, look at it in Cliniko; else nothing is lost."
            return Outcome(key, State.MANUAL, code="file-empty", words=words)
        if file is None:
            words = "Cliniko did not give out its bytes. The next run or delta tries again; else download it by hand."
            return Outcome(key, State.MANUAL, code=NO_BYTES, words=words)
        return None

    def is_too_large(self, size_bytes: int) -> bool:
        """Whether the destination takes no file of this size."""
        return self.file_bytes is not None and size_bytes > self.file_bytes

    async def _link(self, phase: str, map: CompiledMap) -> bool:
        """Set lookups between records of the same object, now that both ends exist."""
        rows, last = self._next_rows(phase, map)
        todo = self._unset([link for some in opened(rows) for link in self._links(map, some)])
        await self.sender.send(*await self._where_nobody_was(map.destination_object, todo))
        self._passed(phase, rows[-1].seq if rows else 0, last)
        return last

    def _links(self, map: CompiledMap, rows: Sequence[Row]) -> Iterator[Write]:
        records = self.builder.enrich(map.object, rows, map.facts)
        return self.builder.deferred(map, records)

    def _unset(self, links: Sequence[Write]) -> list[tuple[Write, Effect]]:
        """Those whose field we left empty, or that named what we removed since; a change of the rest is the delta's."""
        effects = self.store.effects.of([link.key for link in links])
        pairs = [(link, effect) for link in links if (effect := effects.get(link.key)) and not effect.removed]
        told = (effect.written.get(name) for link, effect in pairs for name in link.fields)
        standing: Set[Value] = self.store.effects.standing({link for link in told if isinstance(link, Link)})
        todo: list[tuple[Write, Effect]] = []
        for link, effect in pairs:
            missing = {name: value for name, value in link.fields.items() if effect.written.get(name) not in standing}
            if missing:
                todo.append((replace(link, fields=missing), effect))
        return todo

    async def _where_nobody_was(
        self, object: str, todo: Sequence[tuple[Write, Effect]]
    ) -> tuple[list[Write], dict[OperationKey, Mapping[str, Value]]]:
        """The links that may be set, and what their fields held before us.

        Into a record that stood there for a while a person may have typed: what is taken is left to the delta.
        """
        look = [(link, effect) for link, effect in todo if not effect.created or self._was_left_alone(effect)]
        names = {name for link, _ in look for name in link.fields}
        there = await self.verifier.read(object, [effect for _, effect in look], names) if look else {}
        before: dict[OperationKey, Mapping[str, Value]] = {
            link.key: held(link, record, "")
            for link, effect in look
            if not effect.created and (record := there.get(effect.destination_id)) is not None
        }
        taken = {link.key for link, effect in look if self._was_left_alone(effect) and _is_taken(link, effect, there)}
        return [link for link, _ in todo if link.key not in taken], before

    def _was_left_alone(self, effect: Effect) -> bool:
        """Whether time went by since a record was written: by another run, or by this one before it was interrupted.

        What was there before us was taken up with all its fields, and they are kept for the way back.
        """
        return effect.run != self.run.id or (effect.created and self.run.resumed)

    async def _prove(self, map: CompiledMap) -> bool:
        done = await self.verifier.stride(map, self.run)
        if done and self.gated and (broken := self.verifier.gate(map)):
            details = {"map": map.id, "broken": broken}
            self.store.ledger.note(self.run, "phase-gate", details, self.run.operator)
            raise PhaseGateFailed(
                f"{map.id}: {broken}. The next module was not begun.",
                next_step="See reports/run.html. Restore what was deleted from the CRM's bin and repeat the command; "
                "or go on without it with --accept-missing; or go back: gurney rollback",
            )
        return done


def _says(operation: Operation | None, outcome: Outcome) -> bool:
    """Whether the log says it already: an earlier run left the record out for the same reason."""
    return operation is not None and (operation.state, operation.code) == (outcome.state, outcome.code)


def _is_taken(link: Write, effect: Effect, there: Mapping[str, ReadBack]) -> bool:
    """Whether a field that is to be set holds something that is not ours."""
    record = there.get(effect.destination_id)
    values = [(record.fields.get(name), effect.written.get(name)) for name in link.fields] if record else []
    return any(holds is not None and holds != wrote for holds, wrote in values)


def _left_out(map: CompiledMap, item: BuiltRow) -> Outcome:
    key = OperationKey(map.id, map.object, item.row.id)
    code, words = item.built.skipped, item.built.skipped_words
    if code in REFUSED_BY_US:
        return Outcome.failed(key, code=code, words=words)
    return Outcome(key, State.MANUAL if code in NOT_YET else State.SKIPPED, code=code, words=words)
