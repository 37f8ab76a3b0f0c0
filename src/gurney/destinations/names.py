"""Which destinations there are, known without loading any of them."""

from __future__ import annotations

NAMES = ("zoho", "salesforce", "pipedrive", "highlevel", "freshsales")
"""The folders beside this module, and the words that people type."""
