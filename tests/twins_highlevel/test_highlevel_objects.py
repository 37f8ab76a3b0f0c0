"""Custom objects: schemas, fields, records, their search; companies."""

from __future__ import annotations

from typing import Any

import pytest
from highlevel_client import Clinic

pytestmark = pytest.mark.anyio
KEY = "custom_objects.cliniko_invoice"


def schema(clinic: Clinic, key: str = KEY, **more: Any) -> dict[str, Any]:
    return {
        "labels": {"singular": "Invoice", "plural": "Invoices"}, "key": key, "locationId": clinic.id,
        "primaryDisplayPropertyDetails": {"key": f"{key}.number", "name": "Number", "dataType": "TEXT"}, **more,
    }  # fmt: skip


async def properties(clinic: Clinic, id: str, key: str = KEY) -> dict[str, Any]:
    found: dict[str, Any] = (await clinic.told(f"GET /objects/{key}/records/{id}"))["record"]["properties"]
    return found


@pytest.mark.rule("highlevel.object-keys")
@pytest.mark.parametrize("key", ["cliniko_invoice", "Invoice__c", "custom_objects.Big", "custom_object.invoice"])
async def test_keys_need_their_prefix(clinic: Clinic, key: str) -> None:
    assert await clinic.refused("POST /objects/", schema(clinic, key)) == "Invalid key"
    assert await clinic.refused(f"GET /objects/{key}?locationId={clinic.id}") == "Invalid key"


@pytest.mark.rule("highlevel.object-keys")
async def test_an_object_comes_with_a_primary_field_and_a_folder(clinic: Clinic) -> None:
    answer = await clinic.ask("POST /objects/", schema(clinic))
    listed = (await clinic.told(f"GET /objects/?locationId={clinic.id}"))["objects"]
    told = await clinic.told(f"GET /custom-fields/object-key/{KEY}?locationId={clinic.id}")

    assert (answer.status_code, answer.json()["object"]["primaryDisplayProperty"]) == (201, f"{KEY}.number")
    assert [one["key"] for one in listed] == ["contact", "opportunity", "business", KEY]
    assert [one["standard"] for one in listed] == [True, True, True, False]
    assert [field["fieldKey"] for field in told["fields"]] == [f"{KEY}.number"]
    assert told["fields"][0]["parentId"] == told["folders"][0]["id"]
    await clinic.refused("POST /objects/", schema(clinic))
    await clinic.refused("POST /objects/", schema(clinic, KEY + "s", properties=[]), status=422)


@pytest.mark.rule("highlevel.objects-max", "highlevel.records-max")
async def test_objects_and_records_are_limited() -> None:
    clinic = Clinic(switches={"objects_max": "2", "records_max": "2"})
    for name in ("one", "two"):
        await clinic.object(name)
    for number in ("1", "2"):
        await clinic.record("custom_objects.one", number=number)

    assert "limit" in await clinic.refused("POST /objects/", schema(clinic))
    body = {"locationId": clinic.id, "properties": {"number": "3"}}
    assert "limit" in await clinic.refused("POST /objects/custom_objects.one/records", body)
    await clinic.record("custom_objects.two", number="1")


async def test_ten_objects_fit_by_default(clinic: Clinic) -> None:
    for number in range(10):
        await clinic.object(f"o{number}")

    await clinic.refused("POST /objects/", schema(clinic))


@pytest.mark.rule("highlevel.object-delete")
async def test_the_api_does_not_delete_objects_but_a_page_does(clinic: Clinic) -> None:
    await clinic.object()
    await clinic.record(KEY, number="1")

    assert await clinic.refused(f"DELETE /objects/{KEY}") == "Deleting object schema is not supported yet"
    await clinic.admin("POST delete_object", {"object": KEY})

    await clinic.refused(f"GET /objects/{KEY}?locationId={clinic.id}", status=404)
    assert await clinic.count("objects") == 0


@pytest.mark.rule("highlevel.object-cache")
@pytest.mark.parametrize(("seconds", "stale"), [("5", True), ("0", False)])
async def test_fields_come_from_a_cache_for_a_while(seconds: str, stale: bool) -> None:
    clinic = Clinic(switches={"schema_cache_s": seconds})
    await clinic.object()
    clinic.pass_time()
    await clinic.object_field(KEY, "total", "MONETORY")
    path = f"GET /objects/{KEY}?locationId={clinic.id}&fetchProperties=true"

    soon = await clinic.told(path)
    clinic.pass_time()
    late = await clinic.told(path)

    assert (soon["cache"], len(soon["fields"])) == (stale, 1 if stale else 2)
    assert (late["cache"], [one["fieldKey"] for one in late["fields"]]) == (False, [f"{KEY}.number", f"{KEY}.total"])


@pytest.mark.rule("highlevel.object-fields", "highlevel.field-parent")
@pytest.mark.parametrize(("mode", "status"), [("required", 422), ("optional", 201)])
async def test_fields_have_a_prefixed_key_and_a_folder(mode: str, status: int) -> None:
    clinic = Clinic(switches={"field_parent": mode})
    await clinic.object()
    body = {"locationId": clinic.id, "name": "Total", "dataType": "NUMERICAL", "fieldKey": f"{KEY}.total",
            "objectKey": KEY, "showInForms": True}  # fmt: skip

    assert (await clinic.ask("POST /custom-fields/", body)).status_code == status
    field = await clinic.object_field(KEY, "paid", "NUMERICAL")
    assert len(field["id"]) == 24
    parent = {"parentId": field["parentId"]}
    assert await clinic.refused("POST /custom-fields/", {**body, **parent, "fieldKey": "total"}) == "Invalid key"
    await clinic.refused("POST /custom-fields/", {**body, **parent, "fieldKey": f"{KEY}.paid"})
    await clinic.refused("POST /custom-fields/", {**body, **parent, "dataType": "MONETARY"}, status=422)


@pytest.mark.rule("highlevel.fields-unsupported")
@pytest.mark.parametrize("key", ["contact", "opportunity"])
async def test_not_for_contacts_and_opportunities(clinic: Clinic, key: str) -> None:
    words = "Api does not support objectKey of type contact or opportunity"

    assert await clinic.refused("POST /custom-fields/", {"objectKey": key}) == words
    assert await clinic.refused(f"GET /custom-fields/object-key/{key}?locationId={clinic.id}") == words


@pytest.mark.rule("highlevel.option-replace")
async def test_options_are_replaced_but_never_removed(clinic: Clinic) -> None:
    await clinic.object()
    field = await clinic.object_field(KEY, "kind", "SINGLE_OPTIONS", options=[{"key": "a", "label": "A"}])
    path = f"PUT /custom-fields/{field['id']}"
    body = {"locationId": clinic.id, "showInForms": True}

    changed = await clinic.told(path, {**body, "options": [{"label": "A"}, {"label": "Big one"}]})

    assert [one["key"] for one in changed["field"]["options"]] == ["a", "big_one"]
    await clinic.refused(path, {**body, "options": [{"label": "Big one"}]})
    await clinic.refused(path, {**body, "options": [{"key": "a", "label": "A"}, {"label": "Big one"}]}, status=422)


@pytest.mark.rule("highlevel.field-delete")
async def test_primary_and_unique_fields_stay(clinic: Clinic) -> None:
    await clinic.object()
    source, total = await clinic.object_field(KEY, "source_id"), await clinic.object_field(KEY, "total", "NUMERICAL")
    await clinic.admin("POST unique", {"object": KEY, "key": "source_id"})
    id = await clinic.record(KEY, number="1", total=5)
    primary = (await clinic.told(f"GET /custom-fields/object-key/{KEY}?locationId={clinic.id}"))["fields"][0]

    for field in (source, primary):
        await clinic.refused(f"DELETE /custom-fields/{field['id']}")
    told = await clinic.told(f"DELETE /custom-fields/{total['id']}")

    assert (told["succeded"], told["key"]) == (True, f"{KEY}.total")
    assert await properties(clinic, id) == {"number": "1"}


@pytest.mark.rule("highlevel.object-fields")
async def test_folders_are_made_renamed_and_deleted_when_empty(clinic: Clinic) -> None:
    await clinic.object()
    made = await clinic.told(
        "POST /custom-fields/folder", {"objectKey": KEY, "name": "Cliniko", "locationId": clinic.id}
    )
    field = await clinic.object_field(KEY, "total", parentId=made["id"])

    renamed = await clinic.told(f"PUT /custom-fields/folder/{made['id']}", {"name": "C", "locationId": clinic.id})
    await clinic.refused(f"DELETE /custom-fields/folder/{made['id']}?locationId={clinic.id}")
    await clinic.told(f"DELETE /custom-fields/{field['id']}")

    assert renamed["name"] == "C"
    await clinic.told(f"DELETE /custom-fields/folder/{made['id']}?locationId={clinic.id}")


@pytest.mark.rule("highlevel.unique")
@pytest.mark.parametrize("status", ["400", "422"])
async def test_what_an_administrator_marked_is_unique(status: str) -> None:
    clinic = Clinic(switches={"unique_status": status})
    await clinic.object()
    await clinic.object_field(KEY, "source_id")
    first = await clinic.record(KEY, number="1", source_id="17")
    await clinic.admin("POST unique", {"object": KEY, "key": "source_id"})

    words = await clinic.refused(
        f"POST /objects/{KEY}/records", {"locationId": clinic.id, "properties": {"source_id": "17"}}, status=int(status)
    )
    await clinic.told(f"PUT /objects/{KEY}/records/{first}?locationId={clinic.id}", {"properties": {"source_id": "17"}})
    other = await clinic.record(KEY, source_id="18")
    path = f"PUT /objects/{KEY}/records/{other}?locationId={clinic.id}"
    await clinic.refused(path, {"properties": {"source_id": "17"}}, status=int(status))

    assert words == "A record with the same value for Source_Id already exists."


# Records


@pytest.mark.rule("highlevel.records")
async def test_records_take_bare_keys_and_tell_their_moments_differently(clinic: Clinic) -> None:
    await clinic.object()
    body = {"locationId": clinic.id, "properties": {"number": "1"}, "owner": [clinic.admin_id]}

    answer = await clinic.ask(f"POST /objects/{KEY}/records", body)
    clinic.pass_time()
    (hit,) = await clinic.search(path=f"/objects/{KEY}/records/search")

    made = answer.json()["record"]
    assert (answer.status_code, made["owner"], len(made["id"])) == (201, [clinic.admin_id], 24)
    assert {"dateAdded", "dateUpdated"} <= set(made) and "createdAt" not in made
    assert {"createdAt", "updatedAt"} <= set(hit) and "dateAdded" not in hit
    assert (hit["properties"], hit["objectKey"], hit["createdBy"]["sourceId"]) == (
        {"number": "1"},
        KEY,
        clinic.admin_id,
    )
    words = await clinic.refused(
        f"POST /objects/{KEY}/records",
        {**body, "owner": ["a", "b"], "createdAt": "2021-03-04", "followers": ["x"] * 11}, status=422,
    )  # fmt: skip
    assert len(words) == 3
    words = await clinic.refused(
        f"POST /objects/{KEY}/records",
        {"locationId": clinic.id, "properties": {f"{KEY}.number": "1", "x": 1}},
        status=422,
    )
    assert words == [f"property {KEY}.number should not exist", "property x should not exist"]


@pytest.mark.rule("highlevel.record-values")
@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("TEXT", "x", 5), ("NUMERICAL", 5, "5"), ("PHONE", "+61400000001", "0400000001"),
        ("MONETORY", {"currency": "default", "value": 9.5}, {"currency": "AUD", "value": 9.5}), ("MONETORY", None, 9.5),
        ("SINGLE_OPTIONS", "big", "Big"), ("RADIO", "big", ["big"]), ("CHECKBOX", ["big"], ["Big"]),
        ("DATE", "2024-01-31", "x"), ("FILE_UPLOAD", [{"url": "https://x.test/a"}], ["https://x.test/a"]),
    ],
)  # fmt: skip
async def test_each_type_of_an_object_takes_its_own_values(clinic: Clinic, kind: str, good: Any, bad: Any) -> None:
    await clinic.object()
    more = {"options": [{"key": "big", "label": "Big"}]} if kind in ("SINGLE_OPTIONS", "RADIO", "CHECKBOX") else {}
    await clinic.object_field(KEY, "f", kind, **more)

    id = await clinic.record(KEY, number="1", f=good)

    assert (await properties(clinic, id)).get("f") == good
    body = {"locationId": clinic.id, "properties": {"f": bad}}
    await clinic.refused(f"POST /objects/{KEY}/records", body, status=422)


@pytest.mark.rule("highlevel.record-values", "highlevel.date-truncated")
async def test_dates_are_cut_and_text_boxes_have_options_in_their_keys(clinic: Clinic) -> None:
    await clinic.object()
    await clinic.object_field(KEY, "day", "DATE")
    await clinic.object_field(KEY, "box", "TEXTBOX_LIST")

    id = await clinic.record(KEY, **{"day": "2026-10-15T14:30:00-07:00", "box.a": "v"})

    assert await properties(clinic, id) == {"day": "2026-10-15", "box.a": "v"}


@pytest.mark.rule("highlevel.record-update")
async def test_put_merges_and_takes_the_location_from_the_query(clinic: Clinic) -> None:
    await clinic.object()
    await clinic.object_field(KEY, "note")
    id = await clinic.record(KEY, number="1", note="x")
    path = f"PUT /objects/{KEY}/records/{id}"

    await clinic.told(f"{path}?locationId={clinic.id}", {"properties": {"number": "2"}})
    merged = await properties(clinic, id)
    await clinic.told(f"{path}?locationId={clinic.id}", {"properties": {"note": ""}})

    assert merged == {"number": "2", "note": "x"}
    assert await properties(clinic, id) == {"number": "2"}
    await clinic.refused(path, {"properties": {}}, status=422)
    await clinic.refused(f"{path}?locationId={clinic.id}", {"locationId": clinic.id}, status=422)
    await clinic.refused(f"{path}?locationId=other", {}, status=403)


@pytest.mark.rule("highlevel.record-relations")
async def test_a_record_tells_no_relations_but_a_search_does(clinic: Clinic) -> None:
    await clinic.object()
    contact, record = await clinic.contact(), await clinic.record(KEY, number="1")
    await clinic.relate(await clinic.association(KEY), contact, record)
    clinic.pass_time()

    read = (await clinic.told(f"GET /objects/{KEY}/records/{record}"))["record"]
    (hit,) = await clinic.search(path=f"/objects/{KEY}/records/search")

    assert (read["relations"], hit["relations"]) == ([], [{"objectKey": "contact", "recordId": contact}])


@pytest.mark.rule("highlevel.record-search")
async def test_records_are_searched_by_the_letter(clinic: Clinic) -> None:
    await clinic.object()
    await clinic.object_field(KEY, "total", "NUMERICAL")
    await clinic.object_field(KEY, "day", "DATE")
    contact = await clinic.contact()
    one = await clinic.record(KEY, number="A-1", total=5, day="2024-01-31")
    two = await clinic.record(KEY, number="B-2", total=50)
    await clinic.relate(await clinic.association(KEY), contact, one)
    clinic.pass_time()
    linked = {"field": "relations", "operator": "nested",
              "value": [{"field": "recordId", "operator": "eq", "value": [contact]}]}  # fmt: skip
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"field": "properties.number", "operator": "eq", "value": "A-1"}, {one}),
        ({"field": "properties.number", "operator": "eq", "value": "a-1"}, set()),
        ({"field": "properties.total", "operator": "eq", "value": 50}, {two}),
        ({"field": "properties.total", "operator": "eq", "value": "50"}, set()),
        ({"field": "properties.total", "operator": "range", "value": {"gt": 5}}, {two}),
        ({"field": "properties.day", "operator": "range", "value": {"gte": "2024-01-01"}}, {one}),
        (linked, {one}),
    ]
    path = f"/objects/{KEY}/records/search"

    for filter_, wanted in cases:
        assert {hit["id"] for hit in await clinic.search(filter_, path=path)} == wanted, filter_
    dated = {"field": "properties.day", "operator": "eq", "value": "2024-01-31"}
    body = {"locationId": clinic.id, "page": 1, "pageLimit": 10}
    assert await clinic.refused(f"POST {path}", {**body, "filters": [dated]}, status=422) == ["Invalid Operator"]
    await clinic.refused(f"POST {path}", {"locationId": clinic.id}, status=422)


@pytest.mark.rule("highlevel.search-lag")
async def test_records_are_found_late_too(clinic: Clinic) -> None:
    await clinic.object()
    id = await clinic.record(KEY, number="1")
    path = f"/objects/{KEY}/records/search"

    soon = await clinic.search(path=path)
    clinic.pass_time()

    assert (soon, [hit["id"] for hit in await clinic.search(path=path)]) == ([], [id])


@pytest.mark.rule("highlevel.searchable")
async def test_words_are_looked_for_in_searchable_fields(clinic: Clinic) -> None:
    await clinic.object()
    await clinic.object_field(KEY, "source_id")
    id = await clinic.record(KEY, number="A", source_id="4711")
    clinic.pass_time()
    path = f"/objects/{KEY}/records/search"

    before = await clinic.search(path=path, query="4711")
    body = {"locationId": clinic.id, "searchableProperties": [f"{KEY}.number", f"{KEY}.source_id"]}
    await clinic.told(f"PUT /objects/{KEY}", body)

    assert before == []
    for words in ("4711", "source_id:4711", "number:a"):
        assert [hit["id"] for hit in await clinic.search(path=path, query=words)] == [id]
    await clinic.refused(f"PUT /objects/{KEY}", {**body, "searchableProperties": ["x"]}, status=422)


@pytest.mark.rule("highlevel.record-page")
@pytest.mark.parametrize(("most", "status"), [("100", 422), ("500", 200)])
async def test_a_page_of_records_is_limited(most: str, status: int) -> None:
    clinic = Clinic(switches={"record_page": most})
    await clinic.object()
    body = {"locationId": clinic.id, "page": 1}

    assert (await clinic.ask(f"POST /objects/{KEY}/records/search", {**body, "pageLimit": 100})).status_code == 200
    answer = await clinic.ask(f"POST /objects/{KEY}/records/search", {**body, "pageLimit": 101})
    assert answer.status_code == status


async def test_many_records_are_walked_through_on_and_on(clinic: Clinic) -> None:
    await clinic.object()
    for number in range(250):
        await clinic.record(KEY, number=str(number))
    clinic.pass_time()
    seen: set[str] = set()
    after: Any = None
    while True:
        more = {"searchAfter": after} if after else {}
        hits = await clinic.search(path=f"/objects/{KEY}/records/search", **more)
        if not hits:
            break
        seen |= {hit["properties"]["number"] for hit in hits}
        after = hits[-1]["searchAfter"]

    assert len(seen) == 250


@pytest.mark.rule("highlevel.business")
async def test_companies_are_records_with_an_old_address(clinic: Clinic) -> None:
    made = await clinic.ask("POST /businesses/", {"name": "Acme", "locationId": clinic.id, "city": "Hobart"})
    id = made.json()["buiseness"]["id"]

    record = await clinic.told(f"GET /objects/business/records/{id}")
    await clinic.told(f"PUT /objects/business/records/{id}?locationId={clinic.id}", {"properties": {"city": "Perth"}})
    by_record = await clinic.record("business", name="Zenith")
    changed = await clinic.told(f"PUT /businesses/{id}", {"name": "Acme Pty"})

    assert (made.status_code, record["record"]["properties"]["name"]) == (201, "Acme")
    assert (changed["buiseness"]["name"], changed["buiseness"]["city"]) == ("Acme Pty", "Perth")
    listed = (await clinic.told(f"GET /businesses/?locationId={clinic.id}"))["businesses"]
    assert [one["name"] for one in listed] == ["Acme Pty", "Zenith"]
    assert (await clinic.told(f"GET /businesses/{by_record}"))["business"]["name"] == "Zenith"
    await clinic.told(f"DELETE /businesses/{id}")
    assert await clinic.count("businesses") == 1
