"""What keeps a migration whole, taken out on purpose: the campaign notices each within its first fifty seeds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest
from played import told, with_some

from gurney.migration import delta, rollback
from gurney.migration.send import Sender
from gurney.migration.threeway import Merge
from gurney.records import Outcome, Write
from gurney.store import chain, ledger, runs, verification
from gurney.testing.campaign.play import Stage

pytestmark = pytest.mark.xdist_group("saboteurs")
Sabotage = Callable[[pytest.MonkeyPatch], None]


def resends_without_looking(patch: pytest.MonkeyPatch) -> None:
    async def settle(_: Sender, unknown: list[Write]) -> list[Outcome | None]:
        return [None] * len(unknown)

    patch.setattr(Sender, "_settle", settle)


def drops_the_three_way_check(patch: pytest.MonkeyPatch) -> None:
    def merge(_base: object, ours: dict[str, Any], _theirs: object, _is_same: object) -> Merge:
        return Merge(write=dict(ours), conflicts=(), agreed={})

    patch.setattr(delta, "merge", merge)
    patch.setattr(rollback, "changed_by_others", lambda *_: ())
    patch.setattr(rollback, "typed_in", lambda *_: ())


def drops_the_fence(patch: pytest.MonkeyPatch) -> None:
    for room in (runs, ledger, chain):
        if hasattr(room, "require_fence"):
            patch.setattr(room, "require_fence", lambda *_: None)
    patch.setattr(runs.Runs, "still", lambda *_: None)


def drops_the_chain(patch: pytest.MonkeyPatch) -> None:
    for room in (chain, verification):
        patch.setattr(room, "chained", lambda *_: "0" * 64)


LOST = (
    "effect without an answer", "effect and then a 500", "half a batch, then silence",
    "killed while a write is under way",
)  # fmt: skip


@pytest.mark.parametrize(
    ("sabotage", "kinds", "to", "invariants"),
    [
        (resends_without_looking, LOST, "zoho", ("explained", "as undisturbed")),
        (
            drops_the_three_way_check,
            ("record edited in the CRM", "patient edited on both sides"),
            "zoho",
            ("nothing clobbered",),
        ),
        (
            drops_the_fence,
            ("overtaken by another process",),
            "pipedrive",
            ("explained", "as undisturbed", "errors have words"),
        ),
        (drops_the_chain, LOST, "zoho", ("whole log",)),
    ],
    ids=["settlement", "three-way check", "fence", "chain"],
)
def test_a_sabotage_is_noticed(
    sabotage: Sabotage, kinds: Collection[str], to: str, invariants: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(to)
    for schedule in with_some(stage, kinds):
        stage.undisturbed(schedule)  # before the sabotage: it is what others are compared with
        with monkeypatch.context() as patch:
            sabotage(patch)
            verdict = stage.play(schedule)
        if not verdict.ok:
            assert any(words.startswith(tuple(invariants)) for words in verdict.broken), told(verdict)
            return
    raise AssertionError("no schedule noticed")
