"""Which stage a migration has reached, and the gates between the stages.

A gate is a point that needs a person's recorded approval of a document's digest: an approval of something that
changed since is no approval.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from gurney.errors import GateRefused

if TYPE_CHECKING:
    from gurney.store.store import Store


class Stage(StrEnum):
    """How far a migration has come. The order is the order of a clinic's life with it."""

    NEW = "new"
    CHECKED = "checked"
    AUDITED = "audited"
    PLANNED = "planned"
    APPROVED = "approved"
    PROVISIONED = "provisioned"
    SAMPLED = "sampled"
    SIGNED_OFF = "signed off"
    RUNNING = "running"
    LOADED = "loaded"
    RECONCILED = "reconciled"
    ROLLED_BACK = "rolled back"
    PURGED = "purged"


GATES = ("plan", "sample")
_ORDER = list(Stage)
_DOCUMENT = "stage"


def current(store: Store) -> Stage:
    """The stage that was reached last."""
    saved = store.documents.get(_DOCUMENT)
    return Stage(saved["stage"]) if saved else Stage.NEW


def reach(store: Store, stage: Stage, *, even_back: bool = False) -> None:
    """Record that a stage was reached. Repeating an earlier verb does not lead back, unless `even_back`."""
    if even_back or _ORDER.index(stage) > _ORDER.index(current(store)):
        store.documents.put(_DOCUMENT, {"stage": stage.value}, sealed=False)


def fall_back(store: Store, stage: Stage) -> None:
    """Record that a migration has come no further than this, if it had."""
    if _ORDER.index(stage) < _ORDER.index(current(store)):
        reach(store, stage, even_back=True)


def require(store: Store, verb: str, at_least: Stage, do_first: str) -> None:
    """Refuse a verb whose groundwork is missing."""
    if _ORDER.index(current(store)) < _ORDER.index(at_least):
        raise GateRefused(
            f"`gurney {verb}` cannot run yet: this migration is only {current(store)}.",
            next_step=f"First: {do_first}",
        )


def require_approval(store: Store, verb: str, gate: str, digest: str) -> None:
    """Refuse a verb whose document nobody approved, or that changed since it was approved."""
    approval = store.documents.approval(gate)
    if approval is None:
        raise GateRefused(
            f"`gurney {verb}` needs an approved {gate}.",
            next_step=f"Read reports/{gate}.html, then: gurney approve {gate} --by NAME",
        )
    if approval.digest != digest:
        raise GateRefused(
            f"The {gate} changed after {approval.by} approved it on {approval.at:%Y-%m-%d %H:%M} UTC.",
            next_step=f"Read reports/{gate}.html again, then: gurney approve {gate} --by NAME",
        )
