"""Treatment notes and patient forms as one readable text: head, sections, questions, answers, end (FACTS 6.3, 6.4).

Each is there as plain text and as rich text, for destinations whose notes take it. Answers are never lost: a question
type that nobody has seen yet is written down as it is. A typed answer appears letter by letter; drawings that the
source does not hand out are named as missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gurney.mapping.transforms.answers import spoken
from gurney.mapping.transforms.html import note_text
from gurney.mapping.transforms.moments import local_words
from gurney.mapping.transforms.registry import transform
from gurney.mapping.transforms.rich import Html, escaped, rich, together
from gurney.mapping.transforms.text import filled

Record = Mapping[str, Any]
END = "— end —"
_NOT_ANSWERED = "(not answered)"
_NOT_HERE = "— {} more long notes have no room here; each stands among the notes —"
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
    return _plain(_note_head(note, zone, name_both=False), note.get("content"))


@transform(reads="any", writes="html", whole=True)
def treatment_note_html(note: Record, *, zone: str) -> Html:
    """A whole treatment note as rich text: what clinicians set in bold, in lists or in quotes stays so.

    >>> treatment_note_html({"title": "Review", "author_name": "D Brown", "content": {"sections": [{"name": "Plan",
    ...     "questions": [{"name": "Next", "type": "paragraph", "answer": "<p>Rest &amp; <b>ice</b></p>"}]}]}},
    ...     zone="UTC")[:-14] + "..."
    '<p><b>Review</b><br>Author: D Brown</p><p><b><u>Plan</u></b></p><p><b>Next</b></p><p>Rest &amp; <b>ice</b></p>...'
    """
    return _formatted(_note_head(note, zone, name_both=True), note.get("content"))


@transform(reads="any", writes="text")
def long_notes(notes: Sequence[Record], *, over: int, most: int) -> str | None:
    """Notes of at least `over` characters one after the other, whole, as many as `most` characters hold.

    Each stands under its title, day and author. The rest is counted at the end.

    >>> print(long_notes([{"title": "Review", "created_at": "2025-03-04T01:00:00Z", "author_name": "D Brown",
    ...     "content": {"sections": [{"questions": [{"name": "Plan", "type": "text", "answer": "Walk daily"}]}]}}],
    ...     over=10, most=300))
    == Review · 2025-03-04 · D Brown ==
    <BLANKLINE>
    Plan
    Walk daily
    """
    told: list[str] = []
    left, room = 0, most - len(_NOT_HERE.format(len(notes)))
    for note in notes:
        words = _plain((), note.get("content")).removesuffix(END).strip()
        if len(words) < over:
            continue
        text = f"== {treatment_note_title(note)} ==\n\n{words}\n\n"
        if len(text) > room:
            left += 1
            continue
        told.append(text)
        room -= len(text)
    return ("".join(told) + (_NOT_HERE.format(left) if left else "")).strip() or None


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
    return _plain(_form_head(form, zone), form.get("content"))


@transform(reads="any", writes="html", whole=True)
def patient_form_html(form: Record, *, zone: str) -> Html:
    """A whole patient form as rich text.

    >>> patient_form_html({"name": "Intake", "completed_at": "2024-07-18T01:50:06Z", "content": None}, zone="UTC")
    '<p><b>Intake</b><br>Completed: 2024-07-18 01:50 (UTC)</p><p>— end —</p>'
    """
    return _formatted(_form_head(form, zone), form.get("content"))


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


class _Block(NamedTuple):
    """A section's title with its description, or a question with its answer."""

    title: str
    words: str
    is_rich: bool
    """Whether `words` are the source's HTML."""
    is_section: bool = False


def _plain(head: Sequence[str], content: object) -> str:
    blocks = ["\n".join(line for line in head if line)]
    for block in _blocks(content):
        title = f"== {block.title} ==" if block.is_section and block.title else block.title
        words = note_text(block.words) or "" if block.is_rich else block.words
        if block.is_section:
            blocks += ["\n".join(part for part in (title, words) if part)] if title or words else []
        else:
            blocks.append(f"{title}\n{words or _NOT_ANSWERED}")
    return "\n\n".join([*blocks, END])


def _formatted(head: Sequence[str], content: object) -> Html:
    first, *rest = [escaped(line) for line in head if line]
    parts: list[str] = ["<p>", "<br>".join([f"<b>{first}</b>", *rest]), "</p>"]
    for block in _blocks(content):
        title = escaped(block.title)
        if block.is_section:
            parts += [f"<p><b><u>{title}</u></b></p>"] if title else []
            parts.append(rich(block.words))
        elif block.is_rich and (words := rich(block.words)):
            parts += [f"<p><b>{title}</b></p>", words]
        else:
            answer = _NOT_ANSWERED if block.is_rich else block.words or _NOT_ANSWERED
            parts.append(f"<p><b>{title}</b><br>{escaped(answer)}</p>")
    return together([*parts, f"<p>{END}</p>"])


def _blocks(content: object) -> Iterator[_Block]:
    if isinstance(content, Mapping):
        for section in content.get("sections") or ():
            yield from _section(section)


def _section(section: Record) -> Iterator[_Block]:
    name = str(section.get("name") or "").strip()
    description = str(section.get("description") or "").strip()
    if name or description:
        yield _Block(name, description, is_rich=True, is_section=True)
    for question in section.get("questions") or ():
        asked = str(question.get("name") or "Question").strip()
        if question.get("type") == "paragraph":
            yield _Block(asked, str(question.get("answer") or ""), is_rich=True)
        else:
            yield _Block(asked, _answer(question), is_rich=False)


def _answer(question: Record) -> str:
    """The answer to a question of any type but paragraphs, known or not; '' where there is none."""
    kind = question.get("type")
    if kind == "bodycharts":
        count = len(question.get("body_chart_ids") or ())
        return f"[{count} body chart{'' if count == 1 else 's'}: drawings stay in Cliniko]" if count else ""
    if kind == "signature":
        signed = question.get("signature_id")
        return f"[signed; signature {signed} stays in Cliniko]" if signed else "[not signed]"
    if "answers" in question or "other" in question:
        return "; ".join(spoken(question))
    answer = question.get("answer")
    if isinstance(answer, str):
        return answer
    rest = [value for key, value in question.items() if key not in _ASKED]
    return "; ".join(filled(rest))


def _note_head(note: Record, zone: str, *, name_both: bool) -> list[str]:
    """Who, when, where and by which template. `name_both`: the practitioner is named also where they are the author."""
    practitioner = _derived(note, "practitioner_name")
    author = str(note.get("author_name") or practitioner or "").strip()
    visit = [_derived(note, "appointment_name") if name_both else None]
    visit.append(local_words(_derived(note, "appointment_starts_at"), zone))
    return [
        str(note.get("title") or "Treatment note").strip(),
        "DRAFT: not finalised by its author" if note.get("draft") else "",
        _said("Author", author),
        _said("Practitioner", practitioner) if name_both or practitioner != note.get("author_name") else "",
        _said("Written", local_words(note.get("created_at"), zone)),
        _said("Finalised", local_words(note.get("finalized_at"), zone)),
        _said("Appointment", ", ".join(part for part in visit if part)),
        _said("Template", _derived(note, "template_name")),
    ]


def _form_head(form: Record, zone: str) -> list[str]:
    completed = form.get("completed_at")
    return [
        str(form.get("name") or "Patient form").strip(),
        _said("Completed", local_words(completed, zone)) if completed else "NOT COMPLETED by the patient",
        _said("Edited", local_words(form.get("edited_at"), zone)),
        "Shown to the practitioner only" if form.get("restricted_to_practitioner") else "",
    ]


def _said(label: str, text: str | None) -> str:
    return f"{label}: {text}" if text else ""


def _derived(record: Record, name: str) -> str | None:
    return (record.get("derived") or {}).get(name) or None
