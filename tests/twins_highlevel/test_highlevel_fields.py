"""Custom fields and folders of contacts and opportunities."""

from __future__ import annotations

import pytest
from highlevel_client import TEXT, Clinic

pytestmark = pytest.mark.anyio


def base(clinic: Clinic) -> str:
    return f"/locations/{clinic.id}/customFields"


async def listed(clinic: Clinic, query: str = "") -> list[str]:
    fields = (await clinic.told(f"GET {base(clinic)}{query}"))["customFields"]
    return [field["fieldKey"] for field in fields]


@pytest.mark.rule("highlevel.contact-fields")
async def test_keys_come_from_names(clinic: Clinic) -> None:
    made = [await clinic.field(name) for name in ("NDIS number", "* x", "Größe (cm)")]
    await clinic.field("Stage", model="opportunity")
    given = await clinic.field("Anything", fieldKey="contact.cliniko_id")

    assert [field["fieldKey"] for field in made] == ["contact.ndis_number", "contact._x", "contact.gre_cm"]
    assert given["fieldKey"] == "contact.cliniko_id"
    assert len(await listed(clinic)) == 4
    assert await listed(clinic, "?model=opportunity") == ["opportunity.stage"]
    assert len(await listed(clinic, "?model=all")) == 5
    assert len(made[0]["id"]) == 20
    by_key = await clinic.told(f"GET {base(clinic)}/contact.ndis_number")
    assert by_key["customField"]["id"] == made[0]["id"]


@pytest.mark.rule("highlevel.fields-location")
async def test_the_location_is_nowhere_else(clinic: Clinic) -> None:
    body = {"name": "A", **TEXT}

    words = await clinic.refused(f"POST {base(clinic)}", {**body, "locationId": clinic.id}, status=422)
    assert words == ["property locationId should not exist"]
    await clinic.refused(f"POST {base(clinic)}?locationId={clinic.id}", body, status=422)
    await clinic.refused("POST /locations/other/customFields", body, status=403)


@pytest.mark.rule("highlevel.field-key")
async def test_key_and_type_do_not_change(clinic: Clinic) -> None:
    field = await clinic.field("A")

    for more in ({"fieldKey": "contact.b"}, {"dataType": "DATE"}):
        await clinic.refused(f"PUT {base(clinic)}/{field['id']}", {"name": "A", **more}, status=422)
    changed = (await clinic.told(f"PUT {base(clinic)}/{field['id']}", {"name": "B"}))["customField"]

    assert (changed["name"], changed["fieldKey"]) == ("B", "contact.a")


@pytest.mark.rule("highlevel.same-field")
@pytest.mark.parametrize(("mode", "keys"), [("refuse", ["contact.a"]), ("suffix", ["contact.a", "contact.a_1"])])
async def test_a_second_field_of_the_same_name(mode: str, keys: list[str]) -> None:
    clinic = Clinic(switches={"same_field_name": mode})
    await clinic.field("A")

    answer = await clinic.ask(f"POST {base(clinic)}", {"name": "A", **TEXT})

    assert answer.status_code == (400 if mode == "refuse" else 201)
    assert await listed(clinic) == keys


@pytest.mark.rule("highlevel.field-options")
@pytest.mark.parametrize(("mode", "options"), [("accept", ["Red", "Blue"]), ("ignore", [])])
async def test_options_may_need_a_person(mode: str, options: list[str]) -> None:
    clinic = Clinic(switches={"field_options": mode})

    field = await clinic.field("Colour", "SINGLE_OPTIONS", options=["Red", "Blue"])
    await clinic.admin("POST options", {"fieldKey": "contact.colour", "options": ["Green"]})

    assert field["picklistOptions"] == options
    read = await clinic.told(f"GET {base(clinic)}/{field['id']}")
    assert read["customField"]["picklistOptions"] == ["Green"]


@pytest.mark.rule("highlevel.fields-max")
async def test_there_may_be_room_for_so_many_fields() -> None:
    clinic = Clinic(switches={"fields_max": "2"})
    await clinic.field("A")
    await clinic.field("B")

    await clinic.refused(f"POST {base(clinic)}", {"name": "C", **TEXT})


@pytest.mark.rule("highlevel.folders")
@pytest.mark.parametrize(("mode", "count"), [("yes", 2), ("no", 1)])
async def test_folders_are_made_like_fields(mode: str, count: int) -> None:
    clinic = Clinic(switches={"folders_listed": mode})
    made = await clinic.told(f"POST {base(clinic)}", {"name": "Cliniko", "documentType": "folder", "model": "contact"})
    folder = made["customField"]

    field = await clinic.field("A", parentId=folder["id"])

    assert (folder["documentType"], field["parentId"]) == ("folder", folder["id"])
    assert len(await listed(clinic)) == count
    await clinic.refused(f"POST {base(clinic)}", {"name": "B", **TEXT, "parentId": "x"})
    await clinic.told(f"DELETE {base(clinic)}/{folder['id']}")
    assert await listed(clinic) == ["contact.a"]


@pytest.mark.rule("highlevel.contact-fields")
async def test_a_deleted_field_takes_its_values(clinic: Clinic) -> None:
    field = await clinic.field("A")
    id = await clinic.contact(customFields=[{"id": field["id"], "value": "x"}])

    await clinic.told(f"DELETE {base(clinic)}/{field['id']}")

    assert await clinic.values(id) == {}
    assert await clinic.dump("customFields") == []


@pytest.mark.rule("highlevel.contact-fields")
async def test_a_file_field_says_how_many(clinic: Clinic) -> None:
    one = await clinic.field("One", "FILE_UPLOAD")
    many = await clinic.field("Many", "FILE_UPLOAD", isMultipleFile=True, maxNumberOfFiles=3)

    assert (one["isMultiFileAllowed"], one["maxFileLimit"]) == (False, 1)
    assert (many["isMultiFileAllowed"], many["maxFileLimit"]) == (True, 3)
    words = await clinic.refused(f"POST {base(clinic)}", {"name": "X", "dataType": "MONETARY"}, status=422)
    assert words == ["dataType must be a valid enum value"]
