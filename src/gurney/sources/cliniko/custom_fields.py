"""Custom patient fields as the clinic defined them; patients hold their values under the same tokens (FACTS 6.1).

Names are echoes that repeat and change; only the token identifies. Sections, fields and options that were archived
still hold values, so they are all here (SRC12).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gurney.schema import FieldType

TYPES = {
    "text": FieldType.TEXT,
    "paragraph": FieldType.LONG_TEXT,
    "date": FieldType.DATE,
    "radiobuttons": FieldType.PICKLIST,
    "checkboxes": FieldType.MULTI_PICKLIST,
}


@dataclass(frozen=True, slots=True)
class CustomField:
    """One custom field as the clinic defined it."""

    token: str
    section: str
    name: str
    type: FieldType
    options: tuple[str, ...]
    """Names of the choices, archived ones too."""
    allows_other: bool
    """An answer in free text is possible beside the options."""
    archived: bool

    @property
    def path(self) -> str:
        """How a mapping names it."""
        return f"custom_fields.{self.token}"


def definitions(settings: Mapping[str, Any]) -> tuple[CustomField, ...]:
    """All custom fields in the order of the clinic's form."""
    return tuple(
        CustomField(
            token=field["token"],
            section=section.get("name") or "",
            name=field.get("name") or "",
            type=TYPES.get(field.get("type", ""), FieldType.LONG_TEXT),
            options=tuple(option.get("name") or "" for option in field.get("options") or []),
            allows_other=bool((field.get("other") or {}).get("enabled")),
            archived=bool(section.get("archived") or field.get("archived")),
        )
        for section, field in _fields(settings.get("patient_custom_fields_definition"))
    )


def _fields(tree: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for section in (tree or {}).get("sections") or []:
        for field in section.get("fields") or []:
            if field.get("token"):
                yield section, field
