"""The rows of what a clinic's records become in Zoho CRM, each shown on the sample clinic after its move."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import yaml
from crm import Row
from harbour import FALLBACK, STAFF, Clinic, Story, deviation, linked, only

pytestmark = only("zoho")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def of_type(clinic: Clinic, code: int) -> dict[str, Row]:
    return {id: row for id, row in clinic.rows("contacts").items() if row["type_code"] == code}


def test_z1_patients_become_contacts(clinic: Clinic, story: Story) -> None:
    for id, contact in story.there.raw("patients").items():
        patient = clinic.rows("patients")[id]
        assert contact["Cliniko_Record_Type"] == "Patient"
        assert contact["Date_of_Birth"] == patient["date_of_birth"]
        street = "\n".join(filter(None, (patient[f"address_{n}"] for n in (1, 2, 3))))
        assert (contact["Mailing_Street"] or "") == street
        assert (contact["Mailing_City"] or "") == patient["city"]
        assert (contact["Mailing_Zip"] or "") == patient["post_code"]
        assert contact["Email"] or contact["Cliniko_Email_Raw"] or not patient["email"]
        assert contact["Account_Name"] is None, "a patient without an organisation has no account"
        assert contact["Archived_In_Cliniko"] is (patient["archived_at"] is not None)
        assert moment(contact["Cliniko_Created_At"]) == moment(patient["created_at"])


def test_z1_carries_every_field_of_the_clinics_own(clinic: Clinic, story: Story) -> None:
    maps = {row["map"]: row for row in story.report("plan")["maps"]}
    tokens = {
        field["token"]
        for section in clinic.settings["patient_custom_fields_definition"]["sections"]
        for field in section["fields"]
    }

    assert {row["source"].removeprefix("custom_fields.") for row in maps["Z1"]["fields"]} >= tokens
    assert "no relation between two contacts" in deviation(story, "Z1")


def test_z2_leads_stay_off_and_the_audit_says_why(story: Story) -> None:
    signed = yaml.safe_load((story.gurney.workspace / "mapping.yaml").read_text(encoding="utf-8"))
    row = next(map for map in signed["maps"] if map["map"] == "Z2")

    assert story.there.dumps["Leads"] == []
    assert row["enabled"] is False
    assert "no field that separates enquiries" in deviation(story, "Z2")
    assert "does not separate prospective from active" in story.report("audit")["prospect_words"]


def test_z3_practitioners_become_owners_and_no_user_is_invited(story: Story) -> None:
    owners = story.report("plan")["owners"]
    found = {row["owner"] for row in owners if row["how"] == "matched"}

    assert found == {f"{name}@harbour.example.org" for name in STAFF}
    assert {row["owner"] for row in owners if row["how"] != "matched"} == {FALLBACK}
    by_id = {row["practitioner_id"]: row["owner"] for row in owners}
    for object in ("Events", "Tasks", "Invoice_History"):
        for row in story.there.dumps[object]:
            assert row["Owner"]["email"] == by_id.get(row["Practitioner_ID"], FALLBACK)
            assert bool(row["Practitioner_Name"]) is bool(row["Practitioner_ID"])
    assert story.report("plan")["setup"]["users"] == []
    assert "password cannot be set" in deviation(story, "Z3")


def test_z4_referring_doctors_become_contacts(clinic: Clinic, story: Story) -> None:
    words = {"general_practitioner": "General practitioner", "specialist": "Specialist", "": None}
    for id, doctor in of_type(clinic, 1).items():
        contact = story.there.raw("contacts")[id]
        assert contact["Cliniko_Record_Type"] == "Referring doctor"
        assert (contact["Organisation"] or "") == doctor["company_name"]
        assert contact["Specialty"] == words[doctor["doctor_type"] or ""]
        assert (contact["Provider_Number"] or "") == doctor["provider_number"]
        assert (contact["Mailing_City"] or "") == doctor["city"]
        assert not doctor["last_name"] or contact["Last_Name"] == doctor["last_name"]
    others = {row["Cliniko_Record_Type"] for id, row in story.there.raw("contacts").items() if id in of_type(clinic, 0)}
    assert others == {"Other contact"}
    assert "contacts of the type Doctor" in deviation(story, "Z4")


def test_z5_attendances_become_tasks_and_nothing_goes_over_twice(clinic: Clinic, story: Story) -> None:
    there = story.there
    ends = {"Booked": "Not Started", "Arrived": "Completed", "Did Not Arrive": "Completed"}
    for id, task in there.raw("attendances").items():
        group = clinic.rows("group_appointments")[linked(clinic.rows("attendees")[id], "booking")]
        type = clinic.rows("appointment_types")[linked(group, "appointment_type")]
        zone = ZoneInfo(clinic.rows("businesses")[linked(group, "business")]["time_zone_identifier"])
        assert task["Subject"] == type["name"]
        assert moment(task["Starts_At"]) == moment(group["starts_at"])
        assert moment(task["Ends_At"]) == moment(group["ends_at"])
        assert task["Due_Date"] == moment(group["starts_at"]).astimezone(zone).date().isoformat()
        assert task["Status"] == ends.get(task["Appointment_State"], "Completed")

    assert len(there.dumps["Tasks"]) == len(there.raw("attendances"))
    assert not any(row.get("Cliniko_Appointment_ID") for row in there.dumps["Tasks"])
    assert {"Booked", "Arrived", "Did Not Arrive"} <= {row["Appointment_State"] for row in there.dumps["Tasks"]}
    assert "due date only" in deviation(story, "Z5")


def test_z6_appointments_become_meetings(clinic: Clinic, story: Story) -> None:
    there, merged_into = story.there, {}
    for entry in clinic.manifest["planted"]:
        if entry["key"] == "merged_chain":
            merged_into = dict.fromkeys(entry["ids"], entry["survivor"])
    for id, source in clinic.rows("individual_appointments").items():
        if id not in there.raw("meetings"):
            continue
        meeting, patient = there.raw("meetings")[id], linked(source, "patient")
        assert meeting["Who_Id"]["id"] == there.raw("patients")[merged_into.get(patient, patient)]["id"]
        assert meeting["Appointment_Type"]["id"] == there.raw("types")[linked(source, "appointment_type")]["id"]
        assert meeting["Clinic_Location"]["id"] == there.raw("locations")[linked(source, "business")]["id"]
        assert meeting["Event_Title"] == meeting["Appointment_Type"]["name"]
        assert meeting["Practitioner_ID"] == linked(source, "practitioner")
    classes = [there.raw("meetings")[id] for id in clinic.rows("group_appointments")]
    assert {row["Who_Id"] for row in classes} == {None}
    assert "stores no status" in deviation(story, "Z6")


def test_z6_keeps_the_key_to_telehealth_sessions_at_home(clinic: Clinic, story: Story) -> None:
    urls = {row["telehealth_url"] for row in clinic.rows("individual_appointments").values()} - {None, ""}
    copied = {value for row in story.there.dumps["Events"] for value in row.values() if isinstance(value, str)} & urls

    assert urls
    assert copied == set()
    assert "telehealth link is a key to the session" in deviation(story, "Z6")


def test_z7_appointment_types_become_a_module(clinic: Clinic, story: Story) -> None:
    for id, type in clinic.rows("appointment_types").items():
        there = story.there.raw("types")[id]
        item = clinic.rows("billable_items").get(linked(type, "billable_item"))
        assert there["Name"] == type["name"]
        assert there["Duration_Minutes"] == type["duration_in_minutes"]
        assert not item or there["Billing_Code"] == item["item_code"]
        assert there["Archived_In_Cliniko"] is (type["archived_at"] is not None)
    assert any(row["Billing_Code"] for row in story.there.raw("types").values())
    assert "no default status" in deviation(story, "Z7")


def test_z8_invoices_become_invoice_history(clinic: Clinic, story: Story) -> None:
    words = {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}
    contacts = {row["id"] for row in story.there.raw("patients").values()}
    for id, there in story.there.raw("invoices").items():
        invoice = clinic.rows("invoices")[id]
        assert there["Invoice_Number"] == str(invoice["number"])
        assert there["Issue_Date"] == invoice["issue_date"]
        assert there["Invoice_Status"] == words[invoice["status"]]
        assert Decimal(str(there["Total_Amount"])) == Decimal(invoice["total_amount"])
        assert there["Patient"]["id"] in contacts
    assert "shows no payments" in deviation(story, "Z8")


def test_z8_adds_up_what_each_patient_was_billed(story: Story) -> None:
    billed: Counter[str] = Counter()
    for row in story.there.raw("invoices").values():
        billed[row["Patient"]["id"]] += round(row["Total_Amount"] * 100)

    assert {row["id"]: round((row["Lifetime_Billed"] or 0) * 100) for row in story.there.raw("patients").values()} == {
        row["id"]: billed[row["id"]] for row in story.there.raw("patients").values()
    }


def test_z9_locations_become_a_module_that_appointments_point_to(clinic: Clinic, story: Story) -> None:
    for id, business in clinic.rows("businesses").items():
        there = story.there.raw("locations")[id]
        assert there["Name"] == business["display_name"]
        assert there["City"] == business["city"]
        assert there["Time_Zone"] == business["time_zone_identifier"]
        assert there["Contact_Information"] == business["contact_information"]
        assert there["Reply_Email"] == business["email_reply_to"]
    used = {row["Clinic_Location"]["id"] for row in story.there.dumps["Events"]}
    assert used == {row["id"] for row in story.there.raw("locations").values()}
    assert "no lookup to a location" in deviation(story, "Z9")


def test_z10_products_and_services_become_products(clinic: Clinic, story: Story) -> None:
    products = story.there.raw("products")
    services = story.there.raw("services")
    for id, product in clinic.rows("products").items():
        assert products[id]["Product_Name"] == product["name"]
        assert products[id]["Product_Code"] == product["item_code"]
        assert Decimal(str(products[id]["Unit_Price"])) == Decimal(product["price_ex_tax"])
        assert Decimal(str(products[id]["Qty_in_Stock"])) == Decimal(product["stock_level"])
    for id, item in clinic.rows("billable_items").items():
        assert (services[id]["Item_Type"], services[id]["Product_Name"]) == (item["item_type"], item["name"])
        assert Decimal(str(services[id]["Unit_Price"])) == Decimal(item["price"])
    assert "price without tax" in deviation(story, "Z10")


def test_z11_payers_become_insurance_accounts_that_patients_point_to(clinic: Clinic, story: Story) -> None:
    assert set(story.there.raw("payers")) == set(of_type(clinic, 2))
    for id, payer in of_type(clinic, 2).items():
        there = story.there.raw("payers")[id]
        assert there["Account_Type"] == "Insurance"
        assert not payer["company_name"] or there["Account_Name"] == payer["company_name"]
        assert (there["Billing_City"] or "") == payer["city"]
        assert all(phone["number"] in there["Cliniko_Phones"] for phone in payer["phone_numbers"])
    accounts = {row["id"] for row in story.there.raw("payers").values()}
    insurers = {row["Insurer"]["id"] for row in story.there.raw("patients").values() if row["Insurer"]}
    assert insurers
    assert insurers <= accounts
    assert "3rd Party Payer" in deviation(story, "Z11")


def test_z12_treatment_notes_become_notes_on_the_contact(clinic: Clinic, story: Story) -> None:
    contacts = {row["id"] for row in story.there.raw("patients").values()}
    parted = 0
    for id in story.there.noted("treatment_notes"):
        note = clinic.rows("treatment_notes")[id]
        pieces = story.there.pieces("treatment_notes", id)
        template = clinic.rows("treatment_note_templates").get(linked(note, "treatment_note_template"))
        parted += len(pieces) > 1
        assert {piece.parent for piece in pieces} <= contacts
        assert all(piece.title.endswith(f" {n}/{len(pieces)}]") for n, piece in enumerate(pieces, 1))
        assert f"Author: {note['author_name']}" in pieces[0].text
        assert not template or f"Template: {template['name']}" in pieces[0].text
    long = {row["ids"][0] for row in clinic.manifest["planted"] if row.get("characters", 0) > 30_000}
    assert parted == len(long & story.there.noted("treatment_notes"))
    [told] = [row for row in story.report("audit")["quality"] if row["code"] == "note-in-parts"]
    assert told["count"] == parted
    assert "Drawings on body charts cannot be read" in deviation(story, "Z12")


def test_z12_patient_forms_become_notes_too(clinic: Clinic, story: Story) -> None:
    for id in clinic.rows("patient_forms"):
        [note] = story.there.pieces("patient_forms", id)
        assert note.title.startswith("Form: ")


def test_z13_files_become_attachments_on_the_contact(clinic: Clinic, story: Story) -> None:
    contacts = {row["id"] for row in story.there.raw("patients").values()}
    described = {id for id, row in clinic.rows("patient_attachments").items() if row.get("description")}
    for file in story.there.files.values():
        assert file.parent in contacts
    for id in described & set(story.there.files):
        source = clinic.rows("patient_attachments")[id]
        assert source["description"] in story.there.files[id].about
    assert max(file.size for file in story.there.files.values()) > 50 * 2**20
    assert story.report("audit")["oversize"] == []
    assert "100 MB, not 25 MB" in deviation(story, "Z13")


def test_z14_insurer_medicare_referral_and_original_times_have_fields(clinic: Clinic, story: Story) -> None:
    sources = {linked(row, "patient"): row for row in clinic.rows("referral_sources").values()}
    for id, there in story.there.raw("patients").items():
        patient = clinic.rows("patients")[id]
        assert (there["Medicare_Number"] or "") == (patient["medicare"] or "")
        assert bool(there["Referral_Source"]) or id not in sources
    tasks = story.there.dumps["Tasks"]
    assert any(row["Insurer"] for row in story.there.raw("patients").values())
    assert all(row["Starts_At"] and row["Ends_At"] for row in tasks)
    planned = {(field["object"], field["label"]) for field in story.report("plan")["setup"]["fields"]}
    for label in ("Insurer", "Medicare Number", "Referral Source"):
        assert ("Contacts", label) in planned
    for label in ("Starts At", "Ends At"):
        assert ("Tasks", label) in planned
