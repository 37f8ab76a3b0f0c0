"""How a value changes: every transform that a mapping may name."""

from gurney.mapping.transforms import accounts, amounts, answers, choices, contact, html, moments, notes, rich, text
from gurney.mapping.transforms.registry import Transform, Unconvertible, find, registered

__all__ = [
    "Transform",
    "Unconvertible",
    "accounts",
    "amounts",
    "answers",
    "choices",
    "contact",
    "find",
    "html",
    "moments",
    "notes",
    "registered",
    "rich",
    "text",
]
