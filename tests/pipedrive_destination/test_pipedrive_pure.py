"""The pure parts: notes with titles and keys, lists that are merged, values both ways, what is the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipedrive_company import SINGLE, Company, a_note, an_appointment, connect, refusal

from gurney.destinations.file_names import unmarked
from gurney.destinations.pipedrive import places, rules, values
from gurney.destinations.pipedrive.answers import WITHHELD, complained_field, moment, without_values
from gurney.destinations.pipedrive.answers import refusal as refused
from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.destinations.pipedrive.markup import KeyLines, split_title, with_title
from gurney.destinations.pipedrive.vendor import VENDOR
from gurney.destinations.seen import seen_text
from gurney.errors import NotAuthorised
from gurney.records import Link, State
from gurney.schema import FieldType, NewField, Provisioned

LINES = KeyLines({"appointment": "Cliniko appointment", "attendee": "Cliniko attendee"})
words = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).map(str.strip).filter(bool)
plain = words.map(lambda text: " ".join(text.split()))
content = st.lists(plain).map(
    lambda lines: "".join(f"<p>{line.replace('&', '').replace('<', '')}</p>" for line in lines)
)


@given(plain, content)
def test_a_notes_title_comes_back_whatever_it_holds(title: str, text: str) -> None:
    assert split_title(with_title(title, text)) == (title, text)


@given(plain, content)
def test_a_title_is_found_although_its_tags_were_changed(title: str, text: str) -> None:
    sent = with_title(title, text).replace("<b>", "<strong>").replace("</b>", "</strong>")

    assert split_title(sent)[0] == title


@pytest.mark.parametrize(
    "text", ["", "<p>Fine.</p>", "<p>She said <b>no</b>.</p>", "plain", "<p><b>Bold</b> start</p>"]
)
def test_a_note_of_others_has_no_title(text: str) -> None:
    assert split_title(text) == ("", text)


@given(content, plain, plain)
def test_keys_at_the_end_of_a_note_come_back(text: str, appointment: str, attendee: str) -> None:
    keys = {"appointment": appointment, "attendee": attendee}

    assert LINES.split(LINES.added(text, keys)) == (text, keys)
    assert LINES.split(LINES.added(text, {})) == (text, {})


@pytest.mark.parametrize(
    "note",
    [
        "<p>Late</p><p>Cliniko appointment: o'brien &amp; co</p>",
        "<p>Late</p>Cliniko appointment: o'brien & co",
        "<p>Late</p><br>Cliniko appointment: o'brien &amp; co<br />",
        "<p>Late</p><div>Cliniko appointment: o'brien &amp; co</div>\n",
    ],
)
def test_a_key_is_found_however_its_line_was_cleaned(note: str) -> None:
    assert LINES.split(note) == ("<p>Late</p>", {"appointment": "o'brien & co"})


def test_a_key_in_the_middle_of_a_note_is_somebodys_words() -> None:
    note = "<p>See Cliniko appointment: 5 above</p><p>Fine</p>"

    assert LINES.split(note) == (note, {})


def test_words_that_look_like_our_key_stay_in_the_note() -> None:
    note = "<p>Cliniko appointment: 5</p>"

    assert LINES.split(LINES.added(note, {"appointment": "7"})) == (note, {"appointment": "7"})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("<p>a</p><p>b</p>", "<div>a<br>b</div>", True),
        ("<p>a &amp; b</p>", "<p>a &#38; <i>b</i></p>", True),
        ("<p>a&nbsp; b</p>", "<p>a b</p>", True),
        ("<p>a</p>", "<p>A</p>", False),
        ("<p>ab</p>", "<p>a b</p>", False),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "<p>a b</p>", True),
        ("<p>a</p><script>x()</script>", "<p>a</p>", True),
    ],
)
def test_rich_texts_are_the_same_when_a_reader_sees_the_same(one: str, other: str, same: bool) -> None:
    assert (seen_text(one) == seen_text(other)) is same


def test_a_note_nested_thousands_deep_is_read() -> None:
    assert seen_text("<div>" * 5_000 + "deep & down" + "</div>" * 5_000) == "deep & down"


Item = st.fixed_dictionaries({"value": st.text(min_size=1), "primary": st.booleans(), "label": st.text()})


@given(st.lists(Item), st.sampled_from(["mobile", "home", "work"]), st.one_of(st.none(), st.text(min_size=1)))
def test_merging_a_number_loses_none_of_others(items: list[dict[str, Any]], label: str, value: str | None) -> None:
    place, body = places.contact("phones", label), dict[str, Any]()
    row = {"phones": items}
    before = [dict(item) for item in items]

    place.put(body, value, row)

    assert row["phones"] == before, "what was read is not changed"
    assert place.get(body) == value or value is None
    ours = next((at for at, item in enumerate(before) if (item["label"] or "work") == label), None)
    others = [(item["value"], item["label"]) for at, item in enumerate(before) if at != ours]
    kept = [(item["value"], item["label"]) for item in body["phones"]]
    assert all(other in kept for other in others)
    assert not body["phones"] or any(item["primary"] for item in body["phones"])


@given(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_a_start_comes_back_to_the_minute_from_any_zone(local: datetime, offset: int) -> None:
    when = local.replace(second=0, microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    body = dict[str, Any]()

    places.start().put(body, when, {})

    assert places.start().get({**body, "due_time": f"{body['due_time']}:00"}) == when


@given(st.integers(0, 100_000))
def test_a_duration_comes_back(minutes: int) -> None:
    assert values.read_minutes(values.minutes(minutes) + ":00") == minutes


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_money_comes_back_to_the_cent(amount: Decimal) -> None:
    encode, decode = values.custom("x", "monetary", values.Options(), "AUD") or (None, None)
    assert encode and decode

    assert decode(orjson.loads(orjson.dumps(encode(amount)))) == amount


def test_a_deleted_option_is_told_by_its_number() -> None:
    options = values.Options.of([{"id": 1, "label": "GP"}, {"id": 2, "label": "GP"}])

    assert options.ids == {"GP": 1}
    assert values.read_options(options)([2, 9]) == ("GP", "9")
    assert values.read_options(options)("1,9") == ("GP", "9")
    assert values.read_options(options)(None) is None


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("Validation failed: owner_id: User not found or not accessible.", "owner_id"),
        (f"Validation failed: custom_fields.{'a' * 40}: expected a number", "a" * 40),
        (f"Field {'b' * 40} does not take this", "b" * 40),
        ("Bad request", ""),
    ],
)
def test_a_refusal_names_its_field(words: str, field: str) -> None:
    assert complained_field(words) == field


def test_words_that_repeat_a_value_are_withheld() -> None:
    assert without_values("bad value secret!", ["secret!"]) == WITHHELD
    assert without_values("bad value", ["secret!", None, 5]) == "bad value"


def test_a_missing_scope_and_a_missing_right_say_what_to_do() -> None:
    scope = refused(403, {"error": "Scope and URL mismatch"}, "GET /x")
    right = refused(403, {"error": "You do not have permissions to do this."}, "GET /x")

    assert isinstance(scope, NotAuthorised) and "scopes" in scope.next_step
    assert isinstance(right, NotAuthorised) and "administrator" in right.next_step
    assert moment("never") is None


@given(st.text(), st.from_regex(r"[0-9]{1,10}", fullmatch=True))
def test_a_file_name_is_safe_and_holds_its_id(name: str, id: str) -> None:
    safe = rules.safe_file_name(name, id)

    assert f"_cliniko-{id}" in safe
    assert len(safe) <= 240
    assert not set('/\\:*?"<>|\r\n\0') & set(safe)


@pytest.mark.parametrize("name", ["scan.pdf", "no ending", "a.b.c.docx", "レントゲン.png"])
def test_a_files_own_name_is_known_again(name: str) -> None:
    assert unmarked(rules.safe_file_name(name, "4711")) == name


@pytest.mark.anyio
class TestComparing:
    """`comparable` takes for the same what Pipedrive makes the same, and nothing else."""

    @pytest.mark.parametrize(
        ("object", "field", "type", "one", "other", "same"),
        [
            ("persons", "x", FieldType.TEXT, " a\r\nb ", "a\nb", True),
            ("persons", "x", FieldType.TEXT, "a  b", "a b", False),
            ("persons", "x", FieldType.MULTI_PICKLIST, ("b", "a"), ("a", "b"), True),
            ("persons", "org_id", FieldType.LOOKUP, Link("organizations", "1"), Link("", "1"), True),
            ("notes", "content", FieldType.RICH_TEXT, "<p>a</p>", "a", True),
            ("notes", "content", FieldType.RICH_TEXT, "<p></p>", None, True),
            ("files", "name", FieldType.TEXT, "scan_cliniko-1.pdf", "scan.pdf", True),
            ("persons", "name", FieldType.TEXT, "scan_cliniko-1.pdf", "scan.pdf", False),
        ],
    )
    async def test_values(
        self, pipedrive: Pipedrive, object: str, field: str, type: FieldType, one: Any, other: Any, same: bool
    ) -> None:
        of = pipedrive.comparable
        assert (of(object, field, type, one) == of(object, field, type, other)) is same

    async def test_a_start_has_no_seconds(self, pipedrive: Pipedrive) -> None:
        start = datetime(2026, 2, 3, 9, 0, 59, tzinfo=UTC)
        same = pipedrive.comparable("activities", "start", FieldType.DATETIME, start)
        assert same == start.replace(second=0)


@pytest.mark.anyio
async def test_a_refused_lookup_is_named_as_the_mapping_names_it(company: Company, pipedrive: Pipedrive) -> None:
    company._wrong = lambda *_, **__: refusal("Validation failed: participants: Person not found")  # type: ignore[method-assign, assignment]

    (outcome,) = await pipedrive.write([an_appointment("1", person_id=Link("persons", "9"))], SINGLE)

    assert (outcome.state, outcome.field) == (State.FAILED, "person_id")


@pytest.mark.anyio
async def test_a_list_that_refuses_large_pages_is_asked_for_small_ones(company: Company) -> None:
    pipedrive = connect(company)
    notes = company._notes

    def picky(asked: Any, rest: list[str]) -> Any:
        if int(asked.params.get("limit", 100)) > 100:
            return 400, {"success": False, "error": "Bad request"}
        return notes(asked, rest)

    company._notes = picky  # type: ignore[method-assign]
    for start in range(0, 150, 50):
        await pipedrive.write([a_note(str(id), "x", Link("persons", "1")) for id in range(start, start + 50)], SINGLE)

    assert await pipedrive.count("notes") == 150
    assert await pipedrive.count("notes") == 150
    assert [each.params.get("limit") for each in company.calls("GET /v1/notes")] == ["500", *["100"] * 4]
    await pipedrive.close()


@pytest.mark.anyio
async def test_what_nobody_noted_is_left_to_the_administrator(pipedrive: Pipedrive) -> None:
    intended = Provisioned(NewField("persons", "x", "X", FieldType.TEXT), "created")

    (undone,) = await pipedrive.unprovision([intended])

    assert (undone.state, bool(undone.words)) == ("by_hand", True)


@pytest.mark.parametrize(
    ("kind", "text", "taken"),
    [
        ("email", "x@example.co", True),
        ("email", "o'brien+kit@example.com.au", True),
        ("email", "nobody at nowhere", False),
        ("email", "a@b.co, c@d.co", False),
        ("phone", "0400 111 222 (mum)", True),
        ("phone", "", False),
        ("url", "x" * 256, False),
    ],
)
def test_the_rules_take_what_can_be_used(kind: str, text: str, taken: bool) -> None:
    assert VENDOR.accepts[kind](text) is taken
