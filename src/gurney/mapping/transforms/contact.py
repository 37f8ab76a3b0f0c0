"""How to reach a person: telephone, e-mail, address, web. Nothing is guessed: no country code, no domain."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from babel import Locale

from gurney.mapping.transforms.registry import transform
from gurney.mapping.transforms.text import filled

_BLANKS = re.compile(r"[\s\u00a0\u2000-\u200b]+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_COUNTRIES = Locale("en").territories


@transform(reads="text", writes="text")
def phone_tidy(number: str) -> str | None:
    """A number as typed, with ordinary digits, dashes and single blanks; no country is added.

    >>> phone_tidy(" ０４９１ ５７０  １５７"), phone_tidy("+61 (0)491 570 156")
    ('0491 570 157', '+61 (0)491 570 156')
    """
    if number.isascii():
        return " ".join(number.split()) or None
    tidy = _DASHES.sub("-", unicodedata.normalize("NFKC", number))
    return _BLANKS.sub(" ", tidy).strip() or None


@transform(reads="text", writes="text")
def email(address: str) -> str | None:
    """An address without blanks around it. Capitals stay: the part before @ may tell them apart.

    >>> email("Anna.O'Neil+physio@Example.org ")
    "Anna.O'Neil+physio@Example.org"
    """
    return address.strip() or None


@transform(reads="text", writes="text")
def web_address(address: str) -> str | None:
    """A web address with its scheme; only http and https are addresses to us.

    >>> web_address("harbour.example.org"), web_address("https://harbour.example.org/a")
    ('https://harbour.example.org', 'https://harbour.example.org/a')
    """
    text = address.strip()
    if not text:
        return None
    return text if re.match(r"https?://", text, re.IGNORECASE) else f"https://{text}"


@transform(reads="text", writes="text")
def country(code: str) -> str:
    """The English name for a two-letter country code; anything else stays as it is.

    >>> country("NZ"), country("Neverland")
    ('New Zealand', 'Neverland')
    """
    text = code.strip()
    return _COUNTRIES.get(text.upper(), text) if len(text) == 2 else text


@transform(reads="any", writes="text")
def phone_list(numbers: object) -> str | None:
    """All numbers of a list, one a line with its kind.

    >>> phone_list([{"phone_type": "Work", "number": "03 7010 0180"}, {"phone_type": "Fax", "number": ""}])
    'Work: 03 7010 0180'
    """
    if not isinstance(numbers, list | tuple):
        return "\n".join(filled(numbers)) or None
    return "\n".join(_phone_lines(numbers)) or None


def _phone_lines(numbers: list[object] | tuple[object, ...]) -> list[str]:
    lines = []
    for entry in numbers:
        if isinstance(entry, Mapping):
            number = str(entry.get("number") or "").strip()
            kind = str(entry.get("phone_type") or "").strip()
            if number:
                lines.append(f"{kind}: {number}" if kind else number)
        else:
            lines.extend(filled(entry))
    return lines
