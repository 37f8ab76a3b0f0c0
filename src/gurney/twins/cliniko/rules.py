"""Everything this twin claims about the vendor, each claim with its standing; doubts are switches.

Sources are sections of the vendor facts. A test marked with the id proves that the twin does what it says.
"""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

RULES = Rules("cliniko")

RULES.spec("cliniko.base-path", "the only version is v1; anything else is 404", "FACTS 1")
RULES.spec("cliniko.basic-auth", "user is the API key with or without its shard suffix, password empty", "FACTS 2")
RULES.spec("cliniko.user", "/user is the key's owner, with role; any role may read it", "FACTS 2")
RULES.client("cliniko.users-admin-only", "/users and other people's users: administrators only, else 403", "FACTS 2")
RULES.client("cliniko.forbidden-empty-body", "403 has an empty body", "FACTS 11")
RULES.spec("cliniko.settings-roles", "/settings: roles that see settings; /settings/public: everyone", "FACTS 2")
RULES.third_party("cliniko.scheduler", "a scheduler never sees financials, notes, completed forms", "FACTS 2")
RULES.third_party("cliniko.power-receptionist", "a power receptionist sees settings, not notes", "FACTS 2")
RULES.client("cliniko.archived-settings", "lesser roles get 404 on archived appointment types, items", "FACTS 2")
RULES.spec("cliniko.list-envelope", "a list is named after its resource, with total_entries and links", "FACTS 3")
RULES.spec("cliniko.per-page", "per_page: 50 unless asked, 1 to 100", "FACTS 3")
RULES.client("cliniko.page-zero", "page=0 is the first page", "FACTS 3")
RULES.spec("cliniko.links", "next and previous only where they exist; they keep q and sort", "FACTS 3")
RULES.spec("cliniko.own-links", "links of records carry the address that serves them", "FACTS 14")
RULES.spec("cliniko.default-order", "by created_at ascending", "FACTS 3")
RULES.spec("cliniko.sort", "sort=a,b:desc; the older order=desc works too", "FACTS 3")
RULES.spec("cliniko.filters", "each list takes exactly its own fields and types", "FACTS 3")
RULES.spec("cliniko.filter-and", "several q[] must all hold; raw or percent-encoded brackets", "FACTS 3")
RULES.spec("cliniko.filter-date", "dates: = >= > <= < ? !?, stars for digits", "FACTS 3")
RULES.spec("cliniko.filter-date-time", "date-times: >= > <= < ? !? *, no =", "FACTS 3")
RULES.spec("cliniko.filter-number", "numbers: = (a list too) != >= > <= < ? !?", "FACTS 3")
RULES.spec("cliniko.filter-string", "text: = != ~ (contains) ~~ (with %) ? !?", "FACTS 3")
RULES.spec("cliniko.filter-boolean", "booleans: = !=", "FACTS 3")
RULES.spec("cliniko.filter-array", "arrays: ~ (contains)", "FACTS 3")
RULES.client("cliniko.last-plain-q", "of several plain q= only the last counts", "FACTS 3")
RULES.client("cliniko.not-filterable", "a field that cannot be filtered: 400 and its name", "FACTS 3")
RULES.client("cliniko.filter-type", "a value of the wrong type: 400, 'must be a number'", "FACTS 3")
RULES.spec("cliniko.archived-hidden", "plain lists leave out archived records; archived_at:* lifts it", "FACTS 3")
RULES.spec("cliniko.cancelled-hidden", "appointments, attendees, bookings also hide cancelled ones", "FACTS 3")
RULES.client("cliniko.merged-hidden", "a merged patient leaves the default list", "FACTS 6.1")
RULES.spec("cliniko.inactive-practitioners", "who left is only under /practitioners/inactive", "FACTS 0.3")
RULES.spec("cliniko.nested-lists", "lists under a parent hold that parent's records", "FACTS 6")
RULES.recorded("cliniko.null-relations", "a relation that does not exist is left out", "FACTS 0.6")
RULES.spec("cliniko.string-ids", "ids are int64 sent as text", "FACTS 5")
RULES.recorded("cliniko.bookings", "bookings unite appointments and blocks; own self link, same id", "FACTS 5")
RULES.spec("cliniko.services", "services have no id and take no filter", "FACTS 6")
RULES.spec("cliniko.rate-limit", "200 a minute per user; then 429 with X-RateLimit-Reset", "FACTS 4")
RULES.spec("cliniko.keys-share-the-limit", "keys of one user share the limit; other users have their own", "FACTS 4")
RULES.spec("cliniko.write-statuses", "create 201 with Location, change 200, archive and cancel 204", "FACTS 11")
RULES.spec("cliniko.delete-archives", "DELETE archives, except taxes, type items, reference numbers", "FACTS 12")
RULES.client(
    "cliniko.validation", "422, one text per field, typographic apostrophe; no body counts as blank", "FACTS 11"
)
RULES.spec("cliniko.updated-at", "every write moves updated_at; created_at cannot be set", "FACTS 12")
RULES.spec("cliniko.no-invoice-writes", "invoices cannot be written", "FACTS 6.6")
RULES.client("cliniko.notes-by-practitioners", "only practitioners write treatment notes, else 403", "FACTS 2")
RULES.client("cliniko.bad-upload", "an attachment from a foreign address: 422", "FACTS 6.5")

RULES.assumed(
    "cliniko.role",
    "the role of the key in the environment; each role has a key",
    "FACTS 2",
    switch="role",
    default="administrator",
    choices=("administrator", "power receptionist", "practitioner", "receptionist", "scheduler", "bookkeeper"),
)
RULES.assumed(
    "cliniko.shard",
    "the account lives on one shard; a key's suffix names it",
    "FACTS 1",
    switch="shard",
    default="au1",
)
RULES.assumed(
    "cliniko.wrong-shard",
    "a key with another shard's suffix",
    "FACTS 1",
    switch="wrong_shard",
    default="401",
    choices=("401", "accepted"),
)
RULES.assumed(
    "cliniko.lesser-roles",
    "what receptionists and bookkeepers may not read: notes, forms for the latter, settings, users",
    "FACTS 2",
    switch="lesser_roles",
    default="restricted",
    choices=("restricted", "free"),
)
RULES.assumed(
    "cliniko.hidden-by-role",
    "what a role may not see is refused, or silently absent",
    "FACTS 0.4",
    switch="hidden_by_role",
    default="403",
    choices=("403", "empty"),
)
RULES.assumed(
    "cliniko.own-notes-only",
    "account switch: practitioners read only the notes they wrote",
    "FACTS 2",
    switch="own_notes_only",
    default="no",
    choices=("no", "yes"),
)
RULES.assumed(
    "cliniko.no-financials",
    "account switch: practitioners see no financials",
    "FACTS 2",
    switch="no_financials",
    default="no",
    choices=("no", "yes"),
)
RULES.assumed(
    "cliniko.user-agent",
    "a User-Agent that is not NAME (EMAIL): a warning, or 403",
    "FACTS 2",
    switch="user_agent",
    default="warn",
    choices=("warn", "strict"),
)
RULES.assumed(
    "cliniko.per-page-over",
    "per_page above 100",
    "FACTS 3",
    switch="per_page_over",
    default="clamp",
    choices=("clamp", "400"),
)
RULES.assumed(
    "cliniko.page-most",
    "rows of a page at most, whatever is asked for: small pages make lists of small clinics long",
    "FACTS 3",
    switch="page_most",
    default="100",
)
RULES.assumed(
    "cliniko.unknown-sort",
    "sorting by an unknown column",
    "FACTS 3",
    switch="unknown_sort",
    default="400",
    choices=("400", "ignored"),
)
RULES.assumed(
    "cliniko.comparison-lifts",
    "a comparison on archived_at lifts the exclusion as * does",
    "FACTS 3",
    switch="comparison_lifts",
    default="yes",
    choices=("yes", "no"),
)
RULES.assumed(
    "cliniko.archived-by-id",
    "an archived record by id without archived_at:*",
    "FACTS 3",
    switch="archived_by_id",
    default="404",
    choices=("404", "200"),
)
RULES.assumed(
    "cliniko.deleted-hidden",
    "the legacy deleted_at hides a record by itself",
    "FACTS 3",
    switch="deleted_hidden",
    default="no",
    choices=("no", "yes"),
)
RULES.assumed(
    "cliniko.text-case",
    "filters on text regard case",
    "FACTS 3",
    switch="text_case",
    default="ignored",
    choices=("ignored", "regarded"),
)
RULES.assumed(
    "cliniko.unknown-parent",
    "a list under a record that does not exist",
    "FACTS 11",
    switch="unknown_parent",
    default="404",
    choices=("404", "empty"),
)
RULES.assumed(
    "cliniko.rate-window",
    "the minute of the rate limit is fixed, or slides",
    "FACTS 4",
    switch="rate_window",
    default="fixed",
    choices=("fixed", "sliding"),
)
RULES.assumed(
    "cliniko.retry-after",
    "429 also carries Retry-After",
    "FACTS 4",
    switch="retry_after",
    default="no",
    choices=("no", "yes"),
)
RULES.assumed(
    "cliniko.error-bodies",
    "bodies of 401, 404 and 429: JSON, HTML or none",
    "FACTS 11",
    switch="error_bodies",
    default="json",
    choices=("json", "html", "empty"),
)
RULES.assumed(
    "cliniko.attachment-content",
    "an attachment's bytes: a redirect to storage, or directly",
    "FACTS 6.5",
    switch="attachment_content",
    default="redirect",
    choices=("redirect", "direct"),
)
RULES.assumed(
    "cliniko.presigned-lifetime",
    "seconds for which a storage address works; then 403 in XML",
    "FACTS 6.5",
    switch="presigned_s",
    default="60",
)
RULES.assumed(
    "cliniko.storage-refuses-basic",
    "storage answers 400 when the API's Authorization is sent along",
    "FACTS 6.5",
    switch="storage_auth",
    default="refused",
    choices=("refused", "ignored"),
)
RULES.assumed(
    "cliniko.processing",
    "seconds until an uploaded attachment is processed",
    "FACTS 6.5",
    switch="processing_s",
    default="5",
)
RULES.assumed(
    "cliniko.recalls",
    "/recalls exists (undocumented)",
    "FACTS 6",
    switch="recalls",
    default="off",
    choices=("off", "on"),
)
RULES.assumed(
    "cliniko.legacy-appointments",
    "/appointments still answers: individual ones with appointment_start and _end too",
    "FACTS 6",
    switch="legacy_appointments",
    default="on",
    choices=("on", "off"),
)
RULES.assumed(
    "cliniko.list-lag",
    "seconds by which lists lag behind writes; reads by id do not",
    "FACTS 8",
    switch="list_lag_s",
    default="0",
)
RULES.assumed(
    "cliniko.schema",
    "fields and resources of the 2025 or of the 2024 schema",
    "FACTS 14",
    switch="schema",
    default="2025-08",
    choices=("2025-08", "2024-06"),
)
RULES.assumed(
    "cliniko.bad-reference",
    "a write that names a record that does not exist",
    "FACTS 11",
    switch="bad_reference",
    default="422",
    choices=("422", "500"),
)
RULES.assumed(
    "cliniko.archive-cascade",
    "archiving an appointment archives its attendees",
    "FACTS 12",
    switch="archive_cascade",
    default="no",
    choices=("no", "yes"),
)
RULES.assumed(
    "cliniko.active-case",
    "/patient_cases/active: not closed, and not past its expiry date",
    "FACTS 6",
    switch="active_case",
    default="unexpired",
    choices=("unexpired", "unclosed"),
)
