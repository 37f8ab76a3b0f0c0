"""What people do in the vendor's own pages: fields and options go, of contacts and of custom objects."""

from __future__ import annotations

import pytest
from highlevel_client import ANA, Clinic

pytestmark = pytest.mark.anyio


async def test_a_contacts_field_goes_with_its_values(clinic: Clinic) -> None:
    field = await clinic.field("Ward")
    id = await clinic.contact(**ANA, customFields=[{"id": field["id"], "field_value": "North"}])

    answer = await clinic.admin("POST drop_field", {"fieldKey": field["fieldKey"]})

    assert answer.status_code == 200
    assert field["id"] not in await clinic.values(id)
    assert (await clinic.admin("POST drop_field", {"fieldKey": field["fieldKey"]})).status_code == 404


async def test_an_objects_field_goes_with_its_values(clinic: Clinic) -> None:
    key = await clinic.object()
    await clinic.object_field(key, "total")
    id = await clinic.record(key, number="1", total="20")

    assert (await clinic.admin("POST drop_field", {"fieldKey": f"{key}.total"})).status_code == 200

    record = (await clinic.told(f"GET /objects/{key}/records/{id}"))["record"]
    assert record["properties"] == {"number": "1"}


async def test_an_option_goes_and_records_keep_it(clinic: Clinic) -> None:
    field = await clinic.field("Level", "SINGLE_OPTIONS", options=["Low", "High"])
    id = await clinic.contact(**ANA, customFields=[{"id": field["id"], "field_value": "High"}])
    order = {"fieldKey": field["fieldKey"], "value": "High"}

    assert (await clinic.admin("POST drop_option", order)).status_code == 200

    assert (await clinic.values(id))[field["id"]] == "High"
    values = {"customFields": [{"id": field["id"], "field_value": "High"}]}
    await clinic.refused(f"PUT /contacts/{id}", values, status=422)
    assert (await clinic.admin("POST drop_option", order)).status_code == 404


async def test_an_option_of_an_objects_field_goes(clinic: Clinic) -> None:
    key = await clinic.object()
    options = [{"key": word.lower(), "label": word} for word in ("Low", "High")]
    await clinic.object_field(key, "level", "SINGLE_OPTIONS", options=options)

    assert (await clinic.admin("POST drop_option", {"fieldKey": f"{key}.level", "value": "High"})).status_code == 200

    body = {"locationId": clinic.id, "properties": {"number": "1", "level": "high"}}
    answer = await clinic.ask(f"POST /objects/{key}/records", body)
    assert answer.status_code >= 400
