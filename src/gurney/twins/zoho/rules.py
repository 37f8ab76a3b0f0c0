"""What this twin claims about Zoho CRM, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

RULES = Rules("zoho")
YES_NO = ("yes", "no")

# Authentication
RULES.client("zoho.token-encodings", "The token endpoint reads query string, form body and multipart form", "FACTS 2")
RULES.third_party("zoho.token-errors", "Token errors come with HTTP 200 and a key `error`", "FACTS 2")
RULES.assumed(
    "zoho.token-throttle", "More than 10 access tokens per refresh token in 10 minutes are denied", "FACTS 2",
    switch="throttle_status", default="400", choices=("400", "200"),
)  # fmt: skip
RULES.spec("zoho.token-count", "The 16th access token of a refresh token kills the oldest", "FACTS 2")
RULES.spec("zoho.token-hour", "An access token lives one hour", "FACTS 2")
RULES.spec("zoho.grant-once", "A grant token works once, within three minutes", "FACTS 2")
RULES.spec("zoho.refresh-token-count", "The 21st refresh token of a user kills the first and its tokens", "FACTS 2")
RULES.client("zoho.revoke", "A revoked refresh token gives no more access", "FACTS 2")
RULES.client("zoho.bearer", "`Zoho-oauthtoken` and `Bearer` are both accepted", "FACTS 2")
RULES.client("zoho.bad-token", "An expired and a wrong token look the same: 401 INVALID_TOKEN", "FACTS 12")
RULES.spec("zoho.scope-mismatch", "A missing scope is 401 OAUTH_SCOPE_MISMATCH", "FACTS 2")
RULES.client("zoho.json-without-type", "JSON is parsed whatever the Content-Type", "FACTS 2")

# Conventions
RULES.spec("zoho.versions", "v2 to v8 answer; `fields` is mandatory on lists from v3", "FACTS 15")
RULES.spec("zoho.user-time-zone", "Moments are shown in the time zone of the token's user", "FACTS 3")
RULES.spec("zoho.positional", "Element i of an answer belongs to element i of the request", "FACTS 3")
RULES.assumed(
    "zoho.mixed-status", "A batch of which some failed answers 207", "FACTS 3",
    switch="mixed_status", default="207", choices=("207", "200"),
)  # fmt: skip
RULES.assumed(
    "zoho.all-failed-status", "A batch of which all failed answers 400", "FACTS 3",
    switch="all_failed_status", default="400", choices=("400", "202"),
)  # fmt: skip
RULES.spec("zoho.empty-204", "An empty list is 204 without a body", "FACTS 3")
RULES.client("zoho.modified-since", "If-Modified-Since is inclusive; nothing newer is 304", "FACTS 3")
RULES.assumed(
    "zoho.unknown-id", "GET of an unknown id is 204", "FACTS 3",
    switch="unknown_id_status", default="204", choices=("204", "400"),
)  # fmt: skip
RULES.spec("zoho.unmodified-since", "If-Unmodified-Since refuses a record changed later: 412", "FACTS 3")
RULES.spec("zoho.unknown-url", "An unknown URL is 404 INVALID_URL_PATTERN, an unknown module 400", "FACTS 12")

# Reading
RULES.spec("zoho.fields-mandatory", "A list needs `fields`, at most 50", "FACTS 4")
RULES.spec("zoho.page-ceiling", "Paging by number ends at 2,000 rows", "FACTS 4")
RULES.spec("zoho.page-token", "A page token belongs to its user and parameters and lives 24 hours", "FACTS 4")
RULES.spec("zoho.list-order", "Lists are sorted by id, newest first, unless told otherwise", "FACTS 4")
RULES.spec("zoho.ids", "`ids` reads named records; unknown ones are left out", "FACTS 4")
RULES.assumed(
    "zoho.list-ids", "`ids` in a list takes so many; nobody names a number (1,024 characters would be 51)", "FACTS 4",
    switch="list_ids", default="100",
)  # fmt: skip
RULES.spec(
    "zoho.full-text", "Full text is read of 200 records and 8 rich-text fields a call, and of no others", "FACTS 4"
)
RULES.spec("zoho.rich-text-cut", "Rich text is cut at 500 characters but in fetch_full_data", "FACTS 0.5")
RULES.spec("zoho.line-items-single", "Subforms and multi-select lookups are filled in GET by id only", "FACTS 4")
RULES.setting(
    "zoho.hipaa", "With restricted access, health fields are null in every read", "FACTS 0.6",
    switch="hipaa", default="off", choices=("off", "on", "restricted"),
)  # fmt: skip
RULES.client("zoho.full-name", "Full_Name includes the salutation", "FACTS 14.10")
RULES.client("zoho.none-option", "`-None-` is written and read as null", "FACTS 6, 14.11")
RULES.spec("zoho.search-contains", "`equals` on text in search means contains", "FACTS 4")
RULES.assumed(
    "zoho.search-lag", "Search and filtered count do not see what changed in the last seconds", "FACTS 4",
    switch="search_lag_s", default="10",
)  # fmt: skip
RULES.spec("zoho.search-limits", "Search ends at 2,000 rows and takes 10 criteria", "FACTS 4")
RULES.spec("zoho.coql", "COQL needs WHERE, pairwise parentheses, at most 50 columns; it is never late", "FACTS 4")
RULES.assumed(
    "zoho.coql-rows", "COQL returns so many rows a call at most", "FACTS 4, 17",
    switch="coql_rows", default="200", choices=("200", "2000"),
)  # fmt: skip
RULES.assumed(
    "zoho.coql-in", "COQL takes so many values in a list", "FACTS 4", switch="coql_in", default="100",
    choices=("100", "50"),
)  # fmt: skip
RULES.assumed(
    "zoho.coql-offset", "A COQL offset goes so far", "FACTS 4", switch="coql_offset", default="10000",
    choices=("10000", "100000"),
)  # fmt: skip
RULES.client("zoho.coql-quote", "An apostrophe in a COQL text is written \\'", "FACTS 14.8")
RULES.third_party("zoho.coql-lookup", "A lookup in COQL is {id}; from v7 with its name", "FACTS 15")
RULES.spec("zoho.count", "The count is an integer", "FACTS 4")

# Writing
RULES.spec("zoho.hundred", "A write takes 100 records", "FACTS 4")
RULES.spec("zoho.mandatory", "Mandatory fields are asked for by name and path", "FACTS 5, 12")
RULES.spec("zoho.text-length", "Text beyond its length is INVALID_DATA with maximum_length", "FACTS 6")
RULES.spec("zoho.email-pattern", "E-mail addresses are matched with the server's pattern", "FACTS 6")
RULES.client("zoho.phone-pattern", "Phone numbers are matched with the server's pattern", "FACTS 6")
RULES.spec("zoho.picklist-unknown", "Unknown pick-list values are accepted and stored", "FACTS 0.9")
RULES.spec("zoho.fixed-values", "Deals.Stage and fixed-value fields refuse unknown values", "FACTS 0.9")
RULES.spec("zoho.date-forms", "Dates are yyyy-MM-dd; moments ISO with offset and without milliseconds", "FACTS 3, 6")
RULES.spec(
    "zoho.number-forms", "Integers have 9 digits, big ones 18, decimals 16 and 9; booleans are booleans", "FACTS 6"
)
RULES.spec("zoho.currency-cut", "Decimals of a currency beyond its places are cut off", "FACTS 6")
RULES.spec("zoho.lookup-valid", "A lookup must name an existing record", "FACTS 6")
RULES.assumed(
    "zoho.owner-active", "The owner must be an active user, and one who has accepted the invitation", "FACTS 6, 7",
    switch="unconfirmed_owner", default="refuse", choices=("refuse", "accept"),
)  # fmt: skip
RULES.spec("zoho.owner-default", "The owner is the token's user unless given", "FACTS 6")
RULES.spec("zoho.website-pattern", "Websites are matched with the server's pattern", "FACTS 6")
RULES.spec("zoho.multi-errors", "Several errors of one record come together", "FACTS 12")
RULES.assumed(
    "zoho.unknown-fields", "Unknown fields are silently ignored", "FACTS 6",
    switch="unknown_fields", default="ignore", choices=("ignore", "refuse"),
)  # fmt: skip
RULES.assumed(
    "zoho.system-fields", "Created_Time and other system fields cannot be written; sending them is ignored", "FACTS 6",
    switch="system_fields", default="ignore", choices=("ignore", "refuse"),
)  # fmt: skip
RULES.spec("zoho.layout", "With a layout, its mandatory fields are checked", "FACTS 3")
RULES.spec("zoho.append-values", "$append_values adds to a multi-select instead of replacing it", "FACTS 4")
RULES.spec("zoho.unique", "A unique field refuses a second record and names the first", "FACTS 12")
RULES.assumed(
    "zoho.unique-in-bin", "A deleted record still holds its unique value until purged", "FACTS 13, 17",
    switch="binned_blocks_unique", default="no", choices=YES_NO,
)  # fmt: skip
RULES.spec("zoho.upsert-order", "Upsert checks the named fields, then every user-unique field", "FACTS 4")
RULES.spec("zoho.upsert-system-field", "Upsert without names merges on the system field (e-mail, name)", "FACTS 0.2")
RULES.client("zoho.upsert-twice", "Within one upsert the second element updates what the first made", "FACTS 4")
RULES.assumed(
    "zoho.upsert-modules", "No upsert for Tasks, Events, Calls and Notes", "FACTS 0.1",
    switch="upsert_unsupported", default="INVALID_MODULE", choices=("INVALID_MODULE", "NOT_SUPPORTED"),
)  # fmt: skip
RULES.client(
    "zoho.check-fields-in-body", "duplicate_check_fields is read from the body, not from a header", "FACTS 14.4"
)
RULES.spec("zoho.se-module", "What_Id needs $se_module; a contact goes into Who_Id", "FACTS 5")
RULES.spec("zoho.event-participants", "An event takes 50 participants", "FACTS 5")
RULES.spec("zoho.external", "An external id replaces the id in URLs with the header X-EXTERNAL", "FACTS 8")
RULES.spec("zoho.external-lookup", "A lookup is written by external id with the header naming its path", "FACTS 8")
RULES.spec("zoho.delete", "Deletion is soft; a second one is INVALID_DATA `record not deleted`", "FACTS 13")
RULES.spec("zoho.mass-delete", "Mass deletion takes 500 ids and says `record is deleted`", "FACTS 4")

# Set-up
RULES.spec("zoho.operation-type", "Field metadata says in operation_type what can be written", "FACTS 7")
RULES.spec("zoho.field-batch", "One to five fields a call", "FACTS 7")
RULES.spec("zoho.field-name", "The api_name comes from the label; collisions get a number", "FACTS 7")
RULES.spec("zoho.field-label", "A label exists once in a module", "FACTS 7")
RULES.spec(
    "zoho.field-cap",
    "Custom fields per module: Standard 10, Professional 155, Enterprise 300, Ultimate 500",
    "FACTS 0.7",
)
RULES.spec("zoho.unique-cap", "Two unique fields per module in every edition", "FACTS 0.3")
RULES.assumed(
    "zoho.external-counts", "External fields count against the two unique fields", "FACTS 8, 17",
    switch="external_counts_as_unique", default="yes", choices=YES_NO,
)  # fmt: skip
RULES.spec("zoho.external-text", "External fields are text, and not in Calls", "FACTS 7")
RULES.assumed(
    "zoho.strict-caps", "Labels and options of 25 characters, 10 options a call", "FACTS 7, 17",
    switch="strict_field_caps", default="no", choices=YES_NO,
)  # fmt: skip
RULES.spec("zoho.field-types", "Only the listed types can be created, with their lengths", "FACTS 7")
RULES.spec("zoho.field-change", "PATCH changes a field and adds options", "FACTS 7")
RULES.spec("zoho.field-delete", "A custom field is deleted with its data; a system field is NOT_ALLOWED", "FACTS 7")
RULES.assumed(
    "zoho.module-edition", "Modules can be created from this edition on", "FACTS 0.7",
    switch="custom_modules_from", default="enterprise", choices=("enterprise", "standard"),
)  # fmt: skip
RULES.spec("zoho.module-rules", "One module a call; names are checked, known and reserved ones refused", "FACTS 7")
RULES.spec("zoho.module-forever", "A module cannot be deleted by API", "FACTS 0.8")
RULES.spec("zoho.global-picklist", "A global pick list is made once and used by fields", "FACTS 7")
RULES.spec("zoho.users", "A user is invited, one a call; no password; licences and addresses are checked", "FACTS 7")
RULES.spec("zoho.profile", "A profile by its id lists every permission and whether it is given", "FACTS 7")
RULES.spec("zoho.user-delete", "A deleted user stays known but inactive", "FACTS 7")
RULES.setting("zoho.licences", "So many user licences are paid for", "FACTS 7", switch="licences", default="10")
RULES.setting(
    "zoho.time-zone", "Time zone of the organisation and of new users", "FACTS 3",
    switch="time_zone", default="Australia/Melbourne",
)  # fmt: skip
RULES.spec("zoho.org", "The organisation tells edition, licences, time zone and health mode", "FACTS 7")
RULES.spec("zoho.related", "Related lists read, link and unlink; `fields` is mandatory", "FACTS 4")

# Notes and files
RULES.spec("zoho.note-parent", "A note needs content and a parent, in the form of its version", "FACTS 5")
RULES.assumed(
    "zoho.note-length", "A note holds so many characters, its title 120", "FACTS 5",
    switch="note_length", default="65535", choices=("65535", "32000"),
)  # fmt: skip
RULES.spec("zoho.notes-admin", "Listing all notes is for administrators", "FACTS 2")
RULES.spec("zoho.attachment", "An attachment is one file of up to 100 MB", "FACTS 10")
RULES.spec("zoho.attachment-list", "The list of attachments needs `fields`; Size is a string", "FACTS 10")
RULES.spec("zoho.attachment-link", "A linked attachment cannot be downloaded", "FACTS 10")
RULES.spec("zoho.zfs", "Ten files of 20 MB a call; one too big rejects all with 415", "FACTS 10")
RULES.spec("zoho.file-field", "A file field takes ids of uploaded files", "FACTS 6")

# Recycle bin
RULES.spec("zoho.bin", "Deleted records wait 60 days, are listed, restored with their id, and purged", "FACTS 13")
RULES.spec("zoho.bin-cascade", "Notes and attachments go into the bin and come back with their parent", "FACTS 13")
RULES.assumed(
    "zoho.bin-lookups", "Who pointed to a deleted record survives with an empty lookup", "FACTS 13, 17",
    switch="contact_delete", default="keep", choices=("keep", "cascade"),
)  # fmt: skip
RULES.spec("zoho.deleted-list", "Deleted ids are listed: recycled 60, purged 120 days", "FACTS 4")

# Bulk and composite
RULES.spec("zoho.bulk-upload", "The upload wants a ZIP with the headers feature and X-CRM-ORG", "FACTS 9")
RULES.spec("zoho.bulk-write", "A job writes up to 25,000 rows; not Events, Calls, Notes", "FACTS 9")
RULES.spec("zoho.bulk-result", "The result holds the first three columns, STATUS, RECORD_ID, ERRORS", "FACTS 9")
RULES.spec("zoho.bulk-dates", "Bulk dates are MM/dd/yyyy unless the mapping says otherwise", "FACTS 9")
RULES.assumed(
    "zoho.bulk-write-time", "A bulk write job takes so many seconds, one at a time", "FACTS 9, 17",
    switch="bulk_write_s", default="30",
)  # fmt: skip
RULES.spec("zoho.bulk-read", "A bulk read gives a ZIP with a CSV, ids in lookup columns", "FACTS 9")
RULES.assumed(
    "zoho.bulk-read-time", "A bulk read job takes so many seconds", "FACTS 9", switch="bulk_read_s", default="60"
)
RULES.spec("zoho.bulk-downloads", "Ten result downloads a minute", "FACTS 9")
RULES.spec("zoho.composite", "Up to five sub-requests with references, one record each, undone together", "FACTS 9")

# Quotas
RULES.spec("zoho.credits", "Credits per edition come back 24 hours after they were spent", "FACTS 11")
RULES.spec(
    "zoho.costs",
    "One credit per 10 written records; one for a deletion of 100; 500 for a module or bulk write; 50 bulk read",
    "FACTS 11",
)
RULES.spec("zoho.credits-header", "X-API-CREDITS-REMAINING appears once half is spent", "FACTS 11")
RULES.spec("zoho.concurrency", "Calls in flight per edition: 5, 10, 15, 20, 25", "FACTS 11")
RULES.spec("zoho.sub-concurrency", "Ten heavy calls in flight in every edition", "FACTS 11")
RULES.assumed(
    "zoho.retry-after", "429 comes without Retry-After", "FACTS 11",
    switch="retry_after", default="no", choices=YES_NO,
)  # fmt: skip
