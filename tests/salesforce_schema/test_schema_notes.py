"""Notes: written with their link, found again when an answer was lost, read back, removed."""

from __future__ import annotations

import re

import httpx2
import pytest
from content_org import ADA, BEN, LINKS, ContentOrg, a_note
from hypothesis import given
from hypothesis import strategies as st

from gurney.destinations.salesforce.content import Contents
from gurney.destinations.salesforce.note_html import seen_text, wire_html
from gurney.errors import AnswerLost, PausedForQuota
from gurney.records import Kind, State

pytestmark = pytest.mark.anyio
COLLECTION = "POST /composite/sobjects"
LOCKED = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access"}
NO_PARENT = {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "invalid cross reference id"}


def _hangs(shelf: ContentOrg) -> set[tuple[str, str]]:
    """(title, record) of every note that hangs on a record."""
    return {
        (shelf.rows["ContentNote"][link["ContentDocumentId"]]["Title"], link["LinkedEntityId"])
        for link in shelf.rows[LINKS].values()
        if not link["LinkedEntityId"].startswith("005")
    }


async def test_two_hundred_notes_and_their_links_take_two_calls(shelf: ContentOrg, contents: Contents) -> None:
    batch = [a_note(str(at), parent=ADA if at % 2 else BEN) for at in range(200)]

    outcomes = await contents.write(batch)

    assert {(outcome.state, outcome.created) for outcome in outcomes} == {(State.DONE, True)}
    assert {outcome.destination_id for outcome in outcomes} == set(shelf.rows["ContentNote"])
    assert _hangs(shelf) == {(write.key_value, write.parent.id) for write in batch if write.parent}
    assert len(shelf.writes()) == 2


async def test_links_show_the_note_to_everybody_who_sees_the_record(shelf: ContentOrg, contents: Contents) -> None:
    await contents.write([a_note("1")])

    (link,) = [row for row in shelf.rows[LINKS].values() if row["LinkedEntityId"] == ADA.id]
    assert (link["ShareType"], link["Visibility"]) == ("V", "AllUsers")


async def test_content_travels_escaped_and_without_line_ends(shelf: ContentOrg, contents: Contents) -> None:
    (outcome,) = await contents.write([a_note("1", 'Pain < 3 & "better"\nSays: it\'s fine 🙂')])

    stored = shelf.blobs[outcome.destination_id or ""].decode()
    assert stored == "Pain &lt; 3 &amp; &quot;better&quot;<br>Says: it&#x27;s fine 🙂"


async def test_owner_and_time_are_told_where_the_organisation_lets_us(shelf: ContentOrg, contents: Contents) -> None:
    fields = shelf.fields["ContentNote"]
    assert fields is not None
    fields[-1]["createable"] = True

    await contents.write([a_note("1", owner_id="005000000000009AAA")])

    (note,) = shelf.rows["ContentNote"].values()
    assert note["OwnerId"] == "005000000000009AAA"


async def test_an_owner_that_cannot_be_told_does_not_stop_a_note(shelf: ContentOrg, contents: Contents) -> None:
    (outcome,) = await contents.write([a_note("1", owner_id="005000000000009AAA")])

    (note,) = shelf.rows["ContentNote"].values()
    assert outcome.state is State.DONE
    assert "OwnerId" not in note


async def test_notes_that_are_switched_off_say_where_to_switch_them_on(shelf: ContentOrg, contents: Contents) -> None:
    shelf.fields["ContentNote"] = None

    (outcome,) = await contents.write([a_note("1")])

    assert (outcome.state, outcome.code) == (State.FAILED, "notes-off")
    assert "Enable Notes" in outcome.words


async def test_a_note_without_a_record_is_not_sent(shelf: ContentOrg, contents: Contents) -> None:
    outcomes = await contents.write([a_note("1", parent=None), a_note("2")])

    assert [outcome.state for outcome in outcomes] == [State.FAILED, State.DONE]
    assert len(shelf.rows["ContentNote"]) == 1


async def test_a_refused_note_fails_alone_and_its_words_hold_no_value(shelf: ContentOrg, contents: Contents) -> None:
    words = "Title: data value too large: Review Ada (max length=255)"
    body = [{"success": False, "errors": [{"statusCode": "STRING_TOO_LONG", "message": words, "fields": ["Title"]}]}]
    shelf.answers[COLLECTION] = [(200, body)]

    (outcome,) = await contents.write([a_note("1")])

    assert (outcome.state, outcome.code, outcome.field) == (State.FAILED, "STRING_TOO_LONG", "Title")
    assert "Ada" not in outcome.words


async def test_a_note_whose_record_is_gone_leaves_nothing_behind(shelf: ContentOrg, contents: Contents) -> None:
    shelf.refuse[ADA.id] = NO_PARENT

    outcomes = await contents.write([a_note("1"), a_note("2", parent=BEN)])

    assert [outcome.state for outcome in outcomes] == [State.FAILED, State.DONE]
    assert [note["Title"] for note in shelf.rows["ContentNote"].values()] == [a_note("2").key_value]


async def test_a_note_that_could_not_be_removed_again_is_unknown(shelf: ContentOrg, contents: Contents) -> None:
    shelf.refuse[ADA.id] = NO_PARENT
    shelf.answers["DELETE /composite/sobjects"] = (400, [{"errorCode": "STORAGE_LIMIT_EXCEEDED", "message": "full"}])

    (outcome,) = await contents.write([a_note("1")])

    assert outcome.state is State.SENT


async def test_a_locked_record_leaves_its_note_to_be_hung_up_later(shelf: ContentOrg, contents: Contents) -> None:
    shelf.refuse[ADA.id] = LOCKED
    (outcome,) = await contents.write([a_note("1")])
    assert outcome.state is State.SENT
    shelf.refuse.clear()

    (settled,) = await contents.settle([a_note("1")])

    assert settled is not None
    assert settled.state is State.DONE
    assert _hangs(shelf) == {(a_note("1").key_value, ADA.id)}
    assert len(shelf.rows["ContentNote"]) == 1


# What an organisation may refuse


async def test_where_collections_take_no_notes_they_go_one_by_one(shelf: ContentOrg, contents: Contents) -> None:
    shelf.collects_notes = False

    first = await contents.write([a_note(str(at)) for at in range(3)])
    second = await contents.write([a_note("4", parent=BEN)])

    assert {outcome.state for outcome in [*first, *second]} == {State.DONE}
    assert len(_hangs(shelf)) == len(shelf.rows["ContentNote"]) == 4
    collections = [asked for asked in shelf.asked if asked.path == "/composite/sobjects"]
    assert len(collections) == 3  # one that was refused, and the links of two writes


async def test_a_note_that_is_refused_alone_too_keeps_its_words(shelf: ContentOrg, contents: Contents) -> None:
    shelf.collects_notes = False
    shelf.refuse["ContentNote"] = {"statusCode": "INVALID_TYPE", "message": "no notes here"}

    (outcome,) = await contents.write([a_note("1")])

    assert (outcome.state, outcome.code) == (State.FAILED, "INVALID_TYPE_FOR_OPERATION")


async def test_notes_are_changed_and_removed_one_by_one_as_well(shelf: ContentOrg, contents: Contents) -> None:
    shelf.answers["PATCH /composite/sobjects"] = (400, [{"errorCode": "INVALID_OPERATION", "message": "not so"}])
    shelf.answers["DELETE /composite/sobjects"] = (400, [{"errorCode": "INVALID_OPERATION", "message": "not so"}])
    ids = [shelf.note(title, ADA) for title in ("one", "two", "three")]
    update = a_note("1", fields={"Title": "new"}, kind=Kind.UPDATE, destination_id=ids[0])

    (changed,) = await contents.write([update])
    gone = await contents.delete("ContentNote", [*ids[1:], "069000000000999AAA"])

    assert changed.state is State.DONE
    assert gone == dict.fromkeys([*ids[1:], "069000000000999AAA"], "")
    assert [note["Title"] for note in shelf.rows["ContentNote"].values()] == ["new"]


async def test_a_note_with_markup_that_is_called_unsafe_goes_as_text(shelf: ContentOrg, contents: Contents) -> None:
    shelf.takes_markup = False
    content = "<p>Don't <b>rest</b></p><p>Pain &lt; 3</p>"

    marked, plain = await contents.write([a_note("1", content), a_note("2", "Better")])

    assert (marked.state, marked.code) == (State.DONE, "sent-as-text")
    assert "plain text" in marked.words
    assert plain.code == ""
    stored = shelf.blobs[marked.destination_id or ""].decode()
    assert stored == "Don&#x27;t rest<br>Pain &lt; 3"
    assert seen_text(stored) == seen_text(content)
    assert len(_hangs(shelf)) == 2


# Lost answers


@pytest.mark.parametrize("lost", ["the notes'", "the links'"])
async def test_lost_answers_are_settled_without_a_second_note(shelf: ContentOrg, contents: Contents, lost: str) -> None:
    batch = [a_note("1"), a_note("2", parent=BEN)]
    if lost == "the notes'":
        shelf.lose = [COLLECTION]
        outcomes = await contents.write(batch)
    else:
        shelf.answers[COLLECTION] = [None, (500, {})]
        outcomes = await contents.write(batch)
    assert {outcome.state for outcome in outcomes} == {State.SENT}

    settled = await contents.settle(batch)

    assert [outcome.state if outcome else None for outcome in settled] == [State.DONE, State.DONE]
    assert {(write.key_value, write.parent.id) for write in batch if write.parent} <= _hangs(shelf)
    titles = [note["Title"] for note in shelf.rows["ContentNote"].values()]
    assert len(titles) == len(set(titles))


async def test_links_that_arrived_although_their_answer_was_lost_are_found(
    shelf: ContentOrg, contents: Contents
) -> None:
    original = shelf.answer
    calls = 0

    async def losing_the_second(request: httpx2.Request) -> httpx2.Response:
        nonlocal calls
        answered = await original(request)
        calls += request.url.path.endswith("/composite/sobjects")
        if calls == 2:
            calls += 1
            raise httpx2.ReadTimeout("lost")
        return answered

    shelf.answer = losing_the_second  # type: ignore[method-assign]
    (outcome,) = await contents.write([a_note("1")])
    before = len(shelf.writes())

    (settled,) = await contents.settle([a_note("1")])

    assert outcome.state is State.SENT
    assert settled is not None and settled.state is State.DONE
    assert len(shelf.writes()) == before


async def test_what_never_arrived_is_proven_absent(shelf: ContentOrg, contents: Contents) -> None:
    shelf.note("Another title", ADA)

    assert await contents.settle([a_note("1")]) == [None]


async def test_a_note_that_hangs_elsewhere_is_not_taken_for_ours(shelf: ContentOrg, contents: Contents) -> None:
    shelf.note(a_note("1").key_value, BEN)

    assert await contents.settle([a_note("1")]) == [None]


async def test_one_note_answers_for_one_write(shelf: ContentOrg, contents: Contents) -> None:
    shelf.note(a_note("1").key_value)

    settled = await contents.settle([a_note("1"), a_note("1", parent=BEN)])

    assert [outcome is not None for outcome in settled] == [True, False]


async def test_an_orphan_that_no_record_takes_is_removed_and_absent(shelf: ContentOrg, contents: Contents) -> None:
    shelf.note(a_note("1").key_value)
    shelf.refuse[ADA.id] = NO_PARENT

    assert await contents.settle([a_note("1")]) == [None]
    assert shelf.rows["ContentNote"] == {}


async def test_titles_with_quotes_and_backslashes_are_found(shelf: ContentOrg, contents: Contents) -> None:
    odd = a_note("O'Brien \\ %_")
    await contents.write([odd])

    (settled,) = await contents.settle([odd])

    assert settled is not None


async def test_a_spent_day_between_note_and_link_is_told_and_settled_later(
    shelf: ContentOrg, contents: Contents
) -> None:
    spent = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    shelf.answers[COLLECTION] = [None, (403, spent)]

    with pytest.raises(PausedForQuota):
        await contents.write([a_note("1")])

    assert len(shelf.rows["ContentNote"]) == 1


# Reading, changing, removing


async def test_notes_are_read_back_whole(shelf: ContentOrg, contents: Contents) -> None:
    text = "<p>" + "long & <b>bold</b> " * 5000 + "</p>"
    (outcome,) = await contents.write([a_note("1", text.replace(" & ", " &amp; "))])
    id = outcome.destination_id or ""

    found = await contents.read("ContentNote", [id, "069000000000999AAA"], ["Title", "Content"])

    assert list(found) == [id]
    assert found[id].fields["Title"] == a_note("1").key_value
    assert contents.comparable_html(str(found[id].fields["Content"])) == contents.comparable_html(text)
    assert found[id].modified_at is not None


async def test_titles_alone_take_no_call_a_note(shelf: ContentOrg, contents: Contents) -> None:
    ids = [shelf.note(str(at), ADA) for at in range(10)]

    await contents.read("ContentNote", ids, ["Title"])

    assert not any(each.path.endswith("/Content") for each in shelf.asked)


async def test_a_note_that_goes_while_it_is_read_is_left_out(shelf: ContentOrg, contents: Contents) -> None:
    id = shelf.note("1", ADA)
    del shelf.blobs[id]

    assert await contents.read("ContentNote", [id], ["Content"]) == {}


async def test_notes_are_listed_by_record(shelf: ContentOrg, contents: Contents) -> None:
    shared = shelf.note("shared", ADA, BEN)
    own = shelf.note("own", BEN)

    found = await contents.children([ADA, BEN], "ContentNote")

    assert {record: {note.id for note in notes} for record, notes in found.items()} == {
        ADA.id: {shared},
        BEN.id: {shared, own},
    }
    assert found[ADA.id][0].fields == {"Title": "shared", "Content": "<p>x</p>"}


async def test_a_note_can_be_changed(shelf: ContentOrg, contents: Contents) -> None:
    id = shelf.note("old", ADA)

    (outcome,) = await contents.write([a_note("1", "<p>new</p>", kind=Kind.UPDATE, destination_id=id)])

    assert (outcome.state, outcome.created) == (State.DONE, False)
    assert shelf.rows["ContentNote"][id]["Content"] == "PHA+bmV3PC9wPg=="


async def test_removed_notes_are_gone_also_the_second_time(shelf: ContentOrg, contents: Contents) -> None:
    id = shelf.note("1", ADA)

    first = await contents.delete("ContentNote", [id])
    second = await contents.delete("ContentNote", [id])

    assert (first, second) == ({id: ""}, {id: ""})


async def test_a_deletion_whose_answer_is_lost_is_repeated(shelf: ContentOrg, contents: Contents) -> None:
    id = shelf.note("1", ADA)
    shelf.lose = ["DELETE /composite/sobjects"]

    assert await contents.delete("ContentNote", [id]) == {id: ""}


async def test_a_content_that_cannot_be_fetched_is_no_empty_note(shelf: ContentOrg, contents: Contents) -> None:
    id = shelf.note("1", ADA)
    shelf.answers[f"GET /sobjects/ContentNote/{id}/Content"] = (503, [])

    with pytest.raises(AnswerLost):
        await contents.read("ContentNote", [id], ["Content"])


async def test_notes_are_counted(shelf: ContentOrg, contents: Contents) -> None:
    shelf.note("1", ADA)
    shelf.note("2", ADA)

    assert await contents.count("ContentNote") == 2


# The text itself

PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="<>&", exclude_categories=("Cs", "Cc")), max_size=60)
HTML = st.recursive(
    PLAIN,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["p", "div", "b", "li", "h2", "pre", "blockquote", "span", "td", "a href='https://x.example'"]),
        st.lists(inner, max_size=4),
    ).map(lambda html: html.replace("</a href='https://x.example'>", "</a>")),
    max_leaves=12,
)


@given(HTML)
def test_what_a_reader_sees_survives_the_writing(html: str) -> None:
    assert seen_text(wire_html(html)) == seen_text(html)


@given(HTML)
def test_html_of_ours_reads_the_same_parsed_or_not(html: str) -> None:
    sent = wire_html(html)

    assert seen_text(sent) == seen_text(f"<!-- parsed -->{sent}")


@given(st.text(max_size=200))
def test_anything_becomes_html_without_line_ends_or_active_parts(text: str) -> None:
    sent = wire_html(text)

    assert not re.search(r"[\r\n\x00]", sent)
    assert not re.search(r"<(?!/?(?:p|div|br|b|strong|i|em|u|s|strike|sub|sup|ul|ol|li|blockquote|a)\b)", sent)
    assert wire_html(sent) == sent or seen_text(wire_html(sent)) == seen_text(sent)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("<p onclick='x()' style='a'>Hi</p>", "<p>Hi</p>"),
        ("<a href='javascript:x()'>click</a>", "click"),
        ("<a href='https://x.example/?a=1&amp;b=2'>site</a>", '<a href="https://x.example/?a=1&amp;b=2">site</a>'),
        ("<script>x()</script><style>p{}</style><p>a<!-- c --></p>", "<p>a</p>"),
        ("<pre>a\n  b</pre>", "<p>a<br>  b</p>"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "<p> a b</p>"),
        ("<p>a</p>\n<p>b</p>", "<p>a</p> <p>b</p>"),
        ("a &amp; b\r\nc", "a &amp; b<br>c"),
        ("<img src=x onerror=y()>", ""),
        ("", ""),
    ],
)
def test_html_is_sent_as_the_vendor_takes_it(text: str, sent: str) -> None:
    assert wire_html(text) == sent


def test_text_nested_thousands_deep_is_no_trouble() -> None:
    assert seen_text(wire_html("<div>" * 5000 + "deep")) == "deep"
