"""What this twin claims about the Metadata API, the Tooling API and SOAP. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules

YES_NO = ("yes", "no")
REFUSE_ACCEPT = ("refuse", "accept")


def declare(rules: Rules) -> None:
    """Add them to the vendor's rules."""
    _deploying(rules)
    _components(rules)
    _fields(rules)
    _removal(rules)


def _deploying(rules: Rules) -> None:
    rules.client("salesforce.deploy-parts", "The two parts of a deployment come in any order, by any name", "FACTS 7")
    rules.spec("salesforce.deploy-states", "A deployment is Pending, InProgress, then done; one at a time", "FACTS 7")
    rules.assumed(
        "salesforce.deploy-wait", "A deployment waits so many seconds before it begins", "FACTS 7",
        switch="deploy_pending_s", default="2",
    )  # fmt: skip
    rules.assumed(
        "salesforce.deploy-time", "A deployment takes so many seconds", "FACTS 7", switch="deploy_s", default="8"
    )
    rules.spec("salesforce.deploy-check-only", "checkOnly rehearses: all messages, no effect", "FACTS 7")
    rules.spec("salesforce.deploy-rollback", "rollbackOnError takes all back; it must be true in production", "FACTS 7")
    rules.spec("salesforce.deploy-partial", "Without rollback the good components stay: SucceededPartial", "FACTS 7")
    rules.third_party("salesforce.deploy-cancel", "A deployment is cancelled by PATCH with Canceling", "FACTS 7")
    rules.client("salesforce.quick-deploy", "A validated deployment is repeated by its id", "FACTS 7")
    rules.assumed(
        "salesforce.quick-deploy-tests", "Only a validation that ran tests can be repeated", "FACTS 7",
        switch="quick_deploy_without_tests", default="no", choices=YES_NO,
    )  # fmt: skip
    rules.spec("salesforce.deploy-permissions", "Deploying needs Modify Metadata and Customize Application", "FACTS 1")
    rules.spec("salesforce.deploy-zip-limits", "39 MB zipped, 600 MB unzipped, 10,000 files", "FACTS 7")
    rules.spec("salesforce.deploy-missing-file", "What package.xml names must be in the zip", "FACTS 7")
    rules.assumed(
        "salesforce.deploy-unlisted", "What the zip holds must be named in package.xml", "FACTS 7",
        switch="not_in_package", default="error", choices=("error", "warning"),
    )  # fmt: skip
    rules.assumed(
        "salesforce.deploy-warnings", "Without ignoreWarnings a warning fails the deployment", "FACTS 7",
        switch="deploy_warnings", default="fail", choices=("fail", "pass"),
    )  # fmt: skip
    rules.spec("salesforce.deploy-elements", "Elements and values are those of the WSDL, in any order", "MWSDL")
    rules.assumed(
        "salesforce.deploy-scattered", "Repeated elements of one name must stand together", "MWSDL",
        switch="metadata_scattered", default="refuse", choices=REFUSE_ACCEPT,
    )  # fmt: skip


def _components(rules: Rules) -> None:
    rules.spec("salesforce.deploy-idempotent", "An unchanged component says changed: false", "FACTS 7")
    rules.spec("salesforce.deploy-names", "API names: letter first, no double underscores, 40 characters", "FACTS 7")
    rules.spec("salesforce.deploy-object", "A custom object needs labels, name field, status, sharing", "FACTS 7")
    rules.spec(
        "salesforce.deploy-field-limit", "Custom fields per object: Starter 25, Professional 100, Enterprise 500, "
        "Unlimited 800; objects by edition", "FACTS 7",
    )  # fmt: skip
    rules.third_party("salesforce.deploy-tab", "Only with a tab a custom object has LastViewedDate", "FACTS 7")
    rules.client("salesforce.deploy-security", "A new field is invisible until a permission set grants it", "FACTS 0.4")
    rules.third_party(
        "salesforce.permission-set-fields", "No fieldPermissions for required, master-detail and Name fields", "FACTS 7"
    )
    rules.spec("salesforce.permission-set-read", "Edit needs read; a child needs read on its master", "FACTS 7")
    rules.assumed(
        "salesforce.permission-set-replaced", "A redeployed permission set loses what the file leaves out", "FACTS 7",
        switch="permission_set_redeploy", default="replace", choices=("replace", "merge"),
    )  # fmt: skip
    rules.assumed(
        "salesforce.activity-fields", "Fields of Task and Event are deployed with the object Activity", "FACTS 7",
        switch="activity_fields", default="activity", choices=("activity", "direct"),
    )  # fmt: skip


def _fields(rules: Rules) -> None:
    rules.spec("salesforce.field-types", "Each type must and may say what the guide lists", "FACTS 7")
    rules.spec("salesforce.field-lookup", "A required lookup is not SetNull; relationship names are unique", "FACTS 7")
    rules.assumed(
        "salesforce.field-lookup-cascade", "Cascade on a lookup is not enabled", "FACTS 7",
        switch="lookup_cascade", default="refuse", choices=REFUSE_ACCEPT,
    )  # fmt: skip
    rules.spec("salesforce.field-master", "A detail is controlled by its parent and has no owner", "FACTS 7")
    rules.spec("salesforce.field-indexes", "25 unique and external-id fields, 40 relationships per object", "FACTS 7")
    rules.spec("salesforce.field-type-change", "A type is changed only to one that takes every value", "FACTS 7")
    rules.spec("salesforce.field-unique", "A field with doubles cannot become unique", "FACTS 10")


def _removal(rules: Rules) -> None:
    rules.spec("salesforce.destructive", "destructiveChanges.xml removes, without wildcards", "FACTS 11")
    rules.spec("salesforce.destructive-object", "Deleting a custom object deletes its records", "FACTS 11")
    rules.assumed(
        "salesforce.destructive-referenced", "An object that a lookup points to cannot be deleted", "FACTS 11",
        switch="object_delete_referenced", default="refuse", choices=REFUSE_ACCEPT,
    )  # fmt: skip
    rules.assumed(
        "salesforce.destructive-assigned", "A permission set that somebody has cannot be deleted", "FACTS 11",
        switch="permission_set_delete_assigned", default="refuse", choices=REFUSE_ACCEPT,
    )  # fmt: skip
    rules.spec("salesforce.deleted-fields-count", "Deleted fields and objects count for 15 days more", "FACTS 11")
    rules.client("salesforce.purge-on-delete", "purgeOnDelete works in sandbox and Developer Edition only", "FACTS 11")
