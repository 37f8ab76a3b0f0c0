"""Answers to the clinic's own questions: custom patient fields, as Cliniko holds them (FACTS 6.1).

Chosen options carry `selected`, also when the option is archived by now; `other` holds free text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gurney.mapping.transforms.registry import Unconvertible, transform

Answer = Mapping[str, Any]
OTHER = "Other"
"""The option that stands for free text."""


@transform(reads="answer", writes="text")
def answer_text(answer: Answer) -> str | None:
    """The text of a text or paragraph field; of a choice, the chosen options and the free text.

    >>> answer_text({"type": "text", "value": "430111222"})
    '430111222'
    """
    if "value" in answer:
        return str(answer["value"]).replace("\r\n", "\n") or None
    return "; ".join(spoken(answer)) or None


@transform(reads="answer", writes="date")
def answer_date(answer: Answer) -> str | None:
    """The date of a date field.

    >>> answer_date({"type": "date", "value": "2024-02-29"})
    '2024-02-29'
    """
    value = answer.get("value")
    if value is not None and not isinstance(value, str):
        raise Unconvertible("a date, year-month-day")
    return value or None


@transform(reads="answer", writes="text")
def answer_choice(answer: Answer) -> str | None:
    """The chosen radio button; free text is 'Other' here and kept whole by `answer_other`.

    >>> answer_choice({"options": [{"name": "Bupa"}, {"name": "Old Mutual", "archived": True, "selected": True}]})
    'Old Mutual'
    """
    names = chosen(answer)
    if names:
        return names[0] if len(names) == 1 else "; ".join(names)
    return OTHER if other(answer) is not None else None


@transform(reads="answer", writes="options")
def answer_choices(answer: Answer) -> tuple[str, ...] | None:
    """All ticked boxes, in the order of the form; free text adds 'Other'.

    >>> answer_choices({"options": [{"name": "Asthma", "selected": True}], "other": {"selected": True, "value": "x"}})
    ('Asthma', 'Other')
    """
    names = chosen(answer)
    return (*names, OTHER) if other(answer) is not None else names or None


@transform(reads="answer", writes="text")
def answer_other(answer: Answer) -> str | None:
    """The free text of 'other', whole.

    >>> answer_other({"options": [], "other": {"enabled": True, "selected": True, "value": "Regional Mutual"}})
    'Regional Mutual'
    """
    return other(answer) or None


def chosen(answer: Answer) -> tuple[str, ...]:
    """Names of the selected options of a field or question; archived ones count."""
    options: Sequence[Mapping[str, Any]] = answer.get("options") or answer.get("answers") or ()
    ticked = [option for option in options if option.get("selected")]
    names = (str(option.get("name", option.get("value")) or "").strip() for option in ticked)
    return tuple(dict.fromkeys(name for name in names if name))


def other(answer: Answer) -> str | None:
    """The free text of a selected 'other' ('' when none was typed), None when it is not selected."""
    given = answer.get("other")
    if not isinstance(given, Mapping) or not given.get("selected"):
        return None
    return str(given.get("value") or "").strip()


def spoken(answer: Answer) -> list[str]:
    """Everything chosen, with the free text itself instead of the word 'Other'."""
    free = other(answer)
    return [*chosen(answer), *([] if free is None else [free or OTHER])]
