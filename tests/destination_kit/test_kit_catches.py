"""The kit itself: it notices every fault that it is there for, and no excuse outlives its reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
import saboteurs as sabotage
from kit_pipedrive import PIPEDRIVE
from kit_salesforce import SALESFORCE
from kit_zoho import ZOHO

from gurney.testing.kit import Adapter, Case, NotKept, cases

pytestmark = pytest.mark.anyio


def case_of(adapter: Adapter, name: str) -> Case:
    """The behaviour's case for persons, or its only one; of several the one in brackets."""
    name, _, which = name.partition("[")
    found = [case for case in cases(adapter) if case.behaviour.name == name]
    return next((case for case in found if case.role.object == (which[:-1] or adapter.person.object)), found[0])


@pytest.mark.parametrize(
    ("saboteur", "caught_by"),
    [
        (sabotage.DropsAField, "keeps_every_value"),
        (sabotage.DropsAField, "updates_only_what_it_is_told"),
        (sabotage.CutsText, "keeps_every_value_alone"),
        (sabotage.CutsText, "keeps_parts_of_a_note_in_order"),
        (sabotage.TakesTextForNothing, "keeps_every_value"),
        (sabotage.RoundsMoney, "keeps_every_value"),
        (sabotage.KeepsOldValues, "empties_fields"),
        (sabotage.ForgetsOwners, "sets_owners"),
        (sabotage.ForgetsOwners, "refuses_owners_who_left"),
        (sabotage.ForgetsGuards, "keeps_what_a_person_changed"),
        (sabotage.ForgetsLinks, "links_children_to_parents"),
        (sabotage.ForgetsLinks, "links_later"),
        (sabotage.HangsOnTheFirst, "keeps_notes_whole"),
        (sabotage.WritesTwice, "keeps_every_value"),
        (sabotage.RepeatsWhatWasLost, "settles_notes"),
        (sabotage.RepeatsWhatWasLost, "settles_files"),
        (sabotage.SwapsOutcomes, "keeps_every_value"),
        (sabotage.SwapsIds, "keeps_every_value"),
        (sabotage.SwapsIds, "keeps_notes_whole"),
        (sabotage.LosesAnOutcome, "fills_a_batch"),
        (sabotage.SaysDone, "keeps_every_value_alone"),
        (sabotage.SaysDone, "keeps_files"),
        (sabotage.HidesRefusals, "refuses_a_text_that_is_too_long"),
        (sabotage.FailsTheWholeBatch, "refuses_a_bad_address"),
        (sabotage.TellsValues, "tells_no_value"),
        (sabotage.TellsValues, "refuses_a_text_that_is_too_long"),
        (sabotage.SettlesAsAbsent, "settles_creations_that_took_effect"),
        (sabotage.SettlesAsAbsent, "settles_updates"),
        (sabotage.SettlesAsDone, "settles_creations_that_never_were"),
        (sabotage.SettlesAsDone, "settles_half_a_batch"),
        (sabotage.TakesAllForTheSame, "tells_different_values_apart"),
        (sabotage.IgnoresCase, "tells_different_values_apart"),
        (sabotage.ReadsWhatListsShow, "reads_long_texts_whole"),
        (sabotage.FindsByPrefix, "finds_by_key"),
        (sabotage.CountsFromMemory, "counts_what_is_there"),
        (sabotage.SaysGone, "deletes_twice_without_harm"),
        (sabotage.SaysGone, "settles_deletions"),
        (sabotage.SeesNoOthers, "names_children_of_others"),
        (sabotage.MakesFieldsAgain, "makes_nothing_the_second_time"),
        (sabotage.MakesThingsInADryRun, "makes_nothing_in_a_dry_run"),
        (sabotage.ForgetsCalls, "counts_what_the_vendor_counts"),
        (sabotage.PromisesTooLittle, "forecasts_what_writing_spends"),
        (sabotage.ChangesBytes, "keeps_files"),
        (sabotage.KeepsOldValues, "puts_back_what_was_there"),
        (sabotage.ForgetsOwners, "settles_a_change_of_owner"),
        (sabotage.HidesRefusals, "refuses_fields_that_it_does_not_have"),
        (sabotage.HidesRefusals, "refuses_objects_that_it_does_not_have"),
        (sabotage.HidesRefusals, "refuses_updates_alone"),
        (sabotage.HidesRefusals, "refuses_links_to_nothing"),
        (sabotage.SettlesAsAbsent, "settles_old_and_new_together"),
        (sabotage.SettlesAsDone, "writes_again_what_was_deleted"),
        (sabotage.SaysGone, "deletes_many"),
        (sabotage.SaysGone, "deletes_notes"),
        (sabotage.SaysGone, "deletes_files"),
        (sabotage.CallsEverythingNew, "never_writes_twice"),
        (sabotage.OffersAnotherRoute, "offers_the_routes_that_it_should"),
        (sabotage.ChoosesWhatItDoesNotOffer, "chooses_one_of_its_routes"),
        (sabotage.ThinksAllAreActive, "tells_who_is_active"),
        (sabotage.MakesAFieldWhileChecking, "checks_without_writing"),
        (sabotage.DescribesAllAsText, "describes_what_was_made"),
        (sabotage.BelievesWhatIsThere, "names_what_an_admin_made_wrong"),
        (sabotage.LeavesItsSchema, "takes_its_schema_back"),
        (sabotage.ReadsWhatIsGone, "reads_what_is_asked"),
        (sabotage.AsksTooMuchAtOnce, "stays_within_what_may_be_in_flight"),
        (sabotage.SpendsTheReserve, "pauses_before_its_budget_is_overdrawn"),
        (sabotage.TakesAPauseForTheEnd, "reads_on_after_a_pause"),
        (sabotage.UploadsWhatIsTooLarge, "leaves_files_that_are_too_large"),
        (sabotage.AddsNoOptions, "adds_options"),
    ],
    ids=lambda part: part if isinstance(part, str) else part.__name__,
)
async def test_the_kit_notices(saboteur: type[sabotage.Saboteur], caught_by: str) -> None:
    case = case_of(replace(ZOHO, wrap=saboteur), caught_by)

    with pytest.raises(NotKept) as caught:
        await case.run()

    assert str(caught.value)


@pytest.mark.parametrize(
    ("saboteur", "caught_by"),
    [
        (sabotage.RepeatsWhatWasLost, "settles_creations_that_took_effect"),
        (sabotage.RepeatsWhatWasLost, "settles_notes"),
        (sabotage.RepeatsWhatWasLost, "settles_files"),
        (sabotage.RemembersOnlyItsOwn, "settles_what_another_process_sent"),
        (sabotage.RemembersOnlyItsOwn, "settles_what_another_process_sent[notes]"),
        (sabotage.RemembersOnlyItsOwn, "settles_what_another_process_sent[files]"),
        (sabotage.SettlesAllAsOne, "settles_what_another_process_sent"),
        (sabotage.SettlesAllAsOne, "settles_what_another_process_sent[notes]"),
        (sabotage.SettlesAsDone, "settles_what_another_process_sent[activities]"),
        (sabotage.SendsHalfAList, "updates_only_what_it_is_told"),
        (sabotage.KnowsOursByNumber, "names_children_of_others"),
        (sabotage.PricesAllAlike, "counts_what_the_vendor_counts"),
        (sabotage.SpendsTheReserve, "pauses_before_its_budget_is_overdrawn"),
        (sabotage.ForgetsGuards, "keeps_what_a_person_changed"),
        (sabotage.BelievesWhatIsThere, "names_what_an_admin_made_wrong"),
    ],
    ids=lambda part: part if isinstance(part, str) else part.__name__,
)
async def test_the_kit_notices_where_there_is_no_key(saboteur: type[sabotage.Saboteur], caught_by: str) -> None:
    case = case_of(replace(PIPEDRIVE, wrap=saboteur), caught_by)

    with pytest.raises(NotKept) as caught:
        await case.run()

    assert str(caught.value)


async def test_the_kit_notices_a_route_that_stores_other_values() -> None:
    adapter = replace(SALESFORCE, wrap=sabotage.TakesTextForNothingInBulk)
    found = [case for case in cases(adapter) if str(case) == "writes_the_same_by_every_route[Product2]"]

    with pytest.raises(NotKept, match=r"Kit_Text__c: batch stored 'NA', bulk None|REQUIRED_FIELD_MISSING"):
        await found[0].run()


async def test_a_wrapper_that_does_nothing_is_not_blamed() -> None:
    await case_of(replace(ZOHO, wrap=sabotage.Saboteur), "keeps_every_value").run()


async def test_a_miss_that_is_none_fails_the_kit() -> None:
    adapter = replace(ZOHO, misses={"counts_what_is_there": "FACTS 4: there is no count"})

    with pytest.raises(NotKept, match="take the declaration away"):
        await case_of(adapter, "counts_what_is_there").run()


async def test_a_real_miss_is_let_pass() -> None:
    adapter = replace(ZOHO, misses={"counts_what_is_there": "FACTS 4: counts lag"}, wrap=sabotage.CountsFromMemory)

    await case_of(adapter, "counts_what_is_there").run()


async def test_a_miss_without_evidence_is_no_excuse() -> None:
    adapter = replace(ZOHO, misses={"counts_what_is_there": "not yet"}, wrap=sabotage.CountsFromMemory)

    with pytest.raises(NotKept, match="evidence"):
        await case_of(adapter, "counts_what_is_there").run()


def test_a_miss_of_nothing_is_refused() -> None:
    with pytest.raises(NotKept, match="'restores_everything', which is no behaviour"):
        cases(replace(ZOHO, misses={"restores_everything": "FACTS 13: no undelete"}))


def test_cases_are_told_apart_by_object_and_route() -> None:
    names = [str(case) for case in cases(ZOHO)]

    assert len(names) == len(set(names))
    assert "keeps_every_value[Contacts-batch]" in names
    assert "finds_by_key[Tasks]" in names
    assert "keeps_files[Attachments-single]" in names
    assert "makes_nothing_the_second_time" in names
