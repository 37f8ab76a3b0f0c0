"""Behaviours, the cases in which they are run, and how a case is judged.

A behaviour is one promise of the destination protocol: an async function that gets a fresh scene and raises NotKept
where the promise is broken. Its name and docstring are what a report says. A miss that the adapter declares must
really fail; one that is kept after all fails the kit, so that no excuse outlives its reason.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gurney.errors import GurneyError
from gurney.testing.kit.adapter import Adapter, Role
from gurney.testing.kit.judging import NotKept, refuse_all, require
from gurney.testing.kit.scene import Scene, opened

if TYPE_CHECKING:
    from gurney.testing.traffic import SpecValidator

ONCE = "once"
EACH_OBJECT = "each object"
"""For every object that holds our key."""
EVERYTHING = "everything"
"""For every object that holds our key, for notes and for files."""
EACH_ROUTE = "each route"
"""For every object that holds our key, by each of its routes."""
EACH_OWNED = "each owned object"
"""For every object whose records have an owner."""
EACH_OWNED_ROUTE = "each owned route"
"""The same by each of its routes."""
NOTES = "notes"
"""For notes, by each of their routes."""
FILES = "files"
"""For files, by each of their routes."""
REFUSAL = 400
EVIDENCE = re.compile(r"FACTS \d+(\.\d+)*( [a-z]+)?: \S.*", re.DOTALL)

Run = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One promise."""

    name: str
    words: str
    run: Run
    over: str = ONCE
    provisioned: bool = True
    """Whether the scene begins with the adapter's schema made."""
    provokes: bool = False
    """Whether it makes the vendor refuse something. What is refused need not keep to the vendor's specification, and
    specifications say little of refusals: only what the vendor took is then held against it, the answer's side."""
    twin: Mapping[str, Any] = field(default_factory=dict)
    """Options of the twin."""


BEHAVIOURS: dict[str, Behaviour] = {}
"""All of them by name, in the order in which the modules of `behaviours` declare them."""


def behaviour(
    *, over: str = ONCE, provisioned: bool = True, provokes: bool = False, **twin: Any
) -> Callable[[Run], Run]:
    """Declare a promise; the function's name and docstring are the promise's."""

    def declare(run: Run) -> Run:
        name = run.__name__
        if name in BEHAVIOURS or not run.__doc__:
            raise TypeError(f"a behaviour has a name of its own and a docstring: {name}")
        BEHAVIOURS[name] = Behaviour(name, run.__doc__, run, over, provisioned, provokes, twin)
        return run

    return declare


@dataclass(frozen=True, slots=True)
class Case:
    """A behaviour for one vendor, one of its objects, by one route."""

    adapter: Adapter
    behaviour: Behaviour
    role: Role
    route: str = ""

    def __str__(self) -> str:
        if self.behaviour.over == ONCE:
            return self.behaviour.name
        return f"{self.behaviour.name}[{self.role.object}{'-' if self.route else ''}{self.route}]"

    @property
    def miss(self) -> str:
        """Why the vendor cannot, as the adapter declares it; '' where it can."""
        return self.adapter.misses.get(str(self)) or self.adapter.misses.get(self.behaviour.name, "")

    async def run(self, judge: SpecValidator | None = None) -> None:
        """Raise NotKept where the promise is broken, or where a declared miss is none."""
        if not self.miss:
            await self._run(judge)
            return
        require(EVIDENCE.fullmatch(self.miss), f"a miss names its evidence first, as in 'FACTS 0.9: ...': {self.miss}")
        try:
            await self._run(judge)
        except (NotKept, GurneyError):
            return
        raise NotKept(f"{self} is declared as a miss ({self.miss}), but it is kept: take the declaration away")

    async def _run(self, judge: SpecValidator | None) -> None:
        async with opened(self.adapter, provisioned=self.behaviour.provisioned, **self.behaviour.twin) as scene:
            scene.role = scene.of(self.role)
            routes = scene.routes(scene.role)
            require(not self.route or self.route in routes, f"{self.role.object} has no route '{self.route}'")
            scene.route = routes[self.route] if self.route else next(iter(routes.values()))
            await self.behaviour.run(scene)
        if judge is not None:
            self._judge_traffic(scene, judge)

    def _judge_traffic(self, scene: Scene, judge: SpecValidator) -> None:
        """What passed is what the vendor's specification describes."""
        provoked = self.behaviour.provokes
        judged = [one for one in scene.exchanges if not provoked or one.status < REFUSAL]
        violations = dict.fromkeys(judge.validate_all(judged))
        refuse_all(f"against the specification: {one}" for one in violations if not provoked or one.side == "response")


def cases(adapter: Adapter) -> list[Case]:
    """Every case of every behaviour for a vendor. Raises NotKept for a miss of something that is no case."""
    found = [case for behaviour in BEHAVIOURS.values() for case in _of(adapter, behaviour)]
    known = {str(case) for case in found} | {case.behaviour.name for case in found}
    refuse_all(
        f"{adapter.vendor} misses '{name}', which is no behaviour" for name in adapter.misses if name not in known
    )
    return found


def _of(adapter: Adapter, behaviour: Behaviour) -> Iterator[Case]:
    if behaviour.over == ONCE:
        yield Case(adapter, behaviour, adapter.person)
        return
    for role in _roles(adapter, behaviour.over):
        if behaviour.over in (EACH_OBJECT, EACH_OWNED, EVERYTHING):
            yield Case(adapter, behaviour, role)
        else:
            yield from (Case(adapter, behaviour, role, route) for route in role.routes)


def _roles(adapter: Adapter, over: str) -> Sequence[Role]:
    if over in (EACH_OWNED, EACH_OWNED_ROUTE):
        return [role for role in adapter.keyed if role.owned]
    return {EVERYTHING: adapter.roles, NOTES: (adapter.note,), FILES: (adapter.file,)}.get(over, adapter.keyed)
