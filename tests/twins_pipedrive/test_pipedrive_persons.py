"""Persons and organizations: strict writes, names, contacts, visibility, merging."""

from __future__ import annotations

from typing import Any

import pytest
from pipedrive_client import ZOE, Account

pytestmark = pytest.mark.anyio
PRIVATE = "Validation failed: private: Parameter 'private' is not allowed for this request"


@pytest.mark.rule("pipedrive.update-time-null")
async def test_a_new_person_has_no_update_time_until_something_changes(account: Account) -> None:
    made = await account.make("persons", **ZOE)
    org = await account.make("organizations", name="Gym")
    account.pass_time(60)
    changed = await account.told(f"PATCH v2/persons/{made['id']}", {"name": "Zoe Newfield"})

    assert (made["update_time"], org["update_time"]) == (None, None)
    assert changed["update_time"] == "2026-02-02T23:01:00Z"
    assert changed["add_time"] == made["add_time"] == "2026-02-02T23:00:00Z"


@pytest.mark.rule("pipedrive.linked-moves")
async def test_a_linked_note_or_deal_moves_the_update_time(account: Account) -> None:
    noted, dealt = await account.person(), await account.person()

    await account.note(person_id=noted)
    await account.make("deals", title="D", person_id=dealt)

    rows = await account.told("GET v2/persons")
    assert [row["update_time"] for row in rows] == ["2026-02-02T23:00:00Z"] * 2


@pytest.mark.rule("pipedrive.names")
@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Zoe Field", "Zoe", "Field"),
        ("[Sample] Benjamin Leon", "[Sample] Benjamin", "Leon"),
        ("Cher", "Cher", None),
        ("Field, Zoe", "Field,", "Zoe"),
    ],
)
async def test_names_are_split_at_the_last_word(account: Account, name: str, first: str, last: str | None) -> None:
    made = await account.make("persons", name=name)

    assert (made["name"], made["first_name"], made["last_name"]) == (name, first, last)


@pytest.mark.rule("pipedrive.name-parts")
async def test_first_and_last_name_cannot_be_written_unless_a_switch_says_so() -> None:
    account, lenient = Account(), Account(switches={"name_parts": "accept"})
    body = {"first_name": "Zoe", "last_name": "van Field"}

    assert "first_name" in await account.refused("POST v2/persons", body)
    made = await lenient.make("persons", **body)
    assert (made["name"], made["last_name"]) == ("Zoe van Field", "van Field")


@pytest.mark.rule("pipedrive.contacts")
async def test_the_first_contact_is_primary_unless_another_is(account: Account) -> None:
    made = await account.make(
        "persons",
        name="Zoe",
        emails=[{"value": "a@x.au"}, {"value": "b@x.au", "label": "home"}],
        phones=[{"value": "1"}, {"value": "555-0100", "primary": True, "label": "mobile"}],
    )

    assert made["emails"] == [
        {"label": "work", "value": "a@x.au", "primary": True},
        {"label": "home", "value": "b@x.au", "primary": False},
    ]
    assert [phone["primary"] for phone in made["phones"]] == [False, True]
    assert "emails.0.kind" in await account.refused("POST v2/persons", {**ZOE, "emails": [{"value": "x", "kind": 1}]})
    assert "emails.0.value" in await account.refused("POST v2/persons", {**ZOE, "emails": [{"primary": True}]})


@pytest.mark.rule("pipedrive.email-check")
async def test_the_form_of_an_email_is_not_checked_unless_a_switch_says_so() -> None:
    lenient, strict = Account(), Account(switches={"email_check": "refuse"})
    body = {"name": "Zoe", "emails": [{"value": "not an address"}]}

    assert (await lenient.make("persons", **body))["emails"][0]["value"] == "not an address"
    assert "emails.0.value" in await strict.refused("POST v2/persons", body)


@pytest.mark.rule("pipedrive.lists-replaced")
async def test_patching_one_email_deletes_the_others(account: Account) -> None:
    id = await account.person(emails=[{"value": "a@x.au"}, {"value": "b@x.au"}])

    changed = await account.told(f"PATCH v2/persons/{id}", {"emails": [{"value": "c@x.au"}]})

    assert [email["value"] for email in changed["emails"]] == ["c@x.au"]
    assert changed["phones"][0]["value"] == "555-0100"


@pytest.mark.rule("pipedrive.add-time")
async def test_the_created_time_is_set_once(account: Account) -> None:
    made = await account.make("persons", **ZOE, add_time="2021-03-04T15:06:07+10:00")
    org = await account.make("organizations", name="Gym", add_time="2021-03-04T05:06:07Z")

    assert made["add_time"] == org["add_time"] == "2021-03-04T05:06:07Z"
    assert "add_time" in await account.refused(f"PATCH v2/persons/{made['id']}", {"add_time": "2021-03-04T05:06:07Z"})
    assert "RFC" in await account.refused("POST v2/persons", {**ZOE, "add_time": "2021-03-04 05:06:07"})


@pytest.mark.rule("pipedrive.all-keys")
async def test_every_custom_key_is_shown_and_patch_leaves_the_others(account: Account) -> None:
    one, two = [(await account.field("varchar"))[0] for _ in range(2)]
    made = await account.make("persons", **ZOE, custom_fields={one: "a"})

    changed = await account.told(f"PATCH v2/persons/{made['id']}", {"custom_fields": {two: "b"}})
    cleared = await account.told(f"PATCH v2/persons/{made['id']}", {"custom_fields": {one: None}})

    assert made["custom_fields"] == {one: "a", two: None}
    assert changed["custom_fields"] == {one: "a", two: "b"}
    assert cleared["custom_fields"] == {one: None, two: "b"}


@pytest.mark.rule("pipedrive.unknown-key")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("v2/persons", {**ZOE, "private": 1}),
        ("v2/organizations", {"name": "x", "private": 1}),
        ("v2/activities", {"private": True}),
        ("v2/products", {"name": "x", "private": 1}),
        ("v2/deals", {"title": "x", "private": 1}),
        ("v2/personFields", {"field_name": "x", "field_type": "text", "private": 1}),
    ],
)
async def test_unknown_keys_are_named_and_refused(account: Account, path: str, body: dict[str, Any]) -> None:
    answer = await account.ask(f"POST {path}", body)

    assert answer.status_code == 400
    assert answer.json() == {"success": False, "error": PRIVATE, "code": "ERR_SCHEMA_VALIDATION_FAILED"}


@pytest.mark.rule("pipedrive.unknown-key")
async def test_what_was_read_cannot_be_written_back(account: Account) -> None:
    made = await account.make("persons", **ZOE)

    for name in ("id", "update_time", "is_deleted", "picture_id"):
        words = await account.refused(f"PATCH v2/persons/{made['id']}", {name: made[name]})
        assert words == f"Validation failed: {name}: Parameter '{name}' is not allowed for this request"


@pytest.mark.rule("pipedrive.strict-types")
@pytest.mark.parametrize(
    "body",
    [
        {"owner_id": "4711"},
        {"visible_to": "3"},
        {"visible_to": True},
        {"name": 7},
        {"label_ids": "1"},
        {"emails": "a@x.au"},
        {"emails": [{"value": 5}]},
        {"phones": [{"value": "1", "primary": "true"}]},
        {"emails": None},
        {"name": None},
        {"name": "  "},
        {"org_id": 999},
        {"label_ids": [9999]},
    ],
)
async def test_wrong_types_and_references_are_refused(account: Account, body: dict[str, Any]) -> None:
    words = await account.refused("POST v2/persons", {**ZOE, **body})

    assert words.startswith(f"Validation failed: {next(iter(body))}")
    assert len(account.world.shelves["persons"]) == 0


async def test_a_person_needs_a_name(account: Account) -> None:
    assert await account.refused("POST v2/persons", {}) == "Validation failed: name: is required"


@pytest.mark.rule("pipedrive.null-scalars")
async def test_null_unlinks_and_clears() -> None:
    account, strict = Account(), Account(switches={"null_scalars": "refuse"})
    org = (await account.make("organizations", name="Gym", address={"value": "1 Main St"}))["id"]
    id = await account.person(org_id=org)

    assert (await account.told(f"PATCH v2/persons/{id}", {"org_id": None}))["org_id"] is None
    assert (await account.told(f"PATCH v2/organizations/{org}", {"address": None}))["address"] is None
    other = (await strict.make("organizations", name="Gym"))["id"]
    assert "address" in await strict.refused(f"PATCH v2/organizations/{other}", {"address": None})
    await strict.told(f"PATCH v2/organizations/{other}", {"website": None})


@pytest.mark.rule("pipedrive.contact-sync")
async def test_contact_sync_fields_need_contact_sync() -> None:
    account, synced = Account(), Account(switches={"contact_sync": "on"})
    body = {**ZOE, "birthday": "1980-05-17", "job_title": "Nurse", "postal_address": {"value": "1 Main St"}}

    await account.refused("POST v2/persons", body, status=403)
    made = await synced.make("persons", **body)

    assert "birthday" not in await account.make("persons", **ZOE)
    assert (made["birthday"], made["postal_address"]["value"]) == ("1980-05-17", "1 Main St")


@pytest.mark.rule("pipedrive.duplicates")
async def test_the_same_person_twice_is_two_persons(account: Account) -> None:
    one, two = await account.person(), await account.person()

    assert one != two
    assert len(await account.told("GET v2/persons")) == 2


@pytest.mark.rule("pipedrive.owner")
async def test_an_owner_must_be_an_active_user(account: Account) -> None:
    words = "Validation failed: owner_id: User not found or not accessible."
    anna = account.world.company.by_email("anna@clinic.example")
    assert anna is not None

    assert (await account.make("persons", **ZOE, owner_id=anna["id"]))["owner_id"] == anna["id"]
    assert await account.refused("POST v2/persons", {**ZOE, "owner_id": 1}) == words
    await account.told(f"PUT v1/users/{anna['id']}", {"active_flag": False})
    assert await account.refused("POST v2/persons", {**ZOE, "owner_id": anna["id"]}) == words


@pytest.mark.rule("pipedrive.broken-custom-fields")
@pytest.mark.parametrize("custom", [[], "x", {"custom_fields": {}}])
async def test_wrongly_nested_custom_fields_look_like_the_servers_fault(account: Account, custom: Any) -> None:
    answer = await account.ask("POST v2/persons", {**ZOE, "custom_fields": custom})

    assert answer.status_code == 500
    assert answer.json() == {"success": False, "error": "Internal Server Error", "code": "ERR_UNKNOWN"}


async def test_a_custom_key_belongs_into_custom_fields(account: Account) -> None:
    code = (await account.field("varchar"))[0]

    assert code in await account.refused("POST v2/persons", {**ZOE, code: "x"})
    words = await account.refused("POST v2/persons", {**ZOE, "custom_fields": {"0" * 40: "x"}})
    assert words.startswith(f"Validation failed: custom_fields.{'0' * 40}: Parameter")


# Visibility


@pytest.mark.rule("pipedrive.visibility")
@pytest.mark.parametrize(("edition", "values"), [("lite", {1, 3}), ("growth", {1, 3}), ("premium", {1, 3, 5, 7})])
async def test_each_plan_has_its_values_of_visible_to(edition: str, values: set[int]) -> None:
    account = Account(edition=edition)

    accepted = {
        value for value in range(9) if (await account.ask("POST v2/persons", {**ZOE, "visible_to": value})).is_success
    }

    assert accepted == values


@pytest.mark.rule("pipedrive.visibility", "pipedrive.hidden")
@pytest.mark.parametrize("status", ["404", "403"])
async def test_what_only_its_owner_sees_is_hidden_from_others(status: str) -> None:
    account = Account(switches={"hidden_record": status})
    secret, open_one = await account.person(visible_to=1), await account.person(visible_to=3)
    permitted = await account.told(f"GET v1/persons/{secret}/permittedUsers")
    await account.as_user("anna@clinic.example")

    rows = await account.told("GET v2/persons")

    assert permitted == [4711]
    assert [row["id"] for row in rows] == [open_one]
    assert (await account.ask(f"GET v2/persons/{secret}")).status_code == int(status)
    assert await account.told(f"GET v2/persons?ids={secret}") == []
    words = await account.refused("POST v1/notes", {"content": "x", "person_id": secret})
    assert "not accessible" in words


@pytest.mark.rule("pipedrive.visibility")
async def test_groups_and_sub_groups_see_what_is_theirs() -> None:
    account = Account(edition="premium")
    await account.admin("POST group", {"path": "clinic"})
    everyone, group, below = [await account.person(visible_to=value) for value in (7, 3, 5)]
    seen = {}
    for email, path in (("a@x.au", "clinic"), ("b@x.au", "clinic/physio"), ("c@x.au", "billing")):
        await account.as_user(email)
        await account.admin("POST group", {"email": email, "path": path})
        seen[path] = {row["id"] for row in await account.told("GET v2/persons")}

    assert seen == {"clinic": {everyone, group, below}, "clinic/physio": {everyone, below}, "billing": {everyone}}


@pytest.mark.rule("pipedrive.default-visibility")
@pytest.mark.parametrize(
    ("edition", "mode", "value"),
    [("lite", "company", 3), ("premium", "company", 7), ("premium", "owner", 1)],
)
async def test_without_visible_to_the_default_applies(edition: str, mode: str, value: int) -> None:
    account = Account(edition=edition, switches={"default_visibility": mode})

    assert (await account.make("persons", **ZOE))["visible_to"] == value


# Merging


@pytest.mark.rule("pipedrive.merge")
async def test_merging_keeps_the_one_named_in_the_body(account: Account) -> None:
    loser = await account.person(emails=[{"value": "old@x.au"}])
    winner = await account.person(name="Zoe Kept", emails=[{"value": "new@x.au"}])
    note = await account.note(person_id=loser)
    activity = await account.make("activities", participants=[{"person_id": loser}])

    merged = await account.told(f"PUT v1/persons/{loser}/merge", {"merge_with_id": winner})

    assert (merged["id"], merged["name"], merged["merge_what_id"]) == (winner, "Zoe Kept", loser)
    assert [email["value"] for email in merged["email"]] == ["new@x.au", "old@x.au"]
    assert (merged["notes_count"], merged["activities_count"], merged["visible_to"]) == (1, 1, "3")
    assert (await account.told(f"GET v1/notes/{note['id']}"))["person_id"] == winner
    moved = await account.told(f"GET v2/activities/{activity['id']}")
    assert moved["participants"] == [{"person_id": winner, "primary": True}]
    await account.refused(f"GET v2/persons/{loser}", status=404)
    await account.refused(f"PUT v1/persons/{winner}/merge", {"merge_with_id": winner})


async def test_organizations_and_deals_merge_too(account: Account) -> None:
    orgs = [(await account.make("organizations", name=name))["id"] for name in ("A", "B")]
    person = await account.person(org_id=orgs[0])
    deals = [(await account.make("deals", title=title))["id"] for title in ("A", "B")]

    await account.told(f"PUT v1/organizations/{orgs[0]}/merge", {"merge_with_id": orgs[1]})
    await account.told(f"PUT v1/deals/{deals[0]}/merge", {"merge_with_id": deals[1]})

    assert (await account.told(f"GET v2/persons/{person}"))["org_id"] == orgs[1]
    assert [row["id"] for row in await account.told("GET v2/deals")] == [deals[1]]
