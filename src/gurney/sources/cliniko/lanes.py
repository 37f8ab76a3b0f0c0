"""Lanes: walks over the source's lists that can be interrupted after any page and prove that nothing is missing.

A list is walked by creation, where rows never move; but a row that is deleted for good pulls every later row one
place forward, and a row created meanwhile lengthens the list. So each window has an upper bound, its `total_entries`
is watched from page to page, and at its end the distinct ids must be as many as announced; otherwise it is walked
again. What was created or changed since the walk began is brought by the sweep at the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

from gurney.errors import AnswerWrong, VendorRefused
from gurney.sources.cliniko.client import Client, Page, limits
from gurney.sources.cliniko.objects import ObjectSpec

WALKS = 3
"""How often a window is walked that does not add up, before we say so."""


class Sink(Protocol):
    """Where the rows of a lane go. One call is one transaction with the cursor that the sink keeps."""

    def take(self, lane: Lane, rows: Sequence[dict[str, Any]], total: int, followers: Sequence[Lane]) -> None:
        """Keep rows, and that the walk now goes on with `followers` in the lane's place."""

    def missing(self, lane: Lane) -> None:
        """The account has no such list."""


class Lane(Protocol):
    """One walk. `step` makes one request."""

    spec: ObjectSpec
    path: str

    @property
    def pages_left(self) -> int:
        """An estimate, for fairness: long walks go first."""

    async def step(self, client: Client, sink: Sink) -> list[Lane]:
        """Read one page. Returns the lanes that go on from here: itself, others, or none."""


@dataclass(slots=True)
class Watch:
    """What was seen of a list so far, and whether that is everything it announced."""

    seen: set[str] = field(default_factory=set)
    total: int | None = None
    visited: set[str] = field(default_factory=set)
    walks: int = 1

    def note(self, page: Page, ids: Sequence[str]) -> bool:
        """Take a page down. False when rows were deleted under the walk, so that some may have slipped past."""
        shrunk = self.total is not None and page.total < self.total
        self.total = page.total
        self.seen.update(ids)
        return not shrunk

    def require_new(self, next: str, spec: ObjectSpec) -> None:
        if next in self.visited:
            raise AnswerWrong(f"Cliniko's list of {spec.name} leads back to a page that it gave before.")
        self.visited.add(next)

    @property
    def is_complete(self) -> bool:
        return self.total is not None and len(self.seen) >= self.total

    def again(self, spec: ObjectSpec) -> None:
        """Begin afresh, unless that was tried often enough."""
        if self.walks >= WALKS:
            raise AnswerWrong(
                f"Cliniko announces {self.total} {spec.name} but lists {len(self.seen)}, {WALKS} times over.",
                next_step="Repeat the command later; if it stays so, tell Cliniko's support.",
            )
        self.seen, self.visited, self.total = set(), set(), None
        self.walks += 1


@dataclass(slots=True, eq=False)
class Window:
    """Rows created from `since` (inclusive) up to `before` (exclusive); None leaves an end open."""

    spec: ObjectSpec
    path: str
    since: str | None = None
    before: str | None = None
    bound: str | None = None
    """Where a list that turns out to be long is cut off: the sweep brings what is later."""
    announced: int = 1
    next: str | None = None
    reached: str | None = None
    """Everything created before this second is kept."""
    watch: Watch = field(default_factory=Watch)

    @property
    def pages_left(self) -> int:
        left = (self.watch.total or self.announced) - len(self.watch.seen)
        return max(1, left // int(limits()["list"]["per_page"]))

    async def step(self, client: Client, sink: Sink) -> list[Lane]:
        first = self.next is None
        page = await _unless_missing(self._read(client), self, sink)
        rows = [identified(row) for row in page.rows]
        steady = self.watch.note(page, [row["id"] for row in rows])
        before_this_page = self.reached
        if rows:
            self.reached = rows[-1].get("created_at") or self.reached
        followers = self._followers(page, first=first, steady=steady, before_this_page=before_this_page)
        sink.take(self, rows, page.total, followers)
        return followers

    async def _read(self, client: Client) -> Page:
        if self.next is not None:
            return await client.follow(self.next, self.spec.key)
        filters = list(self.spec.all_rows())
        filters += [("q[]", f"created_at:>={self.since}")] if self.since else []
        filters += [("q[]", f"created_at:<{self.before}")] if self.before else []
        if not self.spec.filterable:
            return await client.page(self.path, self.spec.key, filters)
        return await client.page_in_order(self.path, self.spec.key, filters)

    def _followers(self, page: Page, *, first: bool, steady: bool, before_this_page: str | None) -> list[Lane]:
        if page.next is not None:
            self.watch.require_new(page.next, self.spec)
        if not steady:  # on the last page too: what was pulled onto the page before it is in none that we read
            return [self._resumed(before_this_page)]
        if page.next is None or not page.rows:
            return self._finish()
        parts = self._split(page.total) if first and self._cuttable() else []
        if parts:
            return parts
        self.next = page.next
        return [self]

    def _finish(self) -> list[Lane]:
        self.next = None
        if self.watch.is_complete:
            return []
        self.watch.again(self.spec)
        self.reached = self.since
        return [self]

    def _resumed(self, since: str | None) -> Lane:
        """Walk again from the second in which rows may have slipped past us."""
        if not self._cuttable() or since is None or since == self.since:
            self.watch.again(self.spec)
            self.next, self.reached = None, self.since
            return self
        return Window(
            self.spec, self.path, since, self.before, self.bound, announced=self.watch.total or 1, reached=since
        )

    def _cuttable(self) -> bool:
        return self.spec.filterable and self.reached is not None

    def _split(self, total: int) -> list[Lane]:
        """Windows behind this page, small enough to page through; none when this one goes on as it is."""
        start, size = self.reached or "", int(limits()["list"]["window_rows"])
        before = self.before or self.bound
        if before is None or start >= before or (self.before is not None and total <= size):
            return []
        rest = max(1, total - len(self.watch.seen))
        count = -(-rest // size)
        edges = [start, *_between(start, before, count), before]
        if len(edges) == 2 and start == self.since:
            return []  # one second holds them all: only paging gets through it
        return [
            Window(self.spec, self.path, since, until, announced=max(1, rest // count), reached=since)
            for since, until in pairwise(edges)
        ]


@dataclass(slots=True, eq=False)
class Latest:
    """The rows that changed last and how many rows there are, in one call: most often that is all.

    Where the page does not reach back to `since`, a Sweep brings what lies between.
    """

    spec: ObjectSpec
    path: str
    since: str
    newest: str = ""
    """The newest change that there was when the page was read: what is older cannot have escaped it."""

    @property
    def pages_left(self) -> int:
        return 1

    async def step(self, client: Client, sink: Sink) -> list[Lane]:
        asked = client.page(self.path, self.spec.key, self.spec.all_rows(), sort="updated_at:desc")
        page = await _unless_missing(asked, self, sink)
        rows = [identified(row) for row in page.rows]
        self.newest = max((_changed(row) for row in rows), default="")
        followers: list[Lane] = []
        if page.next is not None:
            followers = [] if self._reaches_back(rows) else [Sweep(self.spec, self.path, self.since)]
            rows = [row for row in rows if _changed(row) >= self.since]
        sink.take(self, rows, page.total, followers)
        return followers

    def _reaches_back(self, rows: Sequence[dict[str, Any]]) -> bool:
        """Whether everything since then is on the page: an account that does not sort this way proves nothing."""
        stamps = [_changed(row) for row in rows]
        return bool(stamps) and stamps[-1] < self.since and stamps == sorted(stamps, reverse=True)


@dataclass(slots=True, eq=False)
class Sweep:
    """Rows changed at or after `since`, oldest change first.

    A row that changes during the sweep moves to its end and pulls others forward, so no page numbers are used: each
    request begins at the second of the last row seen; only within one second `next` is followed. What was pulled
    forward within such a second is told by the row that was deleted or comes again: then the second is read anew.
    """

    spec: ObjectSpec
    path: str
    since: str
    next: str | None = None
    left: int = 1
    visited: set[str] = field(default_factory=set)
    paged: dict[str, str] = field(default_factory=dict)
    """Ids that were read within a second of several pages, with that second."""

    @property
    def pages_left(self) -> int:
        return max(1, self.left // int(limits()["list"]["per_page"]))

    async def step(self, client: Client, sink: Sink) -> list[Lane]:
        page = await self._read(client)
        rows = [identified(row) for row in page.rows]
        moved = self._moved(rows, page.total)
        self.left = page.total
        followers: list[Lane] = []
        if moved is not None:
            self._again(moved)
            followers = [self]
        elif page.next is not None:
            self._go_on(page.next, rows)
            followers = [self]
        sink.take(self, rows, page.total, followers)
        return followers

    def _moved(self, rows: Sequence[dict[str, Any]], total: int) -> str | None:
        """The earliest second of several pages from which a row went meanwhile; None when none did."""
        seconds = [self.since] if self.next is not None and total < self.left else []
        came_again = (row for row in rows if row.get("updated_at", "") > self.paged.get(row["id"], "~"))
        return min([*seconds, *(self.paged[row["id"]] for row in came_again)], default=None)

    def _again(self, second: str) -> None:
        self.since, self.next, self.visited = second, None, set()
        self.paged = {id: known for id, known in self.paged.items() if known < second}

    def _go_on(self, next: str, rows: Sequence[dict[str, Any]]) -> None:
        if not rows or next in self.visited:
            raise AnswerWrong(f"Cliniko's list of changed {self.spec.name} leads nowhere or in a circle.")
        newest = rows[-1].get("updated_at", "")
        if newest > self.since:
            self.since, self.next, self.visited = newest, None, set()
        else:
            self.next = next
            self.visited.add(next)
            self.paged.update((row["id"], self.since) for row in rows)

    async def _read(self, client: Client) -> Page:
        if self.next is not None:
            return await client.follow(self.next, self.spec.key)
        filters = [*self.spec.all_rows(), ("q[]", f"updated_at:>={self.since}")]
        return await client.page_in_order(self.path, self.spec.key, filters, by="updated_at")


async def _unless_missing(asked: Awaitable[Page], lane: Lane, sink: Sink) -> Page:
    """The page; an empty one where the account has no such list, which the sink is told."""
    try:
        return await asked
    except VendorRefused as refused:
        if refused.status != 404 or not lane.spec.optional:
            raise
    sink.missing(lane)
    return Page([], 0, None)


def _changed(row: dict[str, Any]) -> str:
    return row.get("updated_at") or ""


def identified(row: dict[str, Any]) -> dict[str, Any]:
    """The row with an id of text. Services have none (FACTS 6): what they join names them."""
    id = row.get("id")
    if isinstance(id, str) and id:
        return row
    if id is not None:
        return {**row, "id": str(id)}
    parts = [_last_part(row.get(field)) for field in ("business", "appointment_type")]
    return {**row, "id": "-".join(parts)}


def _last_part(relation: Any) -> str:
    address = relation["links"]["self"] if isinstance(relation, dict) and "links" in relation else ""
    return str(address).partition("?")[0].rpartition("/")[2]


def _between(start: str, end: str, count: int) -> list[str]:
    """`count - 1` moments that cut the time from start to end into equal parts."""
    first, last = moment(start), moment(end)
    step = (last - first) / count
    cuts = {stamp(first + step * number) for number in range(1, count)}
    return sorted(cut for cut in cuts if start < cut < end)


def moment(text: str) -> datetime:
    """A UTC stamp of the source as a moment."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def stamp(when: datetime) -> str:
    """A moment as the source writes it, whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def shifted(text: str, seconds: int) -> str:
    """A stamp some seconds later (or earlier)."""
    return stamp(moment(text) + timedelta(seconds=seconds))
