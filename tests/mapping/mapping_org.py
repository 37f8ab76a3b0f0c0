"""The schema of a new Salesforce organisation, written by hand, and what its fields accept."""

from __future__ import annotations

from mapping_account import AS_OF, EMAIL, written_down

from gurney.mapping.compile import CompiledMapping, compile_mapping
from gurney.mapping.document import Mapping
from gurney.mapping.schema_changes import changes
from gurney.mapping.steps import Context
from gurney.migration.compiled import with_changes
from gurney.schema import Schema

LIMITS = {
    "custom_fields_per_object": 500,
    "unique_fields_per_object": 25,
    "custom_objects": 200,
    "note_chars": 200_000,
    "note_title_chars": 255,
    "long_text_chars": 131_072,
    "option_chars": 255,
}


def context() -> Context:
    checks = {
        "email": lambda text: len(text) <= 80 and EMAIL.fullmatch(text) is not None,
        "phone": lambda text: len(text) <= 40,
        "url": lambda text: len(text) <= 255,
    }
    return Context(as_of=AS_OF, zone="Australia/Melbourne", currency="AUD", country="AU", checks=checks)


def org(*, grants_audit_fields: bool = True) -> Schema:
    """The standard objects; `grants_audit_fields`: a creation may state when the record was made (FACTS 9)."""
    stamp = "CreatedDate datetime" + ("" if grants_audit_fields else " closed")
    return written_down(
        {name: lines if name == "Product2" else f"{lines}\n{stamp}" for name, lines in _OBJECTS.items()}
    )


def compiled_for(mapping: Mapping) -> CompiledMapping:
    """A mapping, compiled for an organisation where everything is made."""
    live = org()
    return compile_mapping(mapping, with_changes(live, changes(mapping, live)), {}, LIMITS, context())


_OBJECTS = {
    "Account": """
Name text 255 required
ParentId lookup
BillingStreet long_text 255
BillingCity text 40
BillingState text 80
BillingPostalCode text 20
BillingCountry text 80
Phone phone 40
Fax phone 40
Website url 255
Description long_text 32000
OwnerId lookup
""",
    "Contact": """
AccountId lookup
LastName text 80 required
FirstName text 40
Salutation picklist Mr.|Ms.|Mrs.|Dr.|Prof.
MailingStreet long_text 255
MailingCity text 40
MailingState text 80
MailingPostalCode text 20
MailingCountry text 80
Phone phone 40
Fax phone 40
MobilePhone phone 40
HomePhone phone 40
OtherPhone phone 40
Email email 80
Birthdate date
Description long_text 32000
HasOptedOutOfEmail boolean
OwnerId lookup
""",
    "Product2": """
Name text 255 required
ProductCode text 255
Description long_text 4000
IsActive boolean
CreatedDate datetime closed
""",
    "User": """
Email email 128
FirstName text 40
LastName text 80
""",
    "ContentNote": """
Title text 255 required
Content rich_text 200000 required
OwnerId lookup
""",
    "ContentVersion": """
Title text 255
PathOnClient text 500
Description long_text 1000
OwnerId lookup
""",
}
