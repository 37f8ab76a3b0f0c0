"""HighLevel keeps the kit's promises, in memory, against its twin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from kit_highlevel import HIGHLEVEL, OAUTH, OTHER_VISIT, START, VISIT, VISITS
from kit_highlevel_witness import ASIDE, STUBBORN

from gurney.destinations.highlevel.account import SCOPES_AT
from gurney.records import Kind, Link, State
from gurney.testing.kit import BEHAVIOURS, Adapter, Case, Role, Scene, cases, opened
from gurney.testing.kit.behaviours.budgets import judge_cost
from gurney.testing.kit.behaviours.settling import HAD_NO_EFFECT, TOOK_EFFECT, made_of, to_rest
from gurney.testing.kit.judging import judge_count, judge_done, judge_settled, judge_stored
from gurney.testing.openapi import linked, read_document
from gurney.testing.recording import Exchange
from gurney.testing.traffic import SpecValidator, Violation, corrected, known_errors, tolerated_of
from gurney.twins.highlevel import RULES

pytestmark = pytest.mark.anyio
HUNG = ("appointments", "tasks", "invoices")


def all_cases() -> list[Case]:
    """Everything of contacts, records, notes and files; of what hangs on a contact, what is about it."""
    return [*cases(HIGHLEVEL), *(case for case in cases(VISITS) if case.role.object in HUNG)]


@pytest.mark.parametrize("case", all_cases(), ids=str)
async def test_highlevel_keeps_its_promise(case: Case, judges: dict[str, SpecValidator]) -> None:
    await case.run(judges.get("highlevel"))


class ByTheNewest:
    """The same requests under the vendor's newest version, of which nothing is asked yet (FACTS 1)."""

    GONE = ("GET /users/", "GET /workflows/")
    """Answering still, says FACTS 1, though v3 does not describe them."""

    def __init__(self, vendors: Path) -> None:
        known = known_errors("highlevel")
        documents = {file.stem: read_document(file) for file in sorted((vendors / "highlevel/spec/v3").glob("*.json"))}
        self._judge = SpecValidator(
            linked({name: corrected(one, name, known["correction"]) for name, one in documents.items()}),
            tolerated=[tolerated_of(one) for one in known["tolerated"]],
            outside=[re.compile(one["path"]) for one in known["outside"]],
        )

    def validate_all(self, exchanges: Iterable[Exchange]) -> list[Violation]:
        asked = [replace(one, request_headers={**one.request_headers, "version": "v3"}) for one in exchanges]
        found = self._judge.validate_all(asked)
        return [one for one in found if one.side == "request" and one.path not in self.GONE]


@pytest.fixture(scope="module")
def newest(shared: Path) -> ByTheNewest:
    return ByTheNewest(shared / "vendors")


EVERY_CALL = (
    "keeps_every_value[", "updates_only", "keeps_notes", "changes_notes", "keeps_files", "deletes_", "takes_its",
    "checks_without", "names_children", "settles_old", "links_",
)  # fmt: skip


@pytest.mark.parametrize("case", [one for one in all_cases() if str(one).startswith(EVERY_CALL)], ids=str)
async def test_what_is_asked_would_be_asked_of_v3_too(case: Case, newest: ByTheNewest) -> None:
    await case.run(newest)  # type: ignore[arg-type]


ACCESS = ("renews_an", "uses_one", "names_wrong", "checks_without", "tells_no")
FLOW = ("counts_what_the", "pauses_", "stays_within")
TRIED_ON = ("contacts", "notes", "files")
"""Objects that stand for all."""


def by_oauth() -> list[object]:
    """What may differ where an app's tokens are used, of the location or of its agency."""
    found = []
    for auth in ("oauth", "oauth_company"):
        every = cases(replace(OAUTH, switches={"auth": auth}, edition=None if auth == "oauth" else "pro"))
        kept = [
            case for case in every if case.role.object in TRIED_ON and case.behaviour.name.startswith((*ACCESS, *FLOW))
        ]
        found += [pytest.param(case, id=f"{auth}-{case}") for case in kept]
    return found


@pytest.mark.parametrize("case", by_oauth())
async def test_highlevel_keeps_it_by_oauth(case: Case, judges: dict[str, SpecValidator]) -> None:
    await case.run(judges.get("highlevel"))


VALUES = ("keeps_every_value", "updates_only", "puts_back")
SETTLING = ("settles_", "makes_nothing_twice", "finds_by")
SPENDING = ("counts_what_the", "pauses_", "forecasts_what_writing", "reads_on")
NOTES = ("keeps_notes", "keeps_parts", "changes_notes", "deletes_notes", "settles_notes")
FILES = ("keeps_files", "deletes_files", "leaves_files", "settles_files")
READING = ("finds_", "reads_", "counts_what_is")
DELETING = ("deletes_", "settles_deletions", "writes_again", "names_children", "refuses_links", "refuses_updates")
MAKING = ("describes_", "makes_", "takes_", "adds_")
EMPTYING = ("empties_", "updates_only", "puts_back")
OTHERWISE = {
    "versions=documented": (*ACCESS, "keeps_every_value", *NOTES, *FILES, *MAKING),
    "bad_refresh=400": ACCESS,
    "burst_window=fixed": FLOW,
    "reset_time_zone=Australia/Hobart": SPENDING,
    "retry_after=burst": SPENDING,
    "retry_after=both": SPENDING,
    "content_type=any": VALUES,
    "not_found=400": DELETING,
    "old_errors=contacts,objects,associations,locations,custom-fields": (*DELETING, *MAKING, "refuses_"),
    "unknown_user=accept": ("sets_owners", "tells_who"),
    "allow_duplicate_contact=yes": VALUES,
    "dedupe_order=phone,email": VALUES,
    "dedupe_order=email": VALUES,
    "dedupe_order=phone": VALUES,
    "update_duplicates=accept": VALUES,
    "update_lacks=accept": VALUES,
    "dnd_update=merge": VALUES,
    "email_case=kept": VALUES,
    "phone_check=valid": VALUES,
    "phone_check=none": VALUES,
    "clear_dates=cleared": EMPTYING,
    "null_clears=yes": EMPTYING,
    "unknown_field=refuse": VALUES,
    "value_types=coerce": VALUES,
    "unknown_option=accept": ("keeps_every_value", "refuses_an_unknown"),
    "search_lag_s=0": (*SETTLING, *READING),
    "search_lag_s=14": (*SETTLING, *READING),
    "search_gap_s=8": (*SETTLING, *READING),
    "search_gap_s=0": (*SETTLING, *READING),
    "duplicate_lookup=at_once": ACCESS,
    "search_names=both": READING,
    "same_field_name=suffix": MAKING,
    "folders_listed=no": MAKING,
    "note_html=cleaned": (*NOTES, "settles_notes"),
    "note_html=stripped": ("deletes_notes", "settles_notes"),
    "schema_cache_s=60": MAKING,
    "field_parent=optional": MAKING,
    "record_page=500": READING,
    "object_object=accept": MAKING,
    "large_file_status=413": FILES,
    "document_auth=none": FILES,
}
"""Where FACTS only assume what the vendor does: the other way, and what must hold then as well."""
NOT_TRIED = {
    "auth": "tried by itself",
    "private_app": "a page of the vendor's, before anything is called",
    "gender_read": "gender is never written: no read shape has it (FACTS 4.2)",
    "tag_case": "tags are never written",
    "bulk_tags_max": "tags are never written",
    "prefixed_keys": "custom values go by their ids",
    "text_max": "limits of texts are the account's own to know; ours are below what others send (FACTS 8)",
    "fields_max": "no maximum is known (FACTS 16); what is refused is a failed change with the vendor's words",
    "field_options": "tried by itself",
    "note_max": "the editor's limit is kept to; there is nothing to be learnt from a lower one (FACTS 5)",
    "appointment_status": "tried with appointments",
    "past_appointments": "tried with appointments",
    "unique_status": "no field can be made unique through the API (FACTS 7)",
    "payment_details": "payments are never written",
    "same_invoice_number": "tried with invoices",
    "delete_paid_invoice": "payments are never written",
    "restore_children": "restoring is a page of the vendor's",
    "allow_duplicate_opportunity": "opportunities are never written",
    "country": "no doubt, but the clinic's own",
    "time_zone": "no doubt, but the clinic's own",
    "hipaa": "told beforehand; nothing is restored through the API",
    **dict.fromkeys(("objects_max", "records_max", "labels_max", "relations_max", "file_limit_mb"),
                    "no doubt: the vendor says them (FACTS 0.6, 10)"),
}  # fmt: skip
"""Switches without another way to try, and why."""
RECORDS = ("custom_objects.kit_company",)
RECORDS_OTHERWISE = {
    "not_found=400": DELETING,
    "null_clears=yes": EMPTYING,
    "unknown_option=accept": ("keeps_every_value", "refuses_an_unknown"),
    "search_lag_s=14": (*SETTLING, *READING),
    "record_page=500": (*READING, "forecasts_what_reading"),
}
HUNG_OTHERWISE = {
    "appointment_status=201": ("keeps_every_value", "settles_creations"),
    "past_appointments=accept": ("keeps_every_value",),
    "same_invoice_number=accept": ("keeps_every_value",),
    "search_lag_s=14": ("settles_",),
    "not_found=400": DELETING,
}


def test_every_doubt_about_the_vendor_is_tried() -> None:
    tried = {assumed.partition("=")[0] for assumed in OTHERWISE} | set(NOT_TRIED)

    assert {rule.switch for rule in RULES if rule.switch} == tried


NO_MISS: dict[str, str] = {}
"""What is a miss only where the assumption holds."""


def adapter_where(assumed: str, usual: Adapter) -> Adapter:
    """The vendor as it would be if FACTS were wrong in one point."""
    switch, _, value = assumed.partition("=")
    misses = {name: why for name, why in usual.misses.items() if name != NO_MISS.get(assumed)}
    found = replace(usual, switches={**usual.switches, switch: value}, misses=misses)
    if assumed == "clear_dates=cleared":  # a day may be emptied then
        found = replace(found, person=replace(found.person, never_empty=frozenset({"phone"})))
    return found


def otherwise() -> list[object]:
    found: list[object] = []
    tried = ((OTHERWISE, HIGHLEVEL, TRIED_ON), (RECORDS_OTHERWISE, HIGHLEVEL, RECORDS), (HUNG_OTHERWISE, VISITS, HUNG))
    for told, usual, objects in tried:
        for assumed, names in told.items():
            base = OAUTH if names is ACCESS else usual
            every = cases(adapter_where(assumed, base))
            kept = [case for case in every if case.behaviour.name.startswith(names) and case.role.object in objects]
            if told is not OTHERWISE:
                kept = [case for case in kept if case.behaviour.over != "once"]
            found += [pytest.param(case, id=f"{assumed}-{case}") for case in kept]
    return found


@pytest.mark.parametrize("case", otherwise())
async def test_highlevel_keeps_it_where_an_assumption_is_wrong(case: Case) -> None:
    await case.run()


async def test_numbers_apart_no_two_values_are_taken_for_the_same() -> None:
    fields = {name: type for name, type in HIGHLEVEL.person.fields.items() if name != "phone"}
    person = replace(HIGHLEVEL.person, fields=fields, never_empty=STUBBORN - {"phone"})
    (case,) = [one for one in cases(replace(HIGHLEVEL, person=person, misses={}))
               if one.behaviour is BEHAVIOURS["tells_different_values_apart"]]  # fmt: skip

    await case.run()


async def test_options_that_the_api_does_not_take_are_left_to_a_person() -> None:
    async with opened(replace(HIGHLEVEL, switches={"field_options": "ignore"})) as scene:
        said = [one.words for one in scene.made if one.words and "custom_objects" not in one.words]

        assert [words for words in said if "Settings > Custom Fields" in words]


# What the vendor's search, its refusals and its rule of one address each make difficult


@pytest.mark.parametrize("fault", [*TOOK_EFFECT, *HAD_NO_EFFECT], ids=str)
async def test_a_lost_answer_to_a_link_leaves_one_record_with_one_link(fault: dict[str, object]) -> None:
    async with opened(HIGHLEVEL) as scene:
        role, parent = scene.child, await scene.person_made()
        writes = [scene.create(role, {role.lookups["person"]: parent}) for _ in range(3)]
        scene.disturb({"match": {"method": "POST", "path": "/associations/relations$", "nth": {"every": 2}}, **fault})
        scene.route = scene.first_route(role.object)

        loss = await to_rest(scene, role, writes)

        scene.disturb()
        judge_done(writes, loss.last)
        judge_stored(scene, role, writes, loss.last)
        judge_count(scene, role, len(writes))


async def test_a_refusal_that_made_the_contact_all_the_same_makes_no_second_one() -> None:
    async with opened(HIGHLEVEL) as scene:
        role = scene.person
        (call,) = scene.witness.write_calls(role, Kind.CREATE, "single")
        scene.disturb({"match": {**call, "nth": {"every": 2}}, "do": "created_422"})
        writes = [scene.create(role, {"email": f"{at}@example.com", "firstName": "McKit"}) for at in range(6)]

        outcomes = await scene.write(writes, scene.first_route(role.object))

        scene.disturb()
        judge_done(writes, outcomes)
        judge_stored(scene, role, writes, outcomes)
        judge_count(scene, role, len(writes))


@pytest.mark.parametrize("switches", [{}, {"dedupe_order": "phone,email"}, {"allow_duplicate_contact": "yes"}], ids=str)
async def test_a_family_that_shares_its_addresses_stays_a_family(switches: dict[str, str]) -> None:
    async with opened(replace(HIGHLEVEL, switches=switches)) as scene:
        role, shared = scene.person, {"email": "Family@example.com", "phone": "0491 570 156"}
        writes = [scene.create(role, {"firstName": f"Kit {at}", **shared}) for at in range(4)]

        outcomes = await scene.write(writes, scene.first_route(role.object))

        judge_done(writes, outcomes)
        judge_stored(scene, role, writes, outcomes)
        rows = scene.witness.rows(role.object)
        bearers = 4 if switches.get("allow_duplicate_contact") else 1
        for wire, own in ASIDE.items():
            assert sum(row.get(own) is None for row in rows) == bearers, wire
        ids = [one.destination_id or "" for one in outcomes]
        read = await scene.read(role.object, ids, ["email", "phone"])
        assert {back.fields["email"] for back in read.values()} == {"family@example.com"} | (
            {"Family@example.com"} if bearers == 1 else set()
        )


async def test_a_second_bearer_whose_answer_was_lost_is_made_once() -> None:
    async with opened(HIGHLEVEL) as scene:
        role = scene.person
        scene.route = scene.first_route(role.object)
        await scene.written([scene.create(role, {"email": "family@example.com"})])
        (call,) = scene.witness.write_calls(role, Kind.CREATE, "single")
        scene.disturb({"match": {**call, "nth": 2}, "do": "drop_after"})  # the first attempt is refused as a duplicate
        writes = [scene.create(role, {"email": "family@example.com"})]

        loss = await to_rest(scene, role, writes)

        scene.disturb()
        assert loss.first[0].state is State.SENT
        judge_stored(scene, role, writes, loss.last)
        judge_count(scene, role, 2)


async def test_names_are_read_in_their_own_case_though_searches_lower_them() -> None:
    async with opened(HIGHLEVEL) as scene:
        role = scene.person
        writes = [scene.create(role, {"firstName": f"Kit{at} McNAMARA-van der Öst"}) for at in range(12)]
        ids = await scene.written(writes)
        scene.twin.clock.advance(60)

        read = await scene.read(role.object, ids, ["firstName", role.title])

        assert [read[id].fields["firstName"] for id in ids] == [write.fields["firstName"] for write in writes]


async def test_nothing_is_settled_before_the_search_has_caught_up() -> None:
    async with opened(replace(HIGHLEVEL, switches={"search_lag_s": "14", "search_gap_s": "6"})) as scene:
        for role in (scene.person, scene.company):
            writes = made_of(scene, role, await scene.person_made())
            (call,) = scene.witness.write_calls(role, Kind.CREATE, "single")
            scene.disturb({"match": call, "do": "drop_after"})
            await scene.write(writes, scene.first_route(role.object))
            scene.disturb()

            settled = await scene.destination.settle(writes)

            assert all(settled)
            judge_settled(scene, role, writes, settled)


async def test_links_are_forecast_with_their_records() -> None:
    async with opened(HIGHLEVEL) as scene:
        role, parent = scene.child, await scene.person_made()
        writes = [scene.create(role, {role.lookups["person"]: parent}) for _ in range(37)]
        mark = scene.mark()

        ids = await scene.written(writes)

        judge_cost(scene, "writing with links", scene.destination.cost(role.object, "write", 37), mark)
        scene.twin.clock.advance(60)
        expected = {id: {role.lookups["person"]: parent} for id in ids}
        mark = scene.mark()
        await scene.destination.read(role.object, ids, list(role.fields), expected=expected)
        judge_cost(scene, "reading with links", scene.destination.cost(role.object, "read", 37), mark)


async def test_deleting_notes_and_files_costs_no_more_than_forecast() -> None:
    async with opened(HIGHLEVEL) as scene:
        parents = [await scene.person_made() for _ in range(3)]
        notes = [scene.note_on(parent, f"Kit [cliniko:notes:{at} 1/1]", "Text") for at, parent in enumerate(parents)]
        files = [scene.file_on(parent, "a.txt", b"text") for parent in parents]
        for writes in (notes, files):
            object, ids = writes[0].object, await scene.written(writes)
            mark = scene.mark()
            await scene.destination.delete(object, ids, parents=dict(zip(ids, parents, strict=True)))
            judge_cost(scene, object, scene.destination.cost(object, "delete", 3), mark)


# Appointments


def visit(scene: Scene) -> Role:
    return scene.of(VISITS.more[0])


async def test_an_appointment_moves_to_another_calendar_and_time_with_its_status_and_keys() -> None:
    async with opened(VISITS) as scene:
        role = visit(scene)
        write = scene.create(role, {"status": "noshow", "description": "Left knee", "cliniko_attendee_id": "77"})
        (id,) = await scene.written([write])
        update = scene.update(write, id, {"calendar": OTHER_VISIT, "start": START + timedelta(days=9)})

        outcomes = await scene.write([update], scene.first_route(role.object))

        judge_stored(scene, role, [scene.whole(write, update)], outcomes)
        (row,) = scene.witness.rows(role.object)
        assert (row["status"], row["cliniko_attendee_id"]) == ("noshow", "77")


async def test_appointments_are_read_by_month_as_they_are_one_by_one() -> None:
    async with opened(VISITS) as scene:
        role = visit(scene)
        starts = [START + timedelta(days=at, hours=at % 20) for at in range(40)]
        writes = [
            scene.create(role, {"start": start, "calendar": (VISIT, OTHER_VISIT)[at % 2], "status": "showed"})
            for at, start in enumerate(starts)
        ]
        ids = await scene.written(writes)
        names = [*writes[0].fields]
        expected = {id: write.fields for id, write in zip(ids, writes, strict=True)}
        mark = scene.mark()

        at_once = await scene.destination.read(role.object, ids, names, expected=expected)

        assert len(scene.calls(mark)) < 10
        assert at_once == await scene.read(role.object, ids, names)
        assert set(at_once) == set(ids)


async def test_nobody_is_told_of_an_appointment() -> None:
    async with opened(VISITS) as scene:
        role = visit(scene)
        write = scene.create(role, {})
        (id,) = await scene.written([write])
        await scene.written([scene.update(write, id, {"title": "Changed"})])
        await scene.destination.delete(role.object, [id])

        assert not list(scene.twin.service.dump("notifications") or ())


async def test_children_of_others_are_appointments_and_tasks_too() -> None:
    async with opened(HIGHLEVEL) as scene:
        person = await scene.person_made()
        strange = scene.witness.add_by_others(person)
        calendar = next(iter(scene.twin.service.dump("calendars") or ()))["id"]
        made = await scene.by_person(
            "create", object="appointments", fields={"contactId": person.id, "calendarId": calendar}
        )

        found = await scene.destination.children_of_others("contacts", [person.id], frozenset())

        assert sorted(found[person.id]) == sorted([strange, f"appointments/{made['id']}"])


async def test_a_token_without_a_scope_is_told_by_the_check() -> None:
    async with opened(HIGHLEVEL) as scene:
        await scene.by_person("scopes", scopes="locations.readonly users.readonly contacts.readonly")

        account = await scene.destination.check()

        missing = [one for one in account.findings if one.code == "scope-missing" and one.level == "error"]
        assert {one.next_step for one in missing} == {SCOPES_AT}
        assert len(missing) == 4


def test_stubborn_fields_are_fields_of_the_role() -> None:
    assert set(HIGHLEVEL.person.fields) >= STUBBORN
    assert isinstance(VISITS.more[0].always["contact"], Link)


async def test_a_number_that_the_vendor_does_not_empty_is_told() -> None:
    async with opened(HIGHLEVEL) as scene:
        role = scene.person
        write = scene.create(role, {"phone": "0491 570 156", "city": "Hobart"})
        (id,) = await scene.written([write])
        update = scene.update(write, id, {"phone": None, "city": None})

        (outcome,) = await scene.write([update], scene.first_route(role.object))

        assert (outcome.state, outcome.code, outcome.field) == (State.FAILED, "not-emptied", "phone")
        (row,) = scene.witness.rows(role.object)
        assert (row.get("phone"), row.get("city")) == ("+61491570156", None)
