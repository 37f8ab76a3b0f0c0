"""What becomes of HTML in notes (FACTS 5, Unknown): kept as it is, unless the switch note_html says otherwise."""

from __future__ import annotations

import nh3

SHOWN = {"b", "strong", "i", "em", "u", "s", "strike", "p", "br", "ul", "ol", "li", "a", "div", "span"}
"""What the vendor's pages render; no images, tables, headings, colours."""


def as_stored(body: str, rule: str) -> str:
    """The body as it comes back: whole, with the tags that the pages know, or bare."""
    if rule == "kept" or "<" not in body:
        return body
    return nh3.clean(body, tags=SHOWN if rule == "cleaned" else set(), link_rel=None)
