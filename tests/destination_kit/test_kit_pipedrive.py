"""Pipedrive keeps the kit's promises, in memory, against its twin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit_pipedrive import OAUTH, PIPEDRIVE

from gurney.records import Kind, State
from gurney.testing.kit import Case, Role, cases, opened
from gurney.testing.kit.behaviours.settling import made_of
from gurney.testing.kit.judging import judge_settled
from gurney.testing.traffic import SpecValidator
from gurney.twins.pipedrive import RULES

pytestmark = pytest.mark.anyio


DISPUTED: dict[str, str] = {}
"""Where twin or client is wrong, not the vendor; a settled dispute fails until its line is taken away."""


def disputed(case: Case) -> object:
    reason = DISPUTED.get(str(case)) or DISPUTED.get(case.behaviour.name)
    marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
    return pytest.param(case, id=str(case), marks=marks)


@pytest.mark.parametrize("case", [disputed(case) for case in cases(PIPEDRIVE)])
async def test_pipedrive_keeps_its_promise(case: Case, judges: dict[str, SpecValidator]) -> None:
    await case.run(judges.get("pipedrive"))


ACCESS = ("renews_an", "uses_one", "names_wrong", "checks_without", "tells_no")
FLOW = ("counts_what_the", "pauses_", "stays_within")


def by_oauth() -> list[Case]:
    """What may differ where an app's tokens are used."""
    found = [case for case in cases(OAUTH) if case.role.object in ("persons", "notes", "files")]
    return [case for case in found if case.behaviour.name.startswith((*ACCESS, *FLOW))]


@pytest.mark.parametrize("case", by_oauth(), ids=str)
async def test_pipedrive_keeps_it_by_oauth(case: Case) -> None:
    await case.run()


SETTLING = ("settles_", "makes_nothing_twice")
SPENDING = ("counts_what_the", "pauses_", "forecasts_what_writing", "reads_on")
NOTES = ("keeps_notes", "keeps_parts", "changes_notes", "deletes_notes", "settles_notes")
READING = ("finds_", "reads_", "counts_what_is", "keeps_notes", "keeps_files", "forecasts_what_reading")
DELETING = ("deletes_", "settles_deletions", "writes_again", "names_children", "refuses_links", "refuses_updates")
OTHERWISE = {
    "reset_time_zone=America/New_York": SPENDING,
    "charge_errors=no": SPENDING,
    "daily_headers=always": SPENDING,
    "daily_headers=never": SPENDING,
    "retry_after=both": SPENDING,
    "retry_after=none": SPENDING,
    "block_after=3": SPENDING,
    "over_limit_body=html": SPENDING,
    "over_limit_body=empty": SPENDING,
    "requests_left=10000": SPENDING,
    "user_agent=required": ("checks_without", "keeps_notes", "keeps_files"),
    "expired_access=bare": ACCESS,
    "v1_errors=service": (*NOTES, *DELETING),
    "cursor_life_s=1": READING,
    "over_limit=cap": READING,
    "notes_page=100": READING,
    "null_update_time=shown": ("updates_what", "keeps_what", "reads_what"),
    "list_lag_s=2": SETTLING,
    "name_parts=accept": ("keeps_every_value", "updates_only"),
    "option_words=accept": ("keeps_every_value", "refuses_an_unknown"),
    "is_writable=shown": ("describes_", "keeps_every_value"),
    "activities_and_files_move=yes": ("updates_what", "keeps_what", "names_children"),
    "types_most=7": ("makes_nothing", "takes_"),
    "null_scalars=refuse": ("keeps_every_value", "updates_what", "settles_updates"),
    "email_check=refuse": ("keeps_every_value", "refuses_a_bad_address", "takes_what"),
    "contact_sync=on": ("keeps_every_value", "updates_only"),
    "default_visibility=owner": ("keeps_every_value", "updates_only", "keeps_notes"),
    "hidden_record=403": DELETING,
    "activity_create_status=201": ("keeps_every_value", "settles_creations"),
    "calendar_sync=off": ("keeps_every_value",),
    "duplicate_types=refuse": ("makes_nothing", "takes_"),
    "duplicate_fields=refuse": ("makes_nothing", "takes_"),
    "note_size=characters": NOTES,
    "long_note_status=413": NOTES,
    "note_html=bare": (*NOTES, "keeps_every_value", "settles_creations", "finds_by"),
    "note_html=all": (*NOTES, "keeps_every_value"),
    "note_delete=hard": (*NOTES, *DELETING),
    "large_file_status=400": ("leaves_files", "keeps_files"),
    "storage_mb=1": ("leaves_files", "keeps_files"),
    "download=direct": ("keeps_files", "counts_what_the"),
    "unknown_option=accept": ("refuses_an_unknown", "keeps_every_value"),
    "long_text=cut": ("refuses_a_text", "refuses_updates", "reads_long"),
    "deleted_record=410": DELETING,
    "deleted_record=200": DELETING,
    "cascade=unlink": DELETING,
    "cascade=delete": DELETING,
}
"""Where FACTS only assume what the vendor does: the other way, and what must hold then as well."""
NOT_TRIED = {
    "auth": "tried by itself",
    "old_v1": "never called (FACTS 0.3)",
    "block_s": "how long a block lasts changes nothing but the pause",
    "patch_custom": "would take from every record what an update does not name; nothing could be done about it",
    "file_limit_mb": "the account's limit is ours to know beforehand (FACTS 3.7)",
    "duplicate_codes": "two products of one code are the clinic's own",
    "search_lag_s": "search is never asked (FACTS 9)",
    "search_paging": "search is never asked",
    "search_limit": "search is never asked",
    "invited_seat": "inviting is no part of the kit",
    **dict.fromkeys(("seats", "currency", "time_zone", "contacts_deletable"), "no doubt, but the company's own choice"),
}
"""Switches without another way to try, and why."""


def test_every_doubt_about_the_vendor_is_tried() -> None:
    tried = {assumed.partition("=")[0] for assumed in OTHERWISE} | set(NOT_TRIED)

    assert {rule.switch for rule in RULES if rule.switch} == tried


TRIED_ON = ("persons", "activities", "notes", "files")
"""Objects that stand for all: with own fields, without, and what hangs on others."""
NO_MISS = {"email_check=refuse": "refuses_a_bad_address[persons-single]"}
"""What is a miss only where the assumption holds."""


def otherwise() -> list[object]:
    found: list[object] = []
    for assumed, names in OTHERWISE.items():
        switch, _, value = assumed.partition("=")
        usual = OAUTH if names is ACCESS else PIPEDRIVE
        misses = {name: why for name, why in usual.misses.items() if name != NO_MISS.get(assumed)}
        other = cases(replace(usual, switches={**usual.switches, switch: value}, misses=misses))
        kept = [case for case in other if case.behaviour.name.startswith(names) and case.role.object in TRIED_ON]
        found += [pytest.param(case, id=f"{assumed}-{case}") for case in kept]
    return found


@pytest.mark.parametrize("case", otherwise())
async def test_pipedrive_keeps_it_where_an_assumption_is_wrong(case: Case) -> None:
    await case.run()


@pytest.mark.parametrize("role", PIPEDRIVE.roles, ids=lambda role: role.object)
async def test_what_lists_show_late_is_made_once(role: Role) -> None:
    async with opened(replace(PIPEDRIVE, switches={"list_lag_s": "2"})) as scene:
        role, parent = scene.of(role), await scene.person_made()
        (call,) = scene.witness.write_calls(role, Kind.CREATE, "single")
        writes = made_of(scene, role, parent)
        scene.disturb({"match": call, "do": "drop_after"})
        sent = await scene.write(writes, scene.first_route(role.object))
        scene.disturb()

        settled = await scene.destination.settle(writes)

        assert [one.state for one in sent] == [State.SENT] * 2
        assert all(settled)
        judge_settled(scene, role, writes, settled)


async def test_files_of_two_records_of_one_number_are_told_apart() -> None:
    async with opened(PIPEDRIVE) as scene:
        parents = [await scene.made_one(scene.person), await scene.made_one(scene.company)]
        assert parents[0].id == parents[1].id
        writes = [scene.file_on(parent, "scan.pdf", b"%PDF") for parent in parents]
        (call,) = scene.witness.write_calls(scene.file, Kind.CREATE, "single")
        scene.disturb({"match": call, "do": "drop_after"})
        await scene.write(writes, scene.first_route("files"))
        scene.disturb()

        settled = await scene.destination.settle(writes)

        rows = {str(row["id"]): row for row in scene.witness.rows("files")}
        hung = [rows[one.destination_id or ""] for one in settled if one]
        assert [(row["person_id"], row["org_id"]) for row in hung] == [(int(parents[0].id), None), (None, 1)]
        listed = await scene.destination.read_children(parents, "files")
        assert {one.id for one in listed[parents[0].id]} == set(rows)


async def test_addresses_that_a_person_added_stay() -> None:
    async with opened(PIPEDRIVE) as scene:
        role = scene.person
        write = scene.create(role, {"email": "ada@example.com"})
        (id,) = await scene.written([write])
        theirs = {"value": "ada.home@example.com", "label": "home", "primary": True}
        ours = {"value": "ada@example.com", "label": "work", "primary": False}
        await scene.by_person("edit", object=role.object, id=id, fields={"emails": [theirs, ours]})

        await scene.written([scene.update(write, id, {"email": "lovelace@example.com"})])

        (row,) = scene.witness.rows(role.object)
        assert row["emails"] == [theirs, {**ours, "value": "lovelace@example.com"}]


async def test_reading_goes_on_when_a_cursor_has_died() -> None:
    async with opened(replace(PIPEDRIVE, switches={"cursor_life_s": "60"})) as scene:
        role = scene.person
        ids = await scene.written([scene.create(role, {}) for _ in range(1_100)])
        first = await scene.destination.read(role.object, ids[:500], [role.key_field])
        scene.twin.clock.advance(100)

        rest = await scene.read(role.object, ids[500:], [role.key_field])

        assert list(first) + list(rest) == ids
