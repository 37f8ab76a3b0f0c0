"""Yes and no, consents by their meaning, and pronouns."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.mapping.transforms.registry import Unconvertible, transform


@transform(reads="yes_no", writes="text")
def yes_no(value: bool) -> str:
    """A tick as a word.

    >>> yes_no(True), yes_no(False)
    ('Yes', 'No')
    """
    return "Yes" if _flag(value) else "No"


@transform(reads="yes_no", writes="yes_no")
def opposite(value: bool) -> bool:
    """True becomes false: 'archived' becomes 'not active'.

    >>> opposite(True)
    False
    """
    return not _flag(value)


@transform(reads="text", writes="yes_no")
def is_among(value: str, *, words: str) -> bool:
    """Whether a value is one of several, which semicolons part.

    >>> is_among("Cancelled", words="Arrived; Cancelled"), is_among("Booked", words="Arrived; Cancelled")
    (True, False)
    """
    return value in {word.strip() for word in words.split(";")}


@transform(reads="any", writes="yes_no", takes_empty=True)
def is_filled(value: object) -> bool:
    """Whether the source holds anything there.

    >>> is_filled("2024-08-01T01:00:00Z"), is_filled(None)
    (True, False)
    """
    return value is not None


@transform(reads="yes_no", writes="text", takes_empty=True)
def consent(value: bool | None) -> str:
    """A consent by its meaning; no answer is not a refusal and not an agreement.

    >>> consent(True), consent(False), consent(None)
    ('Yes', 'No', 'No response')
    """
    if value is None:
        return "No response"
    return "Yes" if _flag(value) else "No"


@transform(reads="yes_no", writes="yes_no", takes_empty=True)
def opted_out(value: bool | None) -> bool:
    """Whether a person must not be written to: only an agreement opens the door, silence does not.

    >>> opted_out(True), opted_out(False), opted_out(None)
    (False, True, True)
    """
    return value is None or not _flag(value)


@transform(reads="any", writes="text")
def pronouns(value: object) -> str | None:
    """Pronouns as people write them.

    >>> pronouns({"nominative": "she", "accusative": "her", "predicative_possessive": "hers"})
    'she/her/hers'
    """
    if not isinstance(value, Mapping):
        return str(value).strip() or None
    parts = (value.get(name) for name in ("nominative", "accusative", "predicative_possessive"))
    return "/".join(str(part) for part in parts if part) or None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unconvertible("true or false")
    return value
