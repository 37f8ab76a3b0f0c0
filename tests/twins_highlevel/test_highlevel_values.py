"""Values of custom fields on contacts: what is stored, changed in silence, ignored, refused."""

from __future__ import annotations

from typing import Any

import pytest
from highlevel_client import Clinic

pytestmark = pytest.mark.anyio


def item(handle: str, value: Any, by: str = "id", name: str = "field_value") -> dict[str, Any]:
    return {"customFields": [{by: handle, name: value}]}


async def stored(clinic: Clinic, field: str, value: Any) -> Any:
    return (await clinic.values(await clinic.contact(**item(field, value))))[field]


@pytest.mark.rule("highlevel.custom-values")
async def test_values_go_in_by_id_or_key_and_come_out_by_id(clinic: Clinic) -> None:
    field = await clinic.field("NDIS number")

    by_id = await clinic.contact(**item(field["id"], "a"))
    by_key = await clinic.contact(**item("ndis_number", "b", by="key"))
    by_value = await clinic.contact(**item(field["id"], "c", name="value"))

    assert [await clinic.values(id) for id in (by_id, by_key, by_value)] == [{field["id"]: one} for one in "abc"]
    assert set((await clinic.read(by_id))["customFields"][0]) == {"id", "value"}


@pytest.mark.rule("highlevel.custom-values")
async def test_put_leaves_other_values_alone(clinic: Clinic) -> None:
    one, two = await clinic.field("One"), await clinic.field("Two")
    id = await clinic.contact(customFields=[{"id": one["id"], "value": "1"}, {"id": two["id"], "value": "2"}])

    await clinic.told(f"PUT /contacts/{id}", item(one["id"], "x"))

    assert await clinic.values(id) == {one["id"]: "x", two["id"]: "2"}


@pytest.mark.rule("highlevel.prefixed-keys")
@pytest.mark.parametrize(("mode", "values"), [("ignore", []), ("accept", ["x"])])
async def test_a_prefixed_key_may_not_be_known(mode: str, values: list[str]) -> None:
    clinic = Clinic(switches={"prefixed_keys": mode})
    await clinic.field("NDIS number")

    id = await clinic.contact(**item("contact.ndis_number", "x", by="key"))

    assert list((await clinic.values(id)).values()) == values


@pytest.mark.rule("highlevel.unknown-field")
@pytest.mark.parametrize(("mode", "status"), [("ignore", 201), ("refuse", 422)])
async def test_unknown_fields_are_passed_over(mode: str, status: int) -> None:
    clinic = Clinic(switches={"unknown_field": mode})

    answer = await clinic.ask("POST /contacts/", {"locationId": clinic.id, **item("x" * 20, "v")})

    assert answer.status_code == status


@pytest.mark.rule("highlevel.value-types")
@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("TEXT", "x", 5), ("LARGE_TEXT", "x\ny", []), ("NUMERICAL", 5.5, "5.5"), ("MONETORY", 5, "five"),
        ("DATE", "2024-01-31", "31/01/2024"), ("PHONE", "+61400000001", "zzz"), ("EMAIL", "a@x.io", "a"),
    ],
)  # fmt: skip
async def test_each_type_takes_its_own_values(clinic: Clinic, kind: str, good: Any, bad: Any) -> None:
    field = (await clinic.field("F", kind))["id"]

    assert await stored(clinic, field, good) == good
    words = await clinic.refused("POST /contacts/", {"locationId": clinic.id, **item(field, bad)}, status=422)
    assert words[0].startswith("customFields.0.field_value must be")


@pytest.mark.rule("highlevel.value-types")
async def test_types_may_be_bent() -> None:
    clinic = Clinic(switches={"value_types": "coerce"})

    assert await stored(clinic, (await clinic.field("T"))["id"], 5) == "5"
    assert await stored(clinic, (await clinic.field("N", "NUMERICAL"))["id"], "5.5") == 5.5


@pytest.mark.rule("highlevel.date-truncated")
async def test_a_date_drops_its_time(clinic: Clinic) -> None:
    field = (await clinic.field("D", "DATE"))["id"]

    assert await stored(clinic, field, "2026-10-15T14:30:00-07:00") == "2026-10-15"


@pytest.mark.rule("highlevel.unknown-option")
@pytest.mark.parametrize(("mode", "status"), [("refuse", 422), ("accept", 201)])
async def test_values_that_are_no_options(mode: str, status: int) -> None:
    clinic = Clinic(switches={"unknown_option": mode})
    one = (await clinic.field("One", "SINGLE_OPTIONS", options=["Red", "Blue"]))["id"]
    many = (await clinic.field("Many", "CHECKBOX", options=["Red", "Blue"]))["id"]

    assert await stored(clinic, one, "Red") == "Red"
    assert await stored(clinic, many, ["Red", "Blue"]) == ["Red", "Blue"]
    for field, value in ((one, "Green"), (many, ["Red", "Green"])):
        answer = await clinic.ask("POST /contacts/", {"locationId": clinic.id, **item(field, value)})
        assert answer.status_code == status


@pytest.mark.rule("highlevel.text-length")
async def test_text_may_have_a_limit() -> None:
    short, free = Clinic(switches={"text_max": "5"}), Clinic()

    assert await stored(free, (await free.field("T"))["id"], "x" * 50_000)
    field = (await short.field("T"))["id"]
    await short.refused("POST /contacts/", {"locationId": short.id, **item(field, "123456")}, status=422)


@pytest.mark.rule("highlevel.clear-phone")
async def test_clearing_a_phone_answers_200_and_does_nothing(clinic: Clinic) -> None:
    field = (await clinic.field("P", "PHONE"))["id"]
    text = (await clinic.field("T"))["id"]
    values = [{"id": field, "value": "+61400000002"}, {"id": text, "value": "x"}]
    id = await clinic.contact(phone="+61400000001", city="Hobart", customFields=values)

    await clinic.told(f"PUT /contacts/{id}", {"phone": "", "city": "", **item(field, "")})
    await clinic.told(f"PUT /contacts/{id}", item(text, ""))

    read = await clinic.read(id)
    assert (read["phone"], "city" in read) == ("+61400000001", False)
    assert await clinic.values(id) == {field: "+61400000002"}


@pytest.mark.rule("highlevel.clear-dates")
@pytest.mark.parametrize(("mode", "left"), [("kept", ["2024-01-31"]), ("cleared", [])])
async def test_clearing_a_date(mode: str, left: list[str]) -> None:
    clinic = Clinic(switches={"clear_dates": mode})
    field = (await clinic.field("D", "DATE"))["id"]
    id = await clinic.contact(**item(field, "2024-01-31"), dateOfBirth="1984-02-29")

    await clinic.told(f"PUT /contacts/{id}", {**item(field, ""), "dateOfBirth": ""})

    assert list((await clinic.values(id)).values()) == left
    assert ("dateOfBirth" in await clinic.read(id)) is bool(left)


@pytest.mark.rule("highlevel.null")
@pytest.mark.parametrize(("mode", "city"), [("no", "Hobart"), ("yes", None)])
async def test_null_is_absent_unless_it_clears(mode: str, city: str | None) -> None:
    clinic = Clinic(switches={"null_clears": mode})
    field = (await clinic.field("T"))["id"]
    id = await clinic.contact(city="Hobart", **item(field, "x"))

    await clinic.told(f"PUT /contacts/{id}", {"city": None, **item(field, None)})

    assert (await clinic.read(id)).get("city") == city
    assert await clinic.values(id) == ({} if city is None else {field: "x"})


@pytest.mark.rule("highlevel.phones")
@pytest.mark.parametrize(
    ("mode", "given", "told"),
    [
        ("possible", "0400 000 001", "+61400000001"), ("possible", "+1 888-888-8888", "+18888888888"),
        ("possible", "12", None), ("valid", "+61100000000", None), ("possible", "+61100000000", "+61100000000"),
        ("none", "call my mother", "call my mother"), ("possible", "call my mother", None),
    ],
)  # fmt: skip
async def test_phones_become_e164_or_are_refused(mode: str, given: str, told: str | None) -> None:
    clinic = Clinic(switches={"phone_check": mode})
    body = {"locationId": clinic.id, "phone": given}

    if told is None:
        words = await clinic.refused("POST /contacts/", body, status=422)
        assert words == ["phone must be a valid phone number"]
    else:
        assert (await clinic.told("POST /contacts/", body))["contact"]["phone"] == told
