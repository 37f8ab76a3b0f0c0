"""What this twin claims about records, jobs, deletions and fields. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

YES_NO = ("yes", "no")


def declare(rules: Rules) -> None:
    """Declare these too."""
    _values(rules)
    _contacts(rules)
    _accounts_and_deals(rules)
    _activities(rules)
    _products_and_files(rules)
    _jobs(rules)
    _deletions(rules)
    _fields(rules)


def _values(rules: Rules) -> None:
    rules.recorded("freshsales.computed", "Times, authors and scores that are sent are ignored", "FACTS 0.6, 3")
    rules.assumed(
        "freshsales.unknown-keys", "Keys that nobody knows, of one's own fields too, are passed over in silence",
        "FACTS 3", switch="unknown_keys", default="ignore", choices=("ignore", "refuse"),
    )  # fmt: skip
    rules.spec("freshsales.lengths", "Text has 256 characters, a text area 10,000, a mobile number 30", "FACTS 0.4, 5")
    rules.assumed(
        "freshsales.long-text", "What is longer is refused, or cut", "FACTS 11",
        switch="long_text", default="refuse", choices=("refuse", "cut"),
    )  # fmt: skip
    rules.spec("freshsales.numbers", "Numbers have eleven digits before the point and four after it", "FACTS 5")
    rules.assumed(
        "freshsales.bad-values", "A value of another type than its field's is refused, or dropped", "FACTS 9",
        switch="bad_values", default="refuse", choices=("refuse", "drop"),
    )  # fmt: skip
    rules.client("freshsales.labels", "Pick-lists take labels; several are joined by semicolons", "FACTS 5")
    rules.assumed(
        "freshsales.unknown-choice", "A value that is no choice: 400, kept, or dropped", "FACTS 5",
        switch="unknown_choice", default="refuse", choices=("refuse", "accept", "drop"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.unknown-reference", "An id that nothing has: 400, or dropped", "FACTS 3",
        switch="unknown_reference", default="refuse", choices=("refuse", "drop"),
    )  # fmt: skip
    rules.client("freshsales.zones", "`time_zone` takes the names of Ruby on Rails", "FACTS 2")
    rules.recorded("freshsales.money", "Amounts go out as text", "FACTS 2")
    rules.recorded("freshsales.own-fields", "`custom_field` holds all fields of one's own; unset ones are null",
                   "FACTS 5")  # fmt: skip
    rules.assumed(
        "freshsales.references", "Recorded answers lack ids of owner, stage, source: only with include, or always",
        "samples", switch="reference_ids", default="recorded", choices=("recorded", "always"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.lists", "Tags and accounts that are sent replace the old ones, or are added", "FACTS 10",
        switch="lists_on_update", default="replace", choices=("replace", "add"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.owner", "A record without an owner gets the key's user", "FACTS 3",
        switch="default_owner", default="creator", choices=("creator", "none"),
    )  # fmt: skip


def _contacts(rules: Rules) -> None:
    rules.spec("freshsales.no-leads", "No leads: a contact's lifecycle stage says it; the first by default",
               "FACTS 0.1")  # fmt: skip
    rules.recorded("freshsales.status", "A status belongs to one stage, and brings it", "FACTS 3")
    rules.assumed(
        "freshsales.status-mismatch", "A status of another stage than the one sent", "FACTS 3",
        switch="status_mismatch", default="refuse", choices=("refuse", "accept"),
    )  # fmt: skip
    rules.spec("freshsales.external-id", "`external_id` is unique, always", "FACTS 0.5")
    rules.setting(
        "freshsales.unique-email", "The primary e-mail is unique unless an admin unset it", "FACTS 0.5",
        switch="email_unique", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.assumed(
        "freshsales.other-emails", "Which e-mails have to be unique", "FACTS 0.5",
        switch="unique_emails", default="primary", choices=("primary", "all"),
    )  # fmt: skip
    rules.setting(
        "freshsales.mobile", "The mobile number is unique in accounts older than May 2021", "FACTS 5",
        switch="mobile_unique", default="no", choices=YES_NO,
    )  # fmt: skip
    rules.assumed(
        "freshsales.identifier", "A contact needs e-mail or external id (any), e-mail, or neither", "FACTS 3",
        switch="identifier", default="any", choices=("any", "email", "none"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.last-name", "A contact needs a last name", "FACTS 3",
        switch="last_name_required", default="no", choices=YES_NO,
    )  # fmt: skip
    rules.client("freshsales.emails", "`emails` comes as text or texts, goes out as objects", "FACTS 3")
    rules.assumed(
        "freshsales.email-objects", "E-mails are also written as objects, `_destroy` takes one away", "FACTS 3",
        switch="email_objects", default="accept", choices=("accept", "refuse"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.more-emails", "A text that is sent later is added as primary, or replaces all", "FACTS 3",
        switch="emails_on_update", default="add", choices=("add", "replace"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.bad-email", "What is no e-mail address is refused", "FACTS 3",
        switch="bad_email", default="refuse", choices=("refuse", "accept"),
    )  # fmt: skip
    rules.client("freshsales.account-links", "`sales_accounts` is a list of objects; one is primary", "FACTS 3")
    rules.assumed(
        "freshsales.only-account", "Where none is told to be primary, the first becomes so, or none is", "FACTS 3",
        switch="primary_account", default="first", choices=("first", "as_told"),
    )  # fmt: skip
    rules.client("freshsales.upsert", "upsert finds by e-mail, mobile, name or id, else makes", "FACTS 4")
    rules.assumed(
        "freshsales.upsert-keys", "upsert and bulk also find by external id and unique fields of one's own", "FACTS 4",
        switch="external_id_key", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.assumed(
        "freshsales.subscription", "The subscription status of a contact that was made without one", "samples",
        switch="new_subscription", default="1", choices=("1", "2"),
    )  # fmt: skip
    rules.client("freshsales.clone", "clone makes another record of the same values", "FACTS 3")
    rules.client("freshsales.contact-lists", "Lists take contacts by id and tell how many", "FACTS 3")
    rules.client("freshsales.timeline", "A contact's activities can be read", "FACTS 3")


def _accounts_and_deals(rules: Rules) -> None:
    rules.setting(
        "freshsales.account-name", "An account's name is unique unless an admin unset it", "FACTS 0.5, 5",
        switch="account_name_unique", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.assumed(
        "freshsales.closed-date", "A deal that is closed without a date gets the day, or none", "FACTS 3",
        switch="closed_date", default="set", choices=("set", "null"),
    )  # fmt: skip
    rules.recorded("freshsales.required", "An account needs a name, a deal a name and an amount", "FACTS 3")
    rules.client("freshsales.deal-links", "`contacts_added_list` links; a nested account is found or made by name",
                 "FACTS 3")  # fmt: skip
    rules.recorded("freshsales.stages", "A deal's stage is one of its pipeline; the first by default", "FACTS 3")
    rules.recorded("freshsales.deal-products", "Products on a deal recompute its amount", "FACTS 3")
    rules.spec("freshsales.workflows", "Creations fire workflows; no call suppresses them", "FACTS 8")


def _activities(rules: Rules) -> None:
    rules.client("freshsales.notes", "A note has text and a record; no date, no author, no reading by itself",
                 "FACTS 3")  # fmt: skip
    rules.assumed("freshsales.note-limit", "A note has so many bytes", "FACTS 3",
                  switch="note_limit_bytes", default="65535")  # fmt: skip
    rules.assumed(
        "freshsales.note-html", "A note is read as it was written, or as a page around it", "FACTS 3",
        switch="note_html", default="as_given", choices=("as_given", "page"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.children-touch", "A new note, task, appointment touches its record's `updated_at`", "FACTS 3",
        switch="children_touch", default="no", choices=YES_NO,
    )  # fmt: skip
    rules.third_party("freshsales.task-due", "A task needs a title, a due date and a record", "FACTS 3")
    rules.client("freshsales.task-filters", "Tasks are listed by one filter for each call", "FACTS 3")
    rules.assumed(
        "freshsales.task-status", "A task may be made as completed", "FACTS 3",
        switch="task_status_on_create", default="honour", choices=("honour", "ignore"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.status-words", "`COMPLETED` is refused as a status, or means 1", "FACTS 3",
        switch="status_words", default="refuse", choices=("refuse", "accept"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.completed-date", "The server sets when a task was completed, or nobody does", "FACTS 3, samples",
        switch="completed_date", default="set", choices=("set", "null"),
    )  # fmt: skip
    rules.client("freshsales.no-own-fields", "Tasks, appointments, notes have no fields of one's own; appointments "
                 "no owner", "FACTS 0.7")  # fmt: skip
    rules.client("freshsales.appointments", "Appointments may lie in the past, in a zone by name", "FACTS 3")
    rules.assumed(
        "freshsales.invitations", "Attendees get mails", "FACTS 3",
        switch="invitations", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.recorded("freshsales.activity-time", "An activity's place is its own end, not its creation", "FACTS 3")
    rules.assumed(
        "freshsales.builtin-activities", "Built-in types may not be used for activities", "FACTS 3",
        switch="builtin_activities", default="refuse", choices=("refuse", "accept"),
    )  # fmt: skip
    rules.spec("freshsales.activity-fields", "Five fields of one's own of each kind on activities", "FACTS 3")


def _products_and_files(rules: Rules) -> None:
    rules.client("freshsales.products", "No list of products; prices come by a second call; restore by API", "FACTS 3")
    rules.assumed(
        "freshsales.price-key", "The key of a price", "FACTS 3",
        switch="price_key", default="unit_price", choices=("unit_price", "currency_value"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.product-deleted", "How a product says that it is deleted", "FACTS 2",
        switch="product_delete", default="success", choices=("success", "msg"),
    )  # fmt: skip
    rules.client("freshsales.files", "A file is a form with its record; read with it; never deleted by API", "FACTS 3")
    rules.assumed("freshsales.file-limit", "A file has so many megabytes", "FACTS 3",
                  switch="file_limit_mb", default="150")  # fmt: skip
    rules.assumed(
        "freshsales.large-file", "The status for a file that is too large or finds no storage", "FACTS 3",
        switch="large_file", default="400", choices=("400", "413"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.upload-answer", "What an upload answers", "FACTS 3",
        switch="upload_answer", default="id", choices=("id", "document"),
    )  # fmt: skip
    rules.client("freshsales.download", "A file's address sends on to a signed one", "FACTS 3")
    rules.third_party("freshsales.links", "A link takes no storage", "FACTS 3")


def _jobs(rules: Rules) -> None:
    rules.client("freshsales.bulk", "Bulk takes 100 of contacts, accounts, deals: an identifier and `data` each",
                 "FACTS 4")  # fmt: skip
    rules.third_party("freshsales.bulk-silence", "A job tells its progress, never ids or errors", "FACTS 4")
    rules.client("freshsales.flat-items", "Flat fields of an item and `unique_identifier` are passed over", "FACTS 4")
    rules.assumed("freshsales.bulk-time", "A job takes so many seconds, its items one after the other", "FACTS 4",
                  switch="bulk_s", default="5")  # fmt: skip
    rules.assumed(
        "freshsales.bulk-queue", "Jobs of a kind queue up, or run side by side", "FACTS 4",
        switch="bulk_queue", default="serial", choices=("serial", "parallel"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.job-done", "The word for a job that is done", "FACTS 4",
        switch="job_done", default="completed", choices=("completed", "finished", "COMPLETED"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.job-data", "What a job's `data` holds in the end: nothing, results as JSON text, an address",
        "FACTS 4", switch="job_data", default="empty", choices=("empty", "json", "address"),
    )  # fmt: skip
    rules.assumed("freshsales.destroy-batch", "bulk_destroy takes so many", "FACTS 8",
                  switch="destroy_batch", default="100")  # fmt: skip
    rules.client("freshsales.assign", "Owners are assigned to many contacts at once", "FACTS 3")


def _deletions(rules: Rules) -> None:
    rules.spec("freshsales.bin", "Deleted records lie in the Recycle Bin view for 90 days; only pages restore them",
               "FACTS 8")  # fmt: skip
    rules.spec("freshsales.forget", "forget is for good, with notes, tasks, appointments, activities, files",
               "FACTS 8")  # fmt: skip
    rules.spec("freshsales.account-cut", "A deleted account loses its deals and child accounts for ever", "FACTS 8")
    rules.spec("freshsales.hidden-children", "Children of a deleted record are in no list", "FACTS 8")
    rules.assumed(
        "freshsales.orphans", "By their ids children of a deleted record are kept, or gone", "FACTS 8",
        switch="orphans", default="kept", choices=("kept", "gone"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.reserved", "A record in the bin keeps its e-mail, external id, name reserved", "FACTS 8",
        switch="bin_reserves", default="yes", choices=YES_NO,
    )  # fmt: skip
    rules.assumed(
        "freshsales.read-deleted", "A record in the bin, read by id: 404, or shown as deleted", "FACTS 8",
        switch="get_deleted", default="404", choices=("404", "shown"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.forget-binned", "What is in the bin can be forgotten too", "FACTS 8",
        switch="forget_binned", default="yes", choices=YES_NO,
    )  # fmt: skip


def _fields(rules: Rules) -> None:
    rules.recorded("freshsales.field-names", "A field of one's own is cf_ and its label in small letters", "FACTS 5")
    rules.assumed(
        "freshsales.standard-fields", "Fields of contacts, accounts, deals are not made by API", "FACTS 5",
        switch="standard_fields", default="refuse", choices=("refuse", "accept"),
    )  # fmt: skip
    rules.assumed(
        "freshsales.field-codes", "The numbers of field types, from 1", "FACTS 5",
        switch="field_codes", default="text,textarea,number,dropdown,checkbox,radio,date,multi_select_dropdown",
    )  # fmt: skip
    rules.spec("freshsales.modules", "Custom modules have six fields and records without bulk upsert", "FACTS 5")
    rules.client("freshsales.selectors", "Selectors give the account's choices whole", "FACTS 3, samples")
    rules.client("freshsales.field-list", "Fields and forms tell type, choices, required", "FACTS 5")
