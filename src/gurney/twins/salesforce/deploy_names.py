"""API names: how custom objects, fields and relationships may be called (FACTS 7)."""

from __future__ import annotations

import re

from gurney.twins.salesforce.deploy_xml import Node

PLAIN = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
LONGEST = 40
SUFFIX = "__c"
LABEL_MOST = 40


def check_name(node: Node, full_name: str, what: str) -> None:
    """`Patient__c`. Raises Problem."""
    check_plain(node, full_name.removesuffix(SUFFIX), what)


def check_plain(node: Node, name: str, what: str) -> None:
    """A name without suffix: a permission set, a relationship. Raises Problem."""
    if len(name) > LONGEST:
        raise node.problem(f"{what}: the name {name} is longer than {LONGEST} characters")
    if not PLAIN.fullmatch(name):
        raise node.problem(
            f"The {what} name you provided {name} can only contain underscores and alphanumeric characters. It must be "
            "unique, begin with a letter, not include spaces, not end with an underscore, and not contain two "
            "consecutive underscores."
        )


def check_label(node: Node, name: str, what: str, *, must: bool = True) -> str:
    """A label of up to 40 characters. Raises Problem."""
    label = node.text(name).strip()
    if not label and must:
        word = {"pluralLabel": "plural label"}.get(name, "label")
        raise node.problem(f"Must specify a non-empty {word} for the {what}")
    if len(label) > LABEL_MOST:
        raise node.problem(f"Value too long for field: {name} maximum length is:{LABEL_MOST}")
    return label
