"""What a reader of the audit should know about both vendors (contract, section 17), and steps done by hand."""

from __future__ import annotations

from collections.abc import Mapping

from gurney.reports.audit import LocationOption, ReadingNote

OVERSIZE_STEPS = [
    "Open the patient in Cliniko (the patient's id stands in the table) and choose Files.",
    "Download the file, and check its size against the table.",
    "Keep it where the clinic keeps large files, with the patient's id in its name.",
    "In the CRM, open the patient's record and put a link or a note to that place.",
]

_CLINIKO = {
    "GOT1": "Cliniko prepares web exports in the background; large ones take long. The API is read instead.",
    "GOT2": "Charts (treatment notes) are exported apart in Cliniko's web pages. They are read with the rest.",
    "GOT3": "An API key sees what its owner sees. The check refuses a key that is not an administrator's.",
    "GOT4": "Form templates are missing from Cliniko's CSV exports. Filled forms go over as notes.",
    "GOT5": "Cliniko's older Appointments export is deprecated; nothing here relies on it.",
}
_BY_DESTINATION = {
    "zoho": {
        "GOT6": "Zoho grants API credits to every edition; the check says what this edition allows.",
        "GOT7": "Subforms do not export cleanly by CSV; none are used.",
        "GOT8": "Zoho's credits are not one a call: a module costs 500, ten written records one. The forecast knows.",
        "GOT9": "Download links of Zoho's own exports end after seven days; none are used.",
        "GOT10": "Records need an owner's user id: practitioners are matched by e-mail first.",
    },
    "highlevel": {
        "GOT26": "Sub-accounts are silos: a token opens one location. Several brands need a workspace for each.",
        "GOT27": "HighLevel bills messages, calls and AI by use. The migration sends nothing: appointments are made "
        "silently; workflows that answer to new contacts must be paused by hand, and the check names them.",
        "GOT28": "Workflows have no equivalent elsewhere, and none is made here; a reference document helps.",
        "GOT29": "100 calls in ten seconds and 200,000 a day for each location, a call for each record and link.",
        "GOT30": "White-label settings and templates of an agency do not export; none are needed.",
    },
    "salesforce": {
        "GOT16": "Workflow Rules and Process Builder are retired: reminders are rebuilt as flows. Flows and rules "
        "of yours also run on what is migrated; pause those that would write to patients or slow the load.",
        "GOT17": "Bulk jobs share 15,000 batches of 10,000 records a day with your other integrations. The forecast "
        "counts them, and small numbers of records go by other calls.",
        "GOT18": "Most records count 2 kB of data storage whatever they hold, notes and files count file storage, and "
        "Salesforce warns late. The check says what is left; compare it with the forecast before you sign.",
        "GOT19": "A Contact belongs to one Account here: the mapping says which. Other relations of Contacts and "
        "Accounts are not made; a patient's insurer and last location are lookups of their own.",
        "GOT20": "Territories and account teams are not written. Assign them after the Accounts are loaded, for rules "
        "that run while Contacts arrive lock the same Accounts.",
    },
}


def reading_notes(destination: str) -> list[ReadingNote]:
    """Notes about the source and this destination."""
    notes = {**_CLINIKO, **_BY_DESTINATION.get(destination, {})}
    return [ReadingNote(id=id, words=words) for id, words in notes.items()]


def location_options(counts: Mapping[str, int]) -> list[LocationOption]:
    """How several locations can be carried over (AUD13)."""
    if sum(counts.values()) < 2:
        return []
    return [
        LocationOption(
            title="One account, a location on each record",
            words="Locations become records that patients, appointments and invoices refer to.",
            suits="One business with several places",
            chosen=True,
        ),
        LocationOption(
            title="One account for each location",
            words="One workspace for each location, each with its own mapping and its own account.",
            suits="Separate businesses that share nothing",
        ),
    ]
