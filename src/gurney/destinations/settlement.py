"""What every vendor's settlement shares: one look for each kind of write, and when a change counts as done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence

from gurney.records import Kind, Link, OperationKey, Outcome, ReadBack, Value, Write

Same = Callable[[str, str, Value, Value], bool]
"""Whether two values of (object, field) are the same to the vendor."""
Look = Callable[[str, Sequence[Write]], Awaitable[list[Outcome | None]]]
"""Finds out about writes of one object: a done outcome, or None where it is proven not to have happened."""


async def settled(
    unknown: Sequence[Write],
    *,
    created: Look,
    changed: Look,
    is_unsent: Callable[[OperationKey], bool] = lambda key: False,
) -> list[Outcome | None]:
    """Look for creations and for changes of each object at once; one answer a write, in order.

    A creation of which this process knows that it never left (`is_unsent`) is not looked for.
    """
    groups: dict[tuple[str, bool], list[Write]] = defaultdict(list)
    for write in unknown:
        is_new = write.kind is Kind.CREATE
        if not (is_new and is_unsent(write.key)):
            groups[write.object, is_new].append(write)
    found: dict[int, Outcome | None] = {}
    for (object, is_new), writes in groups.items():
        outcomes = await (created if is_new else changed)(object, writes)
        found.update({id(write): outcome for write, outcome in zip(writes, outcomes, strict=True)})
    return [found.get(id(write)) for write in unknown]


def asked(writes: Sequence[Write], owner: str) -> list[str]:
    """The fields to read for `outcome_of_change`; `owner` is the vendor's name of that field."""
    names = {name for write in writes for name in write.fields}
    return sorted(names | ({owner} if any(write.owner_id for write in writes) else set()))


def outcomes_of_changes(
    writes: Sequence[Write], there: Mapping[str, ReadBack], owner: str, is_same: Same
) -> list[Outcome | None]:
    """Of changes and deletions, by what was read of their records."""
    return [outcome_of_change(write, there.get(write.destination_id or ""), owner, is_same) for write in writes]


def outcome_of_change(write: Write, record: ReadBack | None, owner: str, is_same: Same) -> Outcome | None:
    """An update is done when the record holds every value of it; a deletion when there is no record.

    What cannot be read is no evidence: an update of nothing else counts as not done, for it can be repeated.
    """
    if write.kind is Kind.DELETE:
        return None if record else Outcome.done(write.key, write.destination_id or "", created=False)
    if record is None:
        return None
    wanted = dict(write.fields) | ({owner: Link("", write.owner_id)} if write.owner_id else {})
    shown = {name: value for name, value in wanted.items() if name not in record.unreadable}
    if wanted and not shown:
        return None
    if not all(is_same(write.object, name, value, record.fields.get(name)) for name, value in shown.items()):
        return None
    return Outcome.done(write.key, record.id, created=False, modified_at=record.modified_at)
