"""Long text in pieces, and the marks by which notes are known again (contract, NOTE1).

Notes hold no key of ours, so the title ends with one: `[cliniko:treatment_notes:123 2/3]`. Joined in order the
pieces are the text, letter by letter; no piece starts inside a joined character. Rich text is cut between its blocks,
so that each piece is a whole of its own and joined they are the text again; a block that is too long by itself is
closed where it is cut and opened again in the next piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from semantic_text_splitter import TextSplitter

from gurney.mapping.transforms.text import cut, shortened

_TOKEN = re.compile(r"""</?[a-z0-9]+(?:[^">]|"[^"]*")*>|&[^;<&\s]{1,10};|[^<&\s]+|\s+|[<&]""", re.IGNORECASE)
_VOID = ("<br",)
_ELLIPSIS = "<p>…</p>"


def split(text: str, most: int) -> list[str]:
    """Pieces of at most `most` characters, cut at the best place near the end of each."""
    if len(text) <= most:
        return [text]
    return list(_splitter(most).chunks(text))


def split_html(text: str, most: int) -> list[str]:
    """Pieces of well-formed HTML, each well-formed, of at most `most` characters, tags and entities counted.

    >>> split_html("<p>one</p><p>two</p>", 14), split_html("<p>one <b>two</b></p>", 17)
    (['<p>one</p>', '<p>two</p>'], ['<p>one </p>', '<p><b>two</b></p>'])
    """
    return [text] if len(text) <= most else list(_html_pieces(text, most))


def shortened_html(text: str, most: int) -> str:
    """The front of a rich text with an ellipsis that says there was more."""
    return text if len(text) <= most else split_html(text, most - len(_ELLIPSIS))[0] + _ELLIPSIS


def mark(object: str, source_id: str, number: int, count: int, field: str = "") -> str:
    """The mark of one piece. `field`: the piece is the whole text of a field that was too short for it."""
    about = f" {field}" if field else ""
    return f"[cliniko:{object}:{source_id}{about} {number}/{count}]"


def titled(words: str, mark: str, most: int) -> str:
    """A title that ends with its mark; the words in front give way."""
    room = most - len(mark) - 1
    return f"{shortened(words, room)} {mark}" if words and room > 1 else mark


class _Piece:
    """One piece of rich text while it grows."""

    def __init__(self, opened: list[str]) -> None:
        self.opened = opened
        """Opening tags that are not closed yet."""
        self.parts = list(opened)
        self.length = sum(map(len, opened))
        self.between_blocks = 0
        """How many parts stand before the last place where no tag was open; 0 where there was none."""
        self.is_empty = True

    def room(self, most: int) -> int:
        return most - self.length - sum(len(_closing(tag)) for tag in self.opened)

    def take(self, token: str) -> None:
        self.parts.append(token)
        self.length += len(token)
        self.is_empty = False
        if token.startswith("</"):
            self.opened = self.opened[:-1]
        elif token[0] == "<" and len(token) > 1 and not token.lower().startswith(_VOID):
            self.opened = [*self.opened, token]
        if not self.opened:
            self.between_blocks = len(self.parts)

    def closed(self) -> str:
        return "".join([*self.parts, *(_closing(tag) for tag in reversed(self.opened))])


def _html_pieces(text: str, most: int) -> Iterator[str]:
    piece = _Piece([])
    for token in _TOKEN.findall(text):
        for part in _fitting(token, most, piece):
            needed = len(part) + (len(_closing(part)) if _opens(part) else 0)
            while not part.startswith("</") and needed > piece.room(most) and not piece.is_empty:
                whole, piece = _ended(piece)
                yield whole
            piece.take(part)
    if not piece.is_empty:
        yield piece.closed()


def _ended(piece: _Piece) -> tuple[str, _Piece]:
    """A piece that is full, and the next one, which begins with what stands behind the last whole block."""
    if not piece.between_blocks:
        return piece.closed(), _Piece(piece.opened)
    fresh = _Piece([])
    for token in piece.parts[piece.between_blocks :]:
        fresh.take(token)
    return "".join(piece.parts[: piece.between_blocks]), fresh


def _fitting(token: str, most: int, piece: _Piece) -> Iterator[str]:
    """A word in parts that a piece has room for; tags and entities are never cut."""
    room = max(1, most - 2 * sum(len(tag) + 1 for tag in piece.opened))
    while token[0] not in "<&" and len(token) > room:
        front = cut(token, room)
        yield front
        token = token[len(front) :]
    yield token


def _opens(token: str) -> bool:
    return token[0] == "<" and len(token) > 1 and token[1] != "/" and not token.lower().startswith(_VOID)


def _closing(tag: str) -> str:
    """`</b>` for `<b>`, `</a>` for `<a href=...>`."""
    return f"</{re.split(r'[ >]', tag[1:], maxsplit=1)[0]}>"


@cache
def _splitter(most: int) -> TextSplitter:
    return TextSplitter(most, trim=False)
