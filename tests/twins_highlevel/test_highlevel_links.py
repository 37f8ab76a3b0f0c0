"""Associations and relations."""

from __future__ import annotations

import pytest
from highlevel_client import Clinic

pytestmark = pytest.mark.anyio
KEY = "custom_objects.cliniko_invoice"
RELATIONS = "/associations/relations"


def body(clinic: Clinic, **more: str) -> dict[str, str]:
    return {
        "locationId": clinic.id, "key": "invoice_contact", "firstObjectKey": "contact", "firstObjectLabel": "Patient",
        "secondObjectKey": KEY, "secondObjectLabel": "Invoice", **more,
    }  # fmt: skip


@pytest.mark.rule("highlevel.associations")
async def test_associations_are_found_by_id_key_and_object(clinic: Clinic) -> None:
    await clinic.object()

    answer = await clinic.ask("POST /associations/", body(clinic))
    made = answer.json()
    where = f"locationId={clinic.id}"

    assert (answer.status_code, made["associationType"], made["firstObjectLabel"]) == (201, "USER_DEFINED", "Patient")
    by_id = await clinic.told(f"GET /associations/{made['id']}")
    by_key = await clinic.told(f"GET /associations/key/invoice_contact?{where}")
    by_object = await clinic.told(f"GET /associations/objectKey/{KEY}?{where}")
    listed = await clinic.told(f"GET /associations/?{where}&skip=0&limit=10")
    assert by_id["id"] == by_key["id"] == by_object["associations"][0]["id"] == listed["associations"][0]["id"]
    await clinic.refused("POST /associations/", body(clinic))
    await clinic.refused("POST /associations/", body(clinic, key="x", secondObjectLabel="Patient"))
    await clinic.refused("POST /associations/", body(clinic, key="x", secondObjectKey="custom_objects.nothing"))
    changed = await clinic.told(
        f"PUT /associations/{made['id']}", {"firstObjectLabel": "Client", "secondObjectLabel": "Bill"}
    )
    assert changed["firstObjectLabel"] == "Client"


@pytest.mark.rule("highlevel.object-object")
@pytest.mark.parametrize(("mode", "status"), [("refuse", 400), ("accept", 201)])
async def test_two_objects_may_not_be_associated(mode: str, status: int) -> None:
    clinic = Clinic(switches={"object_object": mode})
    await clinic.object()
    line = await clinic.object("cliniko_line")

    answer = await clinic.ask("POST /associations/", body(clinic, firstObjectKey=line))

    assert answer.status_code == status
    deal = body(clinic, key="deal", secondObjectKey="opportunity")
    assert (await clinic.ask("POST /associations/", deal)).status_code == status
    both = body(clinic, key="family", secondObjectKey="contact")
    assert (await clinic.ask("POST /associations/", both)).status_code == 201


@pytest.mark.rule("highlevel.labels-max")
async def test_a_pair_has_so_many_labels() -> None:
    clinic = Clinic(switches={"labels_max": "2"})
    await clinic.object()
    for number in range(2):
        await clinic.association(KEY, name=f"a{number}")

    await clinic.refused("POST /associations/", body(clinic, key="third"))


@pytest.mark.rule("highlevel.relations", "highlevel.duplicate-relation")
async def test_relations_keep_the_order_of_the_objects(clinic: Clinic) -> None:
    await clinic.object()
    association = await clinic.association(KEY)
    contact, record = await clinic.contact(), await clinic.record(KEY, number="1")

    await clinic.refused(f"POST {RELATIONS}", clinic.link(association, record, contact))
    answer = await clinic.ask(f"POST {RELATIONS}", clinic.link(association, contact, record))
    words = await clinic.refused(f"POST {RELATIONS}", clinic.link(association, contact, record))

    made = answer.json()
    assert (answer.status_code, made["firstObjectKey"], made["secondObjectKey"]) == (201, "contact", KEY)
    assert words == f"Could not create relation: duplicate relation of object Ids for given association {association}"
    for id in (contact, record):
        told = await clinic.told(f"GET {RELATIONS}/{id}?locationId={clinic.id}&skip=0&limit=10")
        assert (told["total"], told["relations"][0]["id"]) == (1, made["id"])
    narrowed = f"GET {RELATIONS}/{contact}?locationId={clinic.id}&skip=0&limit=10&associationIds=other"
    assert (await clinic.told(narrowed))["total"] == 0
    await clinic.told(f"DELETE {RELATIONS}/{made['id']}?locationId={clinic.id}")
    await clinic.refused(f"DELETE {RELATIONS}/{made['id']}?locationId={clinic.id}", status=404)


@pytest.mark.rule("highlevel.relations-max")
async def test_a_side_has_so_many_relations() -> None:
    clinic = Clinic(switches={"relations_max": "2"})
    await clinic.object()
    association, other = await clinic.association(KEY), await clinic.association(KEY, name="other")
    insurer = await clinic.record(KEY, number="insurer")
    for _ in range(2):
        await clinic.relate(association, await clinic.contact(), insurer)
    third = await clinic.contact()

    words = await clinic.refused(f"POST {RELATIONS}", clinic.link(association, third, insurer))

    assert "limit" in words
    await clinic.relate(other, third, insurer)


@pytest.mark.rule("highlevel.association-delete")
async def test_a_deleted_association_takes_its_relations(clinic: Clinic) -> None:
    await clinic.object()
    association = await clinic.association(KEY)
    contact, record = await clinic.contact(), await clinic.record(KEY, number="1")
    await clinic.relate(association, contact, record)

    told = await clinic.told(f"DELETE /associations/{association}")

    assert (told["deleted"], told["id"]) == (True, association)
    assert (await clinic.dump("relations"), await clinic.count("contacts")) == ([], 1)
