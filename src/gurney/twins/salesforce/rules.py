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
