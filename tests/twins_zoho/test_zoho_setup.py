"""Modules, fields, pick lists, users, the organisation, related lists."""

from __future__ import annotations

from typing import Any

import pytest
from zoho_client import ADA, Org

from gurney.twins.kit.options import BadOption

pytestmark = pytest.mark.anyio
MODULE = {"singular_label": "Location", "plural_label": "Locations", "api_name": "Locations"}


async def create_fields(org: Org, *orders: dict[str, Any], module: str = "Contacts") -> list[dict[str, Any]]:
    answer = await org.ask("POST", f"settings/fields?module={module}", {"fields": list(orders)})
    results: list[dict[str, Any]] = answer.json()["fields"]
    return results


async def create_module(org: Org, **changes: Any) -> dict[str, Any]:
    order = {**MODULE, "profiles": [{"id": org.world.profiles[0].id}], **changes}
    answer = await org.ask("POST", "settings/modules", {"modules": [order]})
    body = answer.json()
    result: dict[str, Any] = body["modules"][0] if "modules" in body else body
    return result


async def meta(org: Org, module: str, name: str) -> dict[str, Any]:
    fields = (await org.ask("GET", f"settings/fields?module={module}")).json()["fields"]
    found: dict[str, Any] = next(field for field in fields if field["api_name"] == name)
    return found


@pytest.mark.rule("zoho.operation-type")
async def test_metadata_says_what_can_be_written(org: Org) -> None:
    created, name = await meta(org, "Contacts", "Created_Time"), await meta(org, "Contacts", "Last_Name")

    assert (created["read_only"], created["operation_type"]["api_create"]) == (False, False)
    assert (name["operation_type"]["api_update"], name["system_mandatory"], name["length"]) == (True, True, 80)
    id = name["id"]
    assert (await org.ask("GET", f"settings/fields/{id}?module=Contacts")).json()["fields"] == [name]
    assert (await org.ask("GET", "settings/fields/1?module=Contacts")).status_code == 400
    assert (await org.ask("GET", "settings/fields?module=Contacts&type=unused")).status_code == 204


@pytest.mark.rule("zoho.field-batch")
async def test_five_fields_fit_in_a_call(org: Org) -> None:
    orders = [{"field_label": f"Label {number}", "data_type": "text"} for number in range(6)]

    assert [result["code"] for result in await create_fields(org, *orders[:5])] == ["SUCCESS"] * 5
    answer = await org.ask("POST", "settings/fields?module=Contacts", {"fields": [*orders]})
    assert answer.json()["code"] == "LIMIT_EXCEEDED"


@pytest.mark.rule("zoho.field-name", "zoho.field-label")
async def test_the_name_is_made_from_the_label(org: Org) -> None:
    assert await org.field("Contacts", "Cliniko Patient ID") == "Cliniko_Patient_ID"
    assert await org.field("Contacts", "Cliniko: Patient-ID!") == "Cliniko_Patient_ID1"
    assert await org.field("Contacts", "Email (2nd)") == "Email_2nd"
    (again,) = await create_fields(org, {"field_label": "cliniko patient id", "data_type": "text"})
    assert again["code"] == "DUPLICATE_DATA"
    (system,) = await create_fields(org, {"field_label": "Last Name", "data_type": "text"})
    assert system["code"] == "DUPLICATE_DATA"


@pytest.mark.rule("zoho.field-cap")
@pytest.mark.parametrize(
    ("edition", "cap"),
    [("free", 0), ("standard", 10), ("professional", 155), ("enterprise", 300), ("ultimate", 500)],
)
async def test_custom_fields_are_capped_by_edition(edition: str, cap: int) -> None:
    org = Org(edition=edition, unlimited=True)
    results: list[dict[str, Any]] = []
    for start in range(0, cap + 1, 5):
        orders = [
            {"field_label": f"L {number}", "data_type": "text"} for number in range(start, min(start + 5, cap + 1))
        ]
        results += await create_fields(org, *orders)

    assert [result["code"] for result in results] == ["SUCCESS"] * cap + ["LIMIT_EXCEEDED"]
    assert results[-1]["details"]["limit"] == cap


@pytest.mark.rule("zoho.unique-cap", "zoho.external-counts")
@pytest.mark.parametrize(("counts", "third"), [("yes", "LIMIT_EXCEEDED"), ("no", "SUCCESS")])
async def test_two_unique_fields_is_all_a_module_has(counts: str, third: str) -> None:
    org = Org(switches={"external_counts_as_unique": counts})
    unique, external = {"unique": {"case_sensitive": False}}, {"external": {"type": "org", "show": True}}

    results = await create_fields(
        org,
        {"field_label": "A", "data_type": "text", **unique},
        {"field_label": "B", "data_type": "text", **unique},
        {"field_label": "C", "data_type": "text", **external},
        {"field_label": "D", "data_type": "text", **unique},
    )

    assert [result["code"] for result in results] == ["SUCCESS", "SUCCESS", third, "LIMIT_EXCEEDED"]


@pytest.mark.rule("zoho.external-text")
async def test_external_fields_are_text_and_not_in_calls(org: Org) -> None:
    external = {"external": {"type": "org", "show": True}}

    (mail,) = await create_fields(org, {"field_label": "A", "data_type": "email", **external})
    (call,) = await create_fields(org, {"field_label": "A", "data_type": "text", **external}, module="Calls")

    assert (mail["code"], call["code"]) == ("NOT_ALLOWED", "NOT_ALLOWED")


@pytest.mark.rule("zoho.strict-caps")
async def test_the_stricter_caps_are_a_switch() -> None:
    long, many = "x" * 26, [{"display_value": f"o{number}"} for number in range(11)]
    orders = (
        {"field_label": long, "data_type": "text"},
        {"field_label": "Many", "data_type": "picklist", "pick_list_values": many},
        {"field_label": "Long", "data_type": "picklist", "pick_list_values": [{"display_value": long}]},
    )

    loose = await create_fields(Org(), *orders)
    strict = await create_fields(Org(switches={"strict_field_caps": "yes"}), *orders)

    assert [result["code"] for result in loose] == ["SUCCESS"] * 3
    assert [result["code"] for result in strict] == ["INVALID_DATA", "LIMIT_EXCEEDED", "INVALID_DATA"]


@pytest.mark.rule("zoho.field-types")
async def test_types_are_created_with_their_lengths_and_what_they_need(org: Org) -> None:
    for number, (data_type, more) in enumerate(
        {
            "text": {"length": 50},
            "textarea": {"textarea": {"type": "large"}},
            "picklist": {"pick_list_values": [{"display_value": "GP"}]},
            "lookup": {"lookup": {"module": {"api_name": "Accounts"}}},
            "autonumber": {"auto_number": {"prefix": "C-", "start_number": "7"}},
            "boolean": {},
            "bigint": {},
            "multiuserlookup": {},
        }.items()
    ):
        name = await org.field("Contacts", f"Made {number}", data_type, **more)
        assert (await meta(org, "Contacts", name))["data_type"] == data_type
    assert (await meta(org, "Contacts", "Made_0"))["length"] == 50
    assert (await meta(org, "Contacts", "Made_1"))["length"] == 32_000
    id = await org.make("Contacts", **ADA, Made_4="ignored")
    assert (await org.get("Contacts", id))["Made_4"] == "C-7"
    refused = await create_fields(
        org,
        {"field_label": "A", "data_type": "subform"},
        {"field_label": "B", "data_type": "text", "length": 256},
        {"field_label": "C", "data_type": "picklist"},
        {"field_label": "D", "data_type": "lookup"},
        {"data_type": "text"},
    )
    assert [result["code"] for result in refused] == [
        "INVALID_DATA",
        "DEPENDENT_MISMATCH",
        "EXPECTED_DEPENDENT_FIELD_MISSING",
        "EXPECTED_DEPENDENT_FIELD_MISSING",
        "MANDATORY_NOT_FOUND",
    ]


@pytest.mark.rule("zoho.field-change")
async def test_a_change_adds_options_and_keeps_the_old_ones(org: Org) -> None:
    name = await org.field("Contacts", "Source", "picklist", pick_list_values=[{"display_value": "GP"}])
    id = (await meta(org, "Contacts", name))["id"]

    done = await org.ask(
        "PATCH",
        f"settings/fields/{id}?module=Contacts",
        {"fields": [{"field_label": "Heard From", "pick_list_values": [{"display_value": "Friend"}]}]},
    )
    again = await org.ask(
        "PATCH",
        "settings/fields?module=Contacts",
        {"fields": [{"id": id, "pick_list_values": [{"display_value": "GP"}]}]},
    )

    assert done.json()["fields"][0]["message"] == "field updated"
    assert again.json()["fields"][0]["code"] == "DUPLICATE_DATA"
    changed = await meta(org, "Contacts", name)
    assert changed["field_label"] == "Heard From"
    assert [option["actual_value"] for option in changed["pick_list_values"]] == ["-None-", "GP", "Friend"]
    values = await org.ask("GET", f"settings/fields/{id}/pick_list_values?module=Contacts")
    assert len(values.json()["pick_list_values"]) == 3
    typed = await org.ask("PATCH", f"settings/fields/{id}?module=Contacts", {"fields": [{"data_type": "text"}]})
    assert typed.json()["fields"][0]["code"] == "NOT_ALLOWED"


async def test_an_existing_field_becomes_unique_when_its_values_are(org: Org) -> None:
    name = await org.field("Contacts", "Code")
    id = (await meta(org, "Contacts", name))["id"]
    first, second = await org.make("Contacts", **ADA, **{name: "a"}), await org.make("Contacts", **ADA, **{name: "A"})
    order = {"fields": [{"unique": {"case_sensitive": False}}]}

    refused = await org.ask("PATCH", f"settings/fields/{id}?module=Contacts", order)
    await org.ask("DELETE", f"Contacts/{second}")
    done = await org.ask("PATCH", f"settings/fields/{id}?module=Contacts", order)

    assert (refused.json()["fields"][0]["code"], done.json()["fields"][0]["code"]) == ("DUPLICATE_DATA", "SUCCESS")
    assert (await org.refusal("Contacts", **ADA, **{name: "A"}))["details"]["id"] == first


@pytest.mark.rule("zoho.field-delete")
async def test_a_custom_field_goes_with_its_data_and_a_system_field_stays(org: Org) -> None:
    name = await org.field("Contacts", "Code")
    id = await org.make("Contacts", **ADA, **{name: "a"})
    field, system = (await meta(org, "Contacts", name))["id"], (await meta(org, "Contacts", "Phone"))["id"]

    gone = await org.ask("DELETE", f"settings/fields/{field}?module=Contacts")
    kept = await org.ask("DELETE", f"settings/fields/{system}?module=Contacts")

    assert (gone.status_code, gone.json()["fields"][0]["message"]) == (200, "field deleted")
    assert (kept.status_code, kept.json()["code"]) == (400, "NOT_ALLOWED")
    assert name not in await org.get("Contacts", id)
    assert await org.field("Contacts", "Code") == name
    assert (await org.get("Contacts", id))[name] is None


@pytest.mark.rule("zoho.module-edition")
@pytest.mark.parametrize(
    ("edition", "first", "code"),
    [
        ("professional", "enterprise", "NOT_SUPPORTED"),
        ("enterprise", "enterprise", "SUCCESS"),
        ("professional", "standard", "SUCCESS"),
        ("free", "standard", "NOT_SUPPORTED"),
    ],
)
async def test_modules_are_made_from_an_edition_on(edition: str, first: str, code: str) -> None:
    org = Org(edition=edition, switches={"custom_modules_from": first})

    assert (await create_module(org))["code"] == code


@pytest.mark.rule("zoho.module-rules")
async def test_names_of_modules_are_checked(org: Org) -> None:
    async def code(**changes: Any) -> str:
        return str((await create_module(org, **changes))["code"])

    assert await code(singular_label="x" * 26) == "INVALID_DATA"
    assert await code(api_name="1st") == "INVALID_DATA"
    assert await code(api_name="two__parts") == "INVALID_DATA"
    assert await code(api_name="ends_") == "INVALID_DATA"
    assert await code(api_name="Notes") == "RESERVED_KEYWORD_NOT_ALLOWED"
    assert await code(profiles=[]) == "MANDATORY_NOT_FOUND"
    assert await code(profiles=[{"id": "1"}]) == "INVALID_DATA"
    assert await code(api_name="contacts") == "DUPLICATE_DATA"
    assert await code() == "SUCCESS"
    assert await code() == "DUPLICATE_DATA"
    two = await org.ask("POST", "settings/modules", {"modules": [MODULE, MODULE]})
    assert two.json()["code"] == "LIMIT_EXCEEDED"


@pytest.mark.rule("zoho.module-forever")
async def test_a_module_is_used_like_any_other_but_never_deleted(org: Org) -> None:
    id = (await create_module(org))["details"]["id"]
    shown = (await org.ask("GET", "settings/modules/Locations")).json()["modules"][0]
    link = await org.field("Contacts", "Location", "lookup", lookup={"module": {"api_name": "Locations"}})

    deleted = await org.ask("DELETE", f"settings/modules/{id}")
    place = await org.make("Locations", Name="Carlton")
    contact = await org.make("Contacts", **ADA, **{link: {"id": place}})
    task = await org.make("Tasks", Subject="x", What_Id={"id": place}, **{"$se_module": "Locations"})

    assert deleted.json()["code"] == "INVALID_REQUEST_METHOD"
    assert (shown["id"], shown["module_name"], shown["generated_type"]) == (id, "CustomModule1", "custom")
    assert (await org.get("Contacts", contact))[link] == {"name": "Carlton", "id": place}
    assert (await org.get("Tasks", task))["What_Id"]["name"] == "Carlton"
    upserted = await org.ask("POST", "Locations/upsert", {"data": [{"Name": "Carlton"}]})
    assert (upserted.json()["data"][0]["action"], upserted.json()["data"][0]["duplicate_field"]) == ("update", "Name")
    await org.admin("POST scopes", {"scopes": "ZohoCRM.modules.custom.READ"})
    await org.sign_in()
    assert (await org.ask("GET", "Locations?fields=Name")).status_code == 200


async def test_only_administrators_change_the_set_up(org: Org) -> None:
    await org.as_user("anna@clinic.example")

    for answer in (
        await org.ask(
            "POST", "settings/fields?module=Contacts", {"fields": [{"field_label": "A", "data_type": "text"}]}
        ),
        await org.ask("POST", "settings/modules", {"modules": [MODULE]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "NO_PERMISSION")


@pytest.mark.rule("zoho.global-picklist")
async def test_a_global_pick_list_is_used_by_fields(org: Org) -> None:
    order = {"display_label": "Funds", "pick_list_values": [{"display_value": "Bupa"}, {"display_value": "HCF"}]}
    made = await org.ask("POST", "settings/global_picklists", {"global_picklists": [order]})
    again = await org.ask("POST", "settings/global_picklists", {"global_picklists": [order]})
    id = made.json()["global_picklists"][0]["details"]["id"]

    name = await org.field("Contacts", "Fund", "picklist", global_picklist={"id": id})

    assert (made.status_code, again.json()["global_picklists"][0]["code"]) == (201, "DUPLICATE_DATA")
    assert [o["actual_value"] for o in (await meta(org, "Contacts", name))["pick_list_values"]] == ["Bupa", "HCF"]
    assert (await org.ask("GET", f"settings/global_picklists/{id}")).json()["global_picklists"][0][
        "display_label"
    ] == "Funds"
    assert (await org.ask("DELETE", f"settings/global_picklists/{id}")).status_code == 400
    await org.ask("DELETE", f"settings/fields/{(await meta(org, 'Contacts', name))['id']}?module=Contacts")
    assert (await org.ask("DELETE", f"settings/global_picklists/{id}")).status_code == 202


@pytest.mark.rule("zoho.profile")
async def test_a_profile_tells_what_it_permits(org: Org) -> None:
    administrator, standard = [
        (await org.ask("GET", f"settings/profiles/{profile.id}")).json()["profiles"][0]
        for profile in org.world.profiles
    ]
    given = {one["name"]: one["enabled"] for one in standard["permissions_details"]}

    assert all(one["enabled"] for one in administrator["permissions_details"])
    assert given["Crm_Implied_View_Leads"] is True
    assert given["Crm_Implied_Customize_Zoho_CRM"] is given["Crm_Implied_Manage_Users"] is False
    leads = next(one for one in standard["permissions_details"] if one["name"] == "Crm_Implied_View_Leads")
    assert leads["module"] == {"api_name": "Leads", "id": org.world.modules["Leads"].id}
    listed = [id for part in standard["sections"] for one in part["categories"] for id in one["permissions_details"]]
    assert sorted(listed) == sorted({one["id"] for one in standard["permissions_details"]})
    unknown = await org.ask("GET", "settings/profiles/1")
    assert (unknown.status_code, unknown.json()["details"]) == (400, {"resource_path_index": 2})


async def invite(org: Org, **changes: Any) -> dict[str, Any]:
    order = {
        "first_name": "Bea",
        "last_name": "Ng",
        "email": "Bea@clinic.example",
        "role": org.world.roles[1].id,
        "profile": org.world.profiles[1].id,
        **changes,
    }
    answer = await org.ask("POST", "users", {"users": [order]})
    result: dict[str, Any] = answer.json()["users"][0]
    assert answer.status_code == (201 if result["status"] == "success" else 400)
    return result


@pytest.mark.rule("zoho.users", "zoho.licences")
async def test_a_user_is_invited_and_owns_records_after_accepting() -> None:
    org = Org(switches={"licences": "2"})
    assert (await invite(org, email="none"))["code"] == "INVALID_DATA"
    assert (await invite(org, role="1"))["code"] == "INVALID_DATA"
    assert (await invite(org, last_name=""))["code"] == "MANDATORY_NOT_FOUND"
    id = (await invite(org))["details"]["id"]
    assert (await invite(org))["code"] == "DUPLICATE_DATA"
    assert (await invite(org, email="c@clinic.example"))["code"] == "LICENSE_LIMIT_EXCEEDED"
    shown = (await org.ask("GET", f"users/{id}")).json()["users"][0]
    assert (shown["email"], shown["status"], shown["confirm"]) == ("bea@clinic.example", "active", False)
    assert (await org.insert("Contacts", {**ADA, "Owner": {"id": id}}))[0]["status"] == "error"

    await org.admin("POST confirm", {"email": "bea@clinic.example"})

    assert (await org.insert("Contacts", {**ADA, "Owner": {"id": id}}))[0]["status"] == "success"
    licences = (await org.ask("GET", "__features/user_licenses")).json()["__features"][0]["details"]
    assert (licences["available_count"]["total"], licences["limits"]["total"]) == (0, 2)


@pytest.mark.rule("zoho.user-delete")
async def test_a_deleted_user_stays_known_and_inactive(org: Org) -> None:
    anna = (await org.ask("GET", "users?type=ActiveUsers")).json()["users"][1]

    assert (await org.ask("DELETE", f"users/{anna['id']}")).json()["users"][0]["message"] == "User deleted"
    assert (await org.ask("DELETE", f"users/{anna['id']}")).json()["users"][0]["code"] == "ID_ALREADY_DELETED"
    assert (await org.ask("DELETE", f"users/{org.world.admin['id']}")).status_code == 400
    assert len((await org.ask("GET", "users?type=ActiveUsers")).json()["users"]) == 1
    assert (await org.ask("GET", "users?type=DeletedUsers")).json()["users"][0]["email"] == "anna@clinic.example"
    assert (await org.ask("GET", "users/actions/count?type=AllUsers")).json() == {"count": 2}
    assert (await org.ask("GET", "users?type=CurrentUser")).json()["users"][0]["email"] == "admin@example.com"


@pytest.mark.rule("zoho.org")
async def test_the_organisation_tells_its_edition(org: Org) -> None:
    shown = (await org.ask("GET", "org")).json()["org"][0]

    assert (shown["zgid"], shown["license_details"]["paid_type"]) == (org.world.zgid, "enterprise")
    assert shown["license_details"]["users_license_purchased"] == 10
    assert shown["hipaa_compliance_enabled"] is False
    await org.admin("POST health", {"mode": "on"})
    assert (await org.ask("GET", "org")).json()["org"][0]["hipaa_compliance_enabled"] is True


async def test_an_unknown_edition_switch_or_zone_is_refused() -> None:
    for options in ({"edition": "gold"}, {"switches": {"x": "1"}}, {"switches": {"time_zone": "Mars"}}):
        with pytest.raises(BadOption):
            Org(**options)


@pytest.mark.rule("zoho.related")
async def test_related_lists_read_link_and_unlink(org: Org) -> None:
    account, contact = await org.make("Accounts", Account_Name="Lee"), await org.make("Contacts", **ADA)
    lists = (await org.ask("GET", "settings/related_lists?module=Accounts")).json()["related_lists"]
    assert {"Contacts", "Deals", "Tasks", "Events", "Notes", "Attachments"} <= {one["api_name"] for one in lists}

    linked = await org.ask("PUT", f"Accounts/{account}/Contacts", {"data": [{"id": contact}]})
    read = await org.ask("GET", f"Accounts/{account}/Contacts?fields=Last_Name")
    await org.make("Tasks", Subject="x", What_Id={"id": account}, **{"$se_module": "Accounts"})

    assert linked.json()["data"][0]["message"] == "relation added"
    assert read.json()["data"] == [{"id": contact, "Last_Name": "Lee"}]
    assert (await org.ask("GET", f"Accounts/{account}/Contacts")).json()["code"] == "REQUIRED_PARAM_MISSING"
    assert (await org.ask("GET", f"Accounts/{account}/Tasks?fields=Subject")).json()["info"]["count"] == 1
    gone = await org.ask("DELETE", f"Accounts/{account}/Contacts?ids={contact}")
    assert gone.json()["data"][0]["message"] == "relation removed"
    assert (await org.ask("GET", f"Accounts/{account}/Contacts?fields=id")).status_code == 204
    assert (await org.ask("GET", f"Accounts/{account}/Nothing?fields=id")).status_code == 400
