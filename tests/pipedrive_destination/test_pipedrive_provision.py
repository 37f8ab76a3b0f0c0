"""Schema: made once under the vendor's own keys, found when an administrator made it, taken back."""

from __future__ import annotations

import pytest
from pipedrive_company import KEY, SINGLE, Company, a_person, an_appointment

from gurney.destinations.pipedrive.destination import Pipedrive
from gurney.destinations.pipedrive.provision import INACTIVE
from gurney.records import State
from gurney.schema import FieldType, NewField, NewObject, NewOptions, Provisioned, SchemaChange

pytestmark = pytest.mark.anyio
BORN = NewField("persons", "date_of_birth", "Date of birth", FieldType.DATE)
INSURANCE = NewField("persons", "insurance", "Insurance", FieldType.PICKLIST, options=("Private", "Medicare"))
SKU = NewField("products", "cliniko_product_id", "Cliniko product ID", FieldType.TEXT, length=50, unique=True)
TYPES = NewOptions("activities", "type", ("Initial Consultation", "Review", "Massage 60 min"))
EVERYTHING: list[SchemaChange] = [BORN, INSURANCE, SKU, TYPES]


def states(made: list[Provisioned]) -> list[str]:
    return [one.state for one in made]


async def test_what_is_missing_is_made_once_and_its_names_are_told(company: Company, pipedrive: Pipedrive) -> None:
    made = await pipedrive.provision(EVERYTHING)
    again = await pipedrive.provision(EVERYTHING)

    assert (states(made), states(again)) == (["created"] * 4, ["existing"] * 4)
    assert [one.actual_name for one in made] == [one.actual_name for one in again]
    assert all(len(one.actual_name) == 40 for one in made[:3])
    assert len(company.calls("POST /v2/personFields")) == 2
    assert [each.body["name"] for each in company.calls("POST /v1/activityTypes")] == ["Review", "Massage 60 min"]
    fields = (await pipedrive.describe(["persons"])).objects["persons"].fields
    born, insurance = (fields[one.actual_name] for one in made[:2])
    assert (born.label, born.type, born.custom, born.writable) == ("Date of birth", FieldType.DATE, True, True)
    assert insurance.options == ("Private", "Medicare")


async def test_what_was_made_can_be_written_at_once(company: Company, pipedrive: Pipedrive) -> None:
    made = await pipedrive.provision(EVERYTHING)

    (person,) = await pipedrive.write([a_person("1", **{made[1].actual_name: "Medicare"})], SINGLE)
    (visit,) = await pipedrive.write([an_appointment("1", type="Massage 60 min")], SINGLE)

    assert (person.state, visit.state) == (State.DONE, State.DONE)
    assert company.live("activities")[0]["type"] == "massage_60_min"


async def test_a_dry_run_makes_nothing(company: Company, pipedrive: Pipedrive) -> None:
    planned = await pipedrive.provision(EVERYTHING, dry_run=True)

    assert states(planned) == ["missing"] * 4
    assert {each.method for each in company.asked} == {"GET"}


async def test_what_an_administrator_made_is_found_by_its_label(company: Company, pipedrive: Pipedrive) -> None:
    key = company.a_field("persons", "date of Birth ", "date")
    options = company.a_field("persons", "Insurance", "enum", "Private")

    made = await pipedrive.provision([BORN, INSURANCE])

    assert states(made) == ["existing", "existing"]
    assert [one.actual_name for one in made] == [key, options]
    assert [each["label"] for each in company.fields["personFields"][-1]["options"]] == ["Private", "Medicare"]
    assert not company.calls("POST /v2/personFields")


async def test_of_two_fields_of_one_label_the_one_that_fits_is_taken(company: Company, pipedrive: Pipedrive) -> None:
    company.a_field("persons", "Date of birth", "varchar")
    key = company.a_field("persons", "Date of birth", "date")

    (made,) = await pipedrive.provision([BORN])

    assert (made.state, made.actual_name) == ("existing", key)


async def test_a_field_of_another_type_is_left_alone_and_named(company: Company, pipedrive: Pipedrive) -> None:
    company.a_field("persons", "Date of birth", "varchar")

    (made,) = await pipedrive.provision([BORN])

    assert made.state == "by_hand"
    assert "Date of birth" in made.words
    assert not company.calls("POST.*")


async def test_a_lost_answer_makes_no_second_field(company: Company, pipedrive: Pipedrive) -> None:
    company.disturb("POST /v2/personFields", "drop-after")

    (made,) = await pipedrive.provision([BORN])

    assert made.state == "created"
    assert sum(each["field_name"] == "Date of birth" for each in company.fields["personFields"]) == 1


async def test_a_full_plan_is_told_as_what_it_is(company: Company, pipedrive: Pipedrive) -> None:
    company.field_limit = 2

    made = await pipedrive.provision([BORN, INSURANCE])

    assert states(made) == ["created", "failed"]
    assert "plan" in made[1].words


@pytest.mark.parametrize(
    "change",
    [
        NewField("activities", "status", "Status", FieldType.TEXT),
        NewField("notes", "status", "Status", FieldType.TEXT),
        NewField("persons", "scan", "Scan", FieldType.FILE),
        NewField("persons", "visit", "Visit", FieldType.LOOKUP, lookup_to="activities"),
        NewObject("Locations", "Location", "Locations"),
        NewOptions("persons", "no such field", ("A",)),
    ],
)
async def test_what_pipedrive_cannot_have_is_said(pipedrive: Pipedrive, change: SchemaChange) -> None:
    (made,) = await pipedrive.provision([change])

    assert made.state in ("failed", "by_hand")
    assert made.words


@pytest.mark.parametrize(
    ("type", "kind", "seen"),
    [
        (FieldType.TEXT, "varchar", FieldType.TEXT),
        (FieldType.LONG_TEXT, "text", FieldType.LONG_TEXT),
        (FieldType.BOOLEAN, "enum", FieldType.BOOLEAN),
        (FieldType.DATETIME, "varchar", FieldType.TEXT),
        (FieldType.MONEY, "monetary", FieldType.MONEY),
        (FieldType.INTEGER, "double", FieldType.DECIMAL),
        (FieldType.PHONE, "phone", FieldType.PHONE),
        (FieldType.MULTI_PICKLIST, "set", FieldType.MULTI_PICKLIST),
    ],
)
async def test_types_are_the_nearest_that_there_are(
    company: Company, pipedrive: Pipedrive, type: FieldType, kind: str, seen: FieldType
) -> None:
    (made,) = await pipedrive.provision([NewField("persons", "x", "X", type, options=("A", "B"))])

    assert company.fields["personFields"][-1]["field_type"] == kind
    fields = (await pipedrive.describe(["persons"])).objects["persons"].fields
    assert fields[made.actual_name].type is seen


async def test_the_schema_is_taken_back_and_nothing_else(company: Company, pipedrive: Pipedrive) -> None:
    theirs = company.a_field("persons", "Referral", "enum", "GP")
    made = await pipedrive.provision([*EVERYTHING, NewOptions("persons", theirs, ("Friend",))])

    undone = await pipedrive.unprovision(made)

    assert states(undone) == ["deleted"] * 5
    assert [each["field_code"] for each in company.fields["personFields"]] == [KEY, theirs]
    assert [each["label"] for each in company.fields["personFields"][1]["options"]] == ["GP"]
    assert not company.fields["productFields"]
    assert [each["name"] for each in company.types if each["active_flag"]] == ["Call", "Initial Consultation"]
    assert [one.words for one in undone if one.words] == [INACTIVE.format(count=2)]
    assert states(await pipedrive.unprovision(made[:1])) == ["deleted"], "what is gone already counts as gone"


async def test_objects_without_fields_of_their_own_are_described_too(pipedrive: Pipedrive) -> None:
    schema = await pipedrive.describe(["activities", "notes", "files", "users", "Locations"])

    assert set(schema.objects) == {"activities", "notes", "files", "users"}
    activities = schema.objects["activities"].fields
    assert activities["type"].options == ("Call", "Initial Consultation")
    assert activities["person_id"].lookup_to == "persons"
    assert "attendees" not in activities
    assert schema.objects["notes"].fields["content"].type is FieldType.RICH_TEXT
