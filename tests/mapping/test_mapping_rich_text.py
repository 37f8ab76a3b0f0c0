"""Rich text: what transforms make, what fields take of it, and how it is cut."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_account import written_down

from gurney.mapping import naming, pieces
from gurney.mapping.compile import CompiledMapping
from gurney.mapping.fit import as_text, fitting
from gurney.mapping.pieces import shortened_html, split_html
from gurney.mapping.transforms import rich as rich_text
from gurney.mapping.transforms.html import note_text
from gurney.mapping.transforms.notes import treatment_note_html, treatment_note_text
from gurney.mapping.transforms.rich import TAGS, Html, escaped, rich, together
from gurney.schema import FieldType

ANSWERS = [
    ("<p>a</p>\n<p>b 'q'</p>", "<p>a</p> <p>b &#x27;q&#x27;</p>", False),
    ("plain <3\nline", "<p>plain &lt;3<br>line</p>", False),
    ("Tom &amp; <b>Jerry</b>", "<p>Tom &amp; <b>Jerry</b></p>", False),
    ('<p class="x">hey<br/>you</p>', "<p>hey<br>you</p>", True),
    ("<h2>Now</h2><p>rest</p>", "<p><b>Now</b></p><p>rest</p>", True),
    ("<span>loose</span> words", "<p>loose words</p>", True),
    ("<table><tr><td>a</td><td>b</td></tr></table>", "<p>a | b</p>", True),
    ('<p>x</p><script>alert(1)</script><img src=x onerror="y">', "<p>x</p>", True),
    ('<a href="https://e.org/?a=1&b=>2">here</a>', '<p><a href="https://e.org/?a=1&amp;b=&gt;2">here</a></p>', False),
    ("", "", False),
]


@pytest.mark.parametrize(("answer", "told", "simplified"), ANSWERS)
def test_answers_keep_what_notes_take_and_say_when_more_was_lost(answer: str, told: str, simplified: bool) -> None:
    made = rich(answer)

    assert (str(made), made.simplified) == (told, simplified)


@given(st.text(st.characters(blacklist_categories=("Cs",)), max_size=60), st.sampled_from(["p", "td", "script", "b"]))
def test_nothing_but_known_tags_and_no_line_end_gets_through(text: str, tag: str) -> None:
    made = rich(f"<{tag} onclick='x'>{text}</{tag}><a href='javascript:{tag}'>l</a>")

    assert set(re.findall(r"</?([A-Za-z][A-Za-z0-9]*)", made)) <= TAGS
    assert not re.search(r"[\r\n]|href=\"javascript", made)


@given(st.text(max_size=200))
def test_escaped_text_reads_as_it_was_typed(text: str) -> None:
    made = escaped(text)

    assert not set("<>\"'\n\r") & set(made.replace("<br>", ""))


def test_fields_of_plain_text_flatten_what_rich_ones_keep() -> None:
    made = rich("<ul><li>ice</li><li>rest</li></ul>")
    fit = fitting(FieldType.RICH_TEXT, {})

    assert fit(made) == "<ul><li>ice</li><li>rest</li></ul>"
    assert type(fit(made)) is str
    assert fit("a < b\nc") == "a &lt; b<br>c"
    assert fit(("a", None, "b")) == "a; b"
    assert fit(Html()) is None
    assert as_text(made) == "• ice\n• rest"


def test_the_rich_note_says_what_the_plain_one_says() -> None:
    answer = {"name": "Plan", "type": "paragraph", "answer": "<p>Rest</p>"}
    chosen = {"name": "Side", "type": "radiobuttons", "answers": [{"value": "Left", "selected": True}]}
    empty = {"name": "Goal", "type": "paragraph", "answer": "<p></p>"}
    sections = [{"name": "A & B", "description": "Ask <b>first</b>", "questions": [answer, chosen, empty]}]
    note: dict[str, Any] = {"title": "SOAP <1>", "author_name": "D", "draft": True, "content": {"sections": sections}}

    plain, formatted = treatment_note_text(note, zone="UTC"), treatment_note_html(note, zone="UTC")

    def words(text: str) -> list[str]:
        return re.findall(r"[\w<>&]+", text.replace("==", ""))

    assert words(note_text(formatted) or "") == words(plain)
    assert "<p><b><u>A &amp; B</u></b></p><p>Ask <b>first</b></p>" in formatted


WORD = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12).map(escaped)
INLINE = st.recursive(
    WORD,
    lambda inner: st.builds(
        lambda tag, kids: f"<{tag}>{''.join(kids)}</{tag}>", st.sampled_from("biu"), st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)
BLOCK = st.builds(
    lambda tag, kids: f"<{tag}>{'<br>'.join(kids)}</{tag}>",
    st.sampled_from(["p", "blockquote"]),
    st.lists(INLINE, max_size=4),
)


@settings(deadline=None)
@given(blocks=st.lists(BLOCK, max_size=8), most=st.integers(60, 300))
def test_rich_text_is_cut_without_loss_into_whole_pieces(blocks: list[str], most: int) -> None:
    text = "".join(blocks)

    parts = split_html(text, most)

    assert all(len(part) <= most and _is_well_formed(part) for part in parts)
    assert _seen("".join(parts)) == _seen(text)
    if all(len(block) <= most for block in blocks):
        assert "".join(parts) == text


def test_a_word_longer_than_a_note_is_cut_between_characters() -> None:
    parts = split_html(f"<p>{'ab👩🏽‍⚕️' * 40}</p>", 50)

    assert _seen("".join(parts)) == "ab👩🏽‍⚕️" * 40
    assert all(len(part) <= 50 for part in parts)
    assert not any(_seen(part).startswith(("\u200d", "🏽")) for part in parts)


def test_an_entity_is_never_cut() -> None:
    parts = split_html(f"<p>{'&amp;' * 30}</p>", 40)

    assert all(re.fullmatch(r"<p>(&amp;)+</p>", part) for part in parts)
    assert "".join(parts).count("&amp;") == 30


def test_a_rich_field_that_is_too_short_ends_whole_and_visibly() -> None:
    short = shortened_html(f"<p>{'one ' * 50}</p>", 60)

    assert len(short) <= 60
    assert _is_well_formed(short)
    assert short.endswith("<p>…</p>")


RICH = """\
destination: zoho
overflow: {to: Notes, title: Note_Title, content: Note_Content}
maps:
  - map: A
    row: A
    from: treatment_notes
    to: Records
    fields:
      - {to: Body, from: content, transform: [treatment_note_html]}
      - {to: Plain, from: word}
"""


@pytest.mark.parametrize("notes", ["rich_text", "long_text"])
def test_what_is_too_long_goes_whole_into_a_note_of_either_kind(
    compiled_of: Callable[..., CompiledMapping], notes: str
) -> None:
    there = written_down(
        {"Records": "Body rich_text 60\nPlain text 5", "Notes": f"Note_Title text 120\nNote_Content {notes} 65535"}
    )
    compiled = compiled_of(RICH, schema=there)
    question = {"name": "Plan", "type": "paragraph", "answer": "<p>Rest <b>now</b></p><h1>Then</h1>"}
    record = {"id": "1", "word": "a < b & c", "content": {"sections": [{"questions": [question]}]}}

    built = compiled.by_id["A"].build(record, {}, {})

    body, plain = (str(write.fields["Note_Content"]) for write in built.writes[1:])
    assert _is_well_formed(str(built.writes[0].fields["Body"]))
    assert (("<p>Rest <b>now</b></p>" in body), plain) == (
        (True, "a &lt; b &amp; c") if notes == "rich_text" else (False, "a < b & c")
    )
    assert [issue.code for issue in built.issues] == ["formatting-simplified", "text-shortened", "text-shortened"]


def test_joined_parts_remember_that_something_was_lost() -> None:
    assert together(["<p>", rich("<h1>a</h1>"), "</p>"]).simplified
    assert not together(["<p>", rich("<b>a</b>"), "</p>"]).simplified


@pytest.mark.parametrize("module", [rich_text, pieces, naming])
def test_the_examples_of_the_documentation_hold(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


def _seen(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")


def _is_well_formed(html: str) -> bool:
    open: list[str] = []
    for closing, tag in re.findall(r"<(/?)([a-z0-9]+)[^>]*>", html):
        if closing:
            if not open or open.pop() != tag:
                return False
        elif tag != "br":
            open.append(tag)
    return not open
