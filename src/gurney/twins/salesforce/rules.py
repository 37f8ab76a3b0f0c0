"""What this twin claims about Salesforce, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

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

# Row locks
RULES.assumed(
    "salesforce.lookup-locks", "Writing a row locks the targets of all its lookups, or of the strict ones only",
    "FACTS 0.2, 12", switch="lookup_locks", default="all", choices=("all", "strict"),
)  # fmt: skip
