"""Each row of the Zoho contract, shown on every record of the sample clinic and on its planted oddities."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal

from mapping_account import LIMITS, context, schema
from mapping_harbour import Harbour, linked
from mapping_migrated import Migrated

from gurney.mapping.compile import compile_mapping
from gurney.mapping.document import Mapping
from gurney.mapping.propose import Proposal
from gurney.mapping.transforms.notes import treatment_note_text
from gurney.records import Kind, Link


def test_every_record_is_written_or_has_a_reason(migrated: Migrated) -> None:
    reasons = Counter(built.skipped for built in migrated.built.values() if not built.writes)

    assert "" not in reasons
    assert set(reasons) == {
        "not-applicable",
        "archived",
        "merged",
        "source-orphan",
        "not-ready",
    }


def test_z1_every_patient_but_the_merged_ones_becomes_one_contact(migrated: Migrated) -> None:
    written = {
        write.key_value for built in migrated.all("Z1").values() for write in built.writes if write.key.part == 0
    }

    assert len(written) == 1198
    assert migrated.skipped("Z1", "merged") == {"88273844", "145277837115412568"}
    assert {"1934567890123456788", "1934567890123456789", "9007199254740993"} <= written


def test_z1_families_with_one_address_stay_separate_records(migrated: Migrated) -> None:
    for family in migrated.clinic.planted("family_shares_email_and_phone"):
        writes = [migrated.write("Z1", id) for id in family["ids"]]
        assert len({str(write.fields["Email"]).lower() for write in writes}) == 1
        assert [write.key_field for write in writes] == ["Cliniko_Patient_ID"] * len(writes)
        assert [write.key_value for write in writes] == family["ids"]


def test_z1_names_keep_their_characters(migrated: Migrated) -> None:
    for oddity in migrated.clinic.planted("name_oddity"):
        write = migrated.write("Z1", oddity["ids"][0])
        first, last = oddity["first_name"].strip(), oddity["last_name"].strip()
        for name, whole, most in (("First_Name", first, 40), ("Last_Name", last, 80)):
            value = str(write.fields[name])
            assert value == whole if len(whole) <= most else value == whole[: most - 1] + "…"


def test_z1_a_name_that_is_too_long_is_whole_in_a_note_on_the_record(migrated: Migrated) -> None:
    built = migrated.built["Z1", "41504152"]

    notes = {str(note.fields["Note_Title"]): note for note in built.writes[1:]}

    assert [note.object for note in notes.values()] == ["Notes", "Notes"]
    assert {len(str(note.fields["Note_Content"])) for note in notes.values()} == {255}
    assert all(note.parent == Link("Contacts", "") and note.key.map == "Z1" for note in notes.values())
    assert any(title.startswith("Last Name in full [cliniko:patients:41504152 Last_Name 1/1]") for title in notes)
    assert len({note.key for note in built.writes}) == 3
    assert {issue.code for issue in built.issues} >= {"text-shortened"}


def test_z1_a_refused_email_is_kept_as_typed(migrated: Migrated) -> None:
    for entry in migrated.clinic.planted("email_invalid"):
        for id, raw in zip(entry["ids"], entry["values"], strict=True):
            fields = migrated.write("Z1", id).fields
            assert fields.get("Email") == raw.strip() or "Email" not in fields
            assert raw.strip() in (fields.get("Email"), fields.get("Cliniko_Email_Raw"))


def test_z1_a_refused_number_is_kept_as_typed_and_no_country_is_guessed(migrated: Migrated) -> None:
    for entry in migrated.clinic.planted("phone_invalid_or_odd"):
        for id, raw in zip(entry["ids"], entry["values"], strict=True):
            fields = migrated.write("Z1", id).fields
            kept = [str(value) for name, value in fields.items() if "Phone" in name or name in ("Mobile", "Fax")]
            assert not raw or any(raw in value for value in kept)


def test_z1_nine_numbers_all_arrive(migrated: Migrated) -> None:
    fields = migrated.write("Z1", "1861342012112906521").fields

    said = " ".join(str(fields.get(name)) for name in ("Mobile", "Home_Phone", "Phone", "Fax", "Other_Phone"))
    said += str(fields["Cliniko_Other_Phones"])

    assert all(f"0491 570 00{number}" in said for number in range(9))


def test_z1_birth_dates_are_the_same_calendar_day(migrated: Migrated) -> None:
    entry = migrated.clinic.planted("birth_dates")[0]
    for id, text in zip(entry["ids"], entry["values"], strict=True):
        expected = date.fromisoformat(text) if text else None
        assert migrated.write("Z1", id).fields.get("Date_of_Birth") == expected


def test_z1_a_refused_consent_never_becomes_an_agreement(migrated: Migrated) -> None:
    for patient in migrated.clinic.records("patients"):
        if patient["_state"] == "merged":
            continue
        fields = migrated.write("Z1", patient["id"]).fields
        said = patient["accepted_email_marketing"]
        assert fields["Email_Opt_Out"] is (said is not True)
        assert fields["Email_Marketing"] == {True: "Yes", False: "No", None: "No response"}[said]


def test_z1_foreign_addresses_get_no_default_country(migrated: Migrated) -> None:
    zealand, britain, nowhere = migrated.clinic.planted("foreign_addresses")[0]["ids"]

    assert migrated.write("Z1", zealand).fields["Mailing_Country"] == "New Zealand"
    assert migrated.write("Z1", britain).fields["Mailing_Country"] == "United Kingdom"
    assert "Mailing_Country" not in migrated.write("Z1", nowhere).fields


def test_z1_text_is_verbatim_even_when_a_spreadsheet_would_run_it(migrated: Migrated) -> None:
    entry = migrated.clinic.planted("formula_cells")[0]
    for id, text in zip(entry["ids"], entry["values"], strict=True):
        values = [str(value) for value in migrated.write("Z1", id).fields.values()]
        assert any(text.strip() in value for value in values)


def test_z1_every_custom_field_arrives_in_its_own_field(migrated: Migrated, proposal: Proposal) -> None:
    built = migrated.built["Z1", "91640115"]
    lines = [line for line in _patient_lines(proposal) if line.source and line.source[0].startswith("custom_fields.")]
    tokens = {
        field["token"]: field
        for section in migrated.clinic.one("patients", "91640115")["custom_fields"]["sections"]
        for field in section["fields"]
    }

    filled = {line.source[0].partition(".")[2] for line in lines if line.to in built.writes[0].fields}

    assert filled == set(tokens)
    assert built.writes[0].fields["Health_fund"] == "Old Mutual (closed)"
    assert built.writes[0].fields["Conditions_Clinical_backg"] == ("Asthma", "Diabetes", "Swine flu", "Other")
    assert built.writes[0].fields["Conditions_Clinical_other"] == "Something else; with, separators"


def test_z1_a_paragraph_over_the_limit_is_whole_in_notes(migrated: Migrated) -> None:
    built = migrated.built["Z1", "92018566"]

    whole = "".join(str(note.fields["Note_Content"]) for note in built.writes[1:])

    assert len(whole) == 33_000
    assert len(str(built.writes[0].fields["History"])) == 32_000
    assert len(built.writes) == 3


def test_z1_patients_who_refer_each_other_are_linked_in_a_second_pass(migrated: Migrated) -> None:
    patients = migrated.compiled.by_id["Z1"]
    links = [patients.build_deferred(record, migrated.ids) for record in migrated.clinic.records("patients")]
    made = [link for link in links if link is not None]

    assert made
    assert all(link.kind is Kind.LINK and list(link.fields) == ["Referred_By_Patient"] for link in made)
    pairs = {(link.destination_id, link.fields["Referred_By_Patient"].id) for link in made}  # type: ignore[union-attr]
    assert any((there, here) in pairs for here, there in pairs)


def test_z2_enquiries_become_leads_only_when_switched_on(zoho: Mapping, clinic: Harbour) -> None:
    mapping = zoho.model_copy(deep=True)
    leads = mapping.by_id("Z2")
    assert leads is not None
    assert not leads.enabled
    leads.enabled = True
    compiled = compile_mapping(mapping, schema(), {}, LIMITS, context())

    prospects = [record for record in clinic.records("patients") if record["derived"]["is_prospect"]]
    others = [record for record in clinic.records("patients") if not record["derived"]["is_prospect"]][:50]

    assert prospects
    assert {compiled.by_id["Z2"].build(record, {}, {}).writes[0].object for record in prospects} == {"Leads"}
    assert {compiled.by_id["Z1"].build(record, {}, {}).skipped for record in prospects} == {"not-applicable"}
    assert {compiled.by_id["Z2"].build(record, {}, {}).skipped for record in others} == {"not-applicable"}


def test_z3_practitioners_carry_what_finds_their_user(migrated: Migrated) -> None:
    assert len([built for built in migrated.all("Z3").values() if built.writes]) == 19
    assert {write.object for built in migrated.all("Z3").values() for write in built.writes} == {"Users"}


def test_z4_referring_doctors_are_contacts_with_their_specialty(migrated: Migrated) -> None:
    doctors = [built.writes[0] for built in migrated.all("Z4").values() if built.writes]

    assert len(doctors) == 30
    assert {write.fields["Specialty"] for write in doctors} == {"General practitioner", "Specialist"}
    assert {write.fields["Cliniko_Record_Type"] for write in doctors} == {"Referring doctor"}
    assert migrated.write("Z4", "75009593").fields["Archived_In_Cliniko"] is True


def test_z4_patients_point_at_their_referrer_even_an_archived_one(migrated: Migrated) -> None:
    patients = migrated.clinic.planted("archived_referrer")[0]["patients"]

    for id in patients:
        assert migrated.write("Z1", id).fields["Referring_Doctor"] == Link("Contacts", "Z4:75009593")


def test_z5_a_class_makes_one_task_for_each_attendee(migrated: Migrated) -> None:
    group = migrated.clinic.planted("group_of_twelve")[0]
    tasks = [migrated.write("Z5.attendance", id) for id in group["attendees"]]

    states = Counter(str(task.fields["Appointment_State"]) for task in tasks)

    assert states == {"Arrived": 7, "Did Not Arrive": 2, "Unmarked": 1, "Cancelled": 2}
    assert {task.fields["Cliniko_Class_ID"] for task in tasks} == set(group["ids"])
    assert all(isinstance(task.fields["Who_Id"], Link) for task in tasks)
    assert migrated.write("Z6.class", group["ids"][0]).fields["Event_Title"] == "Clinical Pilates (group)"


def test_z5_and_z6_never_both_move_an_appointment(zoho: Mapping, migrated: Migrated) -> None:
    tasks = zoho.by_id("Z5")
    assert tasks is not None
    assert not tasks.enabled
    assert tasks.alternative_to == ["Z6"]
    single = {linked(row, "booking") for row in migrated.clinic.records("attendees") if not row["derived"]["is_group"]}
    written = {id for id, built in migrated.all("Z5.attendance").items() if built.writes}
    assert written
    assert not any(
        linked(row, "booking") in single for row in migrated.clinic.records("attendees") if row["id"] in written
    )


def test_z5_as_tasks_keeps_start_end_and_state(zoho: Mapping, migrated: Migrated) -> None:
    mapping = zoho.model_copy(deep=True)
    for entry in mapping.maps:
        if entry.map in ("Z5", "Z6"):
            entry.enabled = entry.map == "Z5"
    tasks = compile_mapping(mapping, schema(), {}, LIMITS, context()).by_id["Z5"]

    for record in migrated.clinic.records("individual_appointments")[:300]:
        built = tasks.build(record, migrated.ids, {})
        if built.writes:
            fields = built.writes[0].fields
            state = record["derived"]["state"]
            assert fields["Appointment_State"] == state
            assert fields["Status"] == ("Not Started" if state == "Booked" else "Completed")
            assert isinstance(fields["Starts_At"], datetime)
            assert isinstance(fields["Due_Date"], date)


def test_z6_appointments_are_meetings_with_their_own_instant(migrated: Migrated) -> None:
    for entry in migrated.clinic.planted("clock_change"):
        for id, starts_at in zip(entry["ids"], entry["starts_at"], strict=True):
            fields = migrated.write("Z6", id).fields
            start, end = fields["Start_DateTime"], fields["End_DateTime"]
            assert isinstance(start, datetime)
            assert isinstance(end, datetime)
            assert start.isoformat() == starts_at.replace("Z", "+00:00")
            assert end - start == timedelta(minutes=30)


def test_z6_links_to_patient_type_and_location_also_retired_ones(migrated: Migrated) -> None:
    for key, field in (("archived_appointment_type", "Appointment_Type"), ("archived_location", "Clinic_Location")):
        for id in migrated.clinic.planted(key)[0]["ids"]:
            fields = migrated.write("Z6", id).fields
            assert isinstance(fields[field], Link)
            assert fields["Event_Title"]


def test_z6_the_telehealth_link_is_not_copied(migrated: Migrated) -> None:
    assert not any("Telehealth_URL" in write.fields for built in migrated.all("Z6").values() for write in built.writes)
    assert "Telehealth_URL" not in migrated.compiled.by_id["Z6"].field_names


def test_z6_orphans_are_named_and_archived_ones_counted(migrated: Migrated) -> None:
    assert migrated.skipped("Z6", "source-orphan") == set(migrated.clinic.planted("orphan_appointments")[0]["ids"])
    assert migrated.skipped("Z6", "archived") == set(migrated.clinic.planted("archived_appointments")[0]["ids"])


def test_z6_a_long_booking_note_arrives_whole(migrated: Migrated) -> None:
    assert "END-BOOKING-NOTE" in str(migrated.write("Z6", "1878346904371224423").fields["Description"])


def test_z7_types_keep_name_and_duration_retired_ones_too(migrated: Migrated) -> None:
    types = [built.writes[0].fields for built in migrated.all("Z7").values()]

    assert len(types) == 7
    assert {"Hydrotherapy (retired)", "Telehealth Follow-up"} <= {str(fields["Name"]) for fields in types}
    assert all(isinstance(fields["Duration_Minutes"], int) for fields in types)


def test_z8_amounts_are_exact_and_sum_up(migrated: Migrated) -> None:
    totals = migrated.clinic.manifest["totals"]
    written = [built.writes[0].fields for built in migrated.all("Z8").values() if built.writes]
    amounts = [fields["Total_Amount"] for fields in written]

    assert all(isinstance(amount, Decimal) for amount in amounts)
    assert sum(amounts, Decimal(0)) * 100 == totals["invoice_total_cents_not_archived"]  # type: ignore[arg-type]
    assert migrated.skipped("Z8", "archived") == {"1879708060876826507"}


def test_z8_sixty_lines_stay_sixty(migrated: Migrated) -> None:
    assert str(migrated.write("Z8", "1879708060876826424").fields["Invoice_Lines"]).count("\n") == 59


def test_z8_a_credit_is_negative_and_points_at_its_original(migrated: Migrated) -> None:
    original, credit = migrated.clinic.planted("invoice_full_reversal")[0]["ids"]
    record = migrated.clinic.one("invoices", credit)

    link = migrated.compiled.by_id["Z8"].build_deferred(record, migrated.ids)

    assert link is not None
    assert link.fields == {"Original_Invoice": Link("Invoice_History", f"Z8:{original}")}
    amount = migrated.write("Z8", credit).fields["Total_Amount"]
    assert isinstance(amount, Decimal)
    assert amount < 0
    assert link.destination_id == f"Z8:{credit}"


def test_z9_locations_keep_their_zone_closed_ones_too(migrated: Migrated) -> None:
    zones = {str(built.writes[0].fields["Time_Zone"]) for built in migrated.all("Z9").values()}

    assert {"Australia/Melbourne", "Australia/Adelaide", "Australia/Brisbane"} <= zones
    assert [built.writes[0].fields["Archived_In_Cliniko"] for built in migrated.all("Z9").values()].count(True) == 1


def test_z10_products_and_services_become_products_of_their_own(migrated: Migrated) -> None:
    writes = [built.writes[0] for map_id in ("Z10", "Z10.service") for built in migrated.all(map_id).values()]

    assert len(writes) == 15
    assert {write.key_field for write in writes} == {"Cliniko_Product_ID", "Cliniko_Item_ID"}
    stock = {write.fields.get("Product_Code"): write.fields.get("Qty_in_Stock") for write in writes}
    assert stock["BRACE-K"] == Decimal("-2.0")
    assert stock["PHY-INI"] is None


def test_z11_payers_become_insurance_accounts_and_patients_point_at_them(migrated: Migrated) -> None:
    accounts = [built.writes[0] for built in migrated.all("Z11").values() if built.writes]
    insured = [built.writes[0].fields.get("Insurer") for built in migrated.all("Z1").values() if built.writes]

    assert len(accounts) == 9
    assert {write.fields["Account_Type"] for write in accounts} == {"Insurance"}
    assert sum(link == Link("Accounts", "Z11:30605660") for link in insured) > 500


def test_z12_long_notes_are_chunked_without_loss(migrated: Migrated) -> None:
    keys = [entry for entry in migrated.clinic.manifest["planted"] if entry["key"].startswith("note_")]
    for entry in keys:
        for id in entry["ids"]:
            record = migrated.clinic.one("treatment_notes", id)
            built = migrated.built["Z12", id]
            if entry["key"] == "note_archived_note":
                assert built.skipped == "archived"
                continue
            pieces = [str(write.fields["Note_Content"]) for write in built.writes]
            assert "".join(pieces) == treatment_note_text(record, zone="Australia/Melbourne")
            assert all(len(piece) <= 30_000 for piece in pieces)
            titles = [str(write.fields["Note_Title"]) for write in built.writes]
            assert all(len(title) <= 120 for title in titles)
            count = len(pieces)
            assert [title.rpartition(" ")[2] for title in titles] == [f"{n}/{count}]" for n in range(1, count + 1)]
            assert all(f"[cliniko:treatment_notes:{id}" in title for title in titles)
            assert [write.key_value for write in built.writes] == titles
            assert [write.key.part for write in built.writes] == list(range(count))


def test_z12_a_typed_answer_of_any_length_is_inside(migrated: Migrated) -> None:
    for entry in migrated.clinic.manifest["planted"]:
        if entry["key"].startswith("note_") and "characters" in entry:
            record = migrated.clinic.one("treatment_notes", entry["ids"][0])
            answer = record["content"]["sections"][0]["questions"][0]["answer"]
            whole = "".join(str(write.fields["Note_Content"]) for write in migrated.built["Z12", record["id"]].writes)
            assert len(answer) == entry["characters"]
            assert answer in whole


def test_z12_a_draft_is_marked_in_title_and_text(migrated: Migrated) -> None:
    fields = migrated.write("Z12", "1880611828531226416").fields

    assert str(fields["Note_Title"]).startswith("DRAFT ")
    assert "DRAFT: not finalised" in str(fields["Note_Content"])


def test_z12_notes_hang_on_the_patient_merged_ones_on_the_survivor(migrated: Migrated) -> None:
    chain = migrated.clinic.planted("merged_chain")[0]
    for record in migrated.clinic.records("treatment_notes"):
        built = migrated.built["Z12", record["id"]]
        if built.writes:
            patient = linked(record, "patient")
            expected = chain["survivor"] if patient in chain["ids"] else patient
            assert built.writes[0].parent == Link("Contacts", f"Z1:{expected}")


def test_z12_forms_say_what_was_asked_and_answered(migrated: Migrated) -> None:
    written = [built.writes[0].fields for built in migrated.all("Z12.form").values() if built.writes]

    assert len(written) == 393
    assert all("I agree to treatment\n" in str(fields["Note_Content"]) for fields in written)


def test_z13_files_keep_a_safe_name_and_hang_on_the_patient(migrated: Migrated) -> None:
    writes = {id: built.writes[0] for id, built in migrated.all("Z13").items() if built.writes}

    assert len(writes) == 224
    assert writes["152980626079770420"].fields["File_Name"] == "passwd"
    assert not any(set('/\\\r\n"') & set(str(write.fields["File_Name"])) for write in writes.values())
    assert all(write.parent and write.parent.object == "Contacts" for write in writes.values())
    assert migrated.skipped("Z13", "not-ready") == {"57621600"}
    assert migrated.skipped("Z13", "archived") == {"92505720"}


def test_z13_a_description_becomes_a_note(migrated: Migrated) -> None:
    fields = migrated.write("Z13.about", "41710755").fields

    assert "a" * 251 + ".pdf" in str(fields["Note_Content"])


def test_z14_insurer_medicare_number_and_referral_source_are_fields_of_the_contact(migrated: Migrated) -> None:
    names = migrated.compiled.by_id["Z1"].field_names.keys()

    assert {"Insurer", "Medicare_Number", "Referral_Source", "Care_Plan_Expiry"} <= names
    patient = next(row for row in migrated.clinic.records("patients") if row["medicare"] and row["_state"] == "live")
    assert migrated.write("Z1", patient["id"]).fields["Medicare_Number"] == patient["medicare"]


def test_the_source_text_of_every_field_is_kept_for_the_comparison(migrated: Migrated) -> None:
    patient = migrated.clinic.one("patients", "91640115")
    built = migrated.built["Z1", patient["id"]]

    assert set(built.writes[0].fields) == set(built.source_values)
    assert built.source_values["Date_of_Birth"] == patient["date_of_birth"]


def test_owners_follow_the_practitioner(migrated: Migrated) -> None:
    for record in migrated.clinic.records("individual_appointments")[:500]:
        built = migrated.built["Z6", record["id"]]
        if built.writes:
            expected = "user-1" if linked(record, "practitioner") == "26713190" else None
            assert built.writes[0].owner_id == expected


def test_no_value_of_a_record_is_in_an_issue(migrated: Migrated) -> None:
    for (map_id, source_id), built in migrated.built.items():
        if map_id != "Z1" or not built.issues:
            continue
        record = migrated.clinic.one("patients", source_id)
        words = " ".join(issue.words + issue.next_step for issue in built.issues)
        for name in ("email", "last_name"):
            value = str(record[name] or "").strip()
            assert len(value) < 6 or value not in words


def _patient_lines(proposal: Proposal) -> list:  # type: ignore[type-arg]
    entry = proposal.mapping.by_id("Z1")
    assert entry is not None
    return entry.fields
