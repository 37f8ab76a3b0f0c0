"""Nothing hangs on a record that somebody deleted, and asking for it must not end a comparison."""

from __future__ import annotations

import pytest
from zoho_org import KEY, Org, refused

from gurney.destinations.zoho.destination import Zoho
from gurney.errors import VendorRefused
from gurney.records import Link

pytestmark = pytest.mark.anyio
INVALID = (400, refused("INVALID_DATA", "the related id given seems to be invalid"))


@pytest.mark.parametrize("kind", ["Notes", "Attachments"])
async def test_a_deleted_record_has_no_notes_and_files(org: Org, zoho: Zoho, kind: str) -> None:
    org.module("Contacts", KEY)
    org.on(f"GET /Contacts/11/{kind}", INVALID)
    org.on("GET /Contacts", None)
    org.on("POST /coql", None)

    assert await zoho.read_children([Link("Contacts", "11")], kind) == {"11": []}


@pytest.mark.parametrize("kind", ["Notes", "Attachments"])
async def test_a_refusal_about_a_record_that_is_there_is_an_error(org: Org, zoho: Zoho, kind: str) -> None:
    org.module("Contacts", KEY)
    org.on(f"GET /Contacts/11/{kind}", INVALID)
    org.on("GET /Contacts", {"data": [{"id": "11"}], "info": {"more_records": False}})

    with pytest.raises(VendorRefused):
        await zoho.read_children([Link("Contacts", "11")], kind)
