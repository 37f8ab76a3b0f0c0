"""The rows of what a clinic's records become in Pipedrive, each shown on the sample clinic after its move."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from crm import Row
from crm_pipedrive import LISTS, PipedriveCrm
from harbour import FALLBACK, STAFF, Clinic, Story, deviation, linked, moment, only, planned

pytestmark = only("pipedrive")

DOCTOR, OTHER, PAYER = 1, 0, 2
"""Types of contacts in Cliniko."""
EVERYONE = 7
"""Who sees a record, on the plan of these tests: the whole company."""
OVER = {"Arrived", "Did Not Arrive", "Cancelled", "Unmarked"}


def there(story: Story) -> PipedriveCrm:
    assert isinstance(story.there, PipedriveCrm)
    return story.there


# P1 patients


def test_p1_patients_become_persons_with_who_they_are(clinic: Clinic, story: Story) -> None:
    sources = {linked(row, "patient"): row for row in clinic.rows("referral_sources").values()}
    for id, person in there(story).raw("patients").items():
        patient = clinic.rows("patients")[id]
        parts = ("address_1", "address_2", "address_3", "city", "state", "post_code", "country")
        assert person["Cliniko_Patient_ID"] == id
        assert person["Date_of_Birth"] == patient["date_of_birth"]
        assert (person["Address"] or "").split("\n") == [patient[part] for part in parts if patient[part]] or [""]
        assert person["email"] or there(story).patients[id]["email_as_typed"] or not (patient["email"] or "").strip()
        assert bool(person["Referral_Source"]) or id not in sources
        assert moment(person["add_time"]) == moment(patient["created_at"])
        assert person["visible_to"] == EVERYONE
    told = deviation(story, "P1")
    assert "Balances and payments cannot be read" in told
    assert "Nothing that is deleted can be restored by Gurney" in told


def test_p1_every_number_stands_under_its_kind(clinic: Clinic, story: Story) -> None:
    for id, person in there(story).raw("patients").items():
        first: dict[str, str] = {}
        for phone in clinic.rows("patients")[id]["patient_phone_numbers"]:
            first.setdefault(phone["phone_type"], phone["number"])
        labels = {item["label"]: item["value"] for item in person["phones"]}
        wanted = {kind.lower(): number.strip() for kind, number in first.items() if kind != "Fax" and number.strip()}
        assert labels == wanted


def test_p1_doctors_and_other_contacts_stand_beside_the_patients(clinic: Clinic, story: Story) -> None:
    words = {"general_practitioner": "General practitioner", "specialist": "Specialist", "": None}
    contacts = there(story).raw("contacts")
    assert set(contacts) == {*clinic.contacts(DOCTOR), *clinic.contacts(OTHER)}
    for id, doctor in clinic.contacts(DOCTOR).items():
        assert contacts[id]["Cliniko_Record_Type"] == "Referring doctor"
        assert contacts[id]["Specialty"] == words[doctor["doctor_type"] or ""]
        assert (contacts[id]["Provider_Number"] or "") == doctor["provider_number"]
    assert {contacts[id]["Cliniko_Record_Type"] for id in clinic.contacts(OTHER)} == {"Other contact"}
    named = [row for row in there(story).patients.values() if row["referring_doctor"] or row["referred_by"]]
    assert named


def test_p1_locations_become_organizations(clinic: Clinic, story: Story) -> None:
    for id, business in clinic.rows("businesses").items():
        row = there(story).raw("locations")[id]
        assert row["name"] == business["display_name"]
        assert business["city"] in row["address"]
        assert row["Time_Zone"] == business["time_zone_identifier"]
    places = {row["id"] for row in there(story).raw("locations").values()}
    assert {row["account"] for row in there(story).patients.values()} - {""} == places


def test_p1_no_report_but_that_of_provisioning_calls_a_field_by_its_key(story: Story) -> None:
    keys = {field["field_code"] for field in story.loaded["personFields"] if field["is_custom_field"]}

    for name in ("sample", "run", "reconcile", "rollback"):
        told = story.page(name)
        assert not [key for key in keys if key in told], name
    assert "Date_of_Birth" in story.page("reconcile")
    assert keys <= {row["actual_name"] for row in story.report("provision")["rows"]}


# P2 practitioners


def test_p2_practitioners_are_found_among_the_users_and_nobody_is_invited(story: Story) -> None:
    owners = story.report("plan")["owners"]
    found = {row["owner"] for row in owners if row["how"] == "matched"}

    assert found == {f"{name}@harbour.example.org" for name in STAFF}
    assert {row["owner"] for row in owners if row["how"] != "matched"} == {FALLBACK}
    assert story.report("plan")["setup"]["users"] == []
    assert story.loaded["users"] == story.before["users"]
    assert len(story.report("audit")["unmatched"]) >= 4
    assert "never invited without being asked for" in deviation(story, "P2")


def test_p2_name_and_id_of_the_practitioner_stand_on_persons_and_activities(clinic: Clinic, story: Story) -> None:
    owners = {row["practitioner_id"]: row["owner"] for row in story.report("plan")["owners"]}
    for row in (*there(story).meetings.values(), *there(story).of("attendances").values()):
        assert row["owner"] == owners[row["practitioner_id"]]
        assert row["practitioner_name"]
    for person in there(story).raw("patients").values():
        id = person["Practitioner_ID"]
        assert there(story).emails[person["owner_id"]] == (owners[id] if id else FALLBACK)
        assert (person["Practitioner"] or "") == (clinic.rows("practitioners")[id]["display_name"] if id else "")


# P3 appointments


def test_p3_appointments_become_activities_in_utc_with_a_status_that_survives(clinic: Clinic, story: Story) -> None:
    crm, merged = there(story), clinic.survivors
    for id, source in clinic.rows("individual_appointments").items():
        if id not in crm.raw("meetings"):
            continue
        row, patient = crm.raw("meetings")[id], linked(source, "patient")
        type = clinic.rows("appointment_types")[linked(source, "appointment_type")]
        starts_at = moment(source["starts_at"])
        assert (row["due_date"], row["due_time"][:5]) == (f"{starts_at:%Y-%m-%d}", f"{starts_at:%H:%M}")
        assert crm.meetings[id]["ends_at"] == moment(source["ends_at"])
        assert row["subject"] == f"{type['name']} · {row['Status']}"
        assert row["done"] is (row["Status"] in OVER)
        assert row["busy"] is not row["done"]
        assert row["person_id"] == crm.raw("patients")[merged.get(patient, patient)]["id"]
        assert row["org_id"] == crm.raw("locations")[linked(source, "business")]["id"]
    assert {row["Status"] for row in crm.raw("meetings").values()} == {*OVER, "Booked"}
    told = deviation(story, "P3")
    assert "cannot tell attended from did not arrive or cancelled" in told
    assert "attendees are never sent" in told


def test_p3_nobody_gets_mail_and_no_key_to_a_session_is_copied(clinic: Clinic, story: Story) -> None:
    urls = {row["telehealth_url"] for row in clinic.rows("individual_appointments").values()} - {None, ""}
    notes = " ".join(row["note"] for row in story.loaded["activities"])

    assert not any(row.get("attendees") for row in story.loaded["activities"])
    assert urls
    assert not any(url in notes for url in urls)


def test_p3_each_patient_of_a_class_has_an_activity_of_their_own(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    for id, row in crm.of("attendances").items():
        group = clinic.rows("group_appointments")[row["class_id"]]
        assert linked(clinic.rows("attendees")[id], "booking") == row["class_id"]
        assert (row["starts_at"], row["ends_at"]) == (moment(group["starts_at"]), moment(group["ends_at"]))
        assert row["patient"]
    assert {crm.raw("meetings")[id]["person_id"] for id in clinic.rows("group_appointments")} == {None}
    assert {"Arrived", "Did Not Arrive", "Cancelled"} <= {row["state"] for row in crm.of("attendances").values()}
    assert "its own Activity names none" in deviation(story, "P3")


# P4 notes


def test_p4_notes_keep_author_time_and_formatting(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    owners = {row["practitioner_id"]: row["owner"] for row in story.report("plan")["owners"]}
    markup: Counter[str] = Counter()
    for note in crm.dumps["notes"]:
        if "[cliniko:treatment_notes:" not in note["title"]:
            continue
        source = clinic.rows("treatment_notes")[note["title"].split(":")[2].split(" ")[0]]
        assert moment(note["add_time"] + "Z") == moment(source["created_at"]).replace(microsecond=0)
        assert crm.emails[note["user_id"]] == owners.get(linked(source, "practitioner"), FALLBACK)
        markup.update(tag for tag in ("<ul>", "<b>", "<i>", "<br>") if tag in note["content"])
    for id in crm.noted("treatment_notes"):
        first = crm.pieces("treatment_notes", id)[0]
        assert f"Author: {clinic.rows('treatment_notes')[id]['author_name']}" in first.text
    assert min(markup[tag] for tag in ("<ul>", "<b>", "<br>")) > 0
    told = deviation(story, "P4")
    assert "Without an administrator's token the author is the token's user" in told
    assert "change `treatment_note_html` to `treatment_note_text`" in told, "flattening is an option"


def test_p4_long_notes_are_split_under_the_cap(clinic: Clinic, story: Story) -> None:
    long = {row["ids"][0] for row in clinic.manifest["planted"] if row.get("characters", 0) > 60_000}
    parted = {id for id in there(story).noted("treatment_notes") if len(there(story).pieces("treatment_notes", id)) > 1}

    assert parted == long & there(story).noted("treatment_notes")
    assert all(len(note["content"].encode()) <= 100_000 for note in story.loaded["notes"])


def test_p4_patient_forms_become_notes_too(clinic: Clinic, story: Story) -> None:
    for id in clinic.rows("patient_forms"):
        [note] = there(story).pieces("patient_forms", id)
        assert note.title.startswith("Form: ")


# P5 invoices


def test_p5_what_can_be_known_of_a_patients_money_stands_on_the_person(clinic: Clinic, story: Story) -> None:
    invoices = clinic.of_patients("invoices")
    for id, person in there(story).raw("patients").items():
        theirs = invoices[id]
        total = sum(Decimal(row["total_amount"]) for row in theirs)
        still_open = sum(Decimal(row["total_amount"]) for row in theirs if row["status"] == 10)
        assert (person["Invoice_Count"] or 0) == len(theirs)
        assert Decimal(str(person["Total_Billed"] or 0)) == total
        assert Decimal(str(person["Outstanding_Balance"] or 0)) == still_open
        assert person["Last_Invoice_Date"] == max((row["issue_date"] for row in theirs), default=None)
    told = deviation(story, "P5")
    assert "Cliniko shows no payments" in told
    assert "the open total takes the balance's place" in told


def test_p5_the_full_list_is_a_file_on_the_person(clinic: Clinic, story: Story) -> None:
    words = {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}
    files: dict[str, dict[str, Row]] = defaultdict(dict)
    for key, line in there(story).raw("invoices").items():
        files[line["person_id"]][key] = line
    for id, theirs in clinic.of_patients("invoices").items():
        if id not in there(story).patients:
            continue
        listed = files[there(story).patients[id]["id"]]
        assert set(listed) == {row["id"] for row in theirs}
        for row in theirs:
            line = listed[row["id"]]
            assert (line["Invoice"], line["Issued"]) == (str(row["number"]), row["issue_date"])
            assert line["Status"] == words[row["status"]]
            assert Decimal(line["Total"]) == Decimal(row["total_amount"])
        days = [line["Issued"] for line in listed.values()]
        assert days == sorted(days)


# P6 insurance


def test_p6_insurance_has_five_fields_on_the_person(clinic: Clinic, story: Story) -> None:
    wanted = planned(story, "persons")
    five = ("Insurance Provider", "Insurance Policy Number", "Insurance Group", "Insurance Coverage Details")
    persons = there(story).raw("patients")

    assert {*five, "Insurance Type"} <= wanted.keys()
    assert {"Private", "Medicare", "Medicaid"} <= set(wanted["Insurance Type"]["options"])
    assert {row["Insurance_Type"] for row in persons.values()} <= {None, "Medicare", "DVA"}
    for row in persons.values():
        assert bool(row["Insurance_Provider"]) or not row["Insurer"]
    assert "payers of a patient's cases take its place" in deviation(story, "P6")


def test_p6_payers_become_organizations_that_patients_point_to(clinic: Clinic, story: Story) -> None:
    payers = there(story).raw("payers")

    assert set(payers) == set(clinic.contacts(PAYER))
    for id, payer in clinic.contacts(PAYER).items():
        assert not payer["company_name"] or payers[id]["name"] == payer["company_name"]
        assert all(phone["number"] in payers[id]["Cliniko_Phones"] for phone in payer["phone_numbers"])
    names = {row["id"]: row["name"] for row in payers.values()}
    pointing = [row for row in there(story).raw("patients").values() if row["Insurer"]]
    assert pointing
    assert all(row["Insurance_Provider"].startswith(names[row["Insurer"]]) for row in pointing)


# P7 and P9 what the clinic sells


def test_p7_products_and_services_become_products(clinic: Clinic, story: Story) -> None:
    products, services = there(story).of("products"), there(story).of("services")
    for id, product in clinic.rows("products").items():
        assert (products[id]["name"], products[id]["code"]) == (product["name"], product["item_code"] or "")
        assert products[id]["unit_price"] == Decimal(product["price_ex_tax"])
        assert products[id]["stock"] == Decimal(product["stock_level"])
    for id, item in clinic.rows("billable_items").items():
        assert (services[id]["name"], services[id]["item_type"]) == (item["name"], item["item_type"])
        assert services[id]["unit_price"] == Decimal(item["price"])
    assert {price["currency"] for row in story.loaded["products"] for price in row["prices"]} == {"AUD"}
    assert "a price of nothing cannot be told from none" in deviation(story, "P7")


def test_p9_appointment_types_become_activity_types_of_exactly_their_names(clinic: Clinic, story: Story) -> None:
    names = {row["name"] for row in clinic.rows("appointment_types").values()}
    stock = {row["name"] for row in story.before["activityTypes"]}
    [made] = [row for row in story.report("plan")["setup"]["options"] if row["object"] == "activities"]
    used = {there(story).type_names[row["type"]] for row in there(story).dumps["activities"]}

    assert set(made["options"]) == names
    assert {row["name"] for row in story.loaded["activityTypes"]} == stock | names
    assert used <= names
    assert "in place of a pick-list" in deviation(story, "P9")


def test_p9_appointment_types_are_products_with_their_price(clinic: Clinic, story: Story) -> None:
    for id, type in clinic.rows("appointment_types").items():
        row = there(story).raw("types")[id]
        item = clinic.rows("billable_items").get(linked(type, "billable_item"))
        assert (row["name"], row["Item_Type"]) == (type["name"], "Appointment type")
        assert row["Duration_Minutes"] == type["duration_in_minutes"]
        assert not item or row["code"] == item["item_code"]
    assert any(row["price"] for row in there(story).raw("types").values())


# P8 files


def test_p8_files_become_files_of_the_person_up_to_50_megabytes(clinic: Clinic, story: Story) -> None:
    persons = {row["id"] for row in there(story).patients.values()}
    [large] = story.report("audit")["oversize"]
    [flagged] = [row for row in story.report("run")["manual"] if row["reason"] == "file-too-large"]

    assert {file.parent for file in there(story).files.values()} <= persons
    assert max(file.size for file in there(story).files.values()) <= 50 * 2**20
    assert (large["attachment_id"], large["limit_bytes"]) == (flagged["source_id"], 50 * 2**20)
    assert flagged["steps"]
    for id, file in there(story).files.items():
        assert (clinic.rows("patient_attachments")[id].get("description") or "") in file.about
    assert "Files above 50 MB are listed with instructions" in deviation(story, "P8")


# P10 messages


def test_p10_the_log_of_messages_is_a_file_on_the_person(clinic: Clinic, story: Story) -> None:
    crm, merged = there(story), clinic.survivors
    wanted = {}
    for id, row in clinic.rows("communications").items():
        patient = merged.get(linked(row, "patient"), linked(row, "patient"))
        if patient in crm.patients:
            wanted[id] = (
                crm.patients[patient]["id"],
                row["type"],
                (row["content"] or "").replace("\r\n", "\n").strip(),
            )

    assert {id: (row["person_id"], row["Kind"], row["Message"]) for id, row in crm.raw("messages").items()} == wanted
    assert crm.noted("communications") == set()
    assert "has no equivalent" in deviation(story, "P10")


def test_p5_and_p10_make_one_file_each_for_a_patient(story: Story) -> None:
    names = Counter((row["person_id"], row["name"]) for row in story.loaded["files"])
    lists = [name for _, name in names if name.startswith(tuple(LISTS.values()))]

    assert set(names.values()) == {1}
    assert all(name.endswith(".csv") for name in lists)


# P11 overview


def test_p11_preferences_stand_on_the_person_and_nothing_becomes_a_deal(clinic: Clinic, story: Story) -> None:
    sections = clinic.settings["patient_custom_fields_definition"]["sections"]
    tokens = {field["token"] for section in sections for field in section["fields"]}
    maps = {row["map"]: row for row in story.report("plan")["maps"]}
    own = {row["source"].removeprefix("custom_fields.") for row in maps["P1"]["fields"]}
    persons = there(story).raw("patients").values()

    assert own >= tokens
    for name in ("Goals_Clinical_background", "Preferred_contact", "Reminder_Type", "Email_Marketing"):
        assert any(row[name] for row in persons), name
    assert (story.loaded["deals"], story.loaded["leads"]) == ([], [])
    left = {row["what"]: row["why"] for row in story.report("reconcile")["not_migrated"]}
    assert "A patient is no deal" in left["deals and leads"]
