"""How one record becomes others: the signed document, its transforms, its compilation, the proposal and its checks.

`document` reads and writes the YAML, `model` says what it may hold, `compile` makes closures of it in loading
order, `build` is what they do to a record, `validate`, `propose`, `schema_changes` and `coverage` serve the plan.
Everything here is pure: no clock, no network, no database, no vendor.
"""
