"""Activities and their types."""

from __future__ import annotations

from typing import Any

import pytest
from pipedrive_client import Account

pytestmark = pytest.mark.anyio
READ_ONLY = (
    "'person_id' is a read-only field. Add a primary participant to set 'person_id' instead. "
    'For example: "participants": [{ "person_id": 1, "primary": true }]'
)


@pytest.mark.rule("pipedrive.person-id")
async def test_the_person_of_an_activity_is_its_primary_participant(account: Account) -> None:
    zoe, max_ = await account.person(), await account.person()

    refused = await account.ask("POST v2/activities", {"subject": "x", "person_id": zoe})
    made = await account.make("activities", participants=[{"person_id": zoe}, {"person_id": max_, "primary": True}])
    first = await account.make("activities", participants=[{"person_id": zoe}, {"person_id": max_}])

    assert refused.status_code == 400
    assert refused.json() == {"success": False, "error": READ_ONLY, "code": "ERR_BAD_REQUEST"}
    assert made["person_id"] == max_
    assert made["participants"] == [{"person_id": zoe, "primary": False}, {"person_id": max_, "primary": True}]
    assert first["person_id"] == zoe
    cleared = await account.told(f"PATCH v2/activities/{made['id']}", {"participants": []})
    assert (cleared["person_id"], cleared["participants"]) == (None, [])


@pytest.mark.rule("pipedrive.activity-defaults", "pipedrive.starts-updated")
async def test_what_is_not_said_is_today_without_time_and_not_busy(account: Account) -> None:
    deal = (await account.make("deals", title="D", person_id=await account.person()))["id"]

    made = await account.make("activities", deal_id=deal)

    assert (made["due_date"], made["due_time"], made["busy"], made["done"]) == ("2026-02-02", None, False, False)
    assert (made["deal_id"], made["person_id"]) == (deal, None)
    assert (made["type"], made["subject"]) == ("call", "Call")
    assert made["update_time"] == made["add_time"] == "2026-02-02T23:00:00Z"
    assert (made["owner_id"], made["creator_user_id"]) == (4711, 4711)
    product = await account.make("products", name="Consult")
    assert product["update_time"] == product["add_time"]


@pytest.mark.rule("pipedrive.done")
async def test_done_is_marked_with_the_moment(account: Account) -> None:
    made = await account.make("activities", done=True)
    open_one = await account.make("activities")
    account.pass_time(60)
    closed = await account.told(f"PATCH v2/activities/{open_one['id']}", {"done": True})
    reopened = await account.told(f"PATCH v2/activities/{open_one['id']}", {"done": False})

    assert made["marked_as_done_time"] == "2026-02-02T23:00:00Z"
    assert closed["marked_as_done_time"] == "2026-02-02T23:01:00Z"
    assert reopened["marked_as_done_time"] is None


@pytest.mark.rule("pipedrive.activity-times")
async def test_times_are_read_with_seconds(account: Account) -> None:
    made = await account.make("activities", due_date="2026-02-03", due_time="23:30", duration="00:45")

    assert (made["due_date"], made["due_time"], made["duration"]) == ("2026-02-03", "23:30:00", "00:45:00")
    cleared = await account.told(f"PATCH v2/activities/{made['id']}", {"due_time": None, "duration": None})
    assert (cleared["due_time"], cleared["duration"]) == (None, None)


@pytest.mark.parametrize(
    "body",
    [
        {"due_time": "24:00"},
        {"due_time": "9:30"},
        {"duration": "45"},
        {"due_date": "2026-02-30"},
        {"due_date": "03.02.2026"},
        {"type": "nonsense"},
        {"done": 1},
        {"busy": "true"},
        {"participants": [{"person_id": 99}]},
        {"participants": [{"primary": True}]},
        {"location": "1 Main St"},
        {"location": {"city": "Hobart"}},
        {"priority": 999},
        {"lead_id": 3},
        {"project_id": 1},
        {"subject": ""},
        {"add_time": "2026-02-03T00:00:00Z"},
        {"marked_as_done_time": "2026-02-03T00:00:00Z"},
        {"creator_user_id": 4711},
    ],
)
async def test_wrong_values_are_refused(account: Account, body: dict[str, Any]) -> None:
    words = await account.refused("POST v2/activities", body)

    assert words.startswith(f"Validation failed: {next(iter(body))}")
    assert len(account.world.shelves["activities"]) == 0


async def test_a_location_fills_up_with_nulls_on_every_write(account: Account) -> None:
    made = await account.make("activities", location={"value": "1 Main St, Hobart", "locality": "Hobart"})
    changed = await account.told(f"PATCH v2/activities/{made['id']}", {"location": {"value": "2 Main St"}})

    assert (made["location"]["locality"], made["location"]["country"]) == ("Hobart", None)
    assert (changed["location"]["value"], changed["location"]["locality"]) == ("2 Main St", None)


async def test_a_priority_is_an_option_of_its_field(account: Account) -> None:
    options = (await account.told("GET v2/activityFields/priority"))["options"]

    made = await account.make("activities", priority=options[0]["id"])

    assert made["priority"] == options[0]["id"]


@pytest.mark.rule("pipedrive.outcome")
async def test_an_outcome_is_written_and_read(account: Account) -> None:
    made = await account.make("activities", outcome=3)
    cleared = await account.told(f"PATCH v2/activities/{made['id']}", {"outcome": None})

    assert (made["outcome"], cleared["outcome"]) == (3, None)


@pytest.mark.rule("pipedrive.attendees")
@pytest.mark.parametrize(("sync", "mails"), [("on", 1), ("off", 0)])
async def test_attendees_get_mail(sync: str, mails: int) -> None:
    account = Account(switches={"calendar_sync": sync})

    made = await account.make("activities", subject="Visit", attendees=[{"email": "zoe@example.org"}])

    assert "attendees" not in made
    shown = await account.told(f"GET v2/activities/{made['id']}?include_fields=attendees")
    assert shown["attendees"] == [{"email": "zoe@example.org"}]
    assert (await account.admin("GET state")).json()["Invitations"] == mails
    assert len(await account.dump("invitations")) == mails


async def test_a_visit_without_attendees_mails_nobody(account: Account) -> None:
    await account.make("activities", participants=[{"person_id": await account.person()}])

    assert await account.dump("invitations") == []


@pytest.mark.rule("pipedrive.activity-created")
@pytest.mark.parametrize("status", ["200", "201"])
async def test_the_status_of_a_creation_is_a_switch(status: str) -> None:
    account = Account(switches={"activity_create_status": status})

    assert (await account.ask("POST v2/activities", {})).status_code == int(status)


# Types


@pytest.mark.rule("pipedrive.type-keys")
async def test_a_type_has_a_key_that_survives_renaming(account: Account) -> None:
    made = await account.told("POST v1/activityTypes", {"name": "Initial Consultation", "icon_key": "meeting"})
    renamed = await account.told(f"PUT v1/activityTypes/{made['id']}", {"name": "First visit", "color": "aeb31b"})
    activity = await account.make("activities", type="initial_consultation")

    assert (made["key_string"], made["is_custom_flag"]) == ("initial_consultation", True)
    assert (renamed["name"], renamed["key_string"]) == ("First visit", "initial_consultation")
    assert activity["type"] == "initial_consultation"
    stock = {row["key_string"] for row in await account.told("GET v1/activityTypes") if not row["is_custom_flag"]}
    assert stock == {"call", "meeting", "task", "deadline", "email", "lunch"}


@pytest.mark.rule("pipedrive.type-clash")
async def test_a_second_type_of_the_same_name() -> None:
    account, strict = Account(), Account(switches={"duplicate_types": "refuse"})
    body = {"name": "Meeting", "icon_key": "meeting"}

    assert (await account.told("POST v1/activityTypes", body))["key_string"] == "meeting_2"
    assert (await account.told("POST v1/activityTypes", body))["key_string"] == "meeting_3"
    await strict.refused("POST v1/activityTypes", body)


@pytest.mark.rule("pipedrive.type-delete")
async def test_a_deleted_type_is_inactive_and_takes_no_more_activities(account: Account) -> None:
    lunch = next(row for row in await account.told("GET v1/activityTypes") if row["key_string"] == "lunch")

    deleted = await account.told(f"DELETE v1/activityTypes/{lunch['id']}")

    assert deleted["active_flag"] is False
    assert "type" in await account.refused("POST v2/activities", {"type": "lunch"})
    await account.refused("DELETE v1/activityTypes/99", status=404)


@pytest.mark.parametrize(
    "body",
    [
        {"name": "X"},
        {"icon_key": "call"},
        {"name": "X", "icon_key": "tooth"},
        {"name": "X", "icon_key": "call", "color": "red"},
    ],
)
async def test_a_type_needs_a_name_and_a_known_icon(account: Account, body: dict[str, Any]) -> None:
    await account.refused("POST v1/activityTypes", body)


async def test_only_administrators_make_types(account: Account) -> None:
    await account.as_user("anna@clinic.example")

    await account.refused("POST v1/activityTypes", {"name": "X", "icon_key": "call"}, status=403)
    await account.refused("DELETE v1/activityTypes/1", status=403)
