"""More of what this twin claims: fields, notes, calendars, objects, relations, files, money, deleting."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

YES_NO = ("yes", "no")
REFUSE = ("refuse", "accept")


def declare_objects(rules: Rules) -> None:
    """The rules of everything that is not a contact itself."""
    _fields(rules)
    _notes(rules)
    _calendars(rules)
    _objects(rules)
    _links(rules)
    _files(rules)
    _money(rules)
    _deleting(rules)


def _fields(rules: Rules) -> None:
    rules.spec("highlevel.contact-fields", "Contact fields get a key from their name; `* x` becomes `_x`", "FACTS 7")
    rules.client("highlevel.fields-location", "The location is in their path and nowhere else", "FACTS 7")
    rules.third_party("highlevel.field-key", "A field's key cannot change", "FACTS 7")
    rules.assumed(
        "highlevel.same-field", "A second field of the same key is refused", "FACTS 7",
        switch="same_field_name", default="refuse", choices=("refuse", "suffix"),
    )  # fmt: skip
    rules.assumed(
        "highlevel.field-options", "`options` of a new contact field are taken", "FACTS 7, Unknown",
        switch="field_options", default="accept", choices=("accept", "ignore"),
    )  # fmt: skip
    rules.assumed(
        "highlevel.fields-max", "A location has so many fields (0: any number)", "FACTS 16",
        switch="fields_max", default="0",
    )  # fmt: skip
    rules.assumed(
        "highlevel.folders", "Folders of contact fields are made with `documentType`, and listed among the fields",
        "FACTS 7", switch="folders_listed", default="yes", choices=YES_NO,
    )  # fmt: skip


def _notes(rules: Rules) -> None:
    rules.spec("highlevel.notes", "Notes have any user as author and the present as moment; lists are whole",
               "FACTS 5")  # fmt: skip
    rules.assumed(
        "highlevel.note-length", "A contact's note has so many characters at most", "FACTS 5, Unknown",
        switch="note_max", default="65000",
    )  # fmt: skip
    rules.assumed(
        "highlevel.note-html", "HTML comes back as it went in", "FACTS 5, Unknown",
        switch="note_html", default="kept", choices=("kept", "cleaned", "stripped"),
    )  # fmt: skip
    rules.spec("highlevel.tasks", "Tasks have no custom fields; title, due date and done are needed", "FACTS 0.4, 5")
    rules.spec("highlevel.task-search", "Tasks can be searched over all contacts", "FACTS 5")
    rules.spec("highlevel.appointment-notes", "Appointment notes: 5,000 characters, 20 a page, on the contact too",
               "FACTS 5")  # fmt: skip


def _calendars(rules: Rules) -> None:
    rules.spec("highlevel.calendars", "Calendars have teams; deleting one deletes its appointments", "FACTS 6")
    rules.spec("highlevel.calendar-groups", "Calendars can be in groups, whose slugs are unique", "FACTS 6")
    rules.spec("highlevel.services", "Under v3 there is a service catalogue", "FACTS 6")
    rules.third_party("highlevel.team", "The user must be of the calendar's team, and there must be one", "FACTS 6")
    rules.third_party("highlevel.slots", "Without the ignore flag a slot must be free", "FACTS 6")
    rules.third_party("highlevel.statuses", "`completed` becomes `showed`; other spellings are 422", "FACTS 6")
    rules.third_party("highlevel.status-reset", "PUT without a status confirms", "FACTS 0.9")
    rules.spec("highlevel.to-notify", "People are told and automations run unless `toNotify` is false", "FACTS 0.10")
    rules.third_party("highlevel.appointment-reads", "Reads have the misspelt status too, and times in the local zone",
                      "FACTS 6")  # fmt: skip
    rules.third_party("highlevel.appointment-answers", "Creating and changing tell no moments", "FACTS 6")
    rules.assumed(
        "highlevel.appointment-created", "Creating answers 200", "FACTS 6",
        switch="appointment_status", default="200", choices=("200", "201"),
    )  # fmt: skip
    rules.assumed(
        "highlevel.past-appointments", "The past is accepted", "FACTS 6, Unknown",
        switch="past_appointments", default="accept", choices=("accept", "refuse"),
    )  # fmt: skip
    rules.spec("highlevel.events", "Events are listed by a window and a calendar, user or group; no window: 422",
               "FACTS 6")  # fmt: skip
    rules.spec("highlevel.delete-event", "Deleting an event answers 201 `succeeded`", "FACTS 6")
    rules.spec("highlevel.blocked-slots", "Blocked slots keep people from booking", "FACTS 6")


def _objects(rules: Rules) -> None:
    rules.third_party("highlevel.object-keys", "Keys begin with `custom_objects.`", "FACTS 0.5")
    rules.setting(
        "highlevel.objects-max", "So many custom objects for each location", "FACTS 0.6",
        switch="objects_max", default="10",
    )  # fmt: skip
    rules.setting(
        "highlevel.records-max", "So many records for each object", "FACTS 0.6", switch="records_max",
        default="300000",
    )  # fmt: skip
    rules.third_party("highlevel.object-delete", "The API does not delete objects", "FACTS 0.6")
    rules.assumed(
        "highlevel.object-cache", "An object's fields come from a cache for so long after a change", "FACTS 8",
        switch="schema_cache_s", default="5",
    )  # fmt: skip
    rules.spec("highlevel.object-fields", "Fields have a prefixed key, a folder and a type", "FACTS 7")
    rules.assumed(
        "highlevel.field-parent", "A folder must be named: the specification requires it, FACTS does not", "FACTS 7",
        switch="field_parent", default="required", choices=("required", "optional"),
    )  # fmt: skip
    rules.third_party("highlevel.fields-unsupported", "Not for contacts and opportunities by this address", "FACTS 7")
    rules.spec("highlevel.option-replace", "Options are replaced whole; none can be removed", "FACTS 7")
    rules.spec("highlevel.field-delete", "Primary and unique fields stay; others go with their values", "FACTS 15")
    rules.assumed(
        "highlevel.unique", "What an administrator marked unique is unique for the API, too", "FACTS 7",
        switch="unique_status", default="400", choices=("400", "422"),
    )  # fmt: skip
    rules.spec("highlevel.records", "Records take bare keys, and tell other moments in reads than in searches",
               "FACTS 8")  # fmt: skip
    rules.third_party("highlevel.record-values", "Options by key, money with `default`, files by address", "FACTS 8")
    rules.third_party("highlevel.record-update", "PUT merges, and takes the location from the query", "FACTS 8")
    rules.third_party("highlevel.record-relations", "A record read by id tells no relations, searches do", "FACTS 8")
    rules.third_party("highlevel.record-search", "Strings by the letter, links nested, no `eq` for dates", "FACTS 8")
    rules.spec("highlevel.searchable", "`query` finds by searchable fields only", "FACTS 8")
    rules.assumed(
        "highlevel.record-page", "A page of records has so many at most", "FACTS 8, Unknown",
        switch="record_page", default="100",
    )  # fmt: skip
    rules.third_party("highlevel.business", "Companies are records, and `buiseness` in their old answers", "FACTS 11")


def _links(rules: Rules) -> None:
    rules.spec("highlevel.associations", "Associations have different labels and a key of their own", "FACTS 9")
    rules.assumed(
        "highlevel.object-object", "Two custom objects cannot be associated by the API", "FACTS 9, Unknown",
        switch="object_object", default="refuse", choices=REFUSE,
    )  # fmt: skip
    rules.setting(
        "highlevel.labels-max", "So many labels for each pair of objects", "FACTS 0.6", switch="labels_max",
        default="10",
    )  # fmt: skip
    rules.setting(
        "highlevel.relations-max", "So many records on either side of a label", "FACTS 0.6", switch="relations_max",
        default="1000",
    )  # fmt: skip
    rules.client("highlevel.relations", "The records' order is the objects' order", "FACTS 9")
    rules.third_party("highlevel.duplicate-relation", "A relation twice is 400 in known words", "FACTS 9")
    rules.spec("highlevel.association-delete", "Deleting an association deletes its relations", "FACTS 9")


def _files(rules: Rules) -> None:
    rules.spec("highlevel.upload", "One call uploads and attaches, by `<field>_<id>` parts", "FACTS 10")
    rules.spec("highlevel.file-types", "Some types only: no DICOM", "FACTS 10")
    rules.spec("highlevel.file-count", "A field holds as many files as its settings say", "FACTS 10")
    rules.setting(
        "highlevel.file-limit", "A file has so many MB at most", "FACTS 10", switch="file_limit_mb", default="50",
    )  # fmt: skip
    rules.assumed(
        "highlevel.large-file", "The status for a larger one", "FACTS 10",
        switch="large_file_status", default="400", choices=("400", "413"),
    )  # fmt: skip
    rules.client("highlevel.upload-only", "The other upload stores only, and wants `id` and `maxFiles`", "FACTS 10")
    rules.assumed(
        "highlevel.document-auth", "A file of a contact needs a token to read", "FACTS 10",
        switch="document_auth", default="token", choices=("token", "none"),
    )  # fmt: skip
    rules.spec("highlevel.media", "The media library: 25 MB, folders, trash; its addresses are public", "FACTS 10")


def _money(rules: Rules) -> None:
    rules.spec("highlevel.opportunities", "Opportunities are in a stage of a pipeline", "FACTS 11")
    rules.setting(
        "highlevel.duplicate-opportunity", "Whether a contact may have two in a pipeline", "FACTS 11",
        switch="allow_duplicate_opportunity", default="no", choices=YES_NO,
    )  # fmt: skip
    rules.spec("highlevel.opportunity-search", "Its parameters are snake case, under v3 camel case; else 422",
               "FACTS 1")  # fmt: skip
    rules.third_party("highlevel.pipelines", "Pipelines are made under v3 only, and go with their opportunities",
                      "FACTS 1, 11")  # fmt: skip
    rules.spec("highlevel.invoices", "Invoices have their lines inside, and are drafts until sent or paid", "FACTS 11")
    rules.spec("highlevel.payments", "A payment may be of long ago, and makes an invoice (partly) paid", "FACTS 11")
    rules.assumed(
        "highlevel.payment-details", "A payment needs card, cheque and notes, whatever its mode: so the specification",
        "FACTS 11", switch="payment_details", default="all", choices=("all", "mode"),
    )  # fmt: skip
    rules.assumed(
        "highlevel.invoice-number", "Invoice numbers are unique", "FACTS 11",
        switch="same_invoice_number", default="refuse", choices=REFUSE,
    )  # fmt: skip
    rules.assumed(
        "highlevel.paid-invoice", "An invoice with payments can be deleted", "FACTS 11",
        switch="delete_paid_invoice", default="accept", choices=REFUSE,
    )  # fmt: skip
    rules.spec("highlevel.products", "Products with prices", "spec/v2/products.json")


def _deleting(rules: Rules) -> None:
    rules.spec("highlevel.delete-contact", "A contact takes notes, tasks, appointments and opportunities along",
               "FACTS 15")  # fmt: skip
    rules.spec("highlevel.delete-record", "Records of objects stay when a contact goes, without the relations",
               "FACTS 15")  # fmt: skip
    rules.spec("highlevel.restore", "Pages restore contacts and calendars for 60 days; the API restores nothing",
               "FACTS 15")  # fmt: skip
    rules.assumed(
        "highlevel.restore-children", "A restored contact has its notes, tasks and appointments again",
        "FACTS 15, Unknown", switch="restore_children", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.setting(
        "highlevel.hipaa", "In a HIPAA account deleted contacts cannot be restored", "FACTS 0.12",
        switch="hipaa", default="no", choices=YES_NO,
    )  # fmt: skip
