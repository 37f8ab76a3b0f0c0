"""What this twin claims about SOAP and the Tooling API, each rule once. Sections are those of the vendor's FACTS."""

from __future__ import annotations

from gurney.twins.kit.rules import Rules


def declare(rules: Rules) -> None:
    """Add them to the vendor's rules."""
    rules.spec("salesforce.soap-undelete", "Undelete is SOAP alone, 200 ids a call, a result for each", "FACTS 0.13")
    rules.spec("salesforce.soap-fault", "A refused SOAP call is a fault with HTTP 500", "PWSDL")
    rules.spec("salesforce.soap-session", "SOAP finds the session in its header, and costs a request", "FACTS 12")
    rules.assumed(
        "salesforce.soap-login", "login() answers before 65.0, unless switched off", "FACTS 1",
        switch="soap_login", default="on", choices=("on", "off"),
    )  # fmt: skip
    rules.assumed(
        "salesforce.soap-action", "A SOAP request needs the header SOAPAction", "FACTS 1",
        switch="soap_action", default="required", choices=("required", "optional"),
    )  # fmt: skip
    rules.spec("salesforce.soap-deploy", "Deployments go over SOAP as well", "FACTS 7, MWSDL")
    rules.spec("salesforce.tooling-query", "Fields, objects and their limits are queried with Tooling", "FACTS 6")
    rules.assumed(
        "salesforce.tooling-filter", "FieldDefinition and EntityLimit need a filter by object", "FACTS 6",
        switch="tooling_filter", default="required", choices=("required", "free"),
    )  # fmt: skip
    rules.client("salesforce.tooling-field", "A single field is made and removed with Tooling", "FACTS 7, 11")
