"""What this twin claims about Salesforce, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules
from gurney.twins.salesforce import rules_content, rules_deploy, rules_soap

RULES = Rules("salesforce")
YES_NO = ("yes", "no")
ON_OFF = ("on", "off")

# The organisation
RULES.setting(
    "salesforce.sandbox", "A sandbox has its own login host and request limit; users' e-mails end in .invalid",
    "FACTS 0.11, 12", switch="sandbox", default="no", choices=YES_NO,
)  # fmt: skip
RULES.setting("salesforce.licences", "So many user licences are paid for", "FACTS 12", switch="licences", default="10")
RULES.setting(
    "salesforce.api-addon", "Professional and Starter have the API as an add-on only: 403 API_DISABLED_FOR_ORG without",
    "FACTS 1", switch="api_addon", default="no", choices=YES_NO,
)  # fmt: skip
RULES.setting(
    "salesforce.audit-fields", "CreatedDate is writable on create with the organisation's switch and a permission",
    "FACTS 9", switch="audit_fields", default="off", choices=ON_OFF,
)  # fmt: skip
RULES.setting(
    "salesforce.duplicate-rules", "Standard duplicate rules block inserts unless the header allows them", "FACTS 0.12",
    switch="duplicate_rules", default="on", choices=ON_OFF,
)  # fmt: skip

# Authentication
RULES.client(
    "salesforce.client-credentials", "Client credentials run as a fixed user, without refresh token", "FACTS 1"
)
RULES.spec("salesforce.no-expiry", "A token answer has no expires_in: only a 401 tells the end", "FACTS 1")
RULES.assumed(
    "salesforce.session-timeout", "A session ends so many minutes after its last use", "FACTS 1",
    switch="session_minutes", default="120",
)  # fmt: skip
RULES.client("salesforce.bad-session", "A wrong and an expired token look the same: 401 INVALID_SESSION_ID", "FACTS 13")
RULES.assumed(
    "salesforce.refresh-rotation", "A refresh answers with a new refresh token, and the old one is dead", "FACTS 1",
    switch="refresh_rotation", default="no", choices=YES_NO,
)  # fmt: skip
RULES.assumed(
    "salesforce.approvals", "So many refresh tokens of a user live; one more kills the oldest", "FACTS 1",
    switch="approvals", default="5",
)  # fmt: skip
RULES.client("salesforce.jwt", "A JWT is checked: RS256, issuer, audience, at most five minutes", "FACTS 1")
RULES.client("salesforce.pkce", "An authorization code works once, with its redirect address and verifier", "FACTS 1")
RULES.spec("salesforce.versions", "Versions 31 to 67 answer, 21 to 30 are gone with 410", "FACTS header")
RULES.spec("salesforce.uri-length", "A URI beyond 16,384 bytes is 414, with headers 431, and not JSON", "FACTS 1")
RULES.third_party(
    "salesforce.long-requests", "25 requests of 20 s and more at a time (5 in Developer Edition), then 403", "FACTS 12"
)
RULES.spec("salesforce.body-size", "A JSON body takes 50 MB", "FACTS 12")

# Values
RULES.setting(
    "salesforce.state-picklists", "With state and country pick lists on, only listed names and codes are taken",
    "FACTS 2", switch="state_picklists", default="off", choices=ON_OFF,
)  # fmt: skip
RULES.assumed(
    "salesforce.trim", "Leading and trailing blanks of text are cut off", "FACTS 2",
    switch="trim", default="yes", choices=YES_NO,
)  # fmt: skip
RULES.assumed(
    "salesforce.loose-types", "JSON text is taken for numbers and booleans, and numbers for text", "FACTS 2",
    switch="loose_types", default="no", choices=YES_NO,
)  # fmt: skip
RULES.spec("salesforce.required", "REQUIRED_FIELD_MISSING names the fields", "FACTS 13")
RULES.spec(
    "salesforce.text-length", "Text beyond its length is STRING_TOO_LONG; the row fails, nothing is cut", "FACTS 2"
)
RULES.spec("salesforce.email", "E-mail addresses are checked by their form", "FACTS 2")
RULES.spec("salesforce.picklists", "Unknown pick-list values pass, but in restricted lists", "FACTS 2")
RULES.spec("salesforce.numbers", "Too big numbers are refused, further decimals rounded", "FACTS 2")
RULES.client(
    "salesforce.dates",
    "Dates and moments of another form are a JSON_PARSER_ERROR; moments are kept in UTC",
    "FACTS 2, 14",
)
RULES.spec(
    "salesforce.references",
    "A reference must be an id of the right object: MALFORMED_ID; and of a living row",
    "FACTS 13",
)
RULES.client(
    "salesforce.parent-by-external-id", "A parent can be named by external id; not found is INVALID_FIELD", "FACTS 2"
)
RULES.spec("salesforce.compound", "Compound and system fields cannot be written", "FACTS 2")
RULES.spec("salesforce.inactive-owner", "INACTIVE_OWNER_OR_USER unless a permission allows it", "FACTS 2, 9")
RULES.spec("salesforce.validation-rules", "The clinic's validation rules and flows run on API writes", "FACTS 14")
RULES.assumed(
    "salesforce.private", "A contact without account is seen by its owner and who views all data", "FACTS 0.1",
    switch="private_contacts", default="yes", choices=YES_NO,
)  # fmt: skip

# Single rows, deletion
RULES.spec(
    "salesforce.upsert", "Upsert by external id: 201 or 200 (204 before v46); the key is not in the body", "FACTS 3.1"
)
RULES.client(
    "salesforce.multiple-choices", "An external id of several rows answers 300 with their addresses", "FACTS 3.1"
)
RULES.client("salesforce.unique", "A taken unique value is DUPLICATE_VALUE with the short id of its holder", "FACTS 10")
RULES.assumed(
    "salesforce.replication-window", "What was changed and deleted is listed for so many days back, by minutes",
    "FACTS 3.1", switch="replication_days", default="30",
)  # fmt: skip
RULES.spec("salesforce.preconditions", "If-Modified-Since answers 304, If-Unmodified-Since 412", "FACTS 1, 11")
RULES.spec("salesforce.second-delete", "Deleting twice is ENTITY_IS_DELETED, 404 in a single call", "FACTS 11")
RULES.recorded("salesforce.cascade", "Deletion takes along what cascades, and files survive it", "FACTS 0.7, 11")
RULES.spec("salesforce.restrict", "Cases, contracts and restricting lookups forbid deletion: DELETE_FAILED", "FACTS 11")
RULES.spec(
    "salesforce.set-null", "Other lookups to a deleted row become empty, and are refilled by undelete", "FACTS 11"
)
RULES.spec("salesforce.bin", "The bin keeps rows 15 days", "FACTS 11")

# Collections, composite, graph, tree
RULES.spec(
    "salesforce.collections",
    "A call takes 200 rows in at most 10 chunks of one type; 200 even if all fail",
    "FACTS 3.2",
)
RULES.assumed(
    "salesforce.collection-errors", "An unreadable value or unknown column in one row fails the whole request",
    "FACTS 3.2", switch="collection_errors", default="request", choices=("request", "row"),
)  # fmt: skip
RULES.client("salesforce.status-code", "Rows name their error `statusCode`, single calls `errorCode`", "FACTS 3.2")
RULES.spec("salesforce.all-or-none", "With allOrNone one failing row takes all others back", "FACTS 3.2")
RULES.client("salesforce.created-lies", "A rolled-back upsert row still says created: true", "FACTS 3.2")
RULES.spec("salesforce.mixed-setup", "Setup objects and data objects do not mix in one request", "FACTS 3.2")
RULES.assumed(
    "salesforce.doubles", "An external id twice in one upsert request fails all its rows, or the later ones",
    "FACTS 10", switch="doubles", default="all", choices=("all", "later"),
)  # fmt: skip
RULES.client("salesforce.retrieve", "Up to 2,000 rows are read at once; missing ones are null in place", "FACTS 3.2")
RULES.spec(
    "salesforce.composite", "25 sub-requests, 5 of them queries or collections, refer to one another", "FACTS 3.3"
)
RULES.assumed(
    "salesforce.inherited-headers", "Headers of a composite request count for its sub-requests", "FACTS 3.3",
    switch="inherited_headers", default="no", choices=YES_NO,
)  # fmt: skip
RULES.recorded(
    "salesforce.halted", "A failed composite with allOrNone says PROCESSING_HALTED of the others", "FACTS 3.3"
)
RULES.spec("salesforce.batch", "25 independent sub-requests, halted on demand", "FACTS 3.3")
RULES.spec(
    "salesforce.graph", "75 graphs, 500 nodes, depth 15; each is a transaction; halted after 14 failures", "FACTS 3.4"
)
RULES.spec("salesforce.tree", "200 rows, 5 levels, 5 types, all or nothing", "FACTS 3.5")

# Queries
RULES.recorded(
    "salesforce.query", "A page has totalSize, done, records and nextRecordsUrl; 2,000 rows at most", "FACTS 4"
)
RULES.spec("salesforce.batch-size", "batchSize is 200 to 2,000; 200 with two long texts selected", "FACTS 4")
RULES.spec("salesforce.locator", "A locator is good for two days, for its user", "FACTS 4")
RULES.recorded("salesforce.query-errors", "Unknown fields and objects are shown in the query with a caret", "FACTS 4")
RULES.spec("salesforce.long-text", "Long text is neither filtered nor sorted nor grouped", "FACTS 2")
RULES.spec("salesforce.fields-limit", "FIELDS(ALL) and FIELDS(CUSTOM) need LIMIT 200", "FACTS 4")
RULES.spec("salesforce.soql-limits", "100,000 characters, OFFSET 2,000", "FACTS 4")
RULES.recorded("salesforce.aggregates", "COUNT() is totalSize; unnamed aggregates are expr0, expr1", "FACTS 4")
RULES.spec("salesforce.query-all", "queryAll shows deleted rows too", "FACTS 4")
RULES.spec("salesforce.link-filter", "ContentDocumentLink needs a filter by id, unless Query All Files", "FACTS 8")
RULES.assumed(
    "salesforce.unordered", "Without ORDER BY rows come in no promised order: newest or oldest first", "FACTS 4",
    switch="unordered", default="newest", choices=("newest", "oldest"),
)  # fmt: skip

# Bulk
RULES.spec("salesforce.bulk", "Open, UploadComplete, InProgress, then JobComplete, Failed or Aborted", "FACTS 5")
RULES.spec("salesforce.bulk-one-put", "A job takes one upload, 201 without a body", "FACTS 5")
RULES.client("salesforce.bulk-header", "An unknown column fails the whole job: InvalidBatch", "FACTS 5")
RULES.client(
    "salesforce.bulk-results", "Results echo the columns in no promised order; CODE:message:fields --", "FACTS 5"
)
RULES.spec("salesforce.bulk-cells", "An empty cell changes nothing, #N/A is null", "FACTS 5")
RULES.spec("salesforce.bulk-line-ending", "A file whose lines end otherwise than the job says fails it", "FACTS 5")
RULES.assumed(
    "salesforce.bulk-cell", "A cell beyond so many characters fails its row", "FACTS 5, 15",
    switch="bulk_cell", default="32000", choices=("32000", "131072"),
)  # fmt: skip
RULES.assumed(
    "salesforce.bulk-locks", "Chunks of parallel batches that lock the same row collide: UNABLE_TO_LOCK_ROW",
    "FACTS 0.2, 0.3", switch="bulk_locks", default="on", choices=ON_OFF,
)  # fmt: skip
RULES.assumed(
    "salesforce.bulk-pace", "A batch works through so many rows a second", "FACTS 12",
    switch="bulk_rows_per_s", default="60",
)  # fmt: skip
RULES.assumed(
    "salesforce.bulk-duplicates", "The duplicate-rule header counts in bulk jobs", "FACTS 15",
    switch="bulk_duplicate_header", default="ignored", choices=("ignored", "heeded"),
)  # fmt: skip
RULES.spec("salesforce.bulk-multipart", "Job and file of up to 100,000 characters in one multipart call", "FACTS 5")
RULES.spec(
    "salesforce.bulk-objects",
    "ContentNote and ContentVersion are not bulkable; hardDelete needs a permission",
    "FACTS 5, 11",
)
RULES.spec(
    "salesforce.bulk-query", "Bulk query gives CSV pages with a locator; no aggregates, no compound fields", "FACTS 5"
)
RULES.assumed(
    "salesforce.bulk-query-time", "A bulk query takes so many seconds", "FACTS 5", switch="bulk_query_s", default="10"
)

# Describe, limits, search
RULES.recorded(
    "salesforce.describe", "Describe has the recorded keys and types, for the fields that the caller sees", "FACTS 6"
)
RULES.client(
    "salesforce.field-security", "A new field does not exist for anybody until a permission set grants it", "FACTS 0.4"
)
RULES.recorded("salesforce.describe-304", "Describe answers 304 while nothing changed", "FACTS 1, 3.3")
RULES.spec("salesforce.limits", "/limits tells Max and Remaining of requests, storage and bulk", "FACTS 7")
RULES.recorded("salesforce.record-count", "/limits/recordCount is stale: never reconcile with it", "FACTS 0.6")
RULES.client(
    "salesforce.limit-header",
    "Every answer to a known user carries Sforce-Limit-Info: api-usage=USED/TOTAL of the last 24 hours",
    "FACTS 1, 12",
)
RULES.spec(
    "salesforce.daily-requests",
    "Requests of a day per edition and licence; then 403 REQUEST_LIMIT_EXCEEDED",
    "FACTS 12",
)
RULES.third_party("salesforce.storage", "Most rows take 2 KB; full storage is STORAGE_LIMIT_EXCEEDED", "FACTS 7")
RULES.assumed(
    "salesforce.search-lag", "Search does not know what changed in the last seconds", "FACTS 4",
    switch="search_lag_s", default="60",
)  # fmt: skip

# Objects
RULES.assumed(
    "salesforce.event-times", "An event needs a start, and an end or a length of at most so many days", "FACTS 2",
    switch="event_days", default="14",
)  # fmt: skip
RULES.spec("salesforce.standard-price", "A product's price goes into the standard price book first", "FACTS 2")
RULES.client("salesforce.assignment-once", "A permission set is assigned to a user once", "FACTS 7")
RULES.spec("salesforce.auto-numbers", "Every auto number, the Name's too, counts by itself from its start", "FACTS 7")
RULES.spec("salesforce.users", "A username exists once; every active user takes a licence", "FACTS 2")

# Row locks
RULES.assumed(
    "salesforce.row-locks", "Of two requests in flight that lock the same row the later gets UNABLE_TO_LOCK_ROW",
    "FACTS 0.2, 12", switch="row_locks", default="on", choices=ON_OFF,
)  # fmt: skip
RULES.assumed(
    "salesforce.lookup-locks", "Writing a row locks the targets of all its lookups, or of the strict ones only",
    "FACTS 0.2, 12", switch="lookup_locks", default="all", choices=("all", "strict"),
)  # fmt: skip

# Metadata
rules_deploy.declare(RULES)
rules_content.declare(RULES)
rules_soap.declare(RULES)
