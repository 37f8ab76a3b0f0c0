"""What this twin claims about Freshsales, each rule once. Sections are those of the vendor's FACTS.

Not served, for nobody moves them: quotes and invoices (`cpq_documents`), call logs, teams; Classic's hosts and leads.
"""

from __future__ import annotations

from gurney.twins.freshsales.rules_records import declare
from gurney.twins.kit.rules import Rules

RULES = Rules("freshsales")
YES_NO = ("yes", "no")

# Hosts, keys, shapes
RULES.spec("freshsales.alias", "The API is at the bundle alias: /crm/sales/api; other paths are pages", "FACTS 1, 9")
RULES.spec("freshsales.key", "`Token token=KEY` with a user's key; no version, no scopes", "FACTS 1")
RULES.client("freshsales.chat-key", "A key of the suite's chat opens nothing", "FACTS 1")
RULES.assumed(
    "freshsales.bad-key", "A wrong or missing key: 401 with this body", "FACTS 9",
    switch="unauthorized_body", default="login", choices=("login", "errors", "empty"),
)  # fmt: skip
RULES.third_party("freshsales.role", "A key has its user's role: settings are written by admins only", "FACTS 1")
RULES.assumed(
    "freshsales.read-settings", "Who may read fields and forms", "FACTS 1",
    switch="settings_readers", default="admins", choices=("admins", "all"),
)  # fmt: skip
RULES.setting(
    "freshsales.visibility", "What a user sees who is no admin: own and nobody's records, or all", "FACTS 10",
    switch="visibility", default="owned", choices=("owned", "all"),
)  # fmt: skip
RULES.assumed(
    "freshsales.content-type", "A body that is not declared as JSON is not read", "FACTS 1",
    switch="content_type", default="needed", choices=("needed", "any"),
)  # fmt: skip
RULES.client("freshsales.envelopes", "Contact, account, deal, note, task, appointment are written wrapped or bare",
             "FACTS 2")  # fmt: skip
RULES.assumed(
    "freshsales.bare-rest", "Other objects are written bare too, or need their root", "FACTS 2",
    switch="bare_bodies", default="six", choices=("six", "all"),
)  # fmt: skip
RULES.assumed(
    "freshsales.created", "The status of a creation", "FACTS 2",
    switch="created_status", default="200", choices=("200", "201"),
)  # fmt: skip
RULES.assumed(
    "freshsales.put-status", "The status of a change", "FACTS 2",
    switch="put_status", default="200", choices=("200", "204"),
)  # fmt: skip
RULES.recorded("freshsales.deleted-shapes", "Deletions answer `true`, or `success` with the text 200", "FACTS 2")
RULES.recorded("freshsales.errors", "`errors` has a code and messages, several at once", "FACTS 9")
RULES.assumed(
    "freshsales.message-shape", "Messages are a list, in some paths a text", "FACTS 9",
    switch="message_shape", default="list", choices=("list", "text"),
)  # fmt: skip
RULES.setting(
    "freshsales.language", "403 speaks the user's language", "FACTS 9",
    switch="language", default="en", choices=("en", "nl"),
)  # fmt: skip
RULES.assumed(
    "freshsales.not-found", "An unknown id: 404 with errors, or with nothing", "FACTS 9",
    switch="not_found", default="errors", choices=("errors", "empty"),
)  # fmt: skip
RULES.recorded("freshsales.ids", "Ids are numbers of eleven digits, `mcr_id` of nineteen; texts in search", "FACTS 2")
RULES.recorded("freshsales.moments", "Moments go out with the account's offset, selectors' in UTC", "FACTS 2")
RULES.client("freshsales.moments-in", "Moments come in as ISO with offset or Z, and as a browser writes them",
             "FACTS 2")  # fmt: skip
RULES.assumed(
    "freshsales.naive-moments", "A moment without offset is read as", "FACTS 2",
    switch="naive_times", default="account", choices=("account", "utc", "refuse"),
)  # fmt: skip
RULES.setting("freshsales.time-zone", "The account's time zone", "FACTS 2",
              switch="time_zone", default="Australia/Hobart")  # fmt: skip
RULES.setting("freshsales.currency", "The account's one currency", "FACTS 3", switch="currency", default="AUD")
RULES.setting(
    "freshsales.samples", "Whether the sample records of a new account are there", "FACTS 10",
    switch="sample_records", default="no", choices=YES_NO,
)  # fmt: skip

# Quota
RULES.spec("freshsales.hour", "Calls an hour for the account, by plan, whatever they cost; 429 beyond", "FACTS 6")
RULES.assumed(
    "freshsales.window", "The hour begins with the first call, with the clock, or slides", "FACTS 6",
    switch="window", default="fixed", choices=("fixed", "clock", "sliding"),
)  # fmt: skip
RULES.assumed("freshsales.minute", "Calls a minute, as in Classic; 0 is no cap", "FACTS 6",
              switch="per_minute", default="400")  # fmt: skip
RULES.assumed(
    "freshsales.refused-calls", "Refused calls count as well", "FACTS 6",
    switch="count_refused", default="no", choices=YES_NO,
)  # fmt: skip
RULES.client("freshsales.no-retry-after", "429 has no Retry-After; `x-ratelimit-remaining`, `x-ratelimit-reset` tell",
             "FACTS 6")  # fmt: skip
RULES.assumed(
    "freshsales.quota-headers", "Which answers have the headers of the quota", "FACTS 6",
    switch="quota_headers", default="all", choices=("all", "refused"),
)  # fmt: skip
RULES.assumed(
    "freshsales.limit-header", "`x-ratelimit-limit` goes with them", "FACTS 6",
    switch="limit_header", default="yes", choices=YES_NO,
)  # fmt: skip
RULES.assumed(
    "freshsales.reset-unit", "`x-ratelimit-reset` is seconds to wait, or the moment", "FACTS 6",
    switch="reset_unit", default="delta", choices=("delta", "epoch"),
)  # fmt: skip
RULES.assumed(
    "freshsales.quota-body", "What a 429 says", "FACTS 6",
    switch="over_limit_body", default="empty", choices=("empty", "errors", "html"),
)  # fmt: skip

# Lists and search
RULES.client("freshsales.views", "No `GET /contacts`: saved views only; no view of all deals", "FACTS 2")
RULES.third_party("freshsales.pages", "Pages of 25, at most 100; tasks and appointments do not count their pages",
                  "FACTS 2")  # fmt: skip
RULES.assumed(
    "freshsales.default-order", "Lists come newest first by", "FACTS 2",
    switch="default_sort", default="updated_at", choices=("updated_at", "id"),
)  # fmt: skip
RULES.assumed("freshsales.page-cap", "Lists from the index end after so many records; 0 is no end", "FACTS 2",
              switch="page_cap", default="10000")  # fmt: skip
RULES.client("freshsales.include", "`include` puts arrays beside the records, linked by ids", "FACTS 2")
RULES.assumed("freshsales.included-most", "Of each record so many children at most; 0 is no limit", "FACTS 2",
              switch="included_most", default="0")  # fmt: skip
RULES.recorded("freshsales.partial", "filtered_search gives partial records: no external id, no fields of one's own",
               "FACTS 3, samples")  # fmt: skip
RULES.client("freshsales.operators", "Rules of filtered_search all hold; operators are those that were seen", "FACTS 3")
RULES.client("freshsales.lookup", "lookup is exact by one field, its hits doubly nested", "FACTS 3")
RULES.client("freshsales.search", "search is fuzzy, a bare list with ids as texts", "FACTS 2, 3")
RULES.assumed("freshsales.index-lag", "Views and searches hear of a change after so many seconds; ids and unique "
              "values at once", "FACTS 7", switch="index_lag_s", default="5")  # fmt: skip

# Plans
RULES.spec("freshsales.plans", "Products from Pro, custom modules and activity types with Enterprise, one pipeline "
           "below Pro", "FACTS 0, 5")  # fmt: skip
RULES.assumed(
    "freshsales.plan-refusal", "What the plan lacks is refused with", "FACTS 0",
    switch="plan_refusal", default="403", choices=("403", "404"),
)  # fmt: skip
RULES.spec("freshsales.fields-limit", "Fields of one's own for each object by plan: 150 on Growth, 250 on Pro",
           "FACTS 5")  # fmt: skip
RULES.assumed("freshsales.free-fields", "Fields of one's own for each object on Free", "FACTS 5",
              switch="free_fields", default="0")  # fmt: skip
RULES.assumed("freshsales.enterprise-fields", "Fields of one's own for each object on Enterprise", "FACTS 5",
              switch="enterprise_fields", default="300")  # fmt: skip
RULES.spec("freshsales.options-limit", "300 options in a pick-list", "FACTS 5")
RULES.spec("freshsales.unique-limit", "Unique fields: four on contacts, two on accounts; text and number only",
           "FACTS 5")  # fmt: skip
RULES.spec("freshsales.storage", "Storage for each user by plan; none on Free", "FACTS 0.4")

declare(RULES)
