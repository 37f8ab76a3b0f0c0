"""Is there a field that tells prospective from active patients? The source has none (contract AUD5, Z2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gurney.migration.quality.values import custom_fields

_OPTION = re.compile(
    r"\b(prospect\w*|leads?|enquir\w*|inquir\w*|potential|not yet a (patient|client))\b", re.IGNORECASE
)
_LABEL = re.compile(
    rf"{_OPTION.pattern}|\b(patient|client|customer|lifecycle) (status|type|stage)\b|^\W*status\W*$", re.IGNORECASE
)
_SOURCE = re.compile(r"\bsource\b", re.IGNORECASE)
"""A lead's source says where a patient came from, not whether they came."""


@dataclass(frozen=True, slots=True)
class ProspectField:
    """A custom field of the clinic that may separate prospects, for a person to decide."""

    token: str
    label: str
    options: tuple[str, ...]
    """Those of its options that speak of prospects."""


def prospect_fields(definition: Mapping[str, Any] | None) -> list[ProspectField]:
    """Candidates among the custom-field definitions, those with a telling option first."""
    found = []
    for field in custom_fields(definition):
        label = str(field.get("name") or "")
        names = [str(option.get("name") or "") for option in field.get("options") or ()]
        telling = tuple(name for name in names if _OPTION.search(name))
        if telling or (_LABEL.search(label) and not _SOURCE.search(label)):
            found.append(ProspectField(str(field.get("token")), label, telling))
    return sorted(found, key=lambda candidate: not candidate.options)
