"""Calls that are under way together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar
from weakref import WeakValueDictionary

Made = TypeVar("Made")


async def together(calls: Iterable[Awaitable[Made]]) -> list[Made]:
    """All results, in order; the first error is raised when all calls have come to rest."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


class Turns:
    """One at a time for each name. Who needs several takes them in one order, so that nobody waits in a ring."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def held(self, names: Iterable[str]) -> AsyncIterator[None]:
        """Hold the turns of all these names."""
        async with AsyncExitStack() as stack:
            for name in sorted(set(names)):
                lock = self._locks.get(name) or asyncio.Lock()
                self._locks[name] = lock
                await stack.enter_async_context(lock)
            yield
