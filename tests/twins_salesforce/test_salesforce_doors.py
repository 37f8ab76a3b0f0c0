"""What people do in the vendor's own pages: fields and pick-list values go, records are merged."""

from __future__ import annotations

import pytest
from salesforce_client import Org

from gurney.twins.salesforce.schema import PickValue

pytestmark = pytest.mark.anyio


async def test_a_field_goes_with_its_values(org: Org) -> None:
    org.add_field("Contact", "Ward__c")
    id = await org.make("Contact", LastName="Lee", Ward__c="North")

    assert (await org.admin("POST drop_field", {"object": "Contact", "name": "Ward__c"})).status_code == 200

    assert "Ward__c" not in await org.get("Contact", id)
    org.add_field("Contact", "Ward__c")
    assert (await org.get("Contact", id))["Ward__c"] is None
    assert (await org.admin("POST drop_field", {"object": "Contact", "name": "None__c"})).status_code == 400


async def test_a_pick_list_value_goes_and_records_keep_it(org: Org) -> None:
    values = [PickValue(word, word) for word in ("Low", "High")]
    org.add_field("Contact", "Level__c", "picklist", picklist=values, restricted=True)
    id = await org.make("Contact", LastName="Lee", Level__c="High")
    order = {"object": "Contact", "name": "Level__c", "value": "High"}

    assert (await org.admin("POST drop_option", order)).status_code == 200

    assert (await org.get("Contact", id))["Level__c"] == "High"
    refused = await org.refusal("Contact", LastName="Moe", Level__c="High")
    assert refused["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert (await org.admin("POST drop_option", order)).status_code == 400


async def test_after_a_merge_what_hung_on_one_hangs_on_the_other(org: Org) -> None:
    stays, goes = await org.make("Contact", LastName="Lee"), await org.make("Contact", LastName="Lee again")
    task = await org.make("Task", Subject="Call", WhoId=goes)

    assert (await org.admin("POST merge", {"object": "Contact", "id": stays, "others": [goes]})).status_code == 200

    assert (await org.ask("GET", f"sobjects/Contact/{goes}")).status_code == 404
    assert (await org.get("Task", task))["WhoId"] == stays
