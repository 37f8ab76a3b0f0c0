"""Durable execution of long work. The only module that knows DBOS.

A program is a list of phases; a phase is advanced in strides until it says that it is done. What a stride did
stands in our own store in the transaction of each batch, so a stride that is replayed after a crash finds its
work done: the library remembers how far the program is, the ledger what became of every record
(docs/decisions/0001). Steps take and return names and counts, never records.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from gurney.errors import PausedForQuota
from gurney.runtime import Runtime

APPLICATION_VERSION = "gurney-1"
"""Pinned: an upgrade of the program in mid-run goes on with the run instead of starting another."""

EXECUTOR = "gurney-local"
SHORTEST_REST_S = 1.0
"""A budget that is looked at again at once would be asked without end."""
NAP_S = 600.0
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


class Program(Protocol):
    """Work in phases, each of which can be repeated at any moment without doing anything twice."""

    async def phases(self) -> list[str]: ...

    async def advance(self, phase: str) -> bool:
        """Do one stride of the phase; True when nothing of it is left."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: done, or paused until a vendor's budget refills."""

    done: bool
    paused_until: datetime | None = None
    why: str = ""


@dataclass(slots=True)
class _Job:
    """A program that this process runs, and the error that ended it."""

    program: Program
    runtime: Runtime
    patience: timedelta
    error: Exception | None = None

    async def advance(self, phase: str) -> dict[str, Any]:
        """One stride, as plain JSON. An error is kept here: the workflow store holds only that there was one."""
        try:
            return {"done": await self.program.advance(phase)}
        except PausedForQuota as pause:
            return {"done": False, "why": pause.message, "until": pause.until.isoformat() if pause.until else None}
        except Exception as error:
            self.error = error
            return {"done": False, "why": type(error).__name__}

    async def rest(self, until: str | None) -> bool:
        """Wait until a moment, on the runtime's clock; False where this process is not to wait so long."""
        moment = datetime.fromisoformat(until) if until else None
        if not _worth_waiting(moment, self.runtime, self.patience):
            return False
        await _sleep_until(moment, self.runtime)
        return True


_JOBS: dict[str, _Job] = {}


class Drive(Protocol):
    """How a program is run to its end."""

    async def __call__(
        self, program: Program, *, name: str, state: Path, runtime: Runtime, patience: timedelta | None = None
    ) -> Ended: ...


async def run_inline(
    program: Program,
    *,
    name: str = "",
    state: Path | None = None,
    runtime: Runtime | None = None,
    patience: timedelta | None = None,
) -> Ended:
    """Run a program without a workflow store: for short stages, tests and simulations.

    With `patience` a pause is slept through on the runtime's clock instead of ending the program.
    """
    for phase in await program.phases():
        while True:
            try:
                if await program.advance(phase):
                    break
            except PausedForQuota as pause:
                if runtime is None or patience is None or not _worth_waiting(pause.until, runtime, patience):
                    return Ended(False, pause.until, pause.message)
                await _sleep_until(pause.until, runtime)
    return Ended(True)


async def run_durably(
    program: Program, *, name: str, state: Path, runtime: Runtime, patience: timedelta | None = None
) -> Ended:
    """Run a program as a workflow; after a crash the same name goes on where it stopped.

    `state` is the folder of the workflow store (SQLite). A pause for quota longer than `patience` ends the
    program as paused; a shorter one is slept through, and what is left of it after a crash by the process that goes
    on, if that one has the patience. An error ends the program and is raised here.
    """
    job = _JOBS[name] = _Job(program, runtime, patience or timedelta())
    try:
        async with _launched(state):
            answer = await _answer(name)
    finally:
        del _JOBS[name]
    if job.error is not None:
        raise job.error
    until = datetime.fromisoformat(answer["until"]) if answer.get("until") else None
    return Ended(answer["done"], until, answer.get("why", ""))


def _worth_waiting(until: datetime | None, runtime: Runtime, patience: timedelta) -> bool:
    return until is not None and until - runtime.clock.now() <= patience


async def _sleep_until(until: datetime | None, runtime: Runtime) -> None:
    """In naps: a machine that was suspended meanwhile must not sleep that time on top."""
    await runtime.clock.sleep(SHORTEST_REST_S)
    while until is not None and (left_s := (until - runtime.clock.now()).total_seconds()) > 0:
        await runtime.clock.sleep(min(left_s, NAP_S))


@contextlib.asynccontextmanager
async def _launched(state: Path) -> AsyncIterator[None]:
    from dbos import DBOS

    state.mkdir(parents=True, exist_ok=True)
    DBOS(
        config={
            "name": "gurney",
            "system_database_url": f"sqlite:///{state / 'engine.sqlite'}",
            "application_version": APPLICATION_VERSION,
            "executor_id": EXECUTOR,
            "enable_otlp": False,
            "log_level": "CRITICAL",
            "serializer": _plain_json(),
        }
    )
    _register()
    DBOS.launch()
    try:
        yield
    finally:
        DBOS.destroy(workflow_completion_timeout_sec=0)


def _plain_json() -> Any:
    """JSON for everything that the engine stores: no pickle, and of an error only its class."""
    from dbos import Serializer

    class PlainJson(Serializer):
        def name(self) -> str:
            return "gurney_json"

        def serialize(self, data: Any) -> str:
            return json.dumps({"error": type(data).__name__} if isinstance(data, BaseException) else {"value": data})

        def deserialize(cls, serialized_data: str) -> Any:
            stored = json.loads(serialized_data)
            return stored["value"] if "value" in stored else RuntimeError(stored["error"])

    return PlainJson()


_workflow: Any = None


def _register() -> None:
    """Declare the one workflow and the steps that every program runs by, once a process."""
    global _workflow
    if _workflow is not None:
        return
    from dbos import DBOS

    @DBOS.step(name="gurney.phases")
    async def phases(name: str) -> list[str]:
        return await _JOBS[name].program.phases() if name in _JOBS else []

    @DBOS.step(name="gurney.advance")
    async def advance(name: str, phase: str) -> dict[str, Any]:
        return await _JOBS[name].advance(phase) if name in _JOBS else {"done": False, "why": "superseded"}

    @DBOS.step(name="gurney.rest")
    async def rest(name: str, until: str | None) -> bool:
        return name in _JOBS and await _JOBS[name].rest(until)

    @DBOS.workflow(name="gurney.drive")
    async def drive(name: str) -> dict[str, Any]:
        for phase in await phases(name):
            while not (stride := await advance(name, phase))["done"]:
                if "why" in stride and not await rest(name, stride.get("until")):
                    return stride
        return {"done": True}

    _workflow = drive


async def _answer(name: str) -> dict[str, Any]:
    """Start the next workflow of this name, or join the one that a crash left unfinished."""
    from dbos import DBOS, SetWorkflowID

    attempt = 1
    while (status := await DBOS.get_workflow_status_async(f"{name}/{attempt}")) and status.status in _ENDED:
        attempt += 1
    with SetWorkflowID(f"{name}/{attempt}"):
        handle = await DBOS.start_workflow_async(_workflow, name)
    answer: dict[str, Any] = await handle.get_result(polling_interval_sec=0.1)
    return answer
