"""A file whose record was merged into another one is deleted where it hangs now, without a call more elsewhere."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from zoho_org import KEY, Asked, Org, refused, success

from gurney.destinations.zoho.destination import Zoho
from gurney.records import Kind, Link, OperationKey, Write

pytestmark = pytest.mark.anyio
INVALID = (400, refused("INVALID_DATA", "the related id given seems to be invalid"))
LOSER = Link("Contacts", "11")
WENT = {"id": "11", "deleted_time": "2026-02-03T21:00:00+11:00", "type": "recycle"}
LAST_PAGE = {"more_records": False}


def deleted(id: str) -> dict[str, Any]:
    return {"data": [success(id, message="record deleted")]}


def merged(org: Org, *files: str, went: Any = WENT) -> None:
    """Contact 11 is gone; 12 and 13 were changed since, and 13 holds these files."""
    org.module("Contacts", KEY)
    org.on("GET /Contacts", lambda asked: with_ids(asked, "12", "13"))
    org.on("GET /Contacts/deleted", {"data": [went], "info": LAST_PAGE} if went else None)

    def reply(asked: Asked) -> Any:
        rows = [{"id": "12"}, {"id": "13"}] if "Modified_Time >=" in asked.query else []
        return {"data": rows, "info": LAST_PAGE} if rows else None

    org.on("POST /coql", reply)
    org.on("GET /Contacts/12/Attachments", None)
    rows = [{"id": id, "File_Name": "a.pdf", "Size": "4"} for id in files]
    org.on("GET /Contacts/13/Attachments", {"data": rows, "info": LAST_PAGE} if rows else None)
    for id in ("41", "42"):
        org.on(f"DELETE /Contacts/11/Attachments/{id}", INVALID)
        org.on(f"DELETE /Contacts/13/Attachments/{id}", deleted(id))


def with_ids(asked: Asked, *there: str) -> Any:
    rows = [{"id": id} for id in asked.params["ids"].split(",") if id in there]
    return {"data": rows, "info": LAST_PAGE} if rows else None


async def test_a_file_is_deleted_on_the_record_that_a_merge_left(org: Org, zoho: Zoho) -> None:
    merged(org, "41")

    found = await zoho.delete("Attachments", ["41", "42"], parents={"41": LOSER, "42": LOSER})

    assert found == {"41": "", "42": ""}
    assert len(org.calls("DELETE /Contacts/13/Attachments/41")) == 1
    assert not org.calls("DELETE /Contacts/13/Attachments/42")
    [query] = [asked.query for asked in org.calls("POST /coql") if "Modified_Time >=" in asked.query]
    assert "Modified_Time >= '2026-02-03T09:59:00+00:00'" in query


async def test_all_files_of_records_that_are_gone_are_found_in_one_search(org: Org, zoho: Zoho) -> None:
    merged(org, "41", "42")

    for id in ("41", "42"):
        assert await zoho.delete("Attachments", [id], parents={id: LOSER}) == {id: ""}

    assert len(org.calls("DELETE /Contacts/13/Attachments/42")) == 1
    assert len(org.calls("GET /Contacts/deleted")) == len(org.calls("GET /Contacts/13/Attachments")) == 1


async def test_a_record_that_goes_later_is_searched_for_anew(org: Org, zoho: Zoho) -> None:
    merged(org)
    assert await zoho.delete("Attachments", ["41"], parents={"41": LOSER}) == {"41": ""}
    later = {**WENT, "id": "10", "deleted_time": "2026-02-03T22:00:00+11:00"}
    org.on("GET /Contacts/deleted", {"data": [later, WENT], "info": LAST_PAGE})
    org.on("GET /Contacts/13/Attachments", {"data": [{"id": "42", "File_Name": "a", "Size": "4"}], "info": LAST_PAGE})
    org.on("DELETE /Contacts/10/Attachments/42", INVALID)

    assert await zoho.delete("Attachments", ["42"], parents={"42": Link("Contacts", "10")}) == {"42": ""}

    assert len(org.calls("DELETE /Contacts/13/Attachments/42")) == 1


@pytest.mark.parametrize("listed", [None, INVALID])
async def test_a_file_that_cannot_be_looked_for_is_named_and_does_not_count_as_gone(
    org: Org, zoho: Zoho, listed: Any
) -> None:
    merged(org, "41", went=None)
    org.on("GET /Contacts/deleted", listed)

    found = await zoho.delete("Attachments", ["41"], parents={"41": LOSER})

    assert "the record of this file is gone" in found["41"]


async def test_a_search_whose_answers_are_lost_leaves_the_file_unknown(org: Org, zoho: Zoho) -> None:
    merged(org, "41")
    org.on("GET /Contacts/deleted", httpx2.ReadTimeout("lost"))

    assert await zoho.delete("Attachments", ["41"], parents={"41": LOSER}) == {}


async def test_a_file_that_a_person_deleted_is_not_searched_for(org: Org, zoho: Zoho) -> None:
    merged(org)
    org.on("GET /Contacts", lambda asked: with_ids(asked, "11"))

    assert await zoho.delete("Attachments", ["41"], parents={"41": LOSER}) == {"41": ""}

    assert not org.calls("GET /Contacts/deleted")


async def test_a_file_s_deletion_whose_answer_was_lost_is_repeated_not_looked_for(org: Org, zoho: Zoho) -> None:
    key = OperationKey("Z9", "patient_attachments", "5")
    write = Write(
        key, "Attachments", key_field="", key_value="", fields={}, kind=Kind.DELETE, destination_id="41", parent=LOSER
    )  # fmt: skip

    assert await zoho.settle([write]) == [None]
    assert not org.asked
