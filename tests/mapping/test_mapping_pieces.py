"""Long text in pieces: joined they are the text, and no piece starts inside a character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gurney.mapping.pieces import mark, split, titled

NURSE = "👩🏽‍⚕️"


@given(st.text(max_size=2_000), st.integers(20, 200))
def test_joined_pieces_are_the_text(text: str, most: int) -> None:
    pieces = split(text, most)

    assert "".join(pieces) == text
    assert all(len(piece) <= most for piece in pieces)


@given(st.integers(20, 60), st.integers(1, 200))
def test_no_piece_starts_inside_a_joined_emoji(most: int, count: int) -> None:
    pieces = split(f"{NURSE} " * count, most)

    assert all(piece.strip().startswith(NURSE) and piece.strip().endswith(NURSE) for piece in pieces if piece.strip())


def test_a_title_ends_with_its_mark_and_fits() -> None:
    name = mark("treatment_notes", "1879282192220186407", 2, 5)

    title = titled("A very long title " * 10, name, 120)

    assert len(title) <= 120
    assert title.endswith("… [cliniko:treatment_notes:1879282192220186407 2/5]")
