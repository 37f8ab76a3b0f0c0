"""Treatment notes and patient forms as one readable text: head, sections, questions, answers, end (FACTS 6.3, 6.4).

Answers are never lost: a question type that nobody has seen yet is written down as it is. A typed answer appears
letter by letter; drawings that the source does not hand out are named as missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gurney.mapping.transforms.answers import spoken
from gurney.mapping.transforms.html import note_text
from gurney.mapping.transforms.moments import local_words
from gurney.mapping.transforms.registry import transform
from gurney.mapping.transforms.text import filled

Record = Mapping[str, Any]
END = "— end —"
_ASKED = frozenset({"name", "type", "required", "other", "token", "patient_field_connection"})


@transform(reads="any", writes="text", whole=True)
def treatment_note_title(note: Record) -> str:
    """Title, day and author of a note; a draft says so first.

    >>> treatment_note_title({"title": "SOAP note", "created_at": "2023-11-01T03:45:00Z", "author_name": "D Brown",
    ...     "draft": True})
    'DRAFT SOAP note · 2023-11-01 · D Brown'
    """
    title = " ".join(str(note.get("title") or _derived(note, "template_name") or "Treatment note").split())
    parts = [title, str(note.get("created_at") or "")[:10], str(note.get("author_name") or "").strip()]
    return ("DRAFT " if note.get("draft") else "") + " · ".join(part for part in parts if part)


@transform(reads="any", writes="text", whole=True)
def treatment_note_text(note: Record, *, zone: str) -> str:
    """A whole treatment note: who, when, which template, then every section, question and answer.

    >>> print(treatment_note_text({"title": "Review", "author_name": "D Brown", "draft": True, "content":
    ...     {"sections": [{"name": "Plan", "questions": [{"name": "Side", "type": "radiobuttons",
    ...     "answers": [{"value": "Left", "selected": True}, {"value": "Right"}]}]}]}}, zone="UTC"))
    Review
    DRAFT: not finalised by its author
    Author: D Brown
    <BLANKLINE>
    == Plan ==
    <BLANKLINE>
    Side
    Left
    <BLANKLINE>
    — end —
    """
    head = [
        str(note.get("title") or "Treatment note").strip(),
        "DRAFT: not finalised by its author" if note.get("draft") else "",
        _said("Author", str(note.get("author_name") or _derived(note, "practitioner_name") or "").strip()),
        _said("Practitioner", _derived(note, "practitioner_name"))
        if _derived(note, "practitioner_name") != note.get("author_name")
        else "",
        _said("Written", local_words(note.get("created_at"), zone)),
        _said("Finalised", local_words(note.get("finalized_at"), zone)),
        _said("Appointment", local_words(_derived(note, "appointment_starts_at"), zone)),
        _said("Template", _derived(note, "template_name")),
    ]
    return _document(head, note.get("content"))


@transform(reads="any", writes="text", whole=True)
def patient_form_title(form: Record) -> str:
    """Name and day of a form; one that was never completed says so.

    >>> patient_form_title({"name": "New patient form", "completed_at": "2016-07-18T01:50:06Z"})
    'Form: New patient form · 2016-07-18'
    """
    name = " ".join(str(form.get("name") or "Patient form").split())
    day = str(form.get("completed_at") or "")[:10]
    return f"Form: {name} · {day or 'NOT COMPLETED'}"


@transform(reads="any", writes="text", whole=True)
def patient_form_text(form: Record, *, zone: str) -> str:
    """A whole patient form: when it was completed, then every section, question and answer.

    >>> print(patient_form_text({"name": "Intake", "content": {"sections": []}}, zone="UTC"))
    Intake
    NOT COMPLETED by the patient
    <BLANKLINE>
    — end —
    """
    completed = form.get("completed_at")
    head = [
        str(form.get("name") or "Patient form").strip(),
        _said("Completed", local_words(completed, zone)) if completed else "NOT COMPLETED by the patient",
        _said("Edited", local_words(form.get("edited_at"), zone)),
        "Shown to the practitioner only" if form.get("restricted_to_practitioner") else "",
    ]
    return _document(head, form.get("content"))


@transform(reads="any", writes="text", whole=True)
def file_about_title(file: Record) -> str:
    """What a note about a file is called.

    >>> file_about_title({"filename": "knee.pdf"})
    'About the file knee.pdf'
    """
    return f"About the file {' '.join(str(file.get('filename') or '').split()) or 'without a name'}"


@transform(reads="any", writes="text", whole=True)
def file_about_text(file: Record, *, zone: str) -> str:
    """Description, full name and day of a file, which the file itself cannot carry.

    >>> file_about_text({"filename": "knee.pdf", "description": "Referral letter"}, zone="UTC")
    'Referral letter\\nFile: knee.pdf'
    """
    said = [
        str(file.get("description") or "").strip(),
        _said("File", str(file.get("filename") or "").strip()),
        _said("Added", local_words(file.get("created_at"), zone)),
    ]
    return "\n".join(line for line in said if line)


def _document(head: Sequence[str], content: object) -> str:
    blocks = ["\n".join(line for line in head if line)]
    if isinstance(content, Mapping):
        for section in content.get("sections") or ():
            blocks.extend(_section(section))
    return "\n\n".join([*blocks, END])


def _section(section: Record) -> Iterator[str]:
    name = str(section.get("name") or "").strip()
    description = str(section.get("description") or "").strip()
    title = "\n".join(part for part in (f"== {name} ==" if name else "", note_text(description) or "") if part)
    if title:
        yield title
    for question in section.get("questions") or ():
        yield f"{str(question.get('name') or 'Question').strip()}\n{_answer(question)}"


def _answer(question: Record) -> str:
    """The answer to a question of any type, known or not."""
    kind = question.get("type")
    if kind == "bodycharts":
        count = len(question.get("body_chart_ids") or ())
        words = f"[{count} body chart{'' if count == 1 else 's'}: drawings stay in Cliniko]"
        return words if count else _NOT_ANSWERED
    if kind == "signature":
        signed = question.get("signature_id")
        return f"[signed; signature {signed} stays in Cliniko]" if signed else "[not signed]"
    if kind == "paragraph":
        return note_text(str(question.get("answer") or "")) or _NOT_ANSWERED
    if "answers" in question or "other" in question:
        return "; ".join(spoken(question)) or _NOT_ANSWERED
    return _any_answer(question)


def _any_answer(question: Record) -> str:
    answer = question.get("answer")
    if isinstance(answer, str):
        return answer or _NOT_ANSWERED
    rest = [value for key, value in question.items() if key not in _ASKED]
    return "; ".join(filled(rest)) or _NOT_ANSWERED


_NOT_ANSWERED = "(not answered)"


def _said(label: str, text: str | None) -> str:
    return f"{label}: {text}" if text else ""


def _derived(record: Record, name: str) -> str | None:
    return (record.get("derived") or {}).get(name) or None
