"""The rows of what a clinic's records become in Salesforce, each shown on the sample clinic after its move."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from crm_salesforce import SalesforceCrm
from harbour import FALLBACK, STAFF, Clinic, Story, deviation, linked, only

pytestmark = only("salesforce")

NO_RELATION = ("", None)


def there(story: Story) -> SalesforceCrm:
    assert isinstance(story.there, SalesforceCrm)
    return story.there


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def exactly(value: float | None) -> Decimal:
    return Decimal(str(value or 0))


def survivors(clinic: Clinic) -> dict[str, str]:
    """Merged patients with whom they were merged into in the end."""
    chain = clinic.entry("merged_chain")
    return dict.fromkeys(chain["ids"], chain["survivor"])


def visits(clinic: Clinic) -> dict[str, list[tuple[str, str]]]:
    """(location, when it was booked) of every appointment and class that stands, by patient."""
    merged = survivors(clinic)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for resource in ("individual_appointments", "attendees"):
        for row in clinic.rows(resource).values():
            if row.get("archived_at") or row.get("cancelled_at"):
                continue
            place, patient = row, linked(row, "patient")
            if resource == "attendees":
                groups = clinic.rows("group_appointments")
                if linked(row, "booking") not in groups:
                    continue
                place = groups[linked(row, "booking")]
            found[merged.get(patient, patient)].append((linked(place, "business"), row["created_at"]))
    return found


def mostly_at(seen: list[tuple[str, str]]) -> str:
    """Where most of the visits are; of several such places the one that was booked last."""
    counts = Counter(place for place, _ in seen)
    return max(counts, key=lambda place: (counts[place], max(when for where, when in seen if where == place)))


def test_s1_every_contact_belongs_to_the_account_of_its_main_clinic(clinic: Clinic, story: Story) -> None:
    accounts = {id: row["Id"] for id, row in there(story).raw("locations").items()}
    [unassigned] = there(story).raw("unassigned").values()
    seen = visits(clinic)
    expected = {id: accounts[mostly_at(seen[id])] if id in seen else unassigned["Id"] for id in there(story).patients}

    assert {id: row["account"] for id, row in there(story).patients.items()} == expected
    assert unassigned["Name"] == "Unassigned"
    assert set(expected.values()) == {*accounts.values(), unassigned["Id"]}, "every place has patients, and nowhere too"
    assert all(row["AccountId"] for row in there(story).dumps["Contact"]), "no contact is private"
    told = deviation(story, "S1")
    assert "main clinic is the one that most of the appointments" in told
    assert "locks that Account" in told
    assert "10,000 Contacts" in told


def test_s1_contacts_carry_who_a_patient_is(clinic: Clinic, story: Story) -> None:
    salutations = {"Mr": "Mr.", "Mrs": "Mrs.", "Ms": "Ms.", "Dr": "Dr.", "Prof": "Prof."}
    for id, contact in there(story).raw("patients").items():
        patient = clinic.rows("patients")[id]
        assert contact["Cliniko_Record_Type__c"] == "Patient"
        assert contact["Birthdate"] == patient["date_of_birth"]
        street = "\n".join(filter(None, (patient[f"address_{n}"] for n in (1, 2, 3))))
        assert (contact["MailingStreet"] or "") == street
        assert (contact["MailingPostalCode"] or "") == patient["post_code"]
        assert contact["Email"] or contact["Cliniko_Email_Raw__c"] or not patient["email"]
        title = patient["title"] or ""
        assert (contact["Salutation"] or "") == salutations.get(title, "")
        assert title in salutations or (contact["Cliniko_Title__c"] or "") == title
        assert contact["Archived_In_Cliniko__c"] is (patient["archived_at"] is not None)


def test_s1_doctors_and_other_contacts_stand_beside_the_patients(clinic: Clinic, story: Story) -> None:
    kinds = {0: "Other contact", 1: "Referring doctor"}
    wanted = {id: row for id, row in clinic.rows("contacts").items() if row["type_code"] in kinds}
    [unassigned] = there(story).raw("unassigned").values()

    assert {id: row["Cliniko_Record_Type__c"] for id, row in there(story).raw("contacts").items()} == {
        id: kinds[row["type_code"]] for id, row in wanted.items()
    }
    assert {row["AccountId"] for row in there(story).raw("contacts").values()} == {unassigned["Id"]}


def test_s2_locations_become_accounts_without_a_parent(clinic: Clinic, story: Story) -> None:
    for id, business in clinic.rows("businesses").items():
        account = there(story).raw("locations")[id]
        assert account["Name"] == business["display_name"]
        assert account["Cliniko_Record_Type__c"] == "Clinic"
        street = "\n".join(filter(None, (business["address_1"], business["address_2"])))
        assert (account["BillingStreet"] or "") == street
        assert (account["BillingCity"], account["BillingState"]) == (business["city"], business["state"])
        assert account["Time_Zone__c"] == business["time_zone_identifier"]
        assert account["ParentId"] is None
        assert account["Archived_In_Cliniko__c"] is (business["archived_at"] is not None)
    told = deviation(story, "S2")
    assert "no hierarchy of locations" in told
    assert "would be private to its owner" in told


def test_s3_appointments_become_records_that_point_to_all_they_belong_to(clinic: Clinic, story: Story) -> None:
    crm, merged = there(story), survivors(clinic)
    patients, types = crm.raw("patients"), crm.raw("types")
    places, people = crm.raw("locations"), crm.raw("practitioners")
    for id, source in clinic.rows("individual_appointments").items():
        if id not in crm.raw("meetings"):
            continue
        row, patient = crm.raw("meetings")[id], linked(source, "patient")
        zone = ZoneInfo(clinic.rows("businesses")[linked(source, "business")]["time_zone_identifier"])
        assert row["Appointment_Kind__c"] == "Appointment"
        assert row["ContactId__c"] == patients[merged.get(patient, patient)]["Id"]
        assert row["Appointment_Type_Id__c"] == types[linked(source, "appointment_type")]["Id"]
        assert row["Practitioner_Id__c"] == people[linked(source, "practitioner")]["Id"]
        assert row["AccountId__c"] == places[linked(source, "business")]["Id"]
        assert moment(row["original_create_date__c"]) == moment(source["created_at"])
        assert row["appointment_date__c"] == moment(source["starts_at"]).astimezone(zone).date().isoformat()
        assert (source["notes"] or "").replace("\r\n", "\n").strip() in (row["notes__c"] or "")
        assert bool(row["Cancelled_At__c"]) is (row["status__c"] == "Cancelled")
    assert "stores no status" in deviation(story, "S3")


def test_s3_classes_and_who_came_to_them_are_appointments_too(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    for id, attendance in crm.raw("attendances").items():
        group = linked(clinic.rows("attendees")[id], "booking")
        assert attendance["Appointment_Kind__c"] == "Attendance"
        assert attendance["Class__c"] == crm.raw("meetings")[group]["Id"]
        assert attendance["source_system_id__c"] is None
        assert moment(attendance["start_time__c"]) == moment(clinic.rows("group_appointments")[group]["starts_at"])
    classes = [crm.raw("meetings")[id] for id in clinic.rows("group_appointments")]
    assert {(row["Appointment_Kind__c"], row["ContactId__c"]) for row in classes} == {("Class", None)}
    assert "a class has many" in deviation(story, "S3")


def test_s3_keeps_the_key_to_telehealth_sessions_at_home(clinic: Clinic, story: Story) -> None:
    urls = {row["telehealth_url"] for row in clinic.rows("individual_appointments").values()} - {None, ""}
    copied = {
        value for row in there(story).dumps["Appointment__c"] for value in row.values() if isinstance(value, str)
    } & urls

    assert urls
    assert copied == set()
    assert "telehealth link is a key to the session" in deviation(story, "S3")


def test_s4_appointment_types_are_there_once_and_every_appointment_points_to_one(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    services = {row["Id"]: id for id, row in crm.raw("services").items()}
    for id, type in clinic.rows("appointment_types").items():
        row = crm.raw("types")[id]
        assert (row["Name"], row["duration_in_minutes__c"]) == (type["name"], type["duration_in_minutes"])
        assert row["colour__c"] == type["color"]
        assert row["active__c"] is (type["archived_at"] is None)
        item = linked(type, "billable_item")
        assert not item or services[row["Billing_Item__c"]] == item
    assert len(crm.dumps["Appointment_Type__c"]) == len(clinic.rows("appointment_types"))
    used = {row["Appointment_Type_Id__c"] for row in crm.dumps["Appointment__c"]}
    assert used <= {row["Id"] for row in crm.dumps["Appointment_Type__c"]}
    assert any(row["Billing_Item__c"] for row in crm.dumps["Appointment_Type__c"])
    assert "several items links to the first" in deviation(story, "S4")


def numbers_of(clinic: Clinic, practitioner: str) -> Iterator[str]:
    for row in clinic.rows("practitioner_reference_numbers").values():
        if linked(row, "practitioner") == practitioner:
            yield row["reference_number"]


def test_s5_practitioners_are_records_with_account_numbers_and_user(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    users = {row["Id"]: row["Email"] for row in crm.dumps["User"]}
    owners = {row["practitioner_id"]: row for row in story.report("plan")["owners"]}
    accounts = {row["Id"] for row in crm.dumps["Account"]}
    numbered = 0
    for id, practitioner in clinic.rows("practitioners").items():
        row = crm.raw("practitioners")[id]
        assert row["first_name__c"] == practitioner["first_name"]
        assert (row["profession__c"] or "") == (practitioner["designation"] or "")
        assert row["active__c"] is practitioner["active"]
        assert row["qualifications__c"] is None
        assert row["AccountId__c"] in accounts
        matched = owners[id]["owner"] if owners[id]["how"] == "matched" else None
        assert users.get(row["User__c"]) == matched
        for number in numbers_of(clinic, id):
            assert number in row["registration_number__c"]
            numbered += 1
    assert numbered > 0
    assert {users[row["User__c"]] for row in crm.dumps["Practitioner__c"] if row["User__c"]} == {
        f"{name}@harbour.example.org" for name in STAFF
    }
    assert story.documents["reconcile"]["owners"]
    told = deviation(story, "S5")
    assert "the profession is the designation" in told
    assert '".invalid"' in told


def test_s5_matched_practitioners_own_their_records_and_the_fallback_the_rest(story: Story) -> None:
    crm = there(story)
    by_id = {row["practitioner_id"]: row["owner"] for row in story.report("plan")["owners"]}

    for kind in ("meetings", "attendances", "invoices"):
        for row in crm.of(kind).values():
            assert row["owner"] == by_id.get(row["practitioner_id"], FALLBACK)


def test_s6_invoices_point_to_patient_and_account_and_keep_their_amounts(clinic: Clinic, story: Story) -> None:
    words = {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}
    crm, merged = there(story), survivors(clinic)
    accounts, contacts = crm.raw("locations"), crm.raw("patients")
    for id, row in crm.raw("invoices").items():
        invoice = clinic.rows("invoices")[id]
        patient = linked(invoice, "patient")
        assert row["ContactId__c"] == contacts[merged.get(patient, patient)]["Id"]
        assert row["AccountId__c"] == accounts[linked(invoice, "business")]["Id"]
        assert exactly(row["total_amount__c"]) == Decimal(invoice["total_amount"])
        assert row["payment_status__c"] == words[invoice["status"]]
        assert row["date_issued__c"] == invoice["issue_date"]
        assert bool(row["date_paid__c"]) is (invoice["status"] == 20 and bool(invoice["closed_at"]))
    told = deviation(story, "S6")
    assert "shows no payments" in told
    assert "the date paid is the day on which a paid invoice was closed" in told


def test_s6_date_paid_is_the_day_of_closing_by_the_clinics_clock(clinic: Clinic, story: Story) -> None:
    days = {
        abs((moment(clinic.rows("invoices")[id]["closed_at"]).date() - datetime.fromisoformat(paid).date()).days)
        for id, row in there(story).raw("invoices").items()
        if (paid := row["date_paid__c"])
    }

    assert days <= {0, 1}


def test_s6_lines_are_records_that_add_up_to_their_invoice(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    products = {row["Id"]: id for kind in ("products", "services") for id, row in crm.raw(kind).items()}
    wanted = Counter(linked(item, "invoice") for item in clinic.rows("invoice_items").values())
    for id, row in crm.raw("invoices").items():
        lines = crm.lines_by_invoice[row["Id"]]
        assert row["line_count__c"] == len(lines) == wanted[id]
    for id, line in crm.raw("lines").items():
        item = clinic.rows("invoice_items")[id]
        assert crm.joined("Invoice__c", line["Invoice__c"])["Cliniko_Invoice_Id__c"] == linked(item, "invoice")
        assert exactly(line["quantity__c"]) == exactly(item["quantity"])
        assert exactly(line["total_amount__c"]) == exactly(item["total_including_tax"])
        sold = linked(item, "billable_item") or linked(item, "product")
        assert products.get(line["Product__c"], "") == sold
    wrong = [
        id
        for id, row in crm.raw("invoices").items()
        if sum(exactly(line["total_amount__c"]) for line in crm.lines_by_invoice[row["Id"]])
        != exactly(row["total_amount__c"])
    ]
    assert wrong == []


def test_s7_products_and_services_become_products_with_cost_and_stock(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    for id, product in clinic.rows("products").items():
        row = crm.raw("products")[id]
        assert (row["Name"], row["ProductCode"]) == (product["name"], product["item_code"])
        assert exactly(row["unit_cost__c"]) == Decimal(product["cost_price"] or 0)
        assert exactly(row["Quantity_In_Stock__c"]) == Decimal(product["stock_level"] or 0)
        assert row["IsActive"] is (product["archived_at"] is None)
    for id, item in clinic.rows("billable_items").items():
        row = crm.raw("services")[id]
        assert (row["Name"], row["Item_Type__c"]) == (item["name"], item["item_type"])
        assert exactly(row["Unit_Price__c"]) == Decimal(item["price"])
    assert crm.dumps["PricebookEntry"] == []
    assert "price books are the clinic's own decision" in deviation(story, "S7")


def test_s8_files_are_shown_on_the_patient(clinic: Clinic, story: Story) -> None:
    crm, merged = there(story), survivors(clinic)
    contacts = crm.raw("patients")
    for id, file in crm.files.items():
        patient = linked(clinic.rows("patient_attachments")[id], "patient")
        assert file.parent == contacts[merged.get(patient, patient)]["Id"]
    links = {
        row["ShareType"] for row in crm.dumps["ContentDocumentLink"] if not row["LinkedEntityId"].startswith("005")
    }
    assert links == {"V"}
    described = {id: row for id, row in clinic.rows("patient_attachments").items() if row.get("description")}
    for id in described.keys() & crm.files.keys():
        assert described[id]["description"].strip() in crm.files[id].about
    assert max(file.size for file in crm.files.values()) > 50 * 2**20
    assert story.report("audit")["oversize"] == []
    assert "up to 2 GB" in deviation(story, "S8")


def test_s9_insurance_stands_on_the_patient(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    payers = {row["Id"]: row["Name"] for row in crm.raw("payers").values()}
    several = 0
    for id, contact in crm.raw("patients").items():
        patient = clinic.rows("patients")[id]
        assert (contact["Medicare_Number__c"] or "") == (patient["medicare"] or "")
        named = (contact["Insurance_Provider__c"] or "").split("; ")
        several += len(named) > 1
        if contact["Insurer_Account__c"]:
            assert named[0] == payers[contact["Insurer_Account__c"]], "the current one first"
    assert several > 0
    assert any(contact["Health_Fund__c"] for contact in crm.dumps["Contact"])
    planned = {(field["object"], field["label"]) for field in story.report("plan")["setup"]["fields"]}
    for label in ("Medicare Number", "Health Fund", "EPC Expiry", "Insurance Provider"):
        assert ("Contact", label) in planned
    assert {row["Cliniko_Record_Type__c"] for row in crm.raw("payers").values()} == {"Insurance provider"}
    assert "no insurance profile" in deviation(story, "S9")


def test_s9_epc_expiry_is_when_the_newest_medicare_case_ends(clinic: Clinic, story: Story) -> None:
    merged, newest = survivors(clinic), {}
    for case in sorted(clinic.rows("patient_cases").values(), key=lambda row: (row["created_at"], row["id"])):
        patient = linked(case, "patient")
        if case["referral_type"] == "medicare" and not case["archived_at"]:
            newest[merged.get(patient, patient)] = case["expiry_date"]
    told = {id: row["EPC_Expiry__c"] for id, row in there(story).raw("patients").items() if row["EPC_Expiry__c"]}

    assert told
    assert told == {id: day for id, day in newest.items() if day and id in there(story).patients}


def test_s10_treatment_notes_become_rich_notes_on_the_contact(clinic: Clinic, story: Story) -> None:
    crm, merged = there(story), survivors(clinic)
    contacts = crm.raw("patients")
    templates = clinic.rows("treatment_note_templates")
    for id in crm.noted("treatment_notes"):
        note, pieces = clinic.rows("treatment_notes")[id], crm.pieces("treatment_notes", id)
        patient, template = linked(note, "patient"), templates.get(linked(note, "treatment_note_template"))
        assert {piece.parent for piece in pieces} == {contacts[merged.get(patient, patient)]["Id"]}
        assert f"Author: {note['author_name']}" in pieces[0].text
        assert not template or f"Template: {template['name']}" in pieces[0].text
        assert not re.search(r"<script|<[^>]+\son\w+=|javascript:", "".join(piece.markup for piece in pieces))
    markup = "".join(pieces[1].markup for pieces in crm.notes.values())
    assert all(f"<{tag}>" in markup for tag in ("b", "li", "p"))
    told = deviation(story, "S10")
    assert "no fields of their own" in told
    assert "the creation time is the original one only where the account lets it be set" in told
    assert "simplified, which is reported" in told


def test_s10_notes_tell_practitioner_and_appointment(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    tied = [id for id in crm.noted("treatment_notes") if linked(clinic.rows("treatment_notes")[id], "booking")]
    for id in tied:
        assert re.search(r"(?m)^Appointment: .*\d{4}-\d\d-\d\d", crm.pieces("treatment_notes", id)[0].text), id
    assert tied
    assert all("Practitioner: " in crm.pieces("treatment_notes", id)[0].text for id in tied)


def test_s10_patient_forms_become_notes_too(clinic: Clinic, story: Story) -> None:
    for id in clinic.rows("patient_forms"):
        [note] = there(story).pieces("patient_forms", id)
        assert note.title.startswith("Form: ")


def test_s11_every_moment_is_kept_in_utc(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    moments = [(row["object"], row["name"]) for row in crm.dumps["Fields"] if row["type"] == "datetime"]
    values = [row[name] for object, name in moments for row in crm.dumps[object] if row.get(name)]

    assert len(moments) > 10
    assert len(values) > 20_000
    assert {value[-5:] for value in values} == {"+0000"}
    for id, row in crm.raw("meetings").items():
        source = clinic.rows("individual_appointments").get(id) or clinic.rows("group_appointments")[id]
        assert moment(row["start_time__c"]) == moment(source["starts_at"])
        assert moment(row["end_time__c"]) == moment(source["ends_at"])


def test_s11_the_sample_tells_the_reviewer_so(story: Story) -> None:
    answers = " ".join(f"{one['question']} {one['answer']}" for one in story.report("sample")["answers"])

    assert "UTC" in answers
