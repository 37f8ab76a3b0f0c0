"""Treatment notes: of every length, of odd content, archived, drafts."""

from __future__ import annotations

import unicodedata

from crm import Row
from harbour import Clinic, Story
from planted import Case, Checks

CHECKS = Checks()


def answers(note: Row) -> list[Row]:
    return [question for section in note["content"]["sections"] for question in section["questions"]]


@CHECKS.of("note_*_characters", "note_multibyte_*")
def whole_note(case: Case) -> None:
    [answer] = [row["answer"] for row in answers(case.source()) if row.get("answer")]
    pieces = case.crm.pieces("treatment_notes", case.id)

    assert len(answer) == case.entry["characters"]
    assert answer in case.crm.text("treatment_notes", case.id)
    assert case.crm.text("treatment_notes", case.id).endswith("— end —")
    assert all(len(piece.text) <= case.crm.note_most for piece in pieces)
    assert len({piece.parent for piece in pieces}) == 1
    assert all(case.source()["author_name"] in piece.title for piece in pieces)
    for piece in pieces[1:]:
        first = piece.text[0]
        assert not unicodedata.combining(first)
        assert first not in "\u200d\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


@CHECKS.of("note_markup")
def markup(case: Case) -> None:
    [piece] = case.crm.pieces("treatment_notes", case.id)
    text = piece.text

    assert "Pain <3/10 & stable." in text
    assert "javascript:" not in piece.markup
    assert "<script" not in piece.markup
    assert "<p>" not in text
    assert "nested" in text
    assert answers(case.source())[1]["answer"] in text


@CHECKS.of("note_null_content", "note_no_sections", "note_unanswered_questions", "note_unknown_question_type")
def empty_note(case: Case) -> None:
    [note] = case.crm.pieces("treatment_notes", case.id)
    content = case.source()["content"] or {"sections": []}

    assert case.source()["title"] in note.title
    assert case.source()["author_name"] in note.title
    assert case.source()["created_at"][:10] in note.title
    for question in (row for section in content["sections"] for row in section["questions"]):
        assert f"{question['name']}\n{question.get('answer', '(not answered)')}" in note.text


@CHECKS.of("note_archived_note")
def archived_note(case: Case) -> None:
    assert case.id not in case.crm.noted("treatment_notes")
    assert case.left("notes", "archived") == 1


@CHECKS.of("note_draft")
def draft(case: Case) -> None:
    assert case.crm.pieces("treatment_notes", case.id)[0].title.startswith("DRAFT ")
    drafts = [key for key, pieces in case.crm.notes.items() if pieces[1].title.startswith("DRAFT ")]
    assert len(drafts) == case.clinic.manifest["totals"]["treatment_note_drafts"]


@CHECKS.each
def test_what_was_planted_arrives_as_expected(entry: Row, clinic: Clinic, story: Story) -> None:
    CHECKS.check(Case(entry, clinic, story))
