"""Calls that are under way together: nothing that was answered gets lost because a neighbour failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from typing import TypeVar

from gurney.errors import NotAuthorised, PausedForQuota

Made = TypeVar("Made")
Item = TypeVar("Item")
STOPPING = (PausedForQuota, NotAuthorised)
"""Errors that end all calls alike: what was answered before them still holds."""


async def together(calls: Iterable[Awaitable[Made]]) -> list[Made]:
    """All results, in order; the first error is raised when all calls have come to rest."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


async def as_far_as_paid(calls: Iterable[Awaitable[Made]]) -> list[Made | None]:
    """All results, in order; None for a call that a spent budget or a lost login stopped, unless it stopped all."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors and (len(errors) == len(results) or not all(isinstance(error, STOPPING) for error in errors)):
        raise errors[0]
    return [None if isinstance(result, BaseException) else result for result in results]


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in pieces of at most `size`: what one call takes."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
