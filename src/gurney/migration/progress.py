"""How long work tells how far it is, without knowing who watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class Step:
    """How far one named piece of work is."""

    label: str
    total: int | None = None
    done: int = 0


class Watcher(Protocol):
    """Someone who watches: a terminal, a page, or nobody."""

    def start(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int, *, detail: str = "") -> None:
        """`done` is the new total for the current step, not an increment."""

    def say(self, words: str) -> None: ...

    def finish(self) -> None: ...


class Nobody:
    """Watches nothing."""

    def start(self, label: str, total: int | None) -> None:
        pass

    def advance(self, done: int, *, detail: str = "") -> None:
        pass

    def say(self, words: str) -> None:
        pass

    def finish(self) -> None:
        pass
