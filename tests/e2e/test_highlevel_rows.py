"""The rows of what a clinic's records become in HighLevel, each shown on the sample clinic after its move."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

from crm import Row
from crm_highlevel import (
    CLASSES,
    CUSTOM_OBJECTS,
    INVOICES,
    LINKS_MOST,
    LOCATIONS,
    PAYERS,
    PROFILES,
    SERVICES,
    HighLevelCrm,
)
from harbour import FALLBACK, STAFF, Clinic, Story, deviation, linked, moment, only

pytestmark = only("highlevel")

DOCTOR, OTHER, PAYER = 1, 0, 2
"""Types of contacts in Cliniko."""
STATUSES = {
    "Arrived": "showed", "Did Not Arrive": "noshow", "Cancelled": "cancelled", "Booked": "confirmed",
    "Unmarked": "confirmed",
}  # fmt: skip


def there(story: Story) -> HighLevelCrm:
    assert isinstance(story.there, HighLevelCrm)
    return story.there


def owners(story: Story) -> dict[str, str]:
    return {row["practitioner_id"]: row["owner"] for row in story.report("plan")["owners"]}


def choices(story: Story) -> dict[str, Row]:
    """What the forecast says of each choice, by its map."""
    return {row["what"].partition(":")[0]: row for row in story.report("plan")["forecast"]["choices"]}


# H1 patients


def test_h1_patients_become_contacts_with_who_they_are(clinic: Clinic, story: Story) -> None:
    for id, contact in there(story).raw("patients").items():
        patient = clinic.rows("patients")[id]
        assert (contact["cliniko_patient_id"], contact["source"]) == (id, "Cliniko")
        assert contact.get("dateOfBirth") == patient["date_of_birth"]
        for ours, theirs in (("city", "city"), ("state", "state"), ("postalCode", "post_code")):
            assert contact.get(ours, "") == (patient[theirs] or "")
        street = ", ".join(filter(None, (patient[f"address_{n}"] for n in (1, 2, 3))))
        assert contact.get("address1", "") == street
        assert moment(contact["cliniko_created_at"]) == moment(patient["created_at"])
    assert "Deleted Contacts can be restored by hand for 60 days, but not in HIPAA accounts" in deviation(story, "H1")


def test_h1_a_family_that_shares_an_address_stays_a_family(clinic: Clinic, story: Story) -> None:
    """The location of these tests takes each address and number once, as HighLevel does unless told otherwise."""
    contacts = there(story).dumps["contacts"]
    emails = Counter(row["email"] for row in contacts if row.get("email"))
    phones = Counter(row["phone"] for row in contacts if row.get("phone"))
    beside = [row for row in contacts if row.get("email_as_in_cliniko", "").lower() in emails]

    assert max(emails.values()) == max(phones.values()) == 1
    assert len(beside) > 10
    assert len({row["id"] for row in contacts}) == len(contacts)
    assert "allows an e-mail address or number only once" in deviation(story, "H1")


def test_h1_every_number_stands_under_its_kind(clinic: Clinic, story: Story) -> None:
    for id, contact in there(story).raw("patients").items():
        first: dict[str, str] = {}
        for phone in clinic.rows("patients")[id]["patient_phone_numbers"]:
            first.setdefault(phone["phone_type"], phone["number"])
        for kind in ("Mobile", "Home", "Work", "Other"):
            assert contact.get(f"phone_{kind.lower()}", "") == first.get(kind, "").strip()


def test_h1_who_did_not_agree_is_not_disturbed(clinic: Clinic, story: Story) -> None:
    for id, contact in there(story).raw("patients").items():
        agreed = clinic.rows("patients")[id]["accepted_email_marketing"]
        assert contact["dndSettings"]["Email"]["status"] == ("inactive" if agreed else "active")


def test_h1_nobody_is_told_and_the_check_names_what_to_do_first(story: Story) -> None:
    findings = {row["code"] for row in story.report("check")["destination"]["findings"]}

    assert story.loaded["notifications"] == []
    assert {"workflows", "duplicates-not-allowed", "no-restore", "custom-objects"} <= findings


# H2 profiles


def test_h2_every_patient_has_one_profile_that_links_to_the_contact(story: Story) -> None:
    patients, profiles = there(story).raw("patients"), there(story).raw("profiles")

    assert set(profiles) == set(patients)
    for id, profile in profiles.items():
        assert profile["patient"] == patients[id]["id"]
    assert "do not end with" in deviation(story, "H2")


def test_h2_profiles_tell_insurance_funding_referral_and_whom_to_call(clinic: Clinic, story: Story) -> None:
    payers = there(story).raw("payers")
    for id, profile in there(story).raw("profiles").items():
        patient = clinic.rows("patients")[id]
        assert profile.get("emergency_contact", "").strip() == (patient["emergency_contact"] or "").strip()
        assert profile.get("medicare_number", "") == (patient["medicare"] or "")
        if current := profile.get("insurance_provider_id"):
            assert profile["insurance_provider"].split("; ")[0] == payers[current]["name"]
    profiles = there(story).raw("profiles").values()
    for name in ("referral_source", "funding", "total_billed", "ndis_number", "health_fund"):
        assert any(row.get(name) for row in profiles), name
    [profile] = [row for row in story.loaded["objects"] if row["key"] == PROFILES]
    fields = {field["name"] for field in profile["fields"]}
    assert {"Membership Number", "Policy Number", "NDIS Number", "Health Fund", "Emergency Contact"} <= fields


# H3 practitioners


def test_h3_practitioners_are_found_among_the_users_and_nobody_is_made(story: Story) -> None:
    rows = story.report("plan")["owners"]

    assert {row["owner"] for row in rows if row["how"] == "matched"} == {f"{n}@harbour.example.org" for n in STAFF}
    assert {row["owner"] for row in rows if row["how"] != "matched"} == {FALLBACK}
    assert story.report("plan")["setup"]["users"] == []
    assert story.loaded["users"] == story.before["users"]
    assert "makes no user without a password" in deviation(story, "H3")


def test_h3_practitioners_own_their_patients_appointments_and_invoices(clinic: Clinic, story: Story) -> None:
    crm, by_id = there(story), owners(story)
    for contact in crm.raw("patients").values():
        id = contact.get("practitioner_id")
        assert crm.emails.get(contact.get("assignedTo")) == (by_id[id] if id else None)
        assert contact.get("practitioner") == (clinic.rows("practitioners")[id]["display_name"] if id else None)
    for row in (*crm.meetings.values(), *crm.of("attendances").values()):
        assert row["owner"] == by_id[row["practitioner_id"]]
    for row in crm.invoices.values():
        assert row["owner"] == by_id.get(row["practitioner_id"], "")


def test_h3_referring_doctors_and_others_become_contacts(clinic: Clinic, story: Story) -> None:
    words = {"general_practitioner": "General practitioner", "specialist": "Specialist", "": None}
    contacts = there(story).raw("contacts")

    assert set(contacts) == {*clinic.contacts(DOCTOR), *clinic.contacts(OTHER)}
    for id, doctor in clinic.contacts(DOCTOR).items():
        assert contacts[id]["cliniko_record_type"] == "Referring doctor"
        assert contacts[id].get("specialty") == words[doctor["doctor_type"] or ""]
        assert contacts[id].get("provider_number", "") == doctor["provider_number"]
    assert {contacts[id]["cliniko_record_type"] for id in clinic.contacts(OTHER)} == {"Other contact"}
    for name in ("referred_by", "referring_doctor", "referred_by_patient"):
        assert any(row[name] for row in there(story).patients.values()), name


# H4 appointments


def test_h4_appointments_keep_start_end_and_outcome(clinic: Clinic, story: Story) -> None:
    crm, merged = there(story), clinic.survivors
    for id, source in clinic.rows("individual_appointments").items():
        if id not in crm.raw("meetings"):
            continue
        row, patient = crm.raw("meetings")[id], linked(source, "patient")
        assert (moment(row["startTime"]), moment(row["endTime"])) == (
            moment(source["starts_at"]),
            moment(source["ends_at"]),
        )
        assert row["appointmentStatus"] == STATUSES[row["Status"]]
        assert row["contactId"] == crm.raw("patients")[merged.get(patient, patient)]["id"]
        assert row["address"] == clinic.rows("businesses")[linked(source, "business")]["display_name"]
        assert source["notes"] is None or source["notes"].replace("\r\n", "\n").strip() in crm.meetings[id]["notes"]
    assert {row["Status"] for row in crm.raw("meetings").values()} == set(STATUSES)
    assert "Tasks have no fields of the clinic's own" in deviation(story, "H4")
    assert there(story).dumps["tasks"] == []


def test_h4_no_key_to_a_session_is_copied(clinic: Clinic, story: Story) -> None:
    urls = {row["telehealth_url"] for row in clinic.rows("individual_appointments").values()} - {None, ""}
    told = " ".join(row["description"] for row in story.loaded["appointments"])

    assert {url.partition(":")[0] for url in urls} == {"https"}
    assert "https:" not in told


def test_h4_each_patient_of_a_class_has_an_appointment_and_the_class_a_record(clinic: Clinic, story: Story) -> None:
    crm = there(story)
    for row in crm.of("attendances").values():
        group = clinic.rows("group_appointments")[row["class_id"]]
        assert (row["starts_at"], row["ends_at"]) == (moment(group["starts_at"]), moment(group["ends_at"]))
        assert row["patient"]
    assert len(crm.dumps[CLASSES]) == len(clinic.rows("group_appointments"))
    assert {"Arrived", "Did Not Arrive", "Cancelled"} <= {row["state"] for row in crm.of("attendances").values()}
    assert "an appointment in highlevel belongs to one contact" in deviation(story, "H4").lower()


# H5 appointment types


def test_h5_each_type_is_a_calendar_on_which_nobody_can_book_yet(clinic: Clinic, story: Story) -> None:
    names = {row["name"] for row in clinic.rows("appointment_types").values()}
    stock = {row["id"] for row in story.before["calendars"]}
    made = {row["name"]: row for row in story.loaded["calendars"] if row["id"] not in stock}

    assert set(made) == {*names, "Other Cliniko appointments"}
    assert {row["type"] for row in story.there.raw("meetings").values()} <= names
    for calendar in made.values():
        assert calendar["openHours"] == []
        assert {one["userId"] for one in calendar["teamMembers"]} == {row["id"] for row in story.loaded["users"]}
    assert {row["id"] for row in story.after["calendars"]} == stock
    assert "a pick-list on them is not possible" in deviation(story, "H5")


def test_h5_types_are_records_with_price_and_duration(clinic: Clinic, story: Story) -> None:
    for id, type in clinic.rows("appointment_types").items():
        row = there(story).raw("types")[id]
        assert (row["name"], row["category"]) == (type["name"], "Appointment type")
        assert row["duration_minutes"] == type["duration_in_minutes"]
    assert any(row.get("price") for row in there(story).raw("types").values())


# H6 notes


def test_h6_notes_keep_author_date_and_formatting(clinic: Clinic, story: Story) -> None:
    crm, by_id = there(story), owners(story)
    markup: Counter[str] = Counter()
    for note in crm.dumps["notes"]:
        if "[cliniko:treatment_notes:" not in note["title"]:
            continue
        source = clinic.rows("treatment_notes")[note["title"].split(":")[2].split(" ")[0]]
        assert source["created_at"][:10] in note["title"]
        assert crm.emails[note["userId"]] == by_id.get(linked(source, "practitioner"), FALLBACK)
        markup.update(tag for tag in ("<ul>", "<b>", "<i>", "<br>") if tag in note["body"])
    for id in crm.noted("treatment_notes"):
        first = crm.pieces("treatment_notes", id)[0]
        assert f"Author: {clinic.rows('treatment_notes')[id]['author_name']}" in first.text
        assert "Written: " in first.text
    assert min(markup[tag] for tag in ("<ul>", "<b>", "<br>")) > 0
    assert "HighLevel dates a note by its arrival" in deviation(story, "H6")


def test_h6_long_notes_are_split_under_the_cap(clinic: Clinic, story: Story) -> None:
    pieces = {id: there(story).pieces("treatment_notes", id) for id in there(story).noted("treatment_notes")}
    longest = {row["ids"][0] for row in clinic.manifest["planted"] if row.get("characters", 0) > there(story).note_most}

    assert {id for id, parts in pieces.items() if len(parts) > 1} >= longest & set(pieces)
    assert all(len(note["body"]) <= there(story).note_most for note in story.loaded["notes"])


def test_h6_patient_forms_become_notes_too(clinic: Clinic, story: Story) -> None:
    for id in clinic.rows("patient_forms"):
        [note] = there(story).pieces("patient_forms", id)
        assert note.title.startswith("Form: ")


# H7 and H8 invoices and their lines


def test_h7_invoices_become_records_linked_to_the_contact(clinic: Clinic, story: Story) -> None:
    words = {10: "Open", 20: "Paid", 30: "Closed", 40: "Open credit"}
    crm, merged = there(story), clinic.survivors
    for id, row in crm.raw("invoices").items():
        source = clinic.rows("invoices")[id]
        patient = linked(source, "patient")
        assert row["patient"] == crm.raw("patients")[merged.get(patient, patient)]["id"]
        assert (row["invoice_number"], row["issue_date"]) == (str(source["number"]), source["issue_date"])
        assert row["payment_status"] == words[source["status"]]
        for ours in ("total", "tax"):
            assert Decimal(str(row[ours])) == Decimal(source[f"{ours}_amount"])
    assert "overdue and part-paid cannot be known" in deviation(story, "H7")
    assert story.loaded["invoices"] == [], "HighLevel's own stay off until somebody chooses them"


def test_h7_the_choice_of_the_route_has_both_prices(story: Story) -> None:
    by_map = choices(story)
    count = len(there(story).invoices)

    for map, is_in in (("H7", True), ("H7.native", False)):
        assert (by_map[map]["records"], by_map[map]["is_in"]) == (count, is_in)
        assert by_map[map]["units"] >= 2 * count
        assert by_map[map]["how"].startswith(f"mapping.yaml, {map}")
    assert "live billing documents" in deviation(story, "H7")
    assert "instead of H7" in by_map["H7.native"]["what"]


def test_h8_lines_stand_in_their_invoice_and_the_plan_prices_records_of_them(clinic: Clinic, story: Story) -> None:
    lines: dict[str, list[Row]] = defaultdict(list)
    for line in clinic.rows("invoice_items").values():
        lines[linked(line, "invoice")].append(line)
    for id, row in there(story).invoices.items():
        words = " ".join(row["lines"].split())
        assert all(" ".join(line["name"].split()) in words for line in lines[id])
        assert row["line_count"] == len(lines[id])
    price = choices(story)["H8"]
    gone = sum(len(lines[id]) for id, row in clinic.rows("invoices").items() if row["archived_at"])
    assert (price["records"], price["is_in"]) == (sum(map(len, lines.values())) - gone, False)
    assert price["units"] > price["records"]
    assert "the plan names the days" in deviation(story, "H8")


def test_h_the_plan_shows_the_days_of_every_plan(story: Story) -> None:
    forecast = story.report("plan")["forecast"]
    editions = {row["edition"]: row for row in forecast["editions"]}

    assert forecast["unit"] == "call"
    assert set(editions) == {"starter", "unlimited", "agency_pro", "sandbox"}
    assert (editions["starter"]["ceiling"], editions["starter"]["windows"]) == (200_000, 1)
    assert editions["sandbox"]["windows"] == -(-forecast["units"] // (10_000 - editions["sandbox"]["kept"]))
    assert editions["sandbox"]["rollback_windows"] > 1


# H9 what the clinic sells


def test_h9_products_and_services_become_records(clinic: Clinic, story: Story) -> None:
    products, services = there(story).of("products"), there(story).of("services")
    for id, product in clinic.rows("products").items():
        assert (products[id]["name"], products[id]["code"]) == (product["name"], product["item_code"] or "")
        assert products[id]["unit_price"] == Decimal(product["price_ex_tax"])
        assert products[id]["stock"] == Decimal(product["stock_level"])
    for id, item in clinic.rows("billable_items").items():
        assert (services[id]["name"], services[id]["item_type"]) == (item["name"], item["item_type"])
        assert services[id]["unit_price"] == Decimal(item["price"])
    kinds = Counter(row["category"] for row in there(story).dumps[SERVICES])
    assert kinds["Product"] >= len(products)
    assert "Appointments in HighLevel take no links" in deviation(story, "H9")


# H10 files


def test_h10_files_keep_their_names_and_what_is_refused_goes_in_a_zip(clinic: Clinic, story: Story) -> None:
    taken = ("pdf", "docx", "doc", "jpg", "jpeg", "png", "gif", "csv", "xlsx", "xls", "mp4", "mpeg", "zip", "rar",
             "txt", "svg")  # fmt: skip
    contacts = {row["id"] for row in there(story).patients.values()}
    names = {row["id"]: row["name"] for row in story.loaded["files"]}

    assert {file.parent for file in there(story).files.values()} <= contacts
    assert all(name.rpartition(".")[2].lower() in taken for name in names.values())
    packed = [row for row in story.loaded["files"] if row["inside"]]
    assert packed
    for file in there(story).files.values():
        assert file.name in names.values() or f"{file.name}.zip" in names.values()
    [large] = story.report("audit")["oversize"]
    [flagged] = [row for row in story.report("run")["manual"] if row["reason"] == "file-too-large"]
    assert (large["attachment_id"], large["limit_bytes"]) == (flagged["source_id"], 50 * 2**20)
    assert flagged["steps"]
    assert "go inside a ZIP of the same name" in deviation(story, "H10")


# H11 insurers


def test_h11_payers_become_records_that_a_thousand_patients_link_to(clinic: Clinic, story: Story) -> None:
    payers, patients = there(story).raw("payers"), there(story).raw("patients")
    linked_there = Counter(row["insurer"] for row in patients.values() if row.get("insurer"))
    named = Counter(row["insurer"] for row in there(story).patients.values() if row["insurer"])

    assert set(payers) == set(clinic.contacts(PAYER))
    for id, payer in clinic.contacts(PAYER).items():
        assert not payer["company_name"] or payers[id]["name"] == payer["company_name"]
        assert all(phone["number"] in payers[id].get("phones", "") for phone in payer["phone_numbers"])
    assert linked_there == Counter({payer: min(count, LINKS_MOST) for payer, count in named.items()})
    without_link = (named - linked_there).total()
    [row] = [row for row in story.report("reconcile")["objects"] if row["map"] == "H1"]
    assert row["unverifiable"] == without_link > 0
    told = deviation(story, "H11")
    assert "links 1,000 patients to one insurer at most" in told
    assert "Claim eligibility and claims history cannot be read" in told


# H12 locations


def test_h12_locations_are_records_and_a_field_of_the_contact(clinic: Clinic, story: Story) -> None:
    crm, businesses = there(story), clinic.rows("businesses")
    [options] = [row["picklistOptions"] for row in story.loaded["customFields"] if row["name"] == "Location"]

    for id, business in businesses.items():
        row = crm.raw("locations")[id]
        assert row["name"] == business["display_name"]
        assert business["city"] in row["address"]
        assert row["time_zone"] == business["time_zone_identifier"]
    assert set(options) == {row["display_name"] for row in businesses.values()}
    assert {row["location"] for row in crm.raw("patients").values() if row.get("location")} <= set(options)
    assert {row["account"] for row in crm.patients.values()} - {""} <= {row["id"] for row in crm.dumps[LOCATIONS]}
    assert "make a workspace for each" in deviation(story, "H12")


# All of them


def test_h_six_of_ten_custom_objects_are_made_and_their_records_go_again(story: Story) -> None:
    made = {row["name"] for row in story.report("plan")["setup"]["objects"]}

    assert made == set(CUSTOM_OBJECTS)
    for object in (PAYERS, INVOICES, PROFILES):
        assert story.loaded[object]
        assert story.after[object] == []
