"""Files: streamed with their record and our key, settled by it, read back with size and checksum, removed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import md5

import pytest
from content_org import ADA, BEN, KEY, LINKS, ContentOrg, a_file

from gurney.destinations.salesforce.content import Contents
from gurney.destinations.salesforce.limits import limit
from gurney.errors import PausedForQuota
from gurney.records import Kind, Outcome, State

pytestmark = pytest.mark.anyio
SINGLE = "POST /sobjects/ContentVersion"
COLLECTION = "POST /composite/sobjects"
FULL = {"statusCode": "STORAGE_LIMIT_EXCEEDED", "message": "storage limit exceeded"}


async def test_one_call_brings_bytes_name_key_and_record(shelf: ContentOrg, contents: Contents) -> None:
    content = bytes(range(256)) * 40

    (outcome,) = await contents.write([a_file(shelf, "77", content, name='Knee "MRI" ü.pdf')])

    (row,) = shelf.rows["ContentVersion"].values()
    assert (outcome.state, outcome.created, outcome.destination_id) == (State.DONE, True, row["Id"])
    assert shelf.blobs[row["Id"]] == content
    assert (row["Title"], row["PathOnClient"], row[KEY]) == ("Scan", 'Knee "MRI" ü.pdf', "77")
    assert row["FirstPublishLocationId"] == ADA.id
    assert "size_bytes" not in row
    assert "sha256" not in row
    assert len(shelf.writes()) == 1


async def test_a_file_without_title_is_called_by_its_name(shelf: ContentOrg, contents: Contents) -> None:
    write = a_file(shelf, "77", name="knee.scan.pdf")

    await contents.write([replace(write, fields={KEY: "77"})])

    (row,) = shelf.rows["ContentVersion"].values()
    assert (row["Title"], row["PathOnClient"]) == ("knee.scan", "knee.scan.pdf")


async def test_several_files_go_in_one_call(shelf: ContentOrg, contents: Contents) -> None:
    batch = [a_file(shelf, str(at), f"bytes {at}".encode(), parent=ADA if at % 2 else BEN) for at in range(25)]

    outcomes = await contents.write(batch)

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert len(shelf.writes()) == 1
    for write, outcome in zip(batch, outcomes, strict=True):
        row = shelf.rows["ContentVersion"][outcome.destination_id or ""]
        assert row[KEY] == write.key_value
        assert shelf.blobs[row["Id"]] == f"bytes {write.key_value}".encode()
        assert write.parent and row["FirstPublishLocationId"] == write.parent.id


async def test_an_organisation_that_takes_no_several_files_gets_them_one_by_one(
    shelf: ContentOrg, contents: Contents
) -> None:
    shelf.answers[COLLECTION] = (415, [{"errorCode": "UNSUPPORTED_MEDIA_TYPE", "message": "no"}])

    outcomes = await contents.write([a_file(shelf, str(at)) for at in range(3)])
    await contents.write([a_file(shelf, str(at)) for at in range(3, 6)])

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    assert len(shelf.rows["ContentVersion"]) == 6
    assert sum(each.path == "/composite/sobjects" for each in shelf.asked) == 1


async def test_a_refused_file_fails_alone(shelf: ContentOrg, contents: Contents) -> None:
    refused = {"success": False, "errors": [{"statusCode": "FILE_EXTENSION_NOT_ALLOWED", "message": "not allowed"}]}
    made = {"success": True, "id": "068000000000123AAA", "errors": []}
    shelf.answers[COLLECTION] = [(200, [refused, made])]

    outcomes = await contents.write([a_file(shelf, "1", name="x.exe"), a_file(shelf, "2")])

    assert [(outcome.state, outcome.code) for outcome in outcomes] == [
        (State.FAILED, "FILE_EXTENSION_NOT_ALLOWED"),
        (State.DONE, ""),
    ]


async def test_a_file_over_the_limit_is_left_to_a_person(shelf: ContentOrg, contents: Contents) -> None:
    (outcome,) = await contents.write([a_file(shelf, "77", size=limit("file_bytes") + 1)])

    assert (outcome.state, outcome.code) == (State.MANUAL, "file-too-large")
    assert shelf.writes() == []


@pytest.mark.parametrize("together", [False, True])
async def test_a_file_that_is_there_already_is_adopted(shelf: ContentOrg, contents: Contents, together: bool) -> None:
    (first,) = await contents.write([a_file(shelf, "77")])

    again = await contents.write([a_file(shelf, "77"), *([a_file(shelf, "78")] if together else [])])

    assert (again[0].state, again[0].created, again[0].destination_id) == (State.DONE, False, first.destination_id)


@pytest.mark.parametrize("number", [1, 3])
async def test_lost_answers_are_settled_by_our_key(shelf: ContentOrg, contents: Contents, number: int) -> None:
    batch = [a_file(shelf, str(at)) for at in range(number)]
    shelf.lose = [SINGLE if number == 1 else COLLECTION]
    outcomes = await contents.write(batch)
    assert {outcome.state for outcome in outcomes} == {State.SENT}

    settled = await contents.settle([*batch, a_file(shelf, "never sent")])

    assert [outcome.destination_id if outcome else None for outcome in settled] == [*shelf.rows["ContentVersion"], None]


async def test_settling_finds_our_version_below_a_newer_one(shelf: ContentOrg, contents: Contents) -> None:
    (outcome,) = await contents.write([a_file(shelf, "77")])
    shelf.version(outcome.destination_id or "", b"newer", **{KEY: "77"})

    (settled,) = await contents.settle([a_file(shelf, "77")])

    assert settled is not None
    assert settled.destination_id == outcome.destination_id


async def test_what_a_spent_day_leaves_unseen_is_unknown(shelf: ContentOrg, contents: Contents) -> None:
    spent = (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
    shelf.answers[COLLECTION] = (415, [{"errorCode": "UNSUPPORTED_MEDIA_TYPE", "message": "no"}])
    await contents.write([a_file(shelf, "1"), a_file(shelf, "2")])
    shelf.answers[SINGLE] = [None, spent]

    outcomes = await contents.write([a_file(shelf, "3"), a_file(shelf, "4")])

    assert [outcome.state for outcome in outcomes] == [State.SENT, State.SENT]
    assert len(shelf.rows["ContentVersion"]) == 3
    shelf.answers[SINGLE] = [spent]
    with pytest.raises(PausedForQuota):
        await contents.write([a_file(shelf, "5")])


# Hanging on their records


def hangs_on(shelf: ContentOrg, outcome: Outcome) -> set[str]:
    """The records that a file hangs on."""
    document = shelf.rows["ContentVersion"][outcome.destination_id or ""]["ContentDocumentId"]
    links = [link for link in shelf.rows[LINKS].values() if link["ContentDocumentId"] == document]
    return {link["LinkedEntityId"] for link in links}


@pytest.mark.parametrize("links_itself", [True, False])
async def test_files_hang_on_their_records_whoever_makes_the_links(
    shelf: ContentOrg, contents: Contents, links_itself: bool
) -> None:
    shelf.links_itself = links_itself
    batch = [a_file(shelf, str(at), parent=ADA if at % 2 else BEN) for at in range(10)]

    outcomes = await contents.write(batch)

    assert {outcome.state for outcome in outcomes} == {State.DONE}
    for write, outcome in zip(batch, outcomes, strict=True):
        assert write.parent
        assert hangs_on(shelf, outcome) == {write.parent.id}
    assert len([asked for asked in shelf.asked if asked.path == "/query"]) == 2
    assert len(shelf.writes()) == (1 if links_itself else 2)


async def test_a_file_without_a_link_is_hung_up_when_it_is_settled(shelf: ContentOrg, contents: Contents) -> None:
    shelf.links_itself = False
    shelf.lose = [SINGLE]
    (lost,) = await contents.write([a_file(shelf, "77")])

    (settled,) = await contents.settle([a_file(shelf, "77")])

    assert lost.state is State.SENT
    assert settled is not None and settled.state is State.DONE
    assert hangs_on(shelf, settled) == {ADA.id}


async def test_a_file_that_no_record_takes_fails_and_is_tried_again(shelf: ContentOrg, contents: Contents) -> None:
    shelf.links_itself = False
    shelf.refuse[ADA.id] = {"statusCode": "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "message": "no rights"}
    (refused,) = await contents.write([a_file(shelf, "77")])
    (settled,) = await contents.settle([a_file(shelf, "77")])
    shelf.refuse.clear()

    (again,) = await contents.write([a_file(shelf, "77")])

    assert (refused.state, refused.code) == (State.FAILED, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")
    assert settled is None
    assert (again.state, again.created) == (State.DONE, False)
    assert hangs_on(shelf, again) == {ADA.id}


async def test_links_that_could_not_be_looked_up_leave_their_files_unknown(
    shelf: ContentOrg, contents: Contents
) -> None:
    refused = {"success": False, "errors": [{"statusCode": "FILE_EXTENSION_NOT_ALLOWED", "message": "not allowed"}]}
    made = {"success": True, "id": "068000000000123AAA", "errors": []}
    shelf.answers[COLLECTION] = [(200, [refused, made])]
    shelf.answers["GET /query"] = (400, [{"errorCode": "QUERY_TIMEOUT", "message": "too long"}])

    outcomes = await contents.write([a_file(shelf, "1", name="x.exe"), a_file(shelf, "2")])

    assert [outcome.state for outcome in outcomes] == [State.FAILED, State.SENT]


async def test_files_are_read_by_record_with_size_and_checksum(shelf: ContentOrg, contents: Contents) -> None:
    shelf.note("a note is no file", ADA)
    (outcome,) = await contents.write([a_file(shelf, "77", b"abc")])

    found = await contents.children([ADA, BEN], "ContentVersion")

    (file,) = found[ADA.id]
    assert found[BEN.id] == []
    assert file.id == outcome.destination_id
    assert file.fields == {
        "Title": "Scan",
        "PathOnClient": "scan 77.pdf",
        "Description": None,
        "CreatedDate": datetime(2026, 2, 3, 9, 0, tzinfo=UTC),
        KEY: "77",
        "size_bytes": 3,
        "md5": md5(b"abc").hexdigest(),
    }


async def test_a_newer_version_shows_as_a_change_of_ours(shelf: ContentOrg, contents: Contents) -> None:
    (outcome,) = await contents.write([a_file(shelf, "77", b"abc")])
    ours = outcome.destination_id or ""
    theirs = shelf.version(ours, b"changed by a person")

    by_record = await contents.children([ADA], "ContentVersion")
    by_id = await contents.read("ContentVersion", [ours, "068000000000999AAA"], ["Title", "size_bytes"])

    assert {file.id for file in by_record[ADA.id]} == {ours, theirs}
    assert {file.fields["md5"] for file in by_record[ADA.id]} == {md5(b"changed by a person").hexdigest()}
    assert by_id[ours].fields == {"Title": "newer", "size_bytes": 19}
    assert list(by_id) == [ours]


async def test_the_bytes_come_back(shelf: ContentOrg, contents: Contents) -> None:
    content = b"\x00\xff" * 1000
    (outcome,) = await contents.write([a_file(shelf, "77", content)])

    chunks = [chunk async for chunk in contents.file(outcome.destination_id or "")]

    assert b"".join(chunks) == content


async def test_what_is_said_about_a_file_can_be_changed(shelf: ContentOrg, contents: Contents) -> None:
    (outcome,) = await contents.write([a_file(shelf, "77")])
    id = outcome.destination_id or ""
    update = replace(a_file(shelf, "77"), kind=Kind.UPDATE, destination_id=id, file=None, fields={"Title": "X-ray"})

    (changed,) = await contents.write([update])

    assert (changed.state, changed.created) == (State.DONE, False)
    assert shelf.rows["ContentVersion"][id]["Title"] == "X-ray"


async def test_files_go_with_their_documents_also_the_second_time(shelf: ContentOrg, contents: Contents) -> None:
    outcomes = await contents.write([a_file(shelf, "1"), a_file(shelf, "2")])
    ids = [outcome.destination_id or "" for outcome in outcomes]
    document = shelf.rows["ContentVersion"][ids[0]]["ContentDocumentId"]
    shelf.refuse[document] = {"statusCode": "INSUFFICIENT_ACCESS_OR_READONLY", "message": "no rights"}

    first = await contents.delete("ContentVersion", ids)
    shelf.refuse.clear()
    second = await contents.delete("ContentVersion", ids)

    assert first == {ids[0]: "INSUFFICIENT_ACCESS_OR_READONLY: no rights", ids[1]: ""}
    assert second == dict.fromkeys(ids, "")
    assert shelf.rows["ContentVersion"] == {}


async def test_what_hangs_on_a_record_is_told_with_every_version(shelf: ContentOrg, contents: Contents) -> None:
    note = shelf.note("theirs", ADA)
    (outcome,) = await contents.write([a_file(shelf, "77")])
    ours = outcome.destination_id or ""
    theirs = shelf.version(ours, b"newer")

    found = await contents.hanging_on([ADA.id, BEN.id])

    assert set(found[ADA.id]) == {f"ContentNote/{note}", f"ContentVersion/{ours}", f"ContentVersion/{theirs}"}
    assert BEN.id not in found


async def test_a_document_that_we_cannot_see_is_told_all_the_same(shelf: ContentOrg, contents: Contents) -> None:
    (outcome,) = await contents.write([a_file(shelf, "77")])
    hidden = shelf.rows["ContentVersion"].pop(outcome.destination_id or "")

    assert await contents.hanging_on([ADA.id]) == {ADA.id: [f"ContentDocument/{hidden['ContentDocumentId']}"]}


async def test_a_full_organisation_is_told_in_its_words(shelf: ContentOrg, contents: Contents) -> None:
    shelf.refuse["ContentVersion"] = FULL

    (outcome,) = await contents.write([a_file(shelf, "77")])

    assert (outcome.state, outcome.code, outcome.words) == (State.FAILED, "STORAGE_LIMIT_EXCEEDED", FULL["message"])
