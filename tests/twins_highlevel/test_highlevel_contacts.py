"""Contacts: duplicates, upsert, shapes, tags, what is refused."""

from __future__ import annotations

import pytest
from highlevel_client import ANA, Clinic

pytestmark = pytest.mark.anyio


def sharing(**switches: str) -> Clinic:
    return Clinic(switches={"allow_duplicate_contact": "yes", **switches})


@pytest.mark.rule("highlevel.validation", "highlevel.unknown-property")
async def test_all_violations_are_told_at_once_and_no_time_can_be_set(clinic: Clinic) -> None:
    body = {"locationId": clinic.id, "dateAdded": "2021-03-04", "firstName": 7, "dnd": "yes", "country": "Narnia"}

    words = await clinic.refused("POST /contacts/", body, status=422)

    assert words == [
        "property dateAdded should not exist", "firstName must be a string", "dnd must be a boolean value",
        "country must be a valid enum value",
    ]  # fmt: skip
    assert await clinic.refused("POST /contacts/", {}, status=422) == ["locationId must be a string"]
    assert await clinic.count("contacts") == 0


@pytest.mark.rule("highlevel.additional", "highlevel.unknown-property")
async def test_additional_emails_are_read_never_written(clinic: Clinic) -> None:
    more = {"additionalEmails": [{"email": "b@example.org"}]}
    id = await clinic.contact(**ANA)
    for call in ("POST /contacts/", "POST /contacts/upsert"):
        words = await clinic.refused(call, {**ANA, "locationId": clinic.id, **more}, status=422)
        assert words == ["property additionalEmails should not exist"]
    await clinic.refused(f"PUT /contacts/{id}", {"additionalPhones": []}, status=422)

    await clinic.admin("POST edit", {"object": "contacts", "id": id, "fields": more})

    assert (await clinic.read(id))["additionalEmails"] == [{"email": "b@example.org"}]


@pytest.mark.rule("highlevel.duplicate", "highlevel.duplicates-allowed")
@pytest.mark.parametrize(
    ("body", "field"), [({"email": "ANA@example.org"}, "email"), ({"phone": "0400 000 001"}, "phone")]
)
async def test_a_duplicate_names_the_other_contact(clinic: Clinic, body: dict[str, str], field: str) -> None:
    id = await clinic.contact(**ANA)

    answer = await clinic.ask("POST /contacts/", {"locationId": clinic.id, **body})

    assert answer.status_code == 400
    assert answer.json()["message"] == "This location does not allow duplicated contacts."
    assert answer.json()["meta"] == {"contactId": id, "contactName": "Ana McReyes", "matchingField": field}
    await clinic.admin("POST settings", {"allowDuplicateContact": True})
    assert (await clinic.ask("POST /contacts/", {"locationId": clinic.id, **body})).status_code == 201


async def test_a_lost_create_meets_itself_as_a_duplicate(clinic: Clinic) -> None:
    clinic.twin.faults.add("drop_after", method="POST", path="/contacts", nth=1)
    with pytest.raises(Exception, match="disconnected"):
        await clinic.contact(**ANA)

    answer = await clinic.ask("POST /contacts/", {"locationId": clinic.id, **ANA})

    (row,) = await clinic.dump("contacts")
    assert (answer.status_code, answer.json()["meta"]["contactId"]) == (400, row["id"])


@pytest.mark.rule("highlevel.dedupe-order")
@pytest.mark.parametrize(
    ("order", "matched"),
    [("email,phone", "email"), ("phone,email", "phone"), ("phone", "phone"), ("email", "email")],
)
async def test_the_order_of_comparison_is_a_setting(order: str, matched: str) -> None:
    clinic = Clinic(switches={"dedupe_order": order})
    await clinic.contact(email="a@example.org")
    await clinic.contact(phone="+61400000001")

    answer = await clinic.ask(
        "POST /contacts/", {"locationId": clinic.id, "email": "a@example.org", "phone": "+61400000001"}
    )

    assert answer.json()["meta"]["matchingField"] == matched


@pytest.mark.rule("highlevel.update-duplicates")
@pytest.mark.parametrize(("mode", "status"), [("refuse", 400), ("accept", 200)])
async def test_a_change_to_somebody_else_s_email(mode: str, status: int) -> None:
    clinic = Clinic(switches={"update_duplicates": mode})
    await clinic.contact(email="a@example.org")
    other = await clinic.contact(email="b@example.org")

    answer = await clinic.ask(f"PUT /contacts/{other}", {"email": "a@example.org"})

    assert answer.status_code == status
    same = await clinic.ask(
        f"PUT /contacts/{other}", {"email": answer.json().get("contact", {}).get("email", "b@example.org")}
    )
    assert same.status_code == 200


@pytest.mark.rule("highlevel.upsert")
async def test_upsert_overwrites_another_member_of_the_family(clinic: Clinic) -> None:
    mother = await clinic.contact(**ANA)

    told = await clinic.told(
        "POST /contacts/upsert", {"locationId": clinic.id, "firstName": "Ben", "email": "ana@example.org"}
    )

    assert (told["new"], told["contact"]["id"]) == (False, mother)
    assert (await clinic.read(mother))["firstName"] == "Ben"
    fresh = await clinic.told("POST /contacts/upsert", {"locationId": clinic.id, "email": "c@example.org"})
    assert fresh["new"] is True
    await clinic.refused("POST /contacts/upsert", {"locationId": clinic.id, "firstName": "Nobody"})


@pytest.mark.rule("highlevel.upsert")
async def test_upsert_ignores_the_phone_of_a_third_contact(clinic: Clinic) -> None:
    first, third = await clinic.contact(email="a@example.org"), await clinic.contact(phone="+61400000009")

    told = await clinic.told(
        "POST /contacts/upsert", {"locationId": clinic.id, "email": "a@example.org", "phone": "+61400000009"}
    )

    assert told["contact"]["id"] == first
    assert "phone" not in await clinic.read(first)
    assert (await clinic.read(third))["phone"] == "+61400000009"


@pytest.mark.rule("highlevel.upsert")
@pytest.mark.parametrize(("allowed", "new"), [("yes", True), ("no", False)])
async def test_upsert_makes_a_new_one_only_where_duplicates_are_allowed(allowed: str, new: bool) -> None:
    clinic = Clinic(switches={"allow_duplicate_contact": allowed})
    await clinic.contact(email="a@example.org")

    body = {"locationId": clinic.id, "email": "a@example.org", "createNewIfDuplicateAllowed": True}

    assert (await clinic.told("POST /contacts/upsert", body))["new"] is new


@pytest.mark.rule("highlevel.upsert-secondary")
async def test_upsert_by_an_additional_email_replaces_the_first(clinic: Clinic) -> None:
    id = await clinic.contact(email="a@example.org")
    more = {"additionalEmails": [{"email": "second@example.org"}]}
    await clinic.admin("POST edit", {"object": "contacts", "id": id, "fields": more})

    told = await clinic.told("POST /contacts/upsert", {"locationId": clinic.id, "email": "second@example.org"})

    assert (told["contact"]["id"], told["contact"]["email"]) == (id, "second@example.org")


@pytest.mark.rule("highlevel.created-422")
async def test_a_refused_create_may_have_created(clinic: Clinic) -> None:
    clinic.twin.faults.add("created_422", method="POST", path="/contacts/?$", nth=1)

    await clinic.refused("POST /contacts/", {"locationId": clinic.id, **ANA}, status=422)

    (row,) = await clinic.dump("contacts")
    assert (await clinic.read(row["id"]))["lastName"] == "McReyes"


@pytest.mark.rule("highlevel.unknown-contact")
@pytest.mark.parametrize("call", ["GET /contacts/x", "DELETE /contacts/x", "GET /contacts/x/notes"])
async def test_an_unknown_contact_is_400(clinic: Clinic, call: str) -> None:
    assert await clinic.refused(call) == "Contact with id x not found"


@pytest.mark.rule("highlevel.not-found")
@pytest.mark.parametrize("status", ["404", "400"])
async def test_other_unknown_ids_have_a_status_that_nobody_knows(status: str) -> None:
    clinic = Clinic(switches={"not_found": status})

    for call in ("GET /calendars/x", "GET /businesses/x", "GET /associations/x", "GET /opportunities/x"):
        await clinic.refused(call, status=int(status))


@pytest.mark.rule("highlevel.content-type")
@pytest.mark.parametrize(("mode", "status"), [("needed", 422), ("any", 201)])
async def test_a_body_must_be_declared_as_json(mode: str, status: int) -> None:
    clinic = Clinic(switches={"content_type": mode})
    body = f'{{"locationId": "{clinic.id}"}}'

    answer = await clinic.ask("POST /contacts/", content=body, headers={"content-type": "text/plain"})

    assert answer.status_code == status


@pytest.mark.rule("highlevel.old-errors")
@pytest.mark.parametrize(("families", "key"), [("opportunities", "status"), ("none", "statusCode")])
async def test_older_services_tell_errors_in_their_own_shape(families: str, key: str) -> None:
    clinic = Clinic(switches={"old_errors": families, "not_found": "400"})

    told = (await clinic.ask("GET /opportunities/x")).json()

    assert (told[key], told["message"]) == (400, "Opportunity not found")
    assert (await clinic.ask("GET /calendars/x")).json()["statusCode"] == 400


@pytest.mark.rule("highlevel.contact-shapes")
async def test_creating_and_reading_differ(clinic: Clinic) -> None:
    made = (await clinic.told("POST /contacts/", {"locationId": clinic.id, **ANA}))["contact"]
    read = await clinic.read(made["id"])

    assert made["dateOfBirth"] == "1984-02-29T00:00:00.000Z"
    assert (made["birthMonth"], made["birthDay"]) == (2, 29)
    assert read["dateOfBirth"] == "1984-02-29"
    assert (read["firstName"], read["lastName"], read["lastNameLowerCase"]) == ("Ana", "McReyes", "mcreyes")
    assert read["dateAdded"] == read["dateUpdated"] == "2026-02-02T23:00:00.000Z"
    assert read["createdBy"]["source"] == "INTEGRATION"


@pytest.mark.rule("highlevel.birthdays")
@pytest.mark.parametrize(
    "given",
    ["1984-02-29", "1984/02/29", "1984.02.29", "1984_02_29", "02/29/1984", "02-29-1984", "02.29.1984", "02_29_1984"],
)
async def test_a_birthday_has_eight_layouts(clinic: Clinic, given: str) -> None:
    assert (await clinic.read(await clinic.contact(dateOfBirth=given)))["dateOfBirth"] == "1984-02-29"


@pytest.mark.rule("highlevel.birthdays")
@pytest.mark.parametrize("given", ["29/02/1984", "1985-02-29", "yesterday", 5, {}])
async def test_other_birthdays_are_refused(clinic: Clinic, given: object) -> None:
    await clinic.refused("POST /contacts/", {"locationId": clinic.id, "dateOfBirth": given}, status=422)


@pytest.mark.rule("highlevel.no-location-on-put", "highlevel.update-lacks")
@pytest.mark.parametrize(("mode", "status"), [("refuse", 422), ("accept", 200)])
async def test_the_update_body_is_not_the_create_body(mode: str, status: int) -> None:
    clinic = Clinic(switches={"update_lacks": mode})
    id = await clinic.contact(gender="female", companyName="Acme")

    assert (await clinic.ask(f"PUT /contacts/{id}", {"gender": "x"})).status_code == status
    assert (await clinic.ask(f"PUT /contacts/{id}", {"companyName": "x"})).status_code == status
    words = await clinic.refused(f"PUT /contacts/{id}", {"locationId": clinic.id}, status=422)
    assert words == ["property locationId should not exist"]


@pytest.mark.rule("highlevel.gender")
@pytest.mark.parametrize(("mode", "told"), [("no", None), ("yes", "female")])
async def test_gender_is_stored_but_not_told(mode: str, told: str | None) -> None:
    clinic = Clinic(switches={"gender_read": mode})
    id = await clinic.contact(gender="female")

    assert (await clinic.read(id)).get("gender") == told
    assert (await clinic.dump("contacts"))[0]["gender"] == "female"


async def test_a_whole_name_is_split_at_its_first_blank(clinic: Clinic) -> None:
    read = await clinic.read(await clinic.contact(name="Mary Jane Watson"))

    assert (read["firstName"], read["lastName"], read["name"]) == ("Mary", "Jane Watson", "Mary Jane Watson")


@pytest.mark.rule("highlevel.email-case")
@pytest.mark.parametrize(("mode", "told"), [("lower", "ana@example.org"), ("kept", "Ana@example.org")])
async def test_emails_change_their_case(mode: str, told: str) -> None:
    clinic = Clinic(switches={"email_case": mode})

    read = await clinic.read(await clinic.contact(**ANA))

    assert (read["email"], read["emailLowerCase"]) == (told, "ana@example.org")
    await clinic.refused("POST /contacts/", {"locationId": clinic.id, "email": "no address"}, status=422)


@pytest.mark.rule("highlevel.tag-case")
@pytest.mark.parametrize(("mode", "told"), [("lower", ["vip", "x"]), ("kept", ["VIP", "x"])])
async def test_tags_change_their_case(mode: str, told: list[str]) -> None:
    clinic = Clinic(switches={"tag_case": mode})

    assert (await clinic.read(await clinic.contact(tags=["VIP", "x", "x"])))["tags"] == told


@pytest.mark.rule("highlevel.dnd")
@pytest.mark.parametrize(("mode", "told"), [("replace", {"SMS"}), ("merge", {"Email", "SMS"})])
async def test_channels_that_a_change_leaves_out_may_be_lost(mode: str, told: set[str]) -> None:
    clinic = Clinic(switches={"dnd_update": mode})
    id = await clinic.contact(dndSettings={"Email": {"status": "active"}})

    await clinic.told(f"PUT /contacts/{id}", {"dndSettings": {"SMS": {"status": "active"}}})

    assert set((await clinic.read(id))["dndSettings"]) == told


@pytest.mark.rule("highlevel.tags")
async def test_put_replaces_tags_and_the_tag_calls_do_not(clinic: Clinic) -> None:
    id = await clinic.contact(tags=["a", "b"])

    added = await clinic.ask(f"POST /contacts/{id}/tags", {"tags": ["c"]})
    removed = await clinic.told(f"DELETE /contacts/{id}/tags", {"tags": ["a"]})
    await clinic.told(f"PUT /contacts/{id}", {"tags": ["d"]})

    assert (added.status_code, added.json()["tags"], removed["tags"]) == (201, ["a", "b", "c"], ["b", "c"])
    assert (await clinic.read(id))["tags"] == ["d"]
    names = [tag["name"] for tag in (await clinic.told(f"GET /locations/{clinic.id}/tags"))["tags"]]
    assert names == ["a", "b", "c", "d"]


@pytest.mark.rule("highlevel.bulk-tags")
async def test_many_contacts_are_tagged_at_once() -> None:
    clinic = Clinic(switches={"bulk_tags_max": "2"})
    id = await clinic.contact(tags=["a"])
    body = {"contacts": [id, "x"], "tags": ["b"], "locationId": clinic.id}

    answer = await clinic.ask("POST /contacts/bulk/tags/update/add", body)

    assert (answer.status_code, answer.json()["errorCount"]) == (201, 1)
    assert [one["type"] for one in answer.json()["responses"]] == ["success", "error"]
    assert (await clinic.read(id))["tags"] == ["a", "b"]
    await clinic.told("POST /contacts/bulk/tags/update/remove", {**body, "contacts": [id], "removeAllTags": True})
    assert (await clinic.read(id))["tags"] == []
    await clinic.refused("POST /contacts/bulk/tags/update/add", {**body, "contacts": [id] * 3}, status=422)


@pytest.mark.rule("highlevel.bulk-business")
async def test_contacts_join_and_leave_a_company(clinic: Clinic) -> None:
    made = await clinic.told("POST /businesses/", {"name": "Acme", "locationId": clinic.id})
    business = made["buiseness"]["id"]
    id = await clinic.contact()
    body = {"locationId": clinic.id, "ids": [id], "businessId": business}

    await clinic.told("POST /contacts/bulk/business", body)
    inside = await clinic.told(f"GET /contacts/business/{business}?locationId={clinic.id}")
    await clinic.told("POST /contacts/bulk/business", {**body, "businessId": None})

    assert [one["id"] for one in inside["contacts"]] == [id]
    assert "businessId" not in await clinic.read(id)
    await clinic.refused("POST /contacts/bulk/business", {**body, "ids": [id] * 51}, status=422)


@pytest.mark.rule("highlevel.contact-appointments")
async def test_a_contact_s_appointments_have_naive_local_times(clinic: Clinic) -> None:
    id = await clinic.contact()
    await clinic.appointment(
        await clinic.calendar(), id, startTime="2024-06-02T23:30:00Z", endTime="2024-06-03T00:00:00Z"
    )

    (event,) = (await clinic.told(f"GET /contacts/{id}/appointments"))["events"]

    assert (event["startTime"], event["endTime"]) == ("2024-06-03 09:30:00", "2024-06-03 10:00:00")


@pytest.mark.rule("highlevel.unknown-user")
@pytest.mark.parametrize(("mode", "status"), [("refuse", 422), ("accept", 201)])
async def test_owners_must_be_users_here(mode: str, status: int) -> None:
    clinic = Clinic(switches={"unknown_user": mode})
    id = await clinic.contact(assignedTo=clinic.admin_id)

    assert (await clinic.ask("POST /contacts/", {"locationId": clinic.id, "assignedTo": "x"})).status_code == status
    assert (await clinic.ask(f"POST /contacts/{id}/notes", {"body": "x", "userId": "x"})).status_code == status


async def test_followers_and_workflows_come_and_go(clinic: Clinic) -> None:
    id = await clinic.contact()
    workflow = (await clinic.dump("workflows"))[0]["id"]

    await clinic.told(f"POST /contacts/{id}/followers", {"followers": [clinic.admin_id]})
    followed = (await clinic.read(id))["followers"]
    await clinic.told(f"DELETE /contacts/{id}/followers", {"followers": [clinic.admin_id]})
    await clinic.told(f"POST /contacts/{id}/workflow/{workflow}", {})

    assert (followed, (await clinic.read(id))["followers"]) == ([clinic.admin_id], [])
    assert await clinic.count("Automations") == 2
    await clinic.refused(f"POST /contacts/{id}/workflow/x", {})
