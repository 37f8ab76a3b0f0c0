"""Plain text: trimming, joining, naming, and cutting without breaking a character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from gurney.mapping.transforms.registry import transform

_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028\u2029]+')
_JOINER = "\u200d"


@transform(reads="text", writes="text")
def trim(text: str) -> str | None:
    """Without blanks at either end; nothing when only blanks were there.

    >>> trim("  Holt ")
    'Holt'
    """
    return text.strip() or None


@transform(reads="text", writes="text")
def one_line(text: str) -> str | None:
    """Line breaks and runs of blanks become single blanks.

    >>> one_line("5 Elm St\\r\\n  Geelong")
    '5 Elm St Geelong'
    """
    return " ".join(text.split()) or None


@transform(reads="text", writes="text")
def lines(text: str) -> str | None:
    """Windows and old line ends become one kind of line end; blank ends are trimmed.

    >>> lines("Mrs A Lee\\r\\n5 Elm St\\r\\n")
    'Mrs A Lee\\n5 Elm St'
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").strip() or None


@transform(reads="text", writes="text")
def prefix(text: object, *, text_before: str) -> str:
    """Words in front of a value.

    >>> prefix(1001, text_before="Invoice ")
    'Invoice 1001'
    """
    return f"{text_before}{text}"


@transform(reads="text", writes="text")
def short(text: str, *, most: int) -> str:
    """The front of a text, with an ellipsis when there was more: for a name whose whole stands in another field.

    >>> short("Clinical Pilates with a very long name", most=16)
    'Clinical Pilate…'
    """
    return shortened(" ".join(text.split()), most)


@transform(reads="texts", writes="text")
def first_filled(values: Sequence[str | None]) -> str | None:
    """The first of several fields that holds something.

    >>> first_filled((None, "  ", "Harbour Physio"))
    'Harbour Physio'
    """
    for value in values:
        if isinstance(value, str) and (text := value.strip()):
            return text
    return None


@transform(reads="texts", writes="text")
def join_lines(values: object) -> str | None:
    """Several values, each on a line of its own; empty ones left out.

    >>> join_lines(("Unit 4", None, "5 Elm St"))
    'Unit 4\\n5 Elm St'
    """
    return "\n".join(filled(values)) or None


@transform(reads="texts", writes="text")
def join_words(values: object, *, between: str = " ") -> str | None:
    """Several values on one line; empty ones left out.

    >>> join_words(("Dr", None, "Priya", "Jones"))
    'Dr Priya Jones'
    """
    return between.join(filled(values)) or None


@transform(reads="texts", writes="text")
def labelled(values: object, *, labels: str) -> str | None:
    """Several values, each on a line of its own after what it is called; empty ones left out.

    Labels are parted by semicolons, one for each value; an empty label leaves its value alone on its line.

    >>> labelled(("Blue, long", None, 14), labels="; Colour; Stock level")
    'Blue, long\\nStock level: 14'
    """
    items = values if isinstance(values, list | tuple) else (values,)
    names = [name.strip() for name in labels.split(";")]
    told = ((name, " ".join(filled(item))) for name, item in zip(names, items, strict=True))
    return "\n".join(f"{name}: {words}" if name else words for name, words in told if words) or None


@transform(reads="any", writes="text")
def text_of(value: object) -> str | None:
    """Any simple value as a person would write it.

    >>> text_of(["Bupa", "Medibank"]), text_of(True), text_of(1001)
    ('Bupa; Medibank', 'Yes', '1001')
    """
    return "; ".join(filled(value)) or None


@transform(reads="text", writes="text")
def file_name_safe(name: str, *, most: int = 200) -> str:
    """A file name without folders, control characters or reserved signs; its ending is kept when shortened.

    >>> file_name_safe("../../etc/passwd"), file_name_safe("scan 1: knee.pdf")
    ('passwd', 'scan 1_ knee.pdf')
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = _UNSAFE_IN_NAMES.sub("_", base).strip(" .") or "file"
    if len(base) <= most:
        return base
    stem, dot, ending = base.rpartition(".")
    if not dot or len(ending) > 10:
        return cut(base, most)
    return f"{cut(stem, most - len(ending) - 1)}.{ending}"


def filled(values: object) -> Iterable[str]:
    """The non-empty parts of a value or list, as text."""
    items = values if isinstance(values, list | tuple) else (values,)
    for item in items:
        if type(item) is str:
            if words := item.strip():
                yield words
        elif item is None:
            continue
        elif isinstance(item, bool):
            yield "Yes" if item else "No"
        elif isinstance(item, Mapping):
            yield ", ".join(filled(list(item.values())))
        elif words := str(item).strip():
            yield words


def cut(text: str, most: int) -> str:
    """At most so many characters from the front, never inside an accented letter, flag or joined emoji.

    >>> cut("Zoë", 2), cut("ab👩🏽‍⚕️", 5)
    ('Zo', 'ab')
    """
    end = min(most, len(text))
    while 0 < end < len(text) and _continues(text, end):
        end -= 1
    return text[:end] if end else text[:most]


def shortened(text: str, most: int) -> str:
    """The front of a text with an ellipsis that says there was more.

    >>> shortened("Weiß-Großmann", 6)
    'Weiß-…'
    """
    return text if len(text) <= most else cut(text, most - 1) + "…"


def _continues(text: str, index: int) -> bool:
    """Whether the character at `index` belongs to the one before it."""
    here, before = text[index], text[index - 1]
    if here == _JOINER or before == _JOINER or (before == "\r" and here == "\n"):
        return True
    if unicodedata.category(here) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= here <= "\U0001f3ff":
        return True
    return _is_flag_half(here) and _flag_halves_before(text, index) % 2 == 1


def _is_flag_half(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _flag_halves_before(text: str, index: int) -> int:
    start = index
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return index - start
