"""The rows of what a clinic's records become in Freshsales, each shown on the sample clinic after its move."""

from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal

from crm_freshsales import FreshsalesCrm
from harbour import FALLBACK, STAFF, Clinic, Story, deviation, linked, moment, only, planned

pytestmark = only("freshsales")

PAYER = 2
"""The type of insurers among Cliniko's contacts."""
LONG = 500
"""Characters from which a note is long (F5)."""
MISSED = {"Cancelled", "Did Not Arrive"}


def there(story: Story) -> FreshsalesCrm:
    assert isinstance(story.there, FreshsalesCrm)
    return story.there


# The setup plan (F16)


def test_f16_the_administrator_makes_every_field_from_the_sheet_before_anything_is_loaded(story: Story) -> None:
    """A value that holds a semicolon is one value."""
    made = {(field["object"], field["label"]): field for field in story.loaded["fields"] if not field["default"]}
    wanted = {(one["object"], one["label"]) for one in story.report("plan")["setup"]["fields"]}
    with (story.gurney.workspace / "reports" / "field-definitions.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = {row["Label"]: row for row in csv.DictReader(lines)}

    assert set(made) == wanted
    assert "Lost; do not call" in [choice["value"] for choice in made["contacts", "Status Office"]["choices"]]
    assert "Lost; do not call" in rows["Status Office"]["Pick-list values"].splitlines()
    assert "make each with exactly the label above" in story.report("plan")["setup"]["by_hand"][0]
    provisioned = story.report("provision")
    assert (provisioned["ok"], provisioned["already_there"], provisioned["rows"]) == (True, True, [])
    steps = (story.gurney.workspace / "reports" / "freshsales-fields.txt").read_text(encoding="utf-8")
    assert steps.count("(Section Insurance Information)") >= 8, "insurance has a section of its own (SCH7)"


# F1 and F2 patients


def test_f1_patients_become_contacts_with_who_they_are(clinic: Clinic, story: Story) -> None:
    for id, contact in there(story).raw("patients").items():
        patient = clinic.rows("patients")[id]
        assert contact["external_id"] == f"cliniko:patients:{id}"
        assert contact["Source_System_ID"] == id
        assert contact["Date_of_Birth"] == patient["date_of_birth"]
        assert (contact["Gender"] or "") == (patient["gender_identity"] or patient["gender"] or "").strip()
        assert (contact["Sex"] or "") == (patient["sex"] or "")
        assert (contact["state"] or "") == patient["state"].strip()
        assert moment(contact["Cliniko_Created_At"]) == moment(patient["created_at"])
    told = deviation(story, "F1")
    assert "Date of birth and gender are fields of the clinic's own" in told
    assert "Only one Contact may have an e-mail address" in told
    assert "the administrator makes them from the setup plan" in told


def test_f1_relatives_keep_their_address_although_one_contact_alone_may_have_it(story: Story) -> None:
    contacts = there(story).raw("patients").values()
    primary = [row["email"].casefold() for row in contacts if row["email"]]
    beside = [row["Email_As_In_Cliniko"].casefold() for row in contacts if row["Email_As_In_Cliniko"]]

    assert len(primary) == len(set(primary))
    assert beside
    everyone = [row["email"].casefold() for row in there(story).dumps["contacts"] if row["email"]]
    assert set(beside) <= set(everyone)


def test_f2_a_prospect_is_of_the_stage_lead_and_everybody_else_a_customer(clinic: Clinic, story: Story) -> None:
    """Nobody ever booked for them and nothing was invoiced."""
    stages = {row["record_type"]: set[int]() for row in there(story).patients.values()}
    for id, contact in there(story).raw("patients").items():
        stages[there(story).patients[id]["record_type"]].add(contact["lifecycle_stage_id"])
    booked = {id for kind in ("individual_appointments", "attendees") for id, rows in clinic.of_patients(kind).items()}
    known = booked | set(clinic.of_patients("invoices"))
    prospects = {id for id, row in there(story).patients.items() if row["record_type"] == "Prospect"}

    assert set(stages) == {"Patient", "Prospect"}
    assert [len(ids) for ids in stages.values()] == [1, 1]
    assert stages["Patient"] != stages["Prospect"]
    assert prospects
    assert not prospects & known
    told = deviation(story, "F2")
    assert "Freshsales has no module of Leads any more" in told
    assert "The rule is: no booking and no invoice" in told


# F3 practitioners


def test_f3_practitioners_are_found_among_the_users_and_are_contacts_too(clinic: Clinic, story: Story) -> None:
    owners = story.report("plan")["owners"]
    found = {row["owner"] for row in owners if row["how"] == "matched"}
    contacts = there(story).raw("practitioners")

    assert found == {f"{name}@harbour.example.org" for name in STAFF}
    assert {row["owner"] for row in owners if row["how"] != "matched"} == {FALLBACK}
    assert story.loaded["users"] == story.before["users"], "nobody is invited"
    assert set(contacts) == set(clinic.rows("practitioners"))
    for id, contact in contacts.items():
        assert contact["Practitioner_Role"] == "Treating Practitioner"
        assert (contact["Specialty"] or "") == (clinic.rows("practitioners")[id]["designation"] or "")
    places = {row["id"] for row in there(story).raw("locations").values()}
    assert {contact["account"] for contact in contacts.values()} - {None} <= places
    told = deviation(story, "F3")
    assert "the practitioner is their attendee" in told
    assert "fallback owner" in told


# F4 appointments


def test_f4_what_is_over_is_a_task_and_what_lies_ahead_an_appointment(clinic: Clinic, story: Story) -> None:
    crm, merged = there(story), clinic.survivors
    tasks = {row["cliniko_appointment_id"] for row in crm.dumps["tasks"] if "cliniko_appointment_id" in row}
    for id, source in clinic.rows("individual_appointments").items():
        if id not in crm.raw("meetings"):
            continue
        row, meeting, patient = crm.raw("meetings")[id], crm.meetings[id], linked(source, "patient")
        type = clinic.rows("appointment_types")[linked(source, "appointment_type")]
        assert (id in tasks) is (meeting["state"] != "Booked")
        assert meeting["title"] == type["name"]
        assert (meeting["starts_at"], meeting["ends_at"]) == (moment(source["starts_at"]), moment(source["ends_at"]))
        assert row["contact"] == crm.raw("patients")[merged.get(patient, patient)]["id"]
        if id in tasks:
            assert row["status"] == (meeting["state"] not in MISSED), "not completed: cancelled, or did not arrive"
        else:
            assert row["location"] == clinic.rows("businesses")[linked(source, "business")]["display_name"]
    assert {row["state"] for row in crm.meetings.values()} >= {"Arrived", "Booked", *MISSED}
    told = deviation(story, "F4")
    assert "Tasks take no fields of the clinic's own" in told
    assert "patients are never added, for they would get mail" in told


def test_f4_nobody_is_mailed_and_no_key_to_a_session_is_copied(clinic: Clinic, story: Story) -> None:
    urls = {row["telehealth_url"] for row in clinic.rows("individual_appointments").values()} - {None, ""}
    told = " ".join(row["description"] for name in ("tasks", "appointments") for row in story.loaded[name])
    attendees = [one for row in story.loaded["appointments"] for one in row["attendees"]]

    assert {one["attendee_type"] for one in attendees} == {"FdMultitenant::User"}
    assert urls
    assert not any(url in told for url in urls)


def test_f4_each_patient_of_a_class_has_a_task_of_their_own(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    for id, row in crm.of("attendances").items():
        group = clinic.rows("group_appointments")[row["class_id"]]
        assert linked(clinic.rows("attendees")[id], "booking") == row["class_id"]
        assert (row["starts_at"], row["ends_at"]) == (moment(group["starts_at"]), moment(group["ends_at"]))
        assert row["patient"]
    for id in clinic.rows("group_appointments"):
        assert crm.raw("meetings")[id]["contact"] is None
        assert crm.raw("meetings")[id]["account"] in {one["id"] for one in crm.raw("locations").values()}


# F5 treatment notes


def test_f5_every_note_is_whole_among_the_notes_with_its_date_and_author(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    for id in crm.noted("treatment_notes"):
        source = clinic.rows("treatment_notes")[id]
        first = crm.pieces("treatment_notes", id)[0]
        assert source["created_at"][:10] in first.title
        assert f"Author: {source['author_name']}" in first.text
    assert all(len(note["description"]) <= crm.note_most for note in story.loaded["notes"])
    told = deviation(story, "F5")
    assert "a text area holds 10,000 characters" in told
    assert "A Note has no title, date or author of its own" in told


def test_f5_long_notes_stand_in_a_field_too_and_none_writes_over_another(clinic: Clinic, story: Story) -> None:
    """The newest that fit, whole, each under its title; how many have no room is said."""
    crm, notes = there(story), clinic.of_patients("treatment_notes")
    several = cut = 0
    for id, contact in crm.raw("patients").items():
        words = {one["id"]: crm.text("treatment_notes", one["id"]) for one in notes[id]}
        long = {key: text for key, text in words.items() if len(text.partition("\n\n")[2]) >= LONG + len("\n\n— end —")}
        told = contact["Treatment_Notes"] or ""
        assert bool(told) is bool(long)
        assert len(told) <= crm.own_text_most
        bodies = [text.partition("\n\n")[2].removesuffix("— end —").strip() for text in long.values()]
        here = sum(body in told for body in bodies)
        several += here > 1
        if here < len(bodies):
            cut += 1
            assert "more long notes have no room here; each stands among the notes —" in told
    assert several
    assert cut


# F6 and F16 invoices


def test_f6_and_f16_invoices_become_deals_with_status_and_lines(clinic: Clinic, story: Story) -> None:
    crm, words = there(story), {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}
    stages: dict[str, set[int]] = defaultdict(set)
    for id, deal in crm.raw("invoices").items():
        source = clinic.rows("invoices")[id]
        assert deal["name"] == f"Invoice {source['number']} [Cliniko {id}]"
        assert Decimal(deal["amount"]) == Decimal(source["total_amount"])
        assert (deal["expected_close"], deal["Invoice_Date"]) == (source["issue_date"], source["issue_date"])
        assert deal["Payment_Status"] == words[source["status"]]
        assert deal["sales_account_id"] == crm.raw("locations")[linked(source, "business")]["id"]
        assert not deal["has_products"], "that would recompute the amount"
        stages[deal["Payment_Status"]].add(deal["deal_stage_id"])
    assert stages["Paid"] == stages["Closed"] != stages["Open"] == stages["Open credit"]
    assert "Line Items Summary" in planned(story, "deals")
    told = deviation(story, "F6")
    assert "overdue and part-paid cannot be known" in told
    assert "The time of creation cannot be set" in told


# F7 products


def test_f7_products_items_and_types_become_products(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    for id, product in clinic.rows("products").items():
        row = crm.raw("products")[id]
        assert (row["name"], row["product_code"] or "") == (product["name"], product["item_code"] or "")
        assert Decimal(str(row["price"])) == Decimal(product["price_ex_tax"])
        assert Decimal(row["Stock level"]) == Decimal(product["stock_level"])
        assert row["is_active"] is (product["archived_at"] is None)
    for id, type in clinic.rows("appointment_types").items():
        row = crm.raw("types")[id]
        assert (row["name"], row["category"]) == (type["name"], "Appointment type")
        assert (row["Minutes"], row["Colour"]) == (type["duration_in_minutes"], type["color"])
    told = deviation(story, "F7")
    assert "The product catalogue begins with the plan Pro" in told
    assert "There is no field for a stock quantity" in told
    assert "Which invoices sold a product stands in the lines of the Deals" in told


# F8 insurance


def test_f8_insurance_has_fields_of_its_own_and_insurers_are_accounts(clinic: Clinic, story: Story) -> None:
    crm, fields = there(story), planned(story, "contacts")
    payers = {id: row for id, row in clinic.rows("contacts").items() if row["type_code"] == PAYER}

    assert {"Insurance Carrier", "Insurance Policy Number", "Insurance Group"} <= fields.keys()
    assert set(crm.raw("payers")) == set(payers)
    insured = [row for row in crm.raw("patients").values() if row["Insurance_Carrier"]]
    names = {row["title"] for row in crm.raw("payers").values()}
    assert insured
    assert all(row["Insurance_Carrier"].partition("; ")[0] in names for row in insured)
    assert "payers of a patient's cases take its place" in deviation(story, "F8")


# F9 referrers


def test_f9_the_source_is_a_pick_list_and_a_company_that_refers_an_account(clinic: Clinic, story: Story) -> None:
    """Beside the location, or alone: an account that is alone is always the primary one."""
    crm = there(story)
    companies = {id: row["id"] for id, row in crm.raw("companies").items()}
    newest = {id: max(rows, key=lambda row: row["created_at"])
              for id, rows in clinic.of_patients("referral_sources").items()}  # fmt: skip
    alone = beside = 0
    for id, contact in crm.raw("patients").items():
        source = newest.get(id, {})
        company = companies.get(linked(source, "referrer")) if source.get("referrer_type") == "Contact" else None
        accounts = [contact["account"], contact["second_account"]]
        if company is None:
            assert accounts[1] is None
            continue
        assert company in accounts
        alone += accounts[0] == company
        beside += accounts[1] == company
    assert alone
    assert beside
    words = {choice["value"] for field in story.loaded["fields"] if field["label"] == "Referral Source"
             for choice in field["choices"]}  # fmt: skip
    assert {row["Referral_Source"] for row in crm.raw("patients").values()} - {None} <= words
    assert "the referring company is its second, or the first" in " ".join(deviation(story, "F9").split())


# F10 locations


def test_f10_locations_become_accounts_of_the_type_clinic(clinic: Clinic, story: Story) -> None:
    for id, business in clinic.rows("businesses").items():
        row = there(story).raw("locations")[id]
        assert row["Account_Type"] == "Clinic"
        assert row["title"] == business["display_name"]
        assert business["address_1"] in row["address"]
        assert row["city"] == business["city"]
    told = deviation(story, "F10")
    assert "Accounts have no type of that name" in told
    assert "its location stands in it by name" in told


# F11 files


def test_f11_files_hang_on_their_contact_under_their_own_names(clinic: Clinic, story: Story) -> None:
    kinds = {row["content_type"] for row in story.loaded["documents"]}

    assert {"application/pdf", "image/jpeg"} <= kinds
    assert {file.parent.partition("/")[0] for file in there(story).files.values()} == {"contacts"}
    assert "150 MB" in deviation(story, "F11")
    assert "No program can delete a file" in deviation(story, "F11")


def test_f11_the_rollback_names_each_file_that_no_program_can_delete(story: Story) -> None:
    impossible = story.documents["rollback"]["impossible"]

    assert {one["source_id"] for one in impossible} == set(there(story).files)
    assert {one["object"] for one in impossible} == {"files"}
    assert all(one["destination_id"] and "delete it there by hand" in one["why"] for one in impossible)


# F12 forms


def test_f12_forms_tell_when_they_were_submitted(clinic: Clinic, story: Story) -> None:
    forms = clinic.of_patients("patient_forms")
    for id, contact in there(story).raw("patients").items():
        done = [form["completed_at"] for form in forms[id] if form["completed_at"]]
        assert contact["Form_Submitted_At"] == max(done, default=None)
    for id in clinic.rows("patient_forms"):
        [note] = there(story).pieces("patient_forms", id)
        day = (clinic.rows("patient_forms")[id]["completed_at"] or "")[:10]
        assert (day or "NOT COMPLETED") in note.title
    assert "Form Submitted At of the Contact is the moment of the last one" in " ".join(deviation(story, "F12").split())


# F13 and F15 what has no equivalent


def test_f13_messages_stay_behind_and_the_reference_document_is_told_of(story: Story) -> None:
    left = {row["what"]: row["next_step"] for row in story.report("reconcile")["not_migrated"]}

    assert "F13 makes them Notes" in left["communications"]
    assert "reference document" in left["workflows and reminders"]
    assert "The words of reminder templates cannot be read" in deviation(story, "F13")


def test_f15_online_booking_is_not_migrated_and_hours_are_an_offer(story: Story) -> None:
    left = {row["what"]: row["next_step"] for row in story.report("reconcile")["not_migrated"]}

    assert "F15" in left["online bookings"]
    assert not there(story).noted("daily_availabilities")
    assert "Online booking and scheduling are not migrated" in deviation(story, "F15")


# F14 medical history


def test_f14_alerts_stand_in_a_text_area_and_what_is_too_long_whole_in_a_note(clinic: Clinic, story: Story) -> None:
    crm, fields = there(story), planned(story, "contacts")
    long = [id for id, row in crm.raw("patients").items() if str(row["History"] or "").endswith("…")]

    assert {"Medical History", "Allergies", "Medical Alerts"} <= fields.keys()
    assert {fields[label]["type"] for label in ("Medical History", "Allergies", "Medical Alerts")} == {"long_text"}
    alerts = clinic.of_patients("medical_alerts")
    for id, rows in alerts.items():
        told = (crm.text("patients", id, "Medical_Alerts") or crm.raw("patients")[id]["Medical_Alerts"]).split("\n")
        assert {row["name"] for row in rows if "\n" not in row["name"]} <= set(told)
    for id in long:
        assert crm.text("patients", id, "History").startswith(crm.raw("patients")[id]["History"].removesuffix("…"))
    assert "A text area holds 10,000 characters, not 32,768" in deviation(story, "F14")
