"""What this twin claims about HighLevel, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.highlevel.rules_objects import declare_objects
from gurney.twins.kit.rules import Rules

RULES = Rules("highlevel")
YES_NO = ("yes", "no")
REFUSE = ("refuse", "accept")

# Gateway, versions, tokens
RULES.third_party("highlevel.user-agent", "Python's own urllib is blocked by the gateway", "FACTS 1")
RULES.spec("highlevel.trace-id", "Every JSON answer carries its own `traceId`", "FACTS 1")
RULES.client("highlevel.slashes", "Paths answer with and without a slash at the end", "FACTS 1")
RULES.third_party("highlevel.version-header", "A missing, unpublished or odd version has words of its own", "FACTS 1")
RULES.third_party("highlevel.v3-only", "Paths of v3 are 404 `Cannot …` under the dated versions", "FACTS 1")
RULES.assumed(
    "highlevel.versions", "Any published version opens any path that exists in it", "FACTS 1",
    switch="versions", default="any", choices=("any", "documented"),
)  # fmt: skip
RULES.spec("highlevel.succeeded", "`succeded` under all versions, `succeeded` beside it under v3", "FACTS 1")
RULES.spec("highlevel.v3-names", "Under v3 channels are lower camel case and `fieldValue` is taken", "FACTS 1")
RULES.client("highlevel.pit", "A private integration token is `pit-…`, and does not expire", "FACTS 2.1")
RULES.spec("highlevel.pit-rotation", "A rotated token lives seven days more when asked", "FACTS 2.1")
RULES.spec("highlevel.pit-scopes", "A token's scopes may change without the token", "FACTS 2.1")
RULES.third_party("highlevel.agency-pit", "An agency's token reads no sub-account and mints no tokens", "FACTS 2.1")
RULES.setting(
    "highlevel.auth", "What the ready line hands out", "FACTS 2",
    switch="auth", default="pit", choices=("pit", "oauth", "oauth_company"),
)  # fmt: skip
RULES.spec("highlevel.plan-api", "Only the larger plans have tokens of the agency", "FACTS 12")
RULES.third_party("highlevel.consent", "Redirects must be https; the consent page hands over a code", "FACTS 2.2")
RULES.setting(
    "highlevel.private-app", "A private app needs `version_id` in the link, too", "FACTS 2.2",
    switch="private_app", default="no", choices=YES_NO,
)  # fmt: skip
RULES.spec("highlevel.oauth-code", "A code works once", "FACTS 2.2")
RULES.spec("highlevel.oauth-rotates", "A refresh token works once within a year; the answer has the next", "FACTS 2.2")
RULES.assumed(
    "highlevel.oauth-bad-refresh", "A used refresh token is told like a bad code", "FACTS 2.2",
    switch="bad_refresh", default="401", choices=("401", "400"),
)  # fmt: skip
RULES.third_party("highlevel.oauth-errors", "Bad code, client and secret are told alike", "FACTS 2.2")
RULES.spec("highlevel.oauth-day", "An access token lives a day", "FACTS 2.2")
RULES.third_party("highlevel.oauth-location", "The agency's token becomes a location's: 201", "FACTS 2.2")
RULES.spec("highlevel.oauth-installed", "The agency sees where the app is installed", "FACTS 2.2")
RULES.third_party("highlevel.missing-scope", "A missing scope is 401, in words of its own", "FACTS 14")
RULES.spec("highlevel.bad-token", "Bad and expired tokens are 401, each in its own words", "FACTS 14")
RULES.third_party("highlevel.other-location", "Another location's id is 403", "FACTS 14")

# Limits
RULES.spec("highlevel.burst", "100 calls in ten seconds for each location; 25 in a sandbox", "FACTS 12")
RULES.assumed(
    "highlevel.burst-window", "The ten seconds roll", "FACTS 12",
    switch="burst_window", default="sliding", choices=("sliding", "fixed"),
)  # fmt: skip
RULES.spec("highlevel.daily", "200,000 calls a day for each location; 10,000 in a sandbox", "FACTS 12")
RULES.assumed(
    "highlevel.daily-reset", "The day ends at midnight in this zone", "FACTS 12",
    switch="reset_time_zone", default="UTC",
)  # fmt: skip
RULES.third_party("highlevel.shared-limit", "More tokens of a location do not multiply its limits", "FACTS 12")
RULES.spec("highlevel.limit-headers", "Every answer tells both limits; the reset is in milliseconds", "FACTS 12")
RULES.assumed(
    "highlevel.retry-after", "429 has no `retry-after`", "FACTS 12, Unknown",
    switch="retry_after", default="none", choices=("none", "burst", "both"),
)  # fmt: skip

# Errors
RULES.third_party("highlevel.validation", "All violations of a body are told at once, with 422", "FACTS 14")
RULES.third_party("highlevel.unknown-property", "Unknown properties are refused; no time can be set", "FACTS 0.3, 14")
RULES.assumed(
    "highlevel.content-type", "A body that is not declared as JSON is not read", "FACTS 1",
    switch="content_type", default="needed", choices=("needed", "any"),
)  # fmt: skip
RULES.spec("highlevel.unknown-route", "An unknown path is 404 `Cannot …`", "FACTS 14")
RULES.assumed(
    "highlevel.not-found", "What becomes of an unknown id, contacts apart", "FACTS 14",
    switch="not_found", default="404", choices=("404", "400"),
)  # fmt: skip
RULES.assumed(
    "highlevel.old-errors", "Services so called tell a 400 in the older shape, with `status` and `name`", "FACTS 14",
    switch="old_errors", default="opportunities,medias,businesses",
)  # fmt: skip

# The sub-account and its users
RULES.spec("highlevel.location", "A location tells company, zone, country and the duplicate switch", "FACTS 3")
RULES.setting("highlevel.country", "The location's country", "FACTS 3", switch="country", default="AU")
RULES.setting(
    "highlevel.time-zone", "The location's time zone", "FACTS 3", switch="time_zone", default="Australia/Hobart",
)  # fmt: skip
RULES.spec("highlevel.location-settings", "Only the agency changes a location's settings", "FACTS 3")
RULES.third_party("highlevel.location-search", "A location's token may not search locations", "FACTS 3")
RULES.spec("highlevel.users", "Users by location, by search, and (agency) by e-mail", "FACTS 3")
RULES.third_party("highlevel.personal-calendar", "A new user brings a personal calendar", "FACTS 3")
RULES.assumed(
    "highlevel.unknown-user", "Whoever is named as an owner, author or follower must be a user here", "FACTS 5",
    switch="unknown_user", default="refuse", choices=REFUSE,
)  # fmt: skip
RULES.spec("highlevel.workflows", "Workflows can be listed, not paused; imports start them", "FACTS 0.10")

# Contacts
RULES.setting(
    "highlevel.duplicates-allowed", "Whether two contacts may share an e-mail or phone", "FACTS 0.1",
    switch="allow_duplicate_contact", default="no", choices=YES_NO,
)  # fmt: skip
RULES.third_party("highlevel.duplicate", "A duplicate is 400 and names the other contact", "FACTS 14")
RULES.setting(
    "highlevel.dedupe-order", "Which of e-mail and phone are compared, and in which order", "FACTS 3",
    switch="dedupe_order", default="email,phone", choices=("email,phone", "phone,email", "email", "phone"),
)  # fmt: skip
RULES.assumed(
    "highlevel.update-duplicates", "A change to somebody else's e-mail or phone is refused, too", "FACTS 4",
    switch="update_duplicates", default="refuse", choices=REFUSE,
)  # fmt: skip
RULES.spec("highlevel.upsert", "Upsert overwrites whoever matches first, and needs an e-mail or phone", "FACTS 0.1")
RULES.third_party("highlevel.upsert-secondary", "It matches additional e-mails, and replaces the first", "FACTS 17")
RULES.third_party("highlevel.additional", "Additional e-mails and phones are read, never written", "FACTS 4.1")
RULES.third_party("highlevel.unknown-contact", "An unknown contact is 400", "FACTS 4")
RULES.third_party("highlevel.created-422", "With the fault `created_422` the contact is there all the same",
                  "FACTS 0.8")  # fmt: skip
RULES.spec("highlevel.contact-shapes", "Creating tells the birthday as a moment, reading as a day", "FACTS 4.1")
RULES.spec("highlevel.birthdays", "A birthday has one of eight layouts", "FACTS 4.1")
RULES.client("highlevel.no-location-on-put", "PUT takes no `locationId`", "FACTS 4")
RULES.assumed(
    "highlevel.update-lacks", "PUT takes neither `gender` nor `companyName`: its body in the specification lacks them",
    "FACTS 4.1", switch="update_lacks", default="refuse", choices=REFUSE,
)  # fmt: skip
RULES.assumed(
    "highlevel.dnd", "`dndSettings` are replaced as a whole", "FACTS 4.1",
    switch="dnd_update", default="replace", choices=("replace", "merge"),
)  # fmt: skip
RULES.assumed(
    "highlevel.gender", "`gender` is written and never read: no read shape has it", "FACTS 4.2",
    switch="gender_read", default="no", choices=YES_NO,
)  # fmt: skip
RULES.assumed(
    "highlevel.email-case", "E-mails are stored in lower case", "FACTS 4.1",
    switch="email_case", default="lower", choices=("lower", "kept"),
)  # fmt: skip
RULES.assumed(
    "highlevel.tag-case", "Tags are stored in lower case", "FACTS 4.1",
    switch="tag_case", default="lower", choices=("lower", "kept"),
)  # fmt: skip
RULES.spec("highlevel.tags", "PUT replaces all tags, the tag calls add and take away", "FACTS 4.1")
RULES.assumed(
    "highlevel.phones", "Phones become E.164, by the location's country; what cannot be one is refused", "FACTS 4.1",
    switch="phone_check", default="possible", choices=("possible", "valid", "none"),
)  # fmt: skip
RULES.third_party("highlevel.clear-phone", "Clearing a phone answers 200 and does nothing", "FACTS 4.1")
RULES.assumed(
    "highlevel.clear-dates", "Clearing a date does nothing either", "FACTS 4.1",
    switch="clear_dates", default="kept", choices=("kept", "cleared"),
)  # fmt: skip
RULES.assumed(
    "highlevel.null", "Null is the same as absent", "FACTS 4.1", switch="null_clears", default="no", choices=YES_NO,
)  # fmt: skip
RULES.spec("highlevel.custom-values", "Custom values go in by id or key and come out by id only", "FACTS 4.1")
RULES.assumed(
    "highlevel.prefixed-keys", "A key with its `contact.` is not known in a contact's body", "FACTS 4.1",
    switch="prefixed_keys", default="ignore", choices=("ignore", "accept"),
)  # fmt: skip
RULES.assumed(
    "highlevel.unknown-field", "Values of unknown custom fields are passed over in silence", "FACTS 4.1",
    switch="unknown_field", default="ignore", choices=("ignore", "refuse"),
)  # fmt: skip
RULES.assumed(
    "highlevel.value-types", "Numbers are not text, and text is no number", "FACTS 4.1",
    switch="value_types", default="refuse", choices=("refuse", "coerce"),
)  # fmt: skip
RULES.third_party("highlevel.date-truncated", "A DATE drops its time without a word", "FACTS 0.3")
RULES.assumed(
    "highlevel.unknown-option", "A value that is no option is refused", "FACTS 8, Unknown",
    switch="unknown_option", default="refuse", choices=REFUSE,
)  # fmt: skip
RULES.assumed(
    "highlevel.text-length", "Text has no length limit (0), unless set", "FACTS 8, Unknown",
    switch="text_max", default="0",
)  # fmt: skip
RULES.assumed(
    "highlevel.bulk-tags", "So many contacts can be tagged at once (0: any number); unknown ones fail alone",
    "FACTS 4", switch="bulk_tags_max", default="500",
)  # fmt: skip
RULES.spec("highlevel.bulk-business", "Fifty contacts at once into a company, or out of any", "FACTS 4")
RULES.spec("highlevel.contact-appointments", "A contact's appointments have naive local times", "FACTS 4")

# Search
RULES.third_party("highlevel.search-lag", "Searches show the old record first, a read by id the new one", "FACTS 0.7")
RULES.assumed(
    "highlevel.search-lag-s", "They are right after so many seconds", "FACTS 4.3, 16",
    switch="search_lag_s", default="8",
)  # fmt: skip
RULES.assumed(
    "highlevel.search-gap", "For the last so many seconds of it the record is not there at all", "FACTS 4.3",
    switch="search_gap_s", default="1",
)  # fmt: skip
RULES.assumed(
    "highlevel.duplicate-lookup", "The duplicate lookup lags like a search; the refusal of a duplicate never does",
    "FACTS 13", switch="duplicate_lookup", default="late", choices=("late", "at_once"),
)  # fmt: skip
RULES.assumed(
    "highlevel.search-names", "Lists and searches have names in lower case only", "FACTS 4.1",
    switch="search_names", default="lower", choices=("lower", "both"),
)  # fmt: skip
RULES.third_party("highlevel.operators", "Other operators are 422 `Invalid Operator`", "FACTS 4.3")
RULES.third_party("highlevel.search-filters", "Filters join with AND; groups with AND or OR", "FACTS 4.3")
RULES.spec("highlevel.search-pages", "Pages of 500, by number up to 10,000, then after the last hit", "FACTS 4.3")
RULES.spec("highlevel.contact-list", "The old list goes on from the last one's moment and id", "FACTS 4")

declare_objects(RULES)
