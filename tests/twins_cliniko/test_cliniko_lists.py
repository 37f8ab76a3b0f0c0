"""Lists of the Cliniko twin: envelope, pages, order, scope."""

from __future__ import annotations

import pytest
from tests.twins_cliniko.conftest import BASE, Desk, Opened

pytestmark = pytest.mark.anyio


@pytest.mark.rule("cliniko.list-envelope")
async def test_a_list_is_named_after_its_resource_and_counts_the_filtered_set(desk: Desk) -> None:
    answer = (await desk.get("/patients?per_page=3")).json()

    assert set(answer) == {"patients", "total_entries", "links"}
    assert len(answer["patients"]) == 3 < answer["total_entries"]


@pytest.mark.rule("cliniko.per-page")
async def test_a_page_holds_fifty_unless_asked_otherwise(opened: Opened) -> None:
    desk = opened({"clinic": "70"})

    sizes = [
        len(await desk.rows(f"/attendees{query}")) for query in ("", "?per_page=100", "?per_page=1", "?per_page=0")
    ]

    assert sizes == [50, 100, 1, 1]


@pytest.mark.rule("cliniko.per-page-over")
@pytest.mark.parametrize(("way", "status"), [("clamp", 200), ("400", 400)])
async def test_more_than_a_hundred_a_page_are_clamped_or_refused(opened: Opened, way: str, status: int) -> None:
    answer = await opened(per_page_over=way).get("/attendees?per_page=101")

    assert answer.status_code == status
    assert status == 400 or len(answer.json()["attendees"]) == 100


@pytest.mark.rule("cliniko.page-zero")
async def test_page_zero_is_the_first_page(desk: Desk) -> None:
    assert await desk.rows("/patients?page=0") == await desk.rows("/patients?page=1")


@pytest.mark.rule("cliniko.links")
async def test_following_next_reads_every_row_once_and_keeps_filter_and_sort(desk: Desk) -> None:
    seen, links = [], {"next": f"{BASE}/v1/attendees?per_page=30&q[]=archived_at:*&q[]=cancelled_at:*&sort=id:desc"}
    pages = 0
    while "next" in links:
        body = (await desk.get(links["next"])).json()
        assert ("previous" in body["links"]) == (pages > 0)
        seen += [row["id"] for row in body["attendees"]]
        links, pages = body["links"], pages + 1

    assert seen == sorted((row["id"] for row in desk.stored("attendees")), key=int, reverse=True)


@pytest.mark.rule("cliniko.own-links")
async def test_links_carry_the_address_by_which_the_client_came(desk: Desk) -> None:
    row = (await desk.rows("/patients?per_page=1"))[0]

    assert row["links"]["self"] == f"{BASE}/v1/patients/{row['id']}"
    assert "api.au1.cliniko.com" not in (await desk.get("/attendees")).text.replace(".au1.cliniko.com/", "")
    assert (await desk.get(row["links"]["self"])).json() == row


@pytest.mark.rule("cliniko.default-order")
async def test_rows_come_in_order_of_creation(desk: Desk) -> None:
    created = [row["created_at"] for row in await desk.rows("/patients?per_page=100")]

    assert created == sorted(created)


@pytest.mark.rule("cliniko.sort")
@pytest.mark.parametrize("query", ["sort=updated_at:desc", "sort=updated_at&order=desc"])
async def test_a_column_sorts_either_way(desk: Desk, query: str) -> None:
    updated = [row["updated_at"] for row in await desk.rows(f"/patients?per_page=100&{query}")]

    assert updated == sorted(updated, reverse=True)


@pytest.mark.rule("cliniko.sort")
async def test_two_columns_sort_one_within_the_other(desk: Desk) -> None:
    rows = await desk.rows("/patients?per_page=100&sort=last_name,first_name:desc")

    names = [(row["last_name"], row["first_name"]) for row in rows]
    assert [last for last, _ in names] == sorted(last for last, _ in names)
    family = [first for last, first in names if last == "Penhallow"]
    assert family == ["Tamsin", "Rowena", "Piran", "Jory"]


@pytest.mark.rule("cliniko.unknown-sort")
@pytest.mark.parametrize(("way", "status"), [("400", 400), ("ignored", 200)])
async def test_an_unknown_column_is_refused_or_ignored(opened: Opened, way: str, status: int) -> None:
    assert (await opened(unknown_sort=way).get("/patients?sort=shoe_size")).status_code == status


@pytest.mark.rule("cliniko.archived-hidden")
async def test_archived_records_show_only_when_asked_for(desk: Desk) -> None:
    everyone = desk.stored("patients")
    archived = [row["id"] for row in everyone if row["archived_at"]]

    assert archived
    assert await desk.total("/patients") == len(everyone) - len(archived)
    assert await desk.total("/patients?q[]=archived_at:*") == len(everyone)
    assert [row["id"] for row in await desk.rows("/patients?q[]=archived_at:?")] == archived


@pytest.mark.rule("cliniko.cancelled-hidden")
@pytest.mark.parametrize("resource", ["individual_appointments", "attendees", "bookings"])
async def test_cancelled_bookings_show_only_when_asked_for(desk: Desk, resource: str) -> None:
    rows = desk.stored(resource)
    cancelled = sum(1 for row in rows if row.get("cancelled_at"))
    archived = sum(1 for row in rows if row["archived_at"] and not row.get("cancelled_at"))

    assert cancelled > 0
    assert await desk.total(f"/{resource}") == len(rows) - cancelled - archived
    assert await desk.total(f"/{resource}?q[]=cancelled_at:*") == len(rows) - sum(1 for r in rows if r["archived_at"])
    assert await desk.total(f"/{resource}?q[]=cancelled_at:*&q[]=archived_at:*") == len(rows)


@pytest.mark.rule("cliniko.comparison-lifts")
@pytest.mark.parametrize(("way", "found"), [("yes", True), ("no", False)])
async def test_a_comparison_on_archived_at_lifts_the_exclusion(opened: Opened, way: str, found: bool) -> None:
    desk = opened(comparison_lifts=way)

    assert bool(await desk.total("/patients?q[]=archived_at:>2020-01-01T00:00:00Z")) is found


@pytest.mark.rule("cliniko.deleted-hidden")
@pytest.mark.parametrize(("way", "hidden"), [("no", 0), ("yes", 1)])
async def test_the_legacy_deleted_at_may_hide_a_record(opened: Opened, way: str, hidden: int) -> None:
    desk = opened(deleted_hidden=way)
    before = await desk.total("/contacts")

    id = (await desk.rows("/contacts?per_page=1"))[0]["id"]
    await desk.admin("edit", {"object": "contacts", "id": id, "fields": {"deleted_at": "2026-01-01T00:00:00Z"}})

    assert await desk.total("/contacts") == before - hidden
    assert await desk.total("/contacts?q[]=deleted_at:*") == before


@pytest.mark.rule("cliniko.merged-hidden")
async def test_a_merged_patient_is_off_the_plain_list(desk: Desk) -> None:
    survivor, loser = (row["id"] for row in await desk.rows("/patients?per_page=2"))
    await desk.admin("merge", {"loser": loser, "survivor": survivor})

    assert await desk.total(f"/patients?q[]=id:={loser}") == 0
    (row,) = await desk.rows(f"/patients?q[]=id:={loser}&q[]=archived_at:*")
    assert row["merged_with_patient"]["links"]["self"].endswith(f"/patients/{survivor}")


@pytest.mark.rule("cliniko.inactive-practitioners")
async def test_practitioners_who_left_have_a_list_of_their_own(desk: Desk) -> None:
    active = await desk.rows("/practitioners")
    (left,) = await desk.rows("/practitioners/inactive")

    assert all(row["active"] for row in active) and left["active"] is False
    assert (await desk.get(f"/practitioners/{left['id']}")).json() == left


@pytest.mark.rule("cliniko.archived-by-id")
@pytest.mark.parametrize(("way", "status"), [("404", 404), ("200", 200)])
async def test_an_archived_record_by_id_is_gone_unless_asked_for(opened: Opened, way: str, status: int) -> None:
    desk = opened(archived_by_id=way)
    (archived,) = [row for row in desk.stored("contacts") if row["archived_at"]]

    assert (await desk.get(f"/contacts/{archived['id']}")).status_code == status
    lifted = await desk.get(f"/contacts/{archived['id']}?q[]=archived_at:*")
    assert lifted.status_code == 200 and lifted.json()["id"] == archived["id"]


@pytest.mark.rule("cliniko.string-ids")
async def test_ids_are_text_of_eight_or_nineteen_digits(desk: Desk) -> None:
    ids = [row["id"] for row in await desk.rows("/patients?per_page=100")]

    assert {type(id) for id in ids} == {str} and {len(id) for id in ids} == {8, 19}


@pytest.mark.rule("cliniko.null-relations")
async def test_a_relation_that_does_not_exist_is_left_out(desk: Desk) -> None:
    (unmatched,) = [row for row in await desk.rows("/practitioners") if "user" not in row]

    assert None not in unmatched.values()


@pytest.mark.rule("cliniko.bookings")
async def test_bookings_unite_appointments_classes_and_blocks(opened: Opened) -> None:
    desk = opened({"clinic": "150"})
    parts = ("individual_appointments", "group_appointments", "unavailable_blocks")

    rows = {row["id"]: row for row in desk.stored("bookings")}

    assert sorted(rows) == sorted(row["id"] for part in parts for row in desk.stored(part))
    one = (await desk.rows("/individual_appointments?per_page=1"))[0]
    same = (await desk.get(f"/bookings/{one['id']}")).json()
    assert same["links"]["self"] == f"{BASE}/v1/bookings/{one['id']}"
    assert {**same, "links": one["links"]} == one
    assert "/individual_appointments/" in same["conflicts"]["links"]["self"]


@pytest.mark.rule("cliniko.services")
async def test_services_have_no_id_and_take_no_filter(desk: Desk) -> None:
    assert "id" not in (await desk.rows("/services"))[0]
    assert (await desk.get("/services?q[]=id:=1")).status_code == 400


@pytest.mark.rule("cliniko.recalls")
async def test_recalls_exist_only_when_switched_on(opened: Opened) -> None:
    desk = opened(recalls="on")
    patient = (await desk.rows("/patients?per_page=1"))[0]["id"]
    await desk.admin("create", {"object": "recalls", "record": {"recall_at": "2027-01-01", "patient_id": patient}})

    assert (await opened().get("/recalls")).status_code == 404
    assert (await desk.rows(f"/recalls?q[]=patient_id:={patient}"))[0]["recall_at"] == "2027-01-01"
    refused = await desk.get("/recalls?q[]=recall_at:>2020-01-01")
    assert (refused.status_code, refused.json()) == (400, {"message": "recall_at is not filterable"})


@pytest.mark.rule("cliniko.legacy-appointments")
async def test_legacy_appointments_name_their_times_twice(opened: Opened) -> None:
    row = (await opened().rows("/appointments?per_page=1"))[0]

    assert (row["appointment_start"], row["appointment_end"]) == (row["starts_at"], row["ends_at"])
    assert row["links"]["self"].endswith(f"/appointments/{row['id']}")
    assert (await opened(legacy_appointments="off").get("/appointments")).status_code == 404


@pytest.mark.rule("cliniko.schema")
async def test_the_older_schema_lacks_later_fields_and_resources(opened: Opened) -> None:
    desk = opened(schema="2024-06")

    assert "country_code" not in (await desk.rows("/patients?per_page=1"))[0]
    assert (await desk.get("/relationships")).status_code == 404
    assert (await opened().get("/relationships")).status_code == 200


@pytest.mark.rule("cliniko.list-lag")
async def test_lists_may_lag_behind_writes_while_reads_by_id_do_not(opened: Opened) -> None:
    desk = opened(list_lag_s="10")
    id = (await desk.rows("/contacts?per_page=1"))[0]["id"]
    total = await desk.total("/contacts")

    await desk.admin("edit", {"object": "contacts", "id": id, "fields": {"notes": "new"}})
    await desk.admin("create", {"object": "contacts", "record": {"last_name": "New"}})

    assert (await desk.get(f"/contacts/{id}")).json()["notes"] == "new"
    assert (await desk.rows(f"/contacts?q[]=id:={id}"))[0]["notes"] == ""
    assert await desk.total("/contacts") == total
    await desk.admin("clock", {"advance_s": 11})
    assert (await desk.rows(f"/contacts?q[]=id:={id}"))[0]["notes"] == "new"
    assert await desk.total("/contacts") == total + 1


async def test_one_request_can_be_shown_a_stale_list(desk: Desk) -> None:
    total = await desk.total("/contacts")
    await desk.admin("create", {"object": "contacts", "record": {"last_name": "New"}})
    desk.twin.faults.add("stale_search", path="/v1/contacts", nth=1, seconds=60)

    assert [await desk.total("/contacts"), await desk.total("/contacts")] == [total, total + 1]


async def test_staff_can_change_records_between_two_pages(desk: Desk) -> None:
    desk.twin.faults.add("staff_edit", path="/v1/patients", nth=2, object="patients", deed="delete")

    first = (await desk.get("/patients?per_page=5&q[]=archived_at:*")).json()
    second = (await desk.get(first["links"]["next"])).json()

    assert second["total_entries"] == first["total_entries"] - 1


@pytest.mark.rule("cliniko.page-most")
async def test_a_page_can_be_kept_small(opened: Opened) -> None:
    desk = opened(page_most="7")

    page = (await desk.get("/patients?per_page=100")).json()

    assert len(page["patients"]) == 7
    assert "page=2" in page["links"]["next"]


@pytest.mark.parametrize(("to", "led"), [(0, 2), (1, 1)])
async def test_a_next_link_can_lead_back(desk: Desk, to: int, led: int) -> None:
    desk.twin.faults.add("lead_back", nth=1, to=to)

    page = (await desk.get("/patients?page=2&per_page=5")).json()
    again = (await desk.get("/patients?page=2&per_page=5")).json()

    assert f"?page={led}&" in page["links"]["next"]
    assert "?page=3&" in again["links"]["next"]
