"""Fields, objects, links and calendars: made once, taken over when they fit, named when they do not, taken back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from highlevel_location import INVOICE, Location

from gurney.destinations.highlevel.destination import HighLevel
from gurney.schema import FieldType, NewField, NewObject, NewOptions, SchemaChange

pytestmark = pytest.mark.anyio
SERVICE = "custom_objects.cliniko_service"
CHANGES: Sequence[SchemaChange] = (
    NewObject(SERVICE, "Cliniko Service", "Cliniko Services"),
    NewField(SERVICE, "name", "Name", FieldType.TEXT),
    NewField(SERVICE, "category", "Category", FieldType.PICKLIST, options=("Product", "product!", "Other")),
    NewField("contacts", "born", "Born", FieldType.DATE),
    NewField("contacts", "side", "Side", FieldType.PICKLIST, options=("Left", "Right")),
    NewField("contacts", "agreed", "Agreed", FieldType.BOOLEAN),
    NewField("contacts", "service", "Service", FieldType.LOOKUP, lookup_to=SERVICE),
    NewField(SERVICE, "patient", "Contact", FieldType.LOOKUP, lookup_to="contacts"),
    NewField("contacts", "referred_by", "Referred By", FieldType.LOOKUP, lookup_to="contacts"),
    NewOptions("appointments", "calendar", ("First visit", "Review")),
)


async def test_a_dry_run_makes_nothing(location: Location, highlevel: HighLevel) -> None:
    made = await highlevel.provision(CHANGES, dry_run=True)

    assert {one.state for one in made} == {"missing"}
    assert all(asked.method == "GET" for asked in location.asked)


async def test_everything_is_made_and_described_as_it_was_meant(location: Location, highlevel: HighLevel) -> None:
    made = await highlevel.provision(CHANGES)

    assert [one.state for one in made] == ["created", "existing", *["created"] * 8], made
    schema = await highlevel.describe([SERVICE, "contacts", "appointments"])
    contacts = schema.objects["contacts"].fields
    assert contacts["agreed"].type is FieldType.BOOLEAN
    assert contacts["side"].options == ("Left", "Right")
    assert (contacts["service"].lookup_to, contacts["referred_by"].lookup_to) == (SERVICE, "contacts")
    assert schema.objects[SERVICE].fields["category"].options == ("Product", "product!", "Other")
    assert schema.objects["appointments"].fields["calendar"].options == ("First visit", "Review")


async def test_the_second_time_makes_nothing(location: Location, highlevel: HighLevel) -> None:
    await highlevel.provision(CHANGES)
    before = len([asked for asked in location.asked if asked.method != "GET"])

    made = await highlevel.provision(CHANGES)

    assert {one.state for one in made} == {"existing"}
    assert len([asked for asked in location.asked if asked.method != "GET"]) == before


@pytest.mark.parametrize("call", ["POST /objects/$", "POST /custom-fields/", "customFields$", "POST /associations/$"])
async def test_a_lost_answer_makes_nothing_twice(location: Location, highlevel: HighLevel, call: str) -> None:
    location.disturb(rf"POST.*{call.removeprefix('POST ')}", "drop-after")

    made = await highlevel.provision(CHANGES)

    assert {one.state for one in made} == {"created", "existing"}
    keys = [one["fieldKey"] for one in location.fields if one.get("documentType") != "folder"]
    assert len(keys) == len(set(keys))
    assert len(location.objects) == 2


async def test_what_an_admin_made_otherwise_is_named(location: Location, highlevel: HighLevel) -> None:
    location.a_field("born", "Born", "TEXT")

    (made,) = await highlevel.provision([NewField("contacts", "born", "Born", FieldType.DATE)])

    assert made.state == "by_hand"
    assert "exists as TEXT" in made.words


async def test_missing_options_are_added_after_those_that_are_there(location: Location, highlevel: HighLevel) -> None:
    (made,) = await highlevel.provision([NewOptions("contacts", "choice", ("Right", "Both"))])

    assert made.state == "created"
    schema = await highlevel.describe(["contacts"])
    assert schema.objects["contacts"].fields["choice"].options == ("Left", "Right", "Both")
    (undone,) = await highlevel.unprovision([made])
    assert undone.state == "by_hand"
    assert "Both" in undone.words


async def test_an_eleventh_object_is_left_to_a_person(location: Location, highlevel: HighLevel) -> None:
    for number in range(9):
        location.an_object(f"custom_objects.other_{number}")

    (made,) = await highlevel.provision(CHANGES[:1])

    assert made.state == "by_hand"
    assert "10 custom objects" in made.words


async def test_two_custom_objects_cannot_be_linked(location: Location, highlevel: HighLevel) -> None:
    (made,) = await highlevel.provision([NewField(INVOICE, "x", "X", FieldType.LOOKUP, lookup_to=SERVICE)])

    assert made.state == "failed"
    assert "keep it as a text" in made.words


async def test_what_was_made_is_taken_back_and_objects_say_how(location: Location, highlevel: HighLevel) -> None:
    fields = [one["fieldKey"] for one in location.fields]
    made = await highlevel.provision(CHANGES)

    gone = await highlevel.unprovision(made)

    assert [one.state for one in gone] == [*["deleted"] * 8, "by_hand"]
    assert "cannot delete custom objects" in gone[-1].words
    assert "cannot delete custom objects" in made[0].words
    assert [one["fieldKey"] for one in location.fields] == fields, "the folder is gone as well"
    assert not any(one.words for one in gone[:-1])
    assert len(location.calendars) == len(location.associations) == 1


async def test_a_folder_that_the_vendor_keeps_is_named(location: Location, highlevel: HighLevel) -> None:
    made = await highlevel.provision(CHANGES)
    (folder,) = [one["id"] for one in location.fields if one.get("documentType") == "folder"]
    location.disturb(rf"DELETE .*/customFields/{folder}", "400-garbled")

    gone = await highlevel.unprovision(made)

    assert [one.words for one in gone if "folder Cliniko stays" in one.words]
    assert [one.state for one in gone] == [*["deleted"] * 8, "by_hand"]


async def test_the_check_tells_duplicates_workflows_objects_and_what_cannot_be_restored(
    location: Location, highlevel: HighLevel
) -> None:
    account = await highlevel.check()

    found = {one.code: one for one in account.findings}
    assert found["duplicates-not-allowed"].level == "warning"
    assert "Welcome" in found["workflows"].words
    assert account.details["workflows_to_pause"] == "Welcome"
    assert "HIPAA" in found["no-restore"].words
    assert account.name in found["one-location"].words
    assert "cannot delete" in found["custom-objects"].words
    assert (account.limits["custom_objects"].value, account.time_zone) == (10, "Australia/Hobart")
    assert all(asked.method == "GET" for asked in location.asked)


async def test_a_sandbox_is_known_by_its_burst_and_held_to_it(location: Location, highlevel: HighLevel) -> None:
    location.burst = 25

    account = await highlevel.check()

    assert account.edition == "sandbox"
    before = location.clock.elapsed
    for _ in range(60):
        await highlevel.users()
        await highlevel.describe(["users"])
    assert location.clock.elapsed - before >= 15


async def test_users_who_left_own_nothing(highlevel: HighLevel) -> None:
    users = await highlevel.users()

    assert [one.active for one in users] == [True, True, False]
