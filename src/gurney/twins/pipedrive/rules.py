"""What this twin claims about Pipedrive, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

RULES = Rules("pipedrive")
YES_NO = ("yes", "no")
REFUSE = ("refuse", "accept")

# Hosts and authentication
RULES.spec("pipedrive.paths", "v1 answers under /v1 and /api/v1, v2 only under /api/v2", "FACTS 1")
RULES.assumed(
    "pipedrive.old-v1", "v1 endpoints that v2 replaced do not answer any more", "FACTS 0.3, Unknown",
    switch="old_v1", default="410", choices=("410", "404"),
)  # fmt: skip
RULES.spec("pipedrive.json-only", "v2 takes JSON only; v1 takes forms too", "FACTS 1")
RULES.spec("pipedrive.api-token", "An API token is 40 hexadecimal digits, and a new one kills the old", "FACTS 2.1")
RULES.client("pipedrive.token-in-query", "The old `api_token` query parameter still opens v1 and v2", "FACTS 2.1")
RULES.third_party("pipedrive.bad-token", "A wrong or missing token: 401 with `x-401-by-gw: true`", "FACTS 12")
RULES.spec("pipedrive.use-api", "Without the permission to use the API nothing is answered", "FACTS 2.1")
RULES.setting(
    "pipedrive.auth", "What the ready line hands out", "FACTS 2",
    switch="auth", default="api_token", choices=("api_token", "oauth"),
)  # fmt: skip
RULES.spec("pipedrive.oauth-code", "A code works once, within five minutes, for its redirect address", "FACTS 2.2")
RULES.spec("pipedrive.oauth-refresh", "Refreshing gives back the same refresh token and the company's origin",
           "FACTS 2.2")  # fmt: skip
RULES.spec("pipedrive.oauth-sixty-days", "A refresh token dies after 60 days without use", "FACTS 2.2")
RULES.spec("pipedrive.oauth-hour", "An access token lives one hour", "FACTS 2.2")
RULES.assumed(
    "pipedrive.expired-access", "An expired access token is 401 as a wrong one is, or 401 without a word", "FACTS 12",
    switch="expired_access", default="gateway", choices=("gateway", "bare"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.user-agent", "A call without a User-Agent is answered", "FACTS 1",
    switch="user_agent", default="optional", choices=("optional", "required"),
)  # fmt: skip
RULES.client("pipedrive.oauth-revoke", "A revoked refresh token gives no more access", "FACTS 2.2")
RULES.spec("pipedrive.oauth-errors", "Errors of the token endpoint are 400 with known texts", "FACTS 2.2")
RULES.client("pipedrive.scopes", 'A missing scope is 403 "Scope and URL mismatch"', "FACTS 2.3")
RULES.spec("pipedrive.company-domain", "`users/me` tells the company's domain", "FACTS 1")

# Envelopes
RULES.recorded("pipedrive.envelopes", "v2 lists have `next_cursor`, single records nothing, products null", "FACTS 1")
RULES.client("pipedrive.unknown-key", "v2 refuses unknown and read-only keys by name", "FACTS 12")
RULES.client("pipedrive.unknown-query", "v2 refuses query parameters it does not know", "FACTS 3.2, 13.14")
RULES.spec("pipedrive.strict-types", "v2 refuses numbers and booleans given as text", "FACTS 4")
RULES.client("pipedrive.not-found", "Nothing there: 404, in each version's envelope", "FACTS 12")
RULES.third_party("pipedrive.broken-custom-fields", "Wrongly nested custom fields are told as a 500", "FACTS 12")
RULES.spec("pipedrive.wrong-method", "A path that only other methods serve is 405", "FACTS 12")
RULES.third_party("pipedrive.correlation", "Every answer has an `x-correlation-id`", "FACTS 1")

RULES.assumed(
    "pipedrive.v1-errors", "v1 tells its errors in the generic envelope, or in that of its services", "FACTS 12",
    switch="v1_errors", default="generic", choices=("generic", "service"),
)  # fmt: skip

# Limits
RULES.spec("pipedrive.token-cost", "Each call costs its flat number of tokens", "FACTS 8")
RULES.spec("pipedrive.daily-pool", "30,000 × the plan's multiplier × seats a day for the whole company", "FACTS 8")
RULES.setting("pipedrive.seats", "So many seats, never fewer than active users", "FACTS 8", switch="seats", default="1")
RULES.assumed(
    "pipedrive.reset", "The pool is full again at midnight in this zone", "FACTS 8, Unknown",
    switch="reset_time_zone", default="UTC",
)  # fmt: skip
RULES.assumed(
    "pipedrive.charge-errors", "Refused calls cost as much, all but 401 and 429", "FACTS 8, Unknown",
    switch="charge_errors", default="yes", choices=YES_NO,
)  # fmt: skip
RULES.assumed(
    "pipedrive.daily-headers", "The daily headers are missing for three answers after ten idle minutes", "FACTS 8",
    switch="daily_headers", default="late", choices=("late", "always", "never"),
)  # fmt: skip
RULES.spec("pipedrive.burst", "So many calls in two rolling seconds per token, four times for OAuth", "FACTS 8")
RULES.spec("pipedrive.search-burst", "Ten searches in two seconds on every plan", "FACTS 6, 8")
RULES.client("pipedrive.burst-headers", "`x-ratelimit-reset` is a small number of seconds", "FACTS 8, 13.5")
RULES.assumed(
    "pipedrive.retry-after", "429 for the pool carries a small, misleading `retry-after`", "FACTS 8, Unknown",
    switch="retry_after", default="daily", choices=("daily", "both", "none"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.block-after", "After so many 429s in a minute the gateway answers an API token with HTML", "FACTS 8",
    switch="block_after", default="50",
)  # fmt: skip
RULES.assumed(
    "pipedrive.over-limit-body", "What the body of a 429 is", "FACTS 8, Unknown",
    switch="over_limit_body", default="json", choices=("json", "html", "empty"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.requests-left", "`x-daily-requests-left` counts an API token's writes down from here; 0: it is absent",
    "FACTS 8", switch="requests_left", default="0",
)  # fmt: skip
RULES.assumed("pipedrive.block-time", "The gateway's block lasts so long", "FACTS 8", switch="block_s", default="300")

# Pages and filters
RULES.recorded("pipedrive.cursor", "A cursor is a keyset: the first item of the next page", "FACTS 3.1")
RULES.assumed(
    "pipedrive.cursor-life", "A cursor is good for so many seconds; 0 is for ever", "FACTS 3.1, Unknown",
    switch="cursor_life_s", default="0",
)  # fmt: skip
RULES.assumed(
    "pipedrive.limit", "A `limit` above 500 in v2 is refused", "FACTS 3.1",
    switch="over_limit", default="refuse", choices=("refuse", "cap"),
)  # fmt: skip
RULES.spec("pipedrive.offset", "v1 pages by `start`; `next_start` only when more follow; files 100 a page",
           "FACTS 3.1")  # fmt: skip
RULES.assumed(
    "pipedrive.notes-page", "A page of notes holds so many at most", "FACTS 3.1, Unknown",
    switch="notes_page", default="500", choices=("500", "100"),
)  # fmt: skip
RULES.spec("pipedrive.unpaged", "Users, activity types, currencies and filters come all at once", "FACTS 3.1")
RULES.spec("pipedrive.ids", "`ids` takes 100; unknown ones are silently missing; a filter silences it", "FACTS 3.2")
RULES.spec("pipedrive.sort", "v2 sorts by its own columns, up or down, newest first by id", "FACTS 3.2, 9")
RULES.spec("pipedrive.v1-sort", "v1 sorts notes and files by `sort=add_time DESC`", "FACTS 3.2")
RULES.spec("pipedrive.updated-window", "`updated_since` includes, `updated_until` excludes", "FACTS 3.2")
RULES.assumed(
    "pipedrive.null-update-time", "`updated_since` does not show what was never changed", "FACTS 7, Unknown",
    switch="null_update_time", default="hidden", choices=("hidden", "shown"),
)  # fmt: skip
RULES.spec("pipedrive.include-fields", "Counts come with the list on request", "FACTS 3.2")
RULES.spec("pipedrive.custom-keys", "`custom_fields` narrows to 15 keys", "FACTS 3.2")
RULES.spec("pipedrive.option-labels", "`include_option_labels` names options; deleted ones stay nameless",
           "FACTS 3.2, 13.10")  # fmt: skip
RULES.assumed(
    "pipedrive.list-lag", "Lists show a write after so many seconds", "FACTS 9", switch="list_lag_s", default="0",
)  # fmt: skip
RULES.spec("pipedrive.filters", "Filters hold at most 16 conditions and narrow lists", "FACTS 3, 12")

# Persons and organizations
RULES.recorded("pipedrive.update-time-null", "`update_time` is null until the first change", "FACTS 7")
RULES.recorded("pipedrive.linked-moves", "A linked deal or note moves a person's `update_time`", "FACTS 7")
RULES.assumed(
    "pipedrive.linked-more", "A linked activity or file moves the `update_time` of its person too", "FACTS 7",
    switch="activities_and_files_move", default="no", choices=YES_NO,
)  # fmt: skip
RULES.recorded("pipedrive.starts-updated", "Products and activities start with `update_time`", "FACTS 7")
RULES.recorded("pipedrive.names", "First and last name follow from the name by its last word", "FACTS 3.3")
RULES.assumed(
    "pipedrive.name-parts", "`first_name` and `last_name` cannot be written", "FACTS 3.3, Unknown",
    switch="name_parts", default="refuse", choices=REFUSE,
)  # fmt: skip
RULES.third_party("pipedrive.contacts", "The first e-mail is primary, its label `work`, unless told otherwise",
                  "FACTS 3.3")  # fmt: skip
RULES.assumed(
    "pipedrive.email-check", "The form of e-mails is not checked", "FACTS 3.3",
    switch="email_check", default="none", choices=("none", "refuse"),
)  # fmt: skip
RULES.client("pipedrive.lists-replaced", "PATCH replaces all e-mails and phones", "FACTS 3.3")
RULES.spec("pipedrive.add-time", "`add_time` can be set on creation only", "FACTS 10")
RULES.recorded("pipedrive.all-keys", "Every custom key is in every answer, mostly null", "FACTS 3.3")
RULES.assumed(
    "pipedrive.patch-custom", "PATCH leaves custom fields alone that it does not name", "FACTS 3.3",
    switch="patch_custom", default="keep", choices=("keep", "clear"),
)  # fmt: skip
RULES.setting(
    "pipedrive.contact-sync", "Without contact sync its fields are 403", "FACTS 3.3",
    switch="contact_sync", default="off", choices=("off", "on"),
)  # fmt: skip
RULES.client("pipedrive.duplicates", "Duplicates are accepted: there is no key, no upsert", "FACTS 0.5")
RULES.client("pipedrive.owner", "An owner must be an active user", "FACTS 3.9")
RULES.spec("pipedrive.visibility", "`visible_to` decides who sees a record, by the plan's values", "FACTS 3.3")
RULES.setting(
    "pipedrive.default-visibility", "What a record without `visible_to` gets", "FACTS 3.3",
    switch="default_visibility", default="company", choices=("company", "owner"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.hidden", "A record that the caller may not see", "FACTS 3.2",
    switch="hidden_record", default="404", choices=("404", "403"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.null-scalars", "Null clears what the document does not call nullable", "FACTS 4",
    switch="null_scalars", default="accept", choices=REFUSE,
)  # fmt: skip
RULES.spec("pipedrive.merge", "Merging: the record named in the body survives", "FACTS 3")

# Activities
RULES.third_party("pipedrive.person-id", "`person_id` of an activity is read-only: participants carry it", "FACTS 12")
RULES.recorded("pipedrive.activity-defaults", "Due today, no time, not busy; a deal does not set the person",
               "FACTS 3.4")  # fmt: skip
RULES.recorded("pipedrive.done", "`done` sets the moment of marking", "FACTS 3.4")
RULES.spec("pipedrive.activity-times", "Due times in UTC and durations are written HH:MM, read with seconds",
           "FACTS 3.4")  # fmt: skip
RULES.assumed(
    "pipedrive.activity-created", "The status of a created activity", "FACTS 1",
    switch="activity_create_status", default="200", choices=("200", "201"),
)  # fmt: skip
RULES.setting(
    "pipedrive.attendees", "Attendees get calendar mail where the owner's calendar is synchronised", "FACTS 3.4",
    switch="calendar_sync", default="on", choices=("on", "off"),
)  # fmt: skip
RULES.client("pipedrive.outcome", "Activities have an `outcome` that the document does not know", "FACTS 3.4")
RULES.recorded("pipedrive.type-keys", "A type's key comes from its name and never changes", "FACTS 3.5")
RULES.spec("pipedrive.type-delete", "Deleting a type makes it inactive", "FACTS 3.5")
RULES.assumed(
    "pipedrive.type-clash", "A second type of the same name gets a key with a number", "FACTS 3.5",
    switch="duplicate_types", default="suffix", choices=("suffix", "refuse"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.types-limit", "There may be so many activity types; 0 is no limit", "FACTS 3.5",
    switch="types_most", default="0",
)  # fmt: skip

# Notes
RULES.client("pipedrive.note-keys", "Extra keys in a note are a bare 400", "FACTS 3.6")
RULES.spec("pipedrive.note-links", "A note is about something", "FACTS 3.6")
RULES.spec("pipedrive.note-time", "A note's `add_time` may be any moment, on PUT too", "FACTS 3.6")
RULES.spec("pipedrive.note-author", "Only an administrator signs for others", "FACTS 3.6")
RULES.assumed(
    "pipedrive.note-size", "100,000 is counted in", "FACTS 3.6",
    switch="note_size", default="bytes", choices=("bytes", "characters"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.long-note", "The status for a note that is too long", "FACTS 3.6",
    switch="long_note_status", default="400", choices=("400", "413"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.note-html", "Which tags survive in notes", "FACTS 3.6, Unknown",
    switch="note_html", default="common", choices=("common", "bare", "all"),
)  # fmt: skip
RULES.recorded("pipedrive.inherits", "A note or file on a deal alone is on its person and organization too",
               "FACTS 3.6")  # fmt: skip
RULES.recorded("pipedrive.note-deleted", "Deleting a note answers `true`", "FACTS 3.6")
RULES.assumed(
    "pipedrive.note-delete", "A deleted note can still be read, inactive", "FACTS 3.6, Unknown",
    switch="note_delete", default="soft", choices=("soft", "hard"),
)  # fmt: skip
RULES.spec("pipedrive.pins", "Pin flags are written 0 or 1, read as booleans, and need their link", "FACTS 3.6")

# Files
RULES.spec("pipedrive.upload", "A file needs the part `file` with a filename", "FACTS 3.7")
RULES.recorded("pipedrive.file-names", "`name` is the original, `file_name` is generated", "FACTS 3.7")
RULES.assumed(
    "pipedrive.file-limit", "A file may have so many megabytes", "FACTS 3.7, Unknown",
    switch="file_limit_mb", default="50",
)  # fmt: skip
RULES.assumed(
    "pipedrive.large-file", "The status for a file that is too large", "FACTS 3.7, Unknown",
    switch="large_file_status", default="413", choices=("413", "400"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.storage", "All files together may have so many megabytes; 0 is no limit", "FACTS 5.4, Unknown",
    switch="storage_mb", default="0",
)  # fmt: skip
RULES.assumed(
    "pipedrive.download", "A download is a redirect to where a token has no business", "FACTS 3.7",
    switch="download", default="redirect", choices=("redirect", "direct"),
)  # fmt: skip
RULES.spec("pipedrive.remote-files", "Remote files hang on deals, organizations or persons", "FACTS 3.7")

# Products, deals, leads
RULES.recorded("pipedrive.default-price", "A product without prices costs 0 in the user's currency", "FACTS 3.8")
RULES.assumed(
    "pipedrive.product-codes", "Product codes may repeat", "FACTS 3.8",
    switch="duplicate_codes", default="allow", choices=("allow", "refuse"),
)  # fmt: skip
RULES.spec("pipedrive.one-price", "One price for each currency", "FACTS 3.8")
RULES.setting("pipedrive.currency", "The users' currency", "FACTS 3.8", switch="currency", default="AUD")
RULES.spec("pipedrive.recurring", "Billing frequencies need Growth or more", "FACTS 3.8")
RULES.spec("pipedrive.deal-times", "Closing times and reasons need the matching status", "FACTS 10")
RULES.spec("pipedrive.deal-restore", "Only a deal comes back by PATCH", "FACTS 11")
RULES.spec("pipedrive.deals-limit", "Leads and open deals are limited by plan and seats", "FACTS 5.4")
RULES.spec("pipedrive.deal-products", "Deal products are created up to 100 at once", "FACTS 3")
RULES.spec("pipedrive.leads", "Leads have uuids, text visibility and custom fields at the top", "FACTS 3, 4")

# Fields
RULES.spec("pipedrive.field-keys", "A custom field's key is generated; options have global numbers", "FACTS 5.2")
RULES.spec("pipedrive.value-types", "Each field type takes its own shape", "FACTS 4")
RULES.spec("pipedrive.empty-set", "An empty list for a set field is refused; null clears", "FACTS 4")
RULES.assumed(
    "pipedrive.unknown-option", "An unknown option id is refused", "FACTS 4, Unknown",
    switch="unknown_option", default="refuse", choices=REFUSE,
)  # fmt: skip
RULES.assumed(
    "pipedrive.option-words", "The label of an option in place of its id is refused", "FACTS 4",
    switch="option_words", default="refuse", choices=REFUSE,
)  # fmt: skip
RULES.setting(
    "pipedrive.is-writable", "Newer answers tell of each field whether it can be written", "FACTS 5.1",
    switch="is_writable", default="absent", choices=("absent", "shown"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.long-text", "Text beyond its length is refused", "FACTS 4, Unknown",
    switch="long_text", default="refuse", choices=("refuse", "cut"),
)  # fmt: skip
RULES.spec("pipedrive.options-atomic", "Options are added, changed, deleted all or none", "FACTS 5.2")
RULES.spec("pipedrive.field-gone", "A deleted field is 410, its values gone, its key never back", "FACTS 5.2, 12")
RULES.assumed(
    "pipedrive.field-clash", "Names of fields may repeat", "FACTS 5.2, Unknown",
    switch="duplicate_fields", default="allow", choices=("allow", "refuse"),
)  # fmt: skip
RULES.spec("pipedrive.activity-fields", "Activity fields cannot be made by the API", "FACTS 5.3")
RULES.client("pipedrive.fields-limit", "Custom fields are limited by the plan, for all objects together",
             "FACTS 5.4")  # fmt: skip
RULES.spec("pipedrive.v1-fields", "v1 deletes several fields by number", "FACTS 3")

# Search
RULES.spec("pipedrive.search", "Search needs two characters, ignores case, finds searchable types", "FACTS 6")
RULES.assumed(
    "pipedrive.search-lag", "The index hears of a change after so many seconds", "FACTS 6, Unknown",
    switch="search_lag_s", default="5",
)  # fmt: skip
RULES.assumed(
    "pipedrive.search-paging", "Search answers page by", "FACTS 3.1",
    switch="search_paging", default="pagination", choices=("pagination", "cursor"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.search-limit", "A page of search holds so many at most", "FACTS 6",
    switch="search_limit", default="100", choices=("100", "500"),
)  # fmt: skip
RULES.spec("pipedrive.field-search", "Search of one field minds case", "FACTS 6")

# Users
RULES.spec("pipedrive.users", "Users are found by e-mail; only `active_flag` changes; admins only", "FACTS 3.9")
RULES.assumed(
    "pipedrive.invited-seat", "Who is invited takes a seat at once", "FACTS 3.9",
    switch="invited_seat", default="yes", choices=YES_NO,
)  # fmt: skip
RULES.spec("pipedrive.permissions", "Permission sets decide on fields, products, deletions, merges", "FACTS 11")
RULES.setting(
    "pipedrive.contacts-deletable", "Whether regular users delete persons and organizations", "FACTS 11",
    switch="contacts_deletable", default="no", choices=YES_NO,
)  # fmt: skip
RULES.setting(
    "pipedrive.time-zone", "The users' time zone", "FACTS 3.9", switch="time_zone", default="Australia/Hobart"
)

# Deletion and history
RULES.spec("pipedrive.purge", "Deleted records are purged after 30 days", "FACTS 11")
RULES.assumed(
    "pipedrive.deleted-record", "GET of a deleted record", "FACTS 11, Unknown",
    switch="deleted_record", default="404", choices=("404", "410", "200"),
)  # fmt: skip
RULES.assumed(
    "pipedrive.cascade", "What hangs on a deleted person", "FACTS 11, Unknown",
    switch="cascade", default="keep", choices=("keep", "unlink", "delete"),
)  # fmt: skip
RULES.spec("pipedrive.changelog", "The change log tells who changed which field, newest first", "FACTS 7")
RULES.client("pipedrive.recents", "Recents reach back a month and tell in part", "FACTS 3.2")
