"""Our keys as the last lines of a description, for objects that have no field of their own for them (FACTS 0.7, 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping


class KeyLines:
    """Lines at the end of a text that hold our keys, by field name: 'Cliniko appointment: 4711'."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = dict(labels)
        self._names = {label: name for name, label in labels.items()}
        known = "|".join(map(re.escape, self._names))
        self._line = re.compile(rf"(?:^|\n+)(?P<label>{known}): (?P<key>[^\n]+?)\s*$")

    def added(self, content: str, keys: Mapping[str, str]) -> str:
        """The text with a line for each key that is not ''.

        >>> KeyLines({"id": "Cliniko appointment"}).added("Fine.", {"id": "7"})
        'Fine.\\n\\nCliniko appointment: 7'
        """
        lines = [f"{label}: {keys[name]}" for name, label in self._labels.items() if keys.get(name)]
        return "\n\n".join(part for part in (content, "\n".join(lines)) if part)

    def split(self, content: str) -> tuple[str, dict[str, str]]:
        """The text without its last lines of keys, and the keys."""
        keys: dict[str, str] = {}
        while (match := self._line.search(content)) is not None:
            name = self._names[match["label"]]
            if name in keys:
                break  # the last one is ours; before it stand somebody's words
            keys[name] = match["key"]
            content = content[: match.start()]
        return content, keys

    def room(self) -> int:
        """Characters that keys may take of a text."""
        return sum(len(label) + 40 for label in self._labels.values())
