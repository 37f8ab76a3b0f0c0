"""Making objects and fields by deployment: repeatable, opened to us, refused with words, and taken back."""

from __future__ import annotations

import httpx2
import pytest
from schema_org import USER, SchemaOrg, a_value

from gurney.destinations.salesforce.client import Client
from gurney.destinations.salesforce.provision import Provisioner
from gurney.destinations.salesforce.unprovision import take_back
from gurney.errors import CheckFailed, VendorError
from gurney.schema import FieldType, NewField, NewObject, NewOptions, Provisioned, SchemaChange

pytestmark = pytest.mark.anyio

VISIT = NewObject("Visit__c", "Visit", "Visits")
STARTS = NewField("Visit__c", "Starts__c", "Starts", FieldType.DATETIME)
PATIENT = NewField("Visit__c", "ContactId__c", "Patient", FieldType.LOOKUP, lookup_to="Contact")
KEY = NewField("Contact", "Cliniko_Id__c", "Cliniko ID", FieldType.TEXT, length=64, unique=True)
SOURCE = NewField("Contact", "Source__c", "Source", FieldType.PICKLIST, options=("GP", "Friend"))
LAST = NewField("Contact", "Last_Visit__c", "Last visit", FieldType.LOOKUP, lookup_to="Visit__c")
PLAN: list[SchemaChange] = [VISIT, STARTS, KEY, SOURCE, PATIENT, LAST]


def _states(done: list[Provisioned]) -> list[str]:
    return [each.state for each in done]


def _refusing(name: str, problem: str, type: str = "CustomField"):  # type: ignore[no-untyped-def]
    return lambda kind, full: problem if (kind, full) == (type, name) else ""


async def test_what_is_missing_is_made_opened_to_us_and_read_back(org: SchemaOrg, client: Client) -> None:
    done = await Provisioner(client).apply(PLAN, dry_run=False)

    assert _states(done) == ["created"] * 6
    assert [each.actual_name for each in done] == [
        "Visit__c", "Starts__c", "Cliniko_Id__c", "Source__c", "ContactId__c", "Last_Visit__c",
    ]  # fmt: skip
    assert org.assigned == {USER}
    assert all(each.vendor_id for each in done)
    assert [each.check_only for each in org.deployments] == [True, False]


async def test_all_or_nothing_is_deployed_without_tests_and_purges_nothing(org: SchemaOrg, client: Client) -> None:
    await Provisioner(client).apply(PLAN, dry_run=False)

    options = org.deployments[-1].options
    assert (options["rollbackOnError"], options["testLevel"], options["singlePackage"]) == (True, "NoTestRun", True)
    assert options["purgeOnDelete"] is False


async def test_a_second_run_deploys_nothing(org: SchemaOrg, client: Client) -> None:
    await Provisioner(client).apply(PLAN, dry_run=False)

    again = await Provisioner(client).apply(PLAN, dry_run=False)

    assert _states(again) == ["existing"] * 6
    assert len(org.deployments) == 2


async def test_a_dry_run_only_checks(org: SchemaOrg, client: Client) -> None:
    org.refuse = _refusing("Contact.Source__c", "CUSTOM_ENTITY_OR_FIELD_LIMIT: too many fields")

    looked = await Provisioner(client).apply(PLAN, dry_run=True)

    assert _states(looked) == ["missing", "missing", "missing", "failed", "missing", "missing"]
    assert "CUSTOM_ENTITY_OR_FIELD_LIMIT" in looked[3].words
    assert {each.check_only for each in org.deployments} == {True}
    assert org.assigned == set()


async def test_a_field_that_is_there_but_hidden_is_opened_and_not_overwritten(org: SchemaOrg, client: Client) -> None:
    org.has("Contact", "Cliniko_Id__c", label="The clinic's own", unique=True, externalId=True)
    org.visible.discard("Contact.Cliniko_Id__c")

    done = await Provisioner(client).apply([KEY, SOURCE], dry_run=False)

    assert _states(done) == ["existing", "created"]
    assert org.objects["Contact"]["Cliniko_Id__c"]["label"] == "The clinic's own"
    assert "Contact.Cliniko_Id__c" in org.set_fields


async def test_a_hidden_field_that_does_not_fit_is_left_to_the_admin(org: SchemaOrg, client: Client) -> None:
    org.has("Contact", "Cliniko_Id__c", type="double")
    org.visible.discard("Contact.Cliniko_Id__c")

    (done,) = await Provisioner(client).apply([KEY], dry_run=False)

    assert done.state == "by_hand"
    assert "exists as double" in done.words


async def test_an_object_that_is_there_but_hidden_is_opened_and_not_overwritten(org: SchemaOrg, client: Client) -> None:
    org.objects["Visit__c"] = {}

    done = await Provisioner(client).apply([VISIT, STARTS], dry_run=False)

    assert _states(done) == ["existing", "created"]
    assert org.deployments[-1].members["CustomField"] == ["Visit__c.Starts__c"]
    assert set(org.deployments[-1].members) == {"CustomField", "PermissionSet"}


async def test_what_an_earlier_run_opened_stays_open(org: SchemaOrg, client: Client) -> None:
    await Provisioner(client).apply([VISIT, STARTS], dry_run=False)

    await Provisioner(client).apply([KEY], dry_run=False)

    assert org.set_fields == {"Visit__c.Starts__c", "Contact.Cliniko_Id__c"}
    assert "Visit__c" in org.set_objects


async def test_a_refused_field_is_left_out_and_the_rest_is_made(org: SchemaOrg, client: Client) -> None:
    org.refuse = _refusing("Contact.Source__c", "CUSTOM_ENTITY_OR_FIELD_LIMIT: too many fields")

    done = await Provisioner(client).apply(PLAN, dry_run=False)

    assert _states(done) == ["created", "created", "created", "failed", "created", "created"]
    assert done[3].words == "Contact.Source__c: CUSTOM_ENTITY_OR_FIELD_LIMIT: too many fields"


async def test_what_hangs_on_a_refused_object_says_so(org: SchemaOrg, client: Client) -> None:
    org.refuse = _refusing("Visit__c", "reached maximum number of custom objects", "CustomObject")

    done = await Provisioner(client).apply(PLAN, dry_run=False)

    assert _states(done) == ["failed", "failed", "created", "created", "failed", "failed"]
    assert done[5].words == "Contact.Last_Visit__c: left out with Visit__c, on which it depends"


async def test_a_standard_object_that_is_refused_as_a_whole_refuses_its_fields(org: SchemaOrg, client: Client) -> None:
    odd = NewField("Contakt", "Age__c", "Age", FieldType.INTEGER)
    org.refuse = lambda type, name: "Entity of type CustomObject named Contakt not found" if "Contakt" in name else ""

    done = await Provisioner(client).apply([odd, KEY], dry_run=False)

    assert _states(done) == ["failed", "created"]


async def test_the_right_to_set_audit_fields_is_asked_for_and_done_without(org: SchemaOrg, client: Client) -> None:
    org.refuse_rights = lambda asked: "Unknown user permission: CreateAuditFields" if asked else ""

    done = await Provisioner(client).apply([KEY], dry_run=False)

    assert _states(done) == ["created"]
    sets = [each.files["permissionsets/Gurney_Migration.permissionset"] for each in org.deployments]
    assert [b"CreateAuditFields" in each for each in sets] == [True, False, False]


async def test_a_tab_that_is_refused_costs_nothing_but_the_tab(org: SchemaOrg, client: Client) -> None:
    org.refuse = _refusing("Visit__c", "you have reached the limit of tabs", "CustomTab")

    done = await Provisioner(client).apply([VISIT, STARTS], dry_run=False)

    assert _states(done) == ["created", "created"]
    assert "CustomTab" not in org.deployments[-1].members


async def test_rights_that_the_vendor_does_not_give_are_left_out(org: SchemaOrg, client: Client) -> None:
    def refuse(user: set[str]) -> str:
        opened = org.deployments[-1].files["permissionsets/Gurney_Migration.permissionset"]
        return "Permission Modify All Contact depends on X" if b"<object>Contact</object>" in opened else ""

    org.refuse_rights = refuse

    done = await Provisioner(client).apply([KEY], dry_run=False)

    assert _states(done) == ["created"]
    assert org.set_objects == {"Account"}


async def test_a_deployment_that_fails_after_its_check_makes_nothing(org: SchemaOrg, client: Client) -> None:
    org.refuse = lambda type, name: "" if org.deployments[-1].check_only or "Source" not in name else "the org changed"

    done = await Provisioner(client).apply([KEY, SOURCE], dry_run=False)

    assert _states(done) == ["failed", "failed"]
    assert "the org changed" in done[0].words
    assert org.objects["Contact"] == {}


async def test_a_lost_answer_to_a_deployment_is_repeated(org: SchemaOrg, client: Client) -> None:
    lost = [httpx2.ReadTimeout("lost"), None, httpx2.ReadTimeout("lost"), None]
    org.answers["POST /metadata/deployRequest"] = lost

    done = await Provisioner(client).apply([KEY], dry_run=False)

    assert _states(done) == ["created"]


async def test_truth_values_as_text_and_a_single_message_are_understood(org: SchemaOrg, client: Client) -> None:
    org.as_text = True

    done = await Provisioner(client).apply([VISIT, KEY], dry_run=False)

    assert _states(done) == ["created", "created"]


async def test_a_deployment_that_never_ends_is_told_where_to_look_for(org: SchemaOrg, client: Client) -> None:
    waiting = (200, {"deployResult": {"status": "Pending", "done": False}})
    org.answers["GET /metadata/deployRequest/0Af000000000001AAA"] = waiting

    with pytest.raises(VendorError) as told:
        await Provisioner(client).apply([KEY], dry_run=False)

    assert "Deployment Status" in told.value.next_step
    polls = [each for each in org.asked if each.path.startswith("/metadata/deployRequest/")]
    assert len(polls) < 300


async def test_a_user_who_may_not_deploy_is_pointed_to_the_package(org: SchemaOrg, client: Client) -> None:
    refusal = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "use of the Metadata API requires a user with ..."}]
    org.answers["POST /metadata/deployRequest"] = (403, refusal)

    done = await Provisioner(client).apply([VISIT, KEY], dry_run=False)

    assert _states(done) == ["by_hand", "by_hand"]
    assert "gurney-salesforce.zip" in done[0].words


async def test_what_only_an_admin_may_assign_is_asked_for(org: SchemaOrg, client: Client) -> None:
    refusal = [{"errorCode": "INSUFFICIENT_ACCESS_OR_READONLY", "message": "no rights"}]
    org.answers["POST /sobjects/PermissionSetAssignment"] = (400, refusal)

    with pytest.raises(CheckFailed) as told:
        await Provisioner(client).apply([KEY], dry_run=False)

    assert "Manage Assignments" in told.value.next_step
    org.answers.clear()
    org.assigned.add(USER)
    assert _states(await Provisioner(client).apply([KEY], dry_run=False)) == ["existing"]


async def test_an_assignment_that_is_there_already_is_fine(org: SchemaOrg, client: Client) -> None:
    duplicate = [{"errorCode": "DUPLICATE_VALUE", "message": "duplicate value found: <unknown>"}]

    org.answers["POST /sobjects/PermissionSetAssignment"] = (400, duplicate)
    org.visible.add("Contact.Cliniko_Id__c")

    assert _states(await Provisioner(client).apply([KEY], dry_run=False)) == ["created"]


async def test_values_are_added_to_a_pick_list_of_the_clinics(org: SchemaOrg, client: Client) -> None:
    org.has("Contact", "Kind__c", type="picklist", restrictedPicklist=True, picklistValues=[a_value("A")])

    (done,) = await Provisioner(client).apply([NewOptions("Contact", "Kind__c", ("A", "B"))], dry_run=False)

    assert done.state == "created"
    assert [each["value"] for each in org.objects["Contact"]["Kind__c"]["picklistValues"]] == ["A", "B"]


async def test_values_of_a_standard_pick_list_need_no_one_or_the_admin(org: SchemaOrg, client: Client) -> None:
    org.has("Contact", "LeadSource", type="picklist")
    org.has("Account", "Type", type="picklist", restrictedPicklist=True)
    changes = [NewOptions("Contact", "LeadSource", ("GP",)), NewOptions("Account", "Type", ("Clinic",))]

    done = await Provisioner(client).apply(changes, dry_run=False)

    assert _states(done) == ["existing", "by_hand"]
    assert org.deployments == []


async def test_a_pick_list_that_we_only_extended_is_not_ours(org: SchemaOrg, client: Client) -> None:
    org.has("Contact", "Source__c", type="picklist", restrictedPicklist=True, picklistValues=[a_value("GP")])

    (done,) = await Provisioner(client).apply([SOURCE], dry_run=False)

    assert done.state == "existing"


# Taking back


async def _made(org: SchemaOrg, client: Client, *changes: SchemaChange) -> list[Provisioned]:
    return await Provisioner(client).apply(changes, dry_run=False)


async def test_everything_made_is_removed_with_its_permission_set(org: SchemaOrg, client: Client) -> None:
    made = await _made(org, client, *PLAN)

    undone = await take_back(client, made)

    assert [(each.change, each.state) for each in undone] == [(change, "deleted") for change in reversed(PLAN)]
    assert org.objects == {"Contact": {}, "Account": {}}
    assert (org.has_set, org.assigned) == (False, set())


async def test_taking_back_twice_is_fine(org: SchemaOrg, client: Client) -> None:
    made = await _made(org, client, VISIT, KEY)
    await take_back(client, made)
    org.refuse = lambda type, name: f"No {type} named: {name} found"

    again = await take_back(client, made)

    assert _states(again) == ["deleted", "deleted"]


async def test_an_object_with_records_stays_with_what_it_points_to(org: SchemaOrg, client: Client) -> None:
    kind = NewObject("Kind__c", "Kind", "Kinds")
    pointing = NewField("Visit__c", "Kind__c", "Kind", FieldType.LOOKUP, lookup_to="Kind__c")
    made = await _made(org, client, VISIT, kind, pointing, KEY)
    org.counts["Visit__c"] = 3

    undone = await take_back(client, made)

    assert {each.change.name: each.state for each in undone if not isinstance(each.change, NewOptions)} == {
        "Cliniko_Id__c": "deleted",
        "Kind__c": "by_hand",
        "Visit__c": "by_hand",
    }
    assert "3 records" in undone[-1].words
    assert (org.has_set, org.assigned) == (True, {USER})


async def test_a_field_that_is_in_use_stays_and_says_why(org: SchemaOrg, client: Client) -> None:
    made = await _made(org, client, KEY, SOURCE)
    org.refuse = _refusing("Contact.Source__c", "This custom field is referenced elsewhere in salesforce.com")

    undone = await take_back(client, made)

    assert _states(undone) == ["failed", "deleted"]
    assert "referenced elsewhere" in undone[0].words
    assert list(org.objects["Contact"]) == ["Source__c"]
    assert org.has_set


async def test_what_was_there_before_us_stays(org: SchemaOrg, client: Client) -> None:
    org.has("Contact", "Cliniko_Id__c", unique=True, externalId=True)
    made = await _made(org, client, KEY, SOURCE)

    undone = await take_back(client, made)

    assert [each.change for each in undone] == [SOURCE]
    assert list(org.objects["Contact"]) == ["Cliniko_Id__c"]


async def test_a_permission_set_that_opens_more_stays(org: SchemaOrg, client: Client) -> None:
    first = await _made(org, client, KEY)
    await _made(org, client, SOURCE)

    undone = await take_back(client, first)

    assert _states(undone) == ["deleted"]
    assert (org.has_set, org.assigned, org.set_fields) == (True, {USER}, {"Contact.Source__c"})


async def test_a_user_who_may_not_deploy_is_told_what_to_remove(org: SchemaOrg, client: Client) -> None:
    made = await _made(org, client, KEY)
    org.answers["POST /metadata/deployRequest"] = (403, [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}])

    (undone,) = await take_back(client, made)

    assert undone.state == "by_hand"
    assert "Contact.Cliniko_Id__c" in undone.words


async def test_added_values_are_left_to_the_admin(org: SchemaOrg, client: Client) -> None:
    org.has("Contact", "Kind__c", type="picklist", restrictedPicklist=True)
    made = await _made(org, client, NewOptions("Contact", "Kind__c", ("B",)))

    (undone,) = await take_back(client, made)

    assert undone.state == "by_hand"
