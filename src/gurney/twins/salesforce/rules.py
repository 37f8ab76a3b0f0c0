"""What this twin claims about Salesforce, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules
from gurney.twins.salesforce import rules_deploy

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
RULES.client("salesforce.jwt", "A JWT is checked: RS256, issuer, audience, at most five minutes", "FACTS 1")
RULES.client("salesforce.pkce", "An authorization code works once, with its redirect address and verifier", "FACTS 1")
RULES.spec("salesforce.versions", "Versions 31 to 67 answer, 21 to 30 are gone with 410", "FACTS header")
RULES.spec("salesforce.uri-length", "A URI beyond 16,384 bytes is 414, with headers 431, and not JSON", "FACTS 1")

# Values
RULES.assumed(
    "salesforce.trim", "Leading and trailing blanks of text are cut off", "FACTS 2",
    switch="trim", default="yes", choices=YES_NO,
)  # fmt: skip
RULES.assumed(
    "salesforce.loose-types", "JSON text is taken for numbers and booleans, and numbers for text", "FACTS 2",
    switch="loose_types", default="no", choices=YES_NO,
)  # fmt: skip

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

# Row locks
RULES.assumed(
    "salesforce.lookup-locks", "Writing a row locks the targets of all its lookups, or of the strict ones only",
    "FACTS 0.2, 12", switch="lookup_locks", default="all", choices=("all", "strict"),
)  # fmt: skip

# Metadata
rules_deploy.declare(RULES)
