"""Each row of the Salesforce contract, shown on made-up records and on the sample clinic as it lies in a snapshot."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any

import mapping_org
import pytest
from mapping_harbour import Harbour, linked
from mapping_org import compiled_for
from mapping_staged import Salesforce, every, stage, stage_account

from gurney.destinations.salesforce.limits import lock_fields
from gurney.mapping.compile import compile_mapping, in_order
from gurney.mapping.coverage import coverage, explain
from gurney.mapping.document import Mapping, default, digest, dump, load
from gurney.mapping.propose import propose
from gurney.mapping.schema_changes import changes
from gurney.mapping.transforms.html import note_text
from gurney.mapping.transforms.rich import TAGS
from gurney.mapping.validate import validate
from gurney.records import Kind, Link
from gurney.schema import NewField, NewObject
from gurney.sources.cliniko.source_schema import source_schema
from gurney.store.store import Store

Record = dict[str, Any]
CREATED = {"created_at": "2024-01-02T03:04:05Z", "updated_at": "2024-01-02T03:04:05Z"}


def to(object: str, id: str) -> Record:
    return {"links": {"self": f"https://api.au1.cliniko.com/v1/{object}/{id}"}}


def person(id: str, **more: Any) -> Record:
    return {"id": id, "first_name": "Ada", "last_name": "Lee", **CREATED, **more}


def visit(id: str, patient: str, business: str, **more: Any) -> Record:
    relations = {"patient": to("patients", patient), "business": to("businesses", business)}
    times = {"starts_at": "2026-02-17T22:30:00Z", "ends_at": "2026-02-17T23:00:00Z"}
    return {"id": id, **times, **CREATED, **relations, **more}


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return default("salesforce")


def test_the_lookups_that_lock_their_target_are_in_the_mapping(mapping: Mapping) -> None:
    """Neighbours are sent together by these (FACTS 0.2); a name that no field has would sort nothing."""
    lookups = {(entry.to, line.to) for entry in mapping.active() for line in entry.fields if line.lookup is not None}

    assert set(lock_fields().items()) <= lookups


def test_the_mapping_is_right_for_a_new_organisation_and_says_the_same_when_written_back(mapping: Mapping) -> None:
    live = mapping_org.org()

    problems = validate(mapping, source_schema({}), live, mapping_org.LIMITS)

    assert problems == []
    assert digest(load(dump(mapping), "m")) == digest(mapping)


def test_ten_of_ten_rows_are_one_to_one(mapping: Mapping) -> None:
    table = coverage(mapping)

    assert (table.one_to_one, table.rows) == (10, 10)
    assert [row.row for row in table.table] == [f"S{number}" for number in range(1, 11)]


def test_every_entry_says_what_it_does_and_where_it_deviates(mapping: Mapping) -> None:
    for entry in mapping.maps:
        assert explain(mapping, entry.map).transformation, entry.map
        assert entry.deviation, entry.map


def test_the_order_of_the_contract_is_kept(mapping: Mapping) -> None:
    order = [entry.map for entry in in_order(mapping)]

    for pair in (
        "S2 S1",
        "S1 S5",
        "S5 S4",
        "S4 S3",
        "S3.class S3.attendance",
        "S3 S6",
        "S6 S6.line",
        "S1 S10",
        "S1 S8",
    ):
        before, after = pair.split()
        assert order.index(before) < order.index(after), pair
    assert order.index("S5.user") < order.index("S5")


def test_what_is_made_has_the_contract_s_names_and_salesforce_s_form(mapping: Mapping) -> None:
    wanted = changes(mapping, mapping_org.org())
    made = {(one.object, one.name) for one in wanted if isinstance(one, NewField)}

    assert {one.name for one in wanted if isinstance(one, NewObject)} == {
        "Practitioner__c", "Appointment_Type__c", "Appointment__c", "Invoice__c", "Invoice_Line__c",
    }  # fmt: skip
    contract = {
        "Appointment_Type__c": "duration_in_minutes__c colour__c active__c",
        "Practitioner__c": "first_name__c last_name__c email__c profession__c registration_number__c qualifications__c"
        " AccountId__c",
        "Appointment__c": "status__c start_time__c end_time__c appointment_date__c notes__c ContactId__c"
        " Appointment_Type_Id__c Practitioner_Id__c original_create_date__c source_system_id__c",
        "Invoice__c": "ContactId__c AccountId__c total_amount__c payment_status__c date_issued__c date_paid__c",
        "Contact": "Medicare_Number__c Health_Fund__c EPC_Expiry__c Insurance_Provider__c",
    }
    for object, names in contract.items():
        assert {(object, name) for name in names.split()} <= made
    assert all(re.fullmatch(r"[A-Za-z](_?[A-Za-z0-9]){0,39}__c", name) for _, name in made)
    assert all(len(one.label) <= 40 for one in wanted if isinstance(one, NewField))
    assert all(one.length == 64 for one in wanted if isinstance(one, NewField) and one.unique)
    assert not any(name == "CreatedDate" for _, name in made)


def test_s1_every_contact_belongs_to_the_clinic_that_the_patient_mostly_goes_to(
    salesforce: Salesforce, store: Store
) -> None:
    stage_account(store, {"account": {"name": "Harbour"}})
    stage(store, "businesses", [{"id": "50", "display_name": "North"}, {"id": "51", "display_name": "South"}])
    stage(store, "patients", [person("1"), person("2"), person("3")])
    visits = [visit("70", "1", "50"), visit("71", "1", "50"), visit("72", "1", "51")]
    stage(store, "individual_appointments", [*visits, visit("73", "2", "51", cancelled_at="2026-01-01T00:00:00Z")])
    stage(store, "group_appointments", [{"id": "80", "business": to("businesses", "51"), **CREATED}])
    stage(
        store, "attendees", [{"id": "90", "patient": to("patients", "3"), "booking": to("bookings", "80"), **CREATED}]
    )

    told = {id: salesforce.told("S1", id, "AccountId") for id in ("1", "2", "3")}

    assert told == {"1": "50", "2": "settings", "3": "51"}
    accounts = {id: write.fields["AccountId"] for id, write in salesforce.written("S1").items()}
    assert {id: one.id.rpartition("/")[2] for id, one in accounts.items() if isinstance(one, Link)} == told


def test_s1_of_equally_frequent_clinics_the_one_booked_last_counts(salesforce: Salesforce, store: Store) -> None:
    stage(store, "businesses", [{"id": "50"}, {"id": "51"}])
    stage(store, "patients", [person("1")])
    stage(
        store,
        "individual_appointments",
        [visit("70", "1", "51", created_at="2025-06-01T00:00:00Z"), visit("71", "1", "50")],
    )

    assert salesforce.told("S1", "1", "AccountId") == "51"


def test_s1_each_patient_of_the_sample_clinic_has_an_account(to_salesforce: Salesforce) -> None:
    accounts = Counter(to_salesforce.told("S1", id, "AccountId") for id in to_salesforce.written("S1"))
    places = {row["id"] for row in every(to_salesforce.store, "businesses")}

    assert sum(accounts.values()) == 1198
    assert accounts.keys() == {*places, "settings"} - {id for id in places if not accounts[id]}
    assert 50 < accounts["settings"] < 100
    assert all(write.object == "Contact" for write in to_salesforce.written("S1").values())


def test_s1_a_family_may_share_an_account_when_the_clinic_chooses_households(store: Store) -> None:
    home = {"address_1": "5 Elm St", "city": "Geelong", "post_code": "3220"}
    stage(
        store,
        "patients",
        [
            person("12", **home, created_at="2020-01-01T00:00:00Z"),
            person("3", **home | {"address_1": " 5  elm st "}, created_at="2021-01-01T00:00:00Z"),
            person("4", **home, last_name="Ng"),
            person("5"),
            person("6"),
        ],
    )
    family = Salesforce(store, compiled_for(_choosing("S1.household")))

    assert {id: family.told("S1", id, "AccountId") for id in family.written("S1")} == {
        "12": "12", "3": "12", "4": "4", "5": "5", "6": "6",
    }  # fmt: skip
    assert set(family.written("S1.household")) == {"12", "4", "5", "6"}
    assert family.fields("S1.household", "12")["Name"] == "Household Lee"


def test_s1_each_patient_may_have_an_account_or_none(store: Store) -> None:
    stage(store, "patients", [person("1")])
    own = Salesforce(store, compiled_for(_choosing("S1.own")))
    none = Salesforce(store, compiled_for(_choosing("")))

    assert own.told("S1", "1", "AccountId") == "1"
    assert own.fields("S1.own", "1")["Name"] == "Ada Lee"
    assert "AccountId" not in none.fields("S1", "1")


def test_s1_the_clinic_s_own_fields_go_to_contacts_alone(shared: Any, clinic: Harbour) -> None:
    mapping = _choosing("S1.own")

    proposed = propose(mapping, clinic.definition, mapping_org.org(), mapping_org.LIMITS).mapping

    lines = {
        entry.map: [line for line in entry.fields if "custom_fields." in "".join(line.source)]
        for entry in proposed.maps
    }
    assert len(lines["S1"]) > 25
    assert not lines["S1.own"]
    assert not validate(
        proposed,
        source_schema({"patient_custom_fields_definition": clinic.definition}),
        mapping_org.org(),
        mapping_org.LIMITS,
    )


def test_s1_the_account_choice_is_still_explained_in_the_clinic_s_own_file(clinic: Harbour) -> None:
    proposed = propose(default("salesforce"), clinic.definition, mapping_org.org(), mapping_org.LIMITS).mapping

    text = dump(proposed)

    assert text.count("# ACCOUNT CHOICE") == default_text().count("# ACCOUNT CHOICE") > 2
    assert text.count("{to: AccountId, enabled: false") == 2
    assert digest(load(text, "m")) == digest(proposed)


def test_s1_merged_patients_are_one_contact_and_relatives_stay_apart(
    to_salesforce: Salesforce, clinic: Harbour
) -> None:
    chain = clinic.planted("merged_chain")[0]
    family = clinic.planted("family_shares_email_and_phone")[0]["ids"]

    assert to_salesforce.skipped("S1", "merged") == set(chain["ids"]) - {chain["survivor"]}
    assert {to_salesforce.write("S1", id).key_value for id in family} == set(family)
    assert {to_salesforce.write("S1", id).key_field for id in family} == {"Cliniko_Patient_Id__c"}


def test_s1_names_birth_dates_and_odd_values_arrive(to_salesforce: Salesforce, clinic: Harbour) -> None:
    for entry in clinic.planted("birth_dates"):
        for id in entry["ids"]:
            born = to_salesforce.source("patients", id)["date_of_birth"]
            assert to_salesforce.fields("S1", id).get("Birthdate") == (date.fromisoformat(born) if born else None)
    for entry in clinic.planted("email_invalid"):
        for id in entry["ids"]:
            fields, raw = to_salesforce.fields("S1", id), to_salesforce.source("patients", id)["email"]
            assert fields.get("Email") == raw.strip() or fields["Cliniko_Email_Raw__c"] == raw.strip()
    assert all(write.fields["LastName"] for write in to_salesforce.written("S1").values())


def test_s1_a_title_without_a_salutation_is_kept_beside_it(to_salesforce: Salesforce) -> None:
    titles = {str(write.fields.get("Salutation")) for write in to_salesforce.written("S1").values()}
    beside = {str(write.fields.get("Cliniko_Title__c")) for write in to_salesforce.written("S1").values()}

    assert titles <= {"Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "None"}
    assert "Miss" in beside
    assert "Mr" not in beside


def test_s1_referring_doctors_and_other_contacts_are_contacts_of_their_own(
    to_salesforce: Salesforce, clinic: Harbour
) -> None:
    doctors = to_salesforce.written("S1.doctor")
    referred = clinic.planted("archived_referrer")[0]

    assert (len(doctors), len(to_salesforce.written("S1.other"))) == (30, 8)
    assert {write.key_field for write in doctors.values()} == {"Cliniko_Contact_Id__c"}
    assert {write.fields["Specialty__c"] for write in doctors.values()} == {"General practitioner", "Specialist"}
    for id in referred["patients"]:
        assert to_salesforce.told("S1", id, "Referring_Doctor__c") == referred["ids"][0]


def test_s1_patients_who_refer_each_other_are_linked_in_a_second_pass(salesforce: Salesforce) -> None:
    record = {"id": "1", "derived": {"referrer_patient": "2"}, "_state": "live"}

    link = salesforce.compiled.by_id["S1"].build_deferred(record, {("S1", "1"): "003A", ("S1", "2"): "003B"})

    assert link is not None
    assert (link.kind, dict(link.fields)) == (Kind.LINK, {"Referred_By_Patient__c": Link("Contact", "003B")})


def test_s2_each_location_is_an_account_closed_ones_too(to_salesforce: Salesforce) -> None:
    accounts = to_salesforce.written("S2")

    assert len(accounts) == 4
    assert {str(write.fields["Time_Zone__c"]) for write in accounts.values()} >= {"Australia/Adelaide"}
    assert [write.fields["Archived_In_Cliniko__c"] for write in accounts.values()].count(True) == 1
    assert all(write.fields["Name"] and write.fields["BillingCity"] for write in accounts.values())
    [unassigned] = to_salesforce.written("S2.unassigned").values()
    assert unassigned.fields["Name"] == "Unassigned"


def test_s2_locations_may_have_a_parent(store: Store) -> None:
    mapping = default("salesforce")
    group = mapping.by_id("S2.group")
    assert group is not None
    assert not group.enabled
    group.enabled = True
    _line(mapping, "S2", "ParentId").enabled = True
    stage_account(store, {"account": {"name": "Harbour Physio"}})
    stage(store, "businesses", [{"id": "50", "display_name": "North"}])
    parented = Salesforce(store, compiled_for(mapping))

    assert parented.fields("S2.group", "settings")["Name"] == "Harbour Physio"
    assert parented.told("S2", "50", "ParentId") == "settings"


def test_s3_appointments_carry_what_the_contract_names(to_salesforce: Salesforce, clinic: Harbour) -> None:
    states = Counter(str(write.fields["status__c"]) for write in to_salesforce.written("S3").values())
    totals = clinic.manifest["totals"]

    assert states["Cancelled"] == totals["individual_appointments_cancelled"]
    assert states["Did Not Arrive"] == totals["individual_appointments_did_not_arrive"]
    assert states["Booked"] == totals["individual_appointments_booked_future"]
    for id, write in list(to_salesforce.written("S3").items())[:300]:
        fields = write.fields
        assert (write.key_field, write.key_value) == ("source_system_id__c", id)
        assert all(isinstance(fields[name], Link) for name in ("ContactId__c", "Appointment_Type_Id__c"))
        assert isinstance(fields["start_time__c"], datetime)
        assert isinstance(fields["original_create_date__c"], datetime)


def test_s3_a_cancelled_appointment_keeps_its_reason(salesforce: Salesforce, store: Store) -> None:
    stage(store, "patients", [person("1")])
    gone = {"cancelled_at": "2026-02-01T00:00:00Z", "cancellation_reason_description": "Sick"}
    stage(store, "individual_appointments", [visit("70", "1", "50", **gone, cancellation_note="Flu")])

    fields = salesforce.fields("S3", "70")

    assert (fields["status__c"], fields["Cancellation__c"]) == ("Cancelled", "Sick: Flu")
    assert fields["Cancelled_At__c"] == datetime(2026, 2, 1, tzinfo=UTC)


def test_s3_an_appointment_is_named_and_dated_by_the_clock_of_its_place(salesforce: Salesforce, store: Store) -> None:
    stage(store, "patients", [person("1")])
    stage(store, "businesses", [{"id": "50", "time_zone_identifier": "Australia/Perth"}])
    stage(store, "appointment_types", [{"id": "60", "name": "Initial consult"}])
    kind = {"appointment_type": to("appointment_types", "60")}
    stage(store, "individual_appointments", [visit("70", "1", "50", **kind)])

    fields = salesforce.fields("S3", "70")

    assert fields["Name"] == "Initial consult · 2026-02-18 06:30"
    assert fields["appointment_date__c"] == date(2026, 2, 18)


def test_s3_a_class_is_one_appointment_and_one_for_each_attendee(to_salesforce: Salesforce, clinic: Harbour) -> None:
    group = clinic.planted("group_of_twelve")[0]
    attending = [to_salesforce.fields("S3.attendance", id) for id in group["attendees"]]

    states = Counter(str(fields["status__c"]) for fields in attending)

    assert states == {"Arrived": 7, "Did Not Arrive": 2, "Unmarked": 1, "Cancelled": 2}
    assert {to_salesforce.told("S3.attendance", id, "Class__c") for id in group["attendees"]} == set(group["ids"])
    assert {fields["Appointment_Kind__c"] for fields in attending} == {"Attendance"}
    assert to_salesforce.fields("S3.class", group["ids"][0])["Appointment_Kind__c"] == "Class"
    assert {to_salesforce.write("S3.attendance", id).key_field for id in group["attendees"]} == {
        "Cliniko_Attendee_Id__c"
    }


def test_s3_attendances_of_single_appointments_are_not_told_twice(to_salesforce: Salesforce) -> None:
    classes = {row["id"] for row in every(to_salesforce.store, "group_appointments")}
    attendees = {row["id"]: linked(row, "booking") for row in every(to_salesforce.store, "attendees")}

    assert all(attendees[id] in classes for id in to_salesforce.written("S3.attendance"))


def test_s3_orphans_are_named_and_archived_ones_counted(to_salesforce: Salesforce, clinic: Harbour) -> None:
    assert to_salesforce.skipped("S3", "source-orphan") == set(clinic.planted("orphan_appointments")[0]["ids"])
    assert to_salesforce.skipped("S3", "archived") == set(clinic.planted("archived_appointments")[0]["ids"])


def test_s4_types_carry_duration_colour_and_billing_item(to_salesforce: Salesforce) -> None:
    types = to_salesforce.written("S4")

    assert len(types) == 7
    assert all(isinstance(write.fields["duration_in_minutes__c"], int) for write in types.values())
    assert [write.fields["active__c"] for write in types.values()].count(False) >= 1
    items = [item for write in types.values() if isinstance(item := write.fields.get("Billing_Item__c"), Link)]
    assert items
    assert {item.object for item in items} == {"Product2"}
    assert all(str(write.fields["colour__c"]).startswith("#") for write in types.values())


def test_s4_a_retired_type_is_there_for_old_appointments(to_salesforce: Salesforce, clinic: Harbour) -> None:
    for id in clinic.planted("archived_appointment_type")[0]["ids"]:
        type = to_salesforce.told("S3", id, "Appointment_Type_Id__c")
        assert to_salesforce.fields("S4", type)["active__c"] is False


def test_s5_practitioners_lead_to_their_clinic_and_their_user(salesforce: Salesforce, store: Store) -> None:
    stage(store, "users", [{"id": "9", "email": "d@example.org", "active": True}])
    stage(store, "businesses", [{"id": "50"}, {"id": "51"}])
    practitioner = {"id": "20", "first_name": "Di", "last_name": "Brown", "designation": "Physiotherapist"}
    stage(store, "practitioners", [{**practitioner, "user": to("users", "9"), "active": True}])
    number = {"name": "Provider", "reference_number": "123A", "practitioner": to("practitioners", "20")}
    stage(store, "practitioner_reference_numbers", [{"id": "30", **number}])
    mine = {"practitioner": to("practitioners", "20")}
    stage(store, "individual_appointments", [visit("70", "1", "51", **mine), visit("71", "1", "51", **mine)])

    fields = salesforce.fields("S5", "20")

    assert (fields["profession__c"], fields["registration_number__c"]) == ("Physiotherapist", "Provider: 123A")
    assert (fields["first_name__c"], fields["email__c"], fields["active__c"]) == ("Di", "d@example.org", True)
    assert salesforce.told("S5", "20", "AccountId__c") == "51"
    assert fields["User__c"] == Link("User", "dry S5.user/20")


def test_s5_a_practitioner_without_a_user_keeps_their_record(to_salesforce: Salesforce, clinic: Harbour) -> None:
    [id] = clinic.planted("practitioner_without_user")[0]["ids"]
    practitioners = to_salesforce.compiled.by_id["S5"]
    record = to_salesforce.source("practitioners", id)

    built = practitioners.build({**record, "derived": {}, "_state": "live"}, {}, {})

    assert len(to_salesforce.written("S5")) == 19
    assert "User__c" not in built.writes[0].fields
    assert ("User__c", "reference-not-migrated") in {(issue.field, issue.code) for issue in built.issues}


def test_s5_owners_follow_the_practitioner(to_salesforce: Salesforce) -> None:
    rows = {row["id"]: linked(row, "practitioner") for row in every(to_salesforce.store, "individual_appointments")}

    owned = {write.owner_id for id, write in to_salesforce.written("S3").items() if rows[id] == "26713190"}

    assert owned == {"005-1"}


def test_s6_amounts_are_exact_and_sum_up(to_salesforce: Salesforce, clinic: Harbour) -> None:
    totals = clinic.manifest["totals"]
    invoices = [write.fields for write in to_salesforce.written("S6").values()]

    assert (
        sum((fields["total_amount__c"] for fields in invoices), Decimal(0)) * 100
        == (  # type: ignore[misc]
            totals["invoice_total_cents_not_archived"]
        )
    )
    assert Counter(str(fields["payment_status__c"]) for fields in invoices)["Open"] == totals["invoices_status_10"]
    assert all(isinstance(fields[name], Link) for fields in invoices for name in ("ContactId__c", "AccountId__c"))
    assert to_salesforce.skipped("S6", "archived") == set(clinic.planted("invoice_archived")[0]["ids"])


def test_s6_only_a_paid_invoice_has_a_date_of_payment(to_salesforce: Salesforce) -> None:
    dated = {
        str(write.fields["payment_status__c"])
        for write in to_salesforce.written("S6").values()
        if "date_paid__c" in write.fields
    }

    assert dated == {"Paid"}


def test_s6_lines_are_records_of_their_own(to_salesforce: Salesforce, clinic: Harbour) -> None:
    [sixty] = clinic.planted("invoice_60_lines")[0]["ids"]
    lines = {id: write.fields for id, write in to_salesforce.written("S6.line").items()}
    of = {id: to_salesforce.told("S6.line", id, "Invoice__c") for id in lines}

    assert list(of.values()).count(sixty) == 60
    assert all(isinstance(fields["total_amount__c"], Decimal) for fields in lines.values())
    assert Decimal("0.3333") in {fields.get("quantity__c") for fields in lines.values()}
    assert {type(fields.get("Product__c")) for fields in lines.values()} >= {Link}
    assert all(len(str(fields["Name"])) <= 80 for fields in lines.values())
    deleted = clinic.planted("invoice_archived")[0]["ids"][0]
    gone = {row["id"] for row in every(to_salesforce.store, "invoice_items") if linked(row, "invoice") == deleted}
    assert to_salesforce.skipped("S6.line", "archived") == gone


def test_s6_a_credit_leads_to_its_original(to_salesforce: Salesforce, clinic: Harbour) -> None:
    original, credit = clinic.planted("invoice_full_reversal")[0]["ids"]
    record = to_salesforce.source("invoices", credit)

    link = to_salesforce.compiled.by_id["S6"].build_deferred(record, {("S6", credit): "a0B", ("S6", original): "a0A"})

    assert link is not None
    assert dict(link.fields) == {"Original_Invoice__c": Link("Invoice__c", "a0A")}
    assert to_salesforce.fields("S6", credit)["total_amount__c"] < 0  # type: ignore[operator]


def test_s7_products_and_services_carry_code_cost_price_and_stock(to_salesforce: Salesforce) -> None:
    products, services = to_salesforce.written("S7"), to_salesforce.written("S7.service")

    assert (len(products), len(services)) == (6, 9)
    stock = {write.fields["ProductCode"]: write.fields["Quantity_In_Stock__c"] for write in products.values()}
    assert stock["BRACE-K"] == Decimal("-2.0")
    assert all("unit_cost__c" in write.fields and "IsActive" in write.fields for write in products.values())
    assert not any("CreatedDate" in write.fields for write in products.values())


def test_s8_files_carry_name_description_and_number(to_salesforce: Salesforce) -> None:
    files = to_salesforce.written("S8")

    assert len(files) == 224
    assert files["152980626079770420"].fields["PathOnClient"] == "passwd"
    assert {write.key_field for write in files.values()} == {"Cliniko_Attachment_Id__c"}
    assert all(write.parent and write.parent.id.startswith("dry S1/") for write in files.values())
    assert "\nFile: ../../etc/passwd\n" in files["152980626079770420"].fields["Description"]
    assert len(to_salesforce.skipped("S8", "not-ready")) == 1


def test_s9_insurance_stands_on_the_patient(salesforce: Salesforce, store: Store) -> None:
    payer = {"type_code": 2, "first_name": "", "last_name": ""}
    stage(
        store, "contacts", [{"id": "30", "company_name": "Bupa", **payer}, {"id": "31", "company_name": "HCF", **payer}]
    )
    stage(store, "patients", [person("1", medicare="2123456701")])

    def case(id: str, contact: str, kind: str | None, expiry: str, issued: str) -> Record:
        relations = {"patient": to("patients", "1"), "contact": to("contacts", contact)}
        return {"id": id, "referral_type": kind, "expiry_date": expiry, "issue_date": issued, **relations, **CREATED}

    stage(
        store,
        "patient_cases",
        [
            case("40", "30", "dva", "2027-01-01", "2026-05-01"),
            case("41", "31", "medicare", "2026-12-31", "2026-02-01"),
            case("42", "31", "medicare", "2025-12-31", "2025-02-01"),
        ],
    )

    fields = salesforce.fields("S1", "1")

    assert fields["Insurance_Provider__c"] == "Bupa; HCF"
    assert fields["Insurer_Account__c"] == Link("Account", "dry S9/30")
    assert fields["EPC_Expiry__c"] == date(2026, 12, 31)
    assert (fields["Medicare_Number__c"], fields["Care_Plan_Type__c"]) == ("2123456701", "DVA")
    assert {write.fields["Cliniko_Record_Type__c"] for write in salesforce.written("S9").values()} == {
        "Insurance provider"
    }


def test_s9_the_health_fund_is_the_clinic_s_own_field_of_that_name(to_salesforce: Salesforce, clinic: Harbour) -> None:
    funds = Counter(str(write.fields.get("Health_Fund__c")) for write in to_salesforce.written("S1").values())

    assert "Old Mutual (closed)" in funds
    [other] = clinic.planted("custom_field_other")[0]["ids"]
    free = next(
        field["other"]["value"]
        for section in to_salesforce.source("patients", other)["custom_fields"]["sections"]
        for field in section["fields"]
        if field.get("other", {}).get("selected") and field["name"] == "Health fund"
    )
    assert to_salesforce.fields("S1", other)["Health_Fund__c"] == free


def test_s9_many_patients_share_one_insurer(to_salesforce: Salesforce, clinic: Harbour) -> None:
    [insurer] = clinic.planted("insurer_with_many_patients")[0]["ids"]

    insured = [
        id for id in to_salesforce.written("S1") if to_salesforce.told("S1", id, "Insurer_Account__c") == insurer
    ]

    assert len(insured) > 500
    assert len(to_salesforce.written("S9")) == 9


def test_s10_a_note_keeps_its_formatting_and_names_whom_and_what_it_is_about(
    salesforce: Salesforce, store: Store
) -> None:
    stage(store, "patients", [person("1")])
    stage(store, "practitioners", [{"id": "20", "first_name": "Di", "last_name": "Brown"}])
    stage(store, "appointment_types", [{"id": "60", "name": "Initial consult"}])
    stage(store, "individual_appointments", [visit("70", "1", "50", appointment_type=to("appointment_types", "60"))])
    question = {"name": "Plan", "type": "paragraph", "answer": "<h1>Now</h1><ul><li>rest &amp; <b>ice</b></li></ul>"}
    typed = {"name": "Said", "type": "text", "answer": 'pain <3/10\nit\'s "better"'}
    note = {"title": "SOAP", "author_name": "Di Brown", "content": {"sections": [{"questions": [question, typed]}]}}
    relations = {
        "patient": to("patients", "1"),
        "practitioner": to("practitioners", "20"),
        "booking": to("bookings", "70"),
    }
    stage(store, "treatment_notes", [{"id": "100", **note, **relations, **CREATED}])

    write = salesforce.write("S10", "100")
    text = str(write.fields["Content"])

    assert "<li>rest &amp; <b>ice</b></li>" in text
    assert "pain &lt;3/10<br>it&#x27;s &quot;better&quot;" in text
    assert "Practitioner: Di Brown" in text
    assert "Appointment: Initial consult, 2026-02-18 09:30 (Australia/Melbourne)" in text
    assert "\n" not in text
    assert (write.object, write.parent) == ("ContentNote", Link("Contact", "dry S1/1"))
    assert write.fields["CreatedDate"] == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert [issue.code for issue in salesforce.issues("formatting-simplified", "S10")] == ["formatting-simplified"]


def test_s10_long_notes_are_several_that_join_without_a_gap(to_salesforce: Salesforce, clinic: Harbour) -> None:
    planted = [
        entry for entry in clinic.manifest["planted"] if "characters" in entry and entry["key"].startswith("note_")
    ]
    for entry in planted:
        [id] = entry["ids"]
        writes = to_salesforce.one("S10", id).writes
        pieces = [str(write.fields["Content"]) for write in writes]
        record = to_salesforce.source("treatment_notes", id)
        answer = record["content"]["sections"][0]["questions"][0]["answer"]
        assert all(len(piece) <= 200_000 for piece in pieces)
        assert (
            answer.split()
            == " ".join(line for line in (note_text("".join(pieces)) or "").split())
            .partition("— end —")[0]
            .split()[-len(answer.split()) :]
        )
        assert [str(write.fields["Title"]).rpartition(" ")[2] for write in writes] == [
            f"{n}/{len(pieces)}]" for n in range(1, len(pieces) + 1)
        ]


def test_s10_nothing_active_arrives(to_salesforce: Salesforce, clinic: Harbour) -> None:
    [id] = clinic.planted("note_markup")[0]["ids"]

    text = str(to_salesforce.fields("S10", id)["Content"])

    assert set(re.findall(r"</?([a-z0-9]+)", text)) <= TAGS
    assert set(re.findall(r"<\w+ ([^=>]*)=", text)) <= {"href"}
    assert 'href="javascript' not in text
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in text


def test_s10_forms_become_notes_too(to_salesforce: Salesforce) -> None:
    forms = to_salesforce.written("S10.form")

    assert len(forms) == 393
    assert all("<p><b>" in str(write.fields["Content"]) for write in forms.values())


def test_s10_the_original_time_is_written_only_where_the_account_lets_it(store: Store) -> None:
    live = mapping_org.org(grants_audit_fields=False)
    mapping = default("salesforce")
    compiled = compile_mapping(mapping, live, {}, mapping_org.LIMITS, mapping_org.context())
    stage(store, "patients", [person("1")])
    stage(store, "treatment_notes", [{"id": "100", "title": "SOAP", "patient": to("patients", "1"), **CREATED}])

    problems = validate(mapping, source_schema({}), live, mapping_org.LIMITS)

    assert "CreatedDate" not in Salesforce(store, compiled).fields("S10", "100")
    [told] = [problem for problem in problems if "CreatedDate" in problem.words]
    assert told.level == "warning"
    assert "S10" in told.words
    assert "Set Audit Fields" in told.remedy


def test_s11_every_moment_is_utc_and_the_same_instant(to_salesforce: Salesforce, clinic: Harbour) -> None:
    for map_id in ("S2", "S1", "S5", "S4", "S3", "S3.attendance", "S6", "S8"):
        for write in to_salesforce.written(map_id).values():
            moments = [value for value in write.fields.values() if isinstance(value, datetime)]
            assert all(moment.utcoffset() == timedelta(0) for moment in moments)
    for entry in clinic.planted("clock_change"):
        for id, starts_at in zip(entry["ids"], entry["starts_at"], strict=True):
            fields = to_salesforce.fields("S3", id)
            assert fields["start_time__c"] == datetime.fromisoformat(starts_at)
            assert fields["end_time__c"] - fields["start_time__c"] == timedelta(minutes=30)  # type: ignore[operator]


def default_text() -> str:
    return (resources.files("gurney.destinations.salesforce") / "mapping.yaml").read_text(encoding="utf-8")


def _choosing(strategy: str) -> Mapping:
    """The mapping with another account choice, by the edits that the file describes."""
    mapping = default("salesforce")
    entry = mapping.by_id("S1")
    assert entry is not None
    for line in entry.fields:
        if line.to == "AccountId" and line.lookup:
            line.enabled = line.lookup.map == (strategy,)
    if other := mapping.by_id(strategy):
        other.enabled = True
    return mapping


def _line(mapping: Mapping, map_id: str, name: str) -> Any:
    entry = mapping.by_id(map_id)
    assert entry is not None
    return next(line for line in entry.fields if line.to == name)
