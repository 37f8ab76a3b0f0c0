"""Texts that carry our keys in their last lines, and what a reader sees of a note (FACTS 5, 6). Pure.

Appointments and tasks have no field that could hold a key, so it is the last line of their text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


class KeyLines:
    """Lines at the end of a text that hold our keys, by field name: 'Cliniko appointment: 4711'."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = dict(labels)
        self._names = {label: name for name, label in labels.items()}
        known = "|".join(map(re.escape, self._names))
        self._line = re.compile(rf"(?:^|\n)\s*(?P<label>{known}): (?P<key>[^\n]+?)\s*$")

    def added(self, content: str, keys: Mapping[str, str]) -> str:
        """The text with a line for each key that is not ''."""
        lines = [f"{label}: {keys[name]}" for name, label in self._labels.items() if keys.get(name)]
        return "\n".join([*([content] if content else []), *lines])

    def split(self, content: str) -> tuple[str, dict[str, str]]:
        """The text without its last lines of keys, and the keys.

        >>> KeyLines({"visit_id": "Visit"}).split("Fine.\\nVisit: 4711")
        ('Fine.', {'visit_id': '4711'})
        """
        keys: dict[str, str] = {}
        while (match := self._line.search(content, max(0, len(content) - 2_000))) is not None:
            name = self._names[match["label"]]
            if name in keys:
                break  # the last one is ours; before it stand somebody's words
            keys[name] = match["key"]
            content = content[: match.start()]
        return content, keys
