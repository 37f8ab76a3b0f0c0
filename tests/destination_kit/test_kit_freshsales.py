"""Freshsales keeps the kit's promises, in memory, against its twin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kit_freshsales import BY_HAND, FRESHSALES, VISITS

from gurney.records import Kind, Link
from gurney.testing.kit import Adapter, Case, Role, cases, opened
from gurney.testing.traffic import SpecValidator
from gurney.twins.freshsales import RULES

pytestmark = pytest.mark.anyio
MORE = ("tasks", "appointments", "products")
NOT_ASKED = ("renews_an_expired_token_once",)
"""An API key never expires (FACTS 1), and the twin knows no such misfortune."""


def asked(adapter: Adapter) -> list[Case]:
    return [case for case in cases(adapter) if case.behaviour.name not in NOT_ASKED]


def all_cases() -> list[Case]:
    """Everything of contacts, accounts, deals, notes and files; of the others, what is about them."""
    return [*asked(FRESHSALES), *(case for case in asked(VISITS) if case.role.object in MORE)]


@pytest.mark.parametrize("case", all_cases(), ids=str)
async def test_freshsales_keeps_its_promise(case: Case, judges: dict[str, SpecValidator]) -> None:
    await case.run(judges.get("freshsales"))


MAKING = ("describes_", "makes_nothing_the_second", "keeps_every_value[", "checks_without", "counts_what_the")


def by_hand() -> list[Case]:
    return [case for case in asked(BY_HAND) if case.behaviour.provisioned and str(case).startswith(MAKING)]


@pytest.mark.parametrize("case", by_hand(), ids=str)
async def test_freshsales_keeps_it_with_fields_that_an_admin_made(case: Case) -> None:
    await case.run()


KEEPING = ("keeps_every_value[",)
VALUES = (*KEEPING, "updates_only")
EMAILS = (*VALUES, "empties_", "puts_back")
DELETING = ("deletes_twice", "settles_deletions", "names_children", "refuses_updates")
READING = ("finds_by", "reads_what", "counts_what_is")
SPENDING = ("counts_what_the", "pauses_")
NOTES = ("keeps_notes", "keeps_parts", "changes_notes", "deletes_notes", "settles_notes")
FILES = ("keeps_files", "leaves_files", "settles_files")
JOBS = ("settles_creations_that_took", "writes_the_same")
WORDS = ("refuses_a_text", "refuses_an_unknown", "tells_no")
CONTACTS = ("contacts", "notes", "files")
"""Objects that stand for all."""
OTHERWISE = {
    "unauthorized_body=errors": ("names_wrong",),
    "unauthorized_body=empty": ("names_wrong",),
    "settings_readers=all": ("describes_",),
    "content_type=any": KEEPING,
    "bare_bodies=all": KEEPING,
    "created_status=201": (*KEEPING, "settles_creations_that_took"),
    "put_status=204": (*VALUES, "changes_notes", "updates_what", "sets_owners"),
    "message_shape=text": WORDS,
    "language=nl": (*WORDS, "names_wrong"),
    "not_found=empty": DELETING,
    "naive_times=refuse": KEEPING,
    "time_zone=America/New_York": (*KEEPING, "updates_what", "keeps_what"),
    "window=clock": SPENDING,
    "window=sliding": SPENDING,
    "per_minute=0": ("stays_within",),
    "count_refused=yes": SPENDING,
    "quota_headers=refused": SPENDING,
    "limit_header=no": SPENDING,
    "reset_unit=epoch": SPENDING,
    "over_limit_body=errors": ("pauses_when",),
    "over_limit_body=html": ("pauses_when",),
    "default_sort=id": READING,
    "index_lag_s=45": ("settles_creations_that_took", *READING),
    "unknown_keys=refuse": (*VALUES, *NOTES, *FILES),
    "long_text=cut": ("refuses_a_text",),
    "bad_values=drop": WORDS,
    "unknown_choice=accept": ("refuses_an_unknown",),
    "unknown_choice=drop": ("refuses_an_unknown",),
    "unknown_reference=drop": ("refuses_owners",),
    "reference_ids=always": (*VALUES, "sets_owners"),
    "lists_on_update=add": (*VALUES, "links_"),
    "primary_account=as_told": (*VALUES, "links_"),
    "status_mismatch=accept": KEEPING,
    "email_unique=no": EMAILS,
    "unique_emails=all": EMAILS,
    "identifier=none": KEEPING,
    "last_name_required=yes": KEEPING,
    "emails_on_update=replace": EMAILS,
    "bad_email=accept": ("refuses_a_bad",),
    "external_id_key=no": JOBS,
    "new_subscription=2": KEEPING,
    "note_limit_bytes=1000000": NOTES,
    "children_touch=yes": ("keeps_what", "updates_what"),
    "large_file=413": FILES,
    "upload_answer=document": FILES,
    "bulk_s=0": JOBS,
    "bulk_queue=parallel": JOBS,
    "job_done=finished": JOBS,
    "job_done=COMPLETED": JOBS,
    "job_data=json": JOBS,
    "job_data=address": JOBS,
    "orphans=gone": DELETING,
    "bin_reserves=no": ("writes_again",),
    "get_deleted=shown": (*DELETING, *READING),
}
"""Where FACTS only assume what the vendor does: the other way, and what must hold then as well."""
OTHERS_OTHERWISE = {
    "account_name_unique=no": ("sales_accounts", VALUES),
    "closed_date=null": ("deals", VALUES),
    "task_status_on_create=ignore": ("tasks", (*VALUES, "settles_creations_that_took")),
    "status_words=accept": ("tasks", KEEPING),
    "completed_date=null": ("tasks", KEEPING),
    "invitations=no": ("appointments", KEEPING),
    "price_key=currency_value": ("products", VALUES),
    "product_delete=msg": ("products", ("deletes_twice",)),
}
"""The same for what concerns one object."""
NOT_TRIED = {
    "standard_fields": "tried with fields that an admin made",
    "field_codes": "somebody who found the numbers out says them",
    "visibility": "an administrator's key sees all (FACTS 1); the kit's other person is none",
    "currency": "no doubt, but the account's own",
    "sample_records": "deleted before the load, as the check says (FACTS 10)",
    "page_cap": "no list of the kit is so long; see the test of lists from both ends",
    "included_most": "notes stand beside their records alone (FACTS 3); nothing shows more of them",
    "plan_refusal": "the kit's plan has everything",
    "free_fields": "Free has no room for fields of one's own; the check refuses it",
    "enterprise_fields": "far more than the kit's",
    "default_owner": "whose a record is of which nobody is named is the account's own",
    "mobile_unique": "refused by itself with the vendor's words; accounts since May 2021 have it not (FACTS 5)",
    "identifier": "whoever has no address is refused by itself; nothing could be done about it (FACTS 3)",
    "email_objects": "an update that changes an address is refused by itself then (FACTS 3)",
    "note_html": "read back by the destination's own tests; here the twin's very store would be a page",
    "builtin_activities": "sales activities are never written",
    "file_limit_mb": "the account's limit is ours to know beforehand (FACTS 0.4)",
    "destroy_batch": "a refused job is followed by single deletions (FACTS 8)",
    "forget_binned": "nothing is forgotten unless a person chose so",
}
"""Switches without another way to try, or with one way only, and why."""
NO_MISS = {"bin_reserves=no": "writes_again_what_was_deleted[contacts]"}
"""What is a miss only where the assumption holds."""


def test_every_doubt_about_the_vendor_is_tried() -> None:
    tried = {assumed.partition("=")[0] for assumed in (*OTHERWISE, *OTHERS_OTHERWISE)} | set(NOT_TRIED)

    assert {rule.switch for rule in RULES if rule.switch} == tried


def where(assumed: str, usual: Adapter) -> list[Case]:
    """The cases of the vendor as it would be if FACTS were wrong in one point."""
    switch, _, value = assumed.partition("=")
    misses = {name: why for name, why in usual.misses.items() if name != NO_MISS.get(assumed)}
    return asked(replace(usual, switches={**usual.switches, switch: value}, misses=misses))


def otherwise() -> list[object]:
    found: list[object] = []
    for assumed, names in OTHERWISE.items():
        kept = [one for one in where(assumed, FRESHSALES) if one.role.object in CONTACTS and str(one).startswith(names)]
        if names is not JOBS:
            kept = [one for one in kept if one.route != "bulk"]
        found += [pytest.param(case, id=f"{assumed}-{case}") for case in kept]
    for assumed, (object, names) in OTHERS_OTHERWISE.items():
        kept = [one for one in where(assumed, VISITS) if one.role.object == object and str(one).startswith(names)]
        found += [pytest.param(case, id=f"{assumed}-{case}") for case in kept]
    return found


@pytest.mark.parametrize("case", otherwise())
async def test_freshsales_keeps_it_where_an_assumption_is_wrong(case: Case) -> None:
    await case.run()


@pytest.mark.parametrize("role", [FRESHSALES.person, FRESHSALES.company, FRESHSALES.child], ids=lambda one: one.object)
async def test_jobs_cost_no_more_than_forecast_and_little_less(role: Role) -> None:
    async with opened(FRESHSALES) as scene:
        for count in (1, 37, 450):
            cost = scene.destination.cost(role.object, "write", count)
            mark = scene.mark()
            route = scene.destination.route(role.object, Kind.CREATE, count)
            await scene.written(scene.creates(scene.of(role), count), route)

            assert cost.calls - 4 <= len(scene.calls(mark)) <= cost.calls


async def test_lists_that_end_too_early_are_read_from_both_ends() -> None:
    """Notes are shown beside what they hang on alone, so a contact that no list shows would take its notes along."""
    async with opened(replace(FRESHSALES, switches={**FRESHSALES.switches, "page_cap": "300"})) as scene:
        contacts = await scene.written(scene.creates(scene.of(FRESHSALES.person), 450))
        parents = [Link("contacts", id) for id in contacts]
        notes = [scene.note_on(parents[at], f"Kit [cliniko:notes:{at} 1/1]", "Words") for at in (0, 299, 301, 449)]
        ids = await scene.written(notes)
        mark = scene.mark()

        there = await scene.destination.read("notes", ids, ["title"])

        assert set(there) == set(ids)
        assert len(scene.calls(mark)) < 20


async def test_a_note_is_whole_in_whatever_order_its_fields_come() -> None:
    async with opened(FRESHSALES) as scene:
        parent = await scene.person_made()
        write = scene.note_on(parent, "Kit [cliniko:notes:1 1/1]", "First of all.\n\nAnd the rest.")
        turned = replace(write, fields=dict(reversed(write.fields.items())))

        await scene.written([turned])

        (stored,) = scene.witness.hanging(scene.note)
        assert stored.values == {"title": "Kit [cliniko:notes:1 1/1]", "content": "First of all.\n\nAnd the rest."}
