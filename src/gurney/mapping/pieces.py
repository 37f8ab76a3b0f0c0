"""Long text in pieces, and the marks by which notes are known again (contract, NOTE1).

Notes hold no key of ours, so the title ends with one: `[cliniko:treatment_notes:123 2/3]`. Joined in order the
pieces are the text, letter by letter; no piece starts inside a joined character.
"""

from __future__ import annotations

from functools import cache

from semantic_text_splitter import TextSplitter

from gurney.mapping.transforms.text import shortened


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, cut at the best place near the end of each."""
    if len(text) <= most:
        return [text]
    return list(_splitter(most).chunks(text))


def mark(object: str, source_id: str, number: int, count: int, field: str = "") -> str:
    """The mark of one piece. `field`: the piece is the whole text of a field that was too short for it."""
    about = f" {field}" if field else ""
    return f"[cliniko:{object}:{source_id}{about} {number}/{count}]"


def titled(words: str, mark: str, most: int) -> str:
    """A title that ends with its mark; the words in front give way."""
    room = most - len(mark) - 1
    return f"{shortened(words, room)} {mark}" if words and room > 1 else mark


@cache
def _splitter(most: int) -> TextSplitter:
    return TextSplitter(most, trim=False)
