"""Making modules and fields: repeatable, verified, refused with words, and taken back as far as Zoho lets us."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from zoho_org import Asked, Org, a_field, connect, module, refused, system_fields

from gurney.destinations.zoho.destination import Zoho
from gurney.schema import FieldType, NewField, NewObject, NewOptions, SchemaChange

pytestmark = pytest.mark.anyio

LOCATIONS = NewObject("Locations", "Location", "Locations")
NAME = NewField("Locations", "Time_Zone", "Time zone", FieldType.TEXT, length=100)
KEY = NewField("Contacts", "Cliniko_ID", "Cliniko ID", FieldType.TEXT, length=50, unique=True)
BRANCH = NewField("Contacts", "Branch", "Branch", FieldType.LOOKUP, lookup_to="Locations")
SOURCE = NewField("Contacts", "Referral", "Referral", FieldType.PICKLIST, options=("GP", "Friend"))
PLAN: list[SchemaChange] = [LOCATIONS, NAME, KEY, BRANCH, SOURCE]
Rule = Callable[[dict[str, Any]], dict[str, Any] | None]


class Settings:
    """Just enough memory for modules and fields; `rule` refuses a field by answering an element."""

    def __init__(self, org: Org, rule: Rule = lambda body: None) -> None:
        self.modules = {"Contacts": module("Contacts"), "Tasks": module("Tasks")}
        self.fields: dict[str, list[dict[str, Any]]] = {name: system_fields() for name in self.modules}
        self.rule = rule
        self.next = 100
        org.on("GET /settings/modules", lambda _: {"modules": list(self.modules.values())})
        org.on("GET /settings/profiles", {"profiles": [{"id": "26011", "name": "Administrator"}]})
        org.on("GET /settings/fields", lambda asked: {"fields": self.fields.get(asked.params["module"], [])})
        org.on("POST /settings/modules", self.make_module)
        org.on("POST /settings/fields", self.make_fields)
        self.org = org

    def make_module(self, asked: Asked) -> Any:
        (body,) = asked.body["modules"]
        self.modules[body["api_name"]] = module(body["api_name"], custom=True) | {"plural_label": body["plural_label"]}
        self.fields[body["api_name"]] = system_fields()
        return 201, {"modules": [self.done("module created successfully")]}

    def make_fields(self, asked: Asked) -> Any:
        assert 1 <= len(asked.body["fields"]) <= 5
        return 201, {"fields": [self.make_field(asked.params["module"], body) for body in asked.body["fields"]]}

    def make_field(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        refusal = self.rule(body)
        if refusal:
            return refusal
        answer = self.done("field created")
        api_name = body["field_label"].replace(" ", "_")
        while any(field["api_name"] == api_name for field in self.fields[name]):
            api_name += "1"
        self.fields[name].append({**a_field(api_name), **body, "api_name": api_name, "id": answer["details"]["id"]})
        return answer

    def done(self, message: str) -> dict[str, Any]:
        self.next += 1
        return {"code": "SUCCESS", "details": {"id": str(self.next)}, "message": message, "status": "success"}

    def made(self) -> int:
        return len(self.org.calls("POST /settings/modules")) + len(self.org.calls("POST /settings/fields"))


async def test_what_is_missing_is_made_and_read_back(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)

    done = await zoho.provision(PLAN)

    assert [(each.state, each.actual_name) for each in done] == [
        ("created", "Locations"),
        ("created", "Time_zone"),
        ("created", "Cliniko_ID"),
        ("created", "Branch"),
        ("created", "Referral"),
    ]
    (sent,) = org.calls("POST /settings/modules")[0].body["modules"]
    assert sent["profiles"] == [{"id": "26011"}]
    assert settings.fields["Contacts"][-3]["unique"] == {"case_sensitive": False}


async def test_a_second_run_makes_nothing(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)
    await zoho.provision(PLAN)
    made = settings.made()

    again = await zoho.provision(PLAN)

    assert {each.state for each in again} == {"existing"}
    assert settings.made() == made


async def test_a_dry_run_makes_nothing_and_says_what_is_missing(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)

    looked = await zoho.provision(PLAN, dry_run=True)

    assert [each.state for each in looked] == ["missing"] * 5
    assert settings.made() == 0


async def test_seven_fields_take_two_calls(org: Org, zoho: Zoho) -> None:
    Settings(org)
    fields = [NewField("Contacts", f"F{at}", f"F{at}", FieldType.TEXT) for at in range(7)]

    done = await zoho.provision(fields)

    assert [each.state for each in done] == ["created"] * 7
    assert len(org.calls("POST /settings/fields")) == 2


async def test_the_name_that_zoho_gave_is_told(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)
    settings.fields["Contacts"].append(a_field("Level", custom_field=False, field_label="Grade"))
    wanted = NewField("Contacts", "Fee_Level", "Level", FieldType.TEXT)

    (done,) = await zoho.provision([wanted])

    assert (done.state, done.actual_name) == ("created", "Level1")
    assert (await zoho.provision([wanted]))[0].state == "existing"


async def test_a_label_that_is_too_long_is_shortened_and_found_again(org: Org, zoho: Zoho) -> None:
    def short(body: dict[str, Any]) -> dict[str, Any] | None:
        too_long = len(body["field_label"]) > 25
        return refused("INVALID_DATA", api_name="field_label", maximum_length=25) if too_long else None

    settings = Settings(org, short)
    wanted = NewField("Contacts", "Payer", "Insurance policy number of the second payer", FieldType.TEXT)

    (done,) = await zoho.provision([wanted])
    made = settings.made()
    (again,) = await zoho.provision([wanted])

    assert (done.state, again.state) == ("created", "existing")
    assert settings.made() == made


async def test_a_key_becomes_external_when_the_unique_fields_are_used_up(org: Org, zoho: Zoho) -> None:
    settings = Settings(org, lambda body: refused("LIMIT_EXCEEDED", limit=2) if "unique" in body else None)

    (done,) = await zoho.provision([KEY])

    assert done.state == "created"
    assert settings.fields["Contacts"][-1]["external"] == {"type": "org", "show": True}


async def test_a_task_key_becomes_unique_when_external_fields_are_refused(org: Org, zoho: Zoho) -> None:
    Settings(org, lambda body: refused("NOT_SUPPORTED", "not supported") if "external" in body else None)

    (done,) = await zoho.provision([NewField("Tasks", "Cliniko_ID", "Cliniko ID", FieldType.TEXT, unique=True)])

    assert done.state == "created"


async def test_a_key_that_came_out_without_uniqueness_is_no_success(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)

    def forgetful(asked: Asked) -> Any:
        for body in asked.body["fields"]:
            body.pop("unique", None)
        return settings.make_fields(asked)

    org.on("POST /settings/fields", forgetful)

    (done,) = await zoho.provision([KEY])

    assert done.state == "failed"
    assert "duplicate" in done.words


async def test_more_options_than_a_creation_takes_are_added_after_it(org: Org, zoho: Zoho) -> None:
    def few(body: dict[str, Any]) -> dict[str, Any] | None:
        too_many = len(body.get("pick_list_values", [])) > 10
        return refused("INVALID_DATA", api_name="pick_list_values", maximum_length=10) if too_many else None

    settings = Settings(org, few)

    def patch(asked: Asked) -> Any:
        values = asked.body["fields"][0]["pick_list_values"]
        if len(values) > 10:
            return 400, {"fields": [refused("INVALID_DATA", maximum_length=10)]}
        settings.fields["Contacts"][-1]["pick_list_values"] += values
        return {"fields": [settings.done("field updated")]}

    org.on("PATCH /settings/fields/101", patch)
    options = tuple(f"Reason {at}" for at in range(24))

    (done,) = await zoho.provision([NewField("Contacts", "Reason", "Reason", FieldType.PICKLIST, options=options)])

    assert (done.state, done.words) == ("created", "")
    assert [value["actual_value"] for value in settings.fields["Contacts"][-1]["pick_list_values"]] == list(options)


async def test_options_that_are_refused_are_counted(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)
    settings.fields["Contacts"].append(a_field("Source", "picklist", id="7"))
    org.on("PATCH /settings/fields/7", (400, refused("NOT_ALLOWED", "not allowed")))

    (done,) = await zoho.provision([NewOptions("Contacts", "Source", ("GP", "Friend"))])

    assert done.state == "failed"
    assert "2 of 2 values" in done.words
    assert "NOT_ALLOWED" in done.words


async def test_an_edition_without_modules_leaves_them_to_the_administrator(org: Org, zoho: Zoho) -> None:
    Settings(org)
    org.on("POST /settings/modules", (400, {"modules": [refused("NOT_SUPPORTED", "feature not supported")]}))

    done = await zoho.provision(PLAN)

    assert [each.state for each in done[:2]] == ["by_hand", "by_hand"]
    assert "Create New Module" in done[0].words
    assert "NOT_SUPPORTED" in done[0].words
    assert done[2].state == "created"


async def test_a_module_label_with_spaces_is_tried_without(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)

    def strict(asked: Asked) -> Any:
        (body,) = asked.body["modules"]
        if " " in body["plural_label"]:
            return 400, {"modules": [refused("INVALID_DATA", api_name="plural_label")]}
        return settings.make_module(asked)

    org.on("POST /settings/modules", strict)

    (done,) = await zoho.provision([NewObject("Appointment_Types", "Appointment Type", "Appointment Types")])

    assert (done.state, done.actual_name) == ("created", "Appointment_Types")


async def test_a_lost_answer_makes_nothing_twice(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)

    def lost(asked: Asked) -> Any:
        settings.make_fields(asked)
        return httpx2.ReadTimeout("gone")

    org.on("POST /settings/fields", lost)

    (done,) = await zoho.provision([KEY])

    assert done.state == "created"
    assert len(org.calls("POST /settings/fields")) == 1


async def test_an_unfit_field_is_left_to_a_person(org: Org, zoho: Zoho) -> None:
    settings = Settings(org)
    settings.fields["Contacts"].append(a_field("Cliniko_ID", "phone"))

    (done,) = await zoho.provision([KEY])

    assert done.state == "by_hand"
    assert "phone" in done.words
    assert settings.made() == 0


async def test_fields_are_taken_back_and_modules_left_to_the_administrator(org: Org) -> None:
    settings = Settings(org)
    zoho = connect(org)
    done = await zoho.provision([LOCATIONS, NAME, KEY])

    def delete(asked: Asked) -> Any:
        name, id = asked.params["module"], asked.path.rsplit("/", 1)[1]
        settings.fields[name] = [field for field in settings.fields[name] if field["id"] != id]
        return {"fields": [settings.done("field deleted")]}

    for each in done[1:]:
        org.on(f"DELETE /settings/fields/{each.vendor_id}", delete)

    back = await zoho.unprovision(done)

    assert [(each.change, each.state) for each in back] == [(KEY, "deleted"), (NAME, "deleted"), (LOCATIONS, "by_hand")]
    assert "Delete" in back[-1].words
    assert {field["api_name"] for field in settings.fields["Contacts"]} == {f["api_name"] for f in system_fields()}
    await zoho.close()


async def test_a_field_that_a_workflow_uses_cannot_be_taken_back(org: Org, zoho: Zoho) -> None:
    Settings(org)
    done = await zoho.provision([KEY])
    org.on(f"DELETE /settings/fields/{done[0].vendor_id}", (400, {"fields": [refused("NOT_ALLOWED", "used in rules")]}))

    (back,) = await zoho.unprovision(done)

    assert (back.state, back.words) == ("failed", "NOT_ALLOWED: used in rules")
