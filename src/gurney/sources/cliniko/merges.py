"""Merged patients: the losing record names the winner, who may have lost in turn (FACTS 6.1)."""

from __future__ import annotations

from collections.abc import Mapping


def survivors(merged: Mapping[str, str]) -> dict[str, str]:
    """Every loser's last survivor. A circle, which only damaged data can hold, has none and is left out.

    >>> survivors({"1": "2", "2": "3", "8": "9", "9": "8"})
    {'1': '3', '2': '3'}
    """
    found = {}
    for loser in merged:
        survivor = _survivor(loser, merged)
        if survivor is not None:
            found[loser] = survivor
    return found


def _survivor(loser: str, merged: Mapping[str, str]) -> str | None:
    seen = {loser}
    current = merged[loser]
    while current in merged:
        if current in seen:
            return None
        seen.add(current)
        current = merged[current]
    return current or None
