"""What can be wrong with a mapping, collected so that a person sees all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gurney.errors import Misused


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to correct or to know. `level`: 'error' refuses, 'warning' is shown where the user signs."""

    line: int
    """Line of the mapping document, from 1; 0 when it concerns no line."""
    where: str
    """Object map and field: 'Z1 Last_Name'."""
    level: str
    words: str
    remedy: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        subject = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{subject}{self.words}{remedy}"


class MappingWrong(Misused):
    """A mapping document cannot be used as it stands. `problems` holds every reason, by line."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.where)))
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        count = len(self.problems)
        super().__init__(
            f"{name} has {count} problem{'' if count == 1 else 's'}:\n{listed}",
            next_step=f"Correct {name} and try again.",
        )
