"""Appointments, invoices and messages told in full, for destinations that have no fields for what they say.

Each is a paragraph of labelled lines, then the free text. What cannot be told is left out, never invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gurney.mapping.paths import Reader, reader
from gurney.mapping.transforms.amounts import money
from gurney.mapping.transforms.moments import local_words
from gurney.mapping.transforms.registry import transform
from gurney.mapping.transforms.rich import Html, escaped, together

Record = Mapping[str, Any]


def _lines(*told: tuple[str, str]) -> tuple[tuple[str, Reader], ...]:
    """Labels with what reads their values."""
    return tuple((label, reader(path)) for label, path in told)


_VISIT = _lines(
    ("Practitioner", "derived.practitioner_name"),
    ("Practitioner id", "practitioner"),
    ("Practitioner id", "derived.practitioner"),
    ("Location", "derived.location_name"),
    ("Places", "max_attendees"),
    ("Attendees", "derived.attendee_count"),
    ("Class", "booking"),
    ("Case", "patient_case"),
    ("Repeats", "repeated_from"),
)
_INVOICE = _lines(
    ("Issued", "issue_date"),
    ("Status", "derived.state_word"),
    ("Currency", "derived.currency"),
    ("Amounts are", "calculation_method_description"),
    ("Credit of invoice", "derived.original_number"),
    ("Practitioner", "derived.practitioner_name"),
    ("Practitioner id", "practitioner"),
    ("Location", "derived.location_name"),
    ("Appointment", "appointment"),
)
_AMOUNTS = _lines(
    ("Total", "total_amount"),
    ("Tax", "tax_amount"),
    ("Net", "net_amount"),
    ("Discount", "discounted_amount"),
)
_MESSAGE = _lines(
    ("Kind", "type"),
    ("Direction", "direction_description"),
    ("Category", "category"),
    ("From", "from"),
    ("To", "to"),
    ("Subject", "content_subject"),
    ("Appointment", "booking"),
    ("Invoice", "invoice"),
)


@transform(reads="any", writes="html", whole=True)
def visit_html(visit: Record, *, zone: str) -> Html:
    """An appointment, class or attendance: outcome, times, people, what was noted, and when it was made.

    >>> visit_html({"starts_at": "2026-02-17T22:30:00Z", "derived": {"state": "Cancelled", "notes": "Call <first>"}},
    ...     zone="Australia/Hobart")
    '<p><b>Status: Cancelled</b><br>Start: 2026-02-18 09:30 (Australia/Hobart)</p><p>Call &lt;first&gt;</p>'
    """
    return _told(_head_of(visit, zone), _words_of(visit))


@transform(reads="any", writes="text", whole=True)
def visit_text(visit: Record, *, zone: str) -> str:
    """The same as plain text, for fields that show none else: what people typed stays as it is, sign by sign.

    >>> visit_text({"starts_at": "2026-02-17T22:30:00Z", "derived": {"state": "Cancelled", "notes": "Call  <first>"}},
    ...     zone="Australia/Hobart")
    'Status: Cancelled\\nStart: 2026-02-18 09:30 (Australia/Hobart)\\n\\nCall  <first>'
    """
    head = "\n".join(filter(None, _head_of(visit, zone)))
    return "\n\n".join([head or "Cliniko", *_texts(_words_of(visit))])


@transform(reads="any", writes="text", whole=True)
def invoice_title(invoice: Record) -> str:
    """Number, day and status of an invoice.

    >>> invoice_title({"number": 1001, "issue_date": "2025-03-04", "derived": {"state_word": "Paid"}})
    'Invoice 1001 · 2025-03-04 · Paid'
    """
    parts = [
        f"Invoice {invoice.get('number') or ''}".strip(),
        invoice.get("issue_date"),
        _at(invoice, "derived.state_word"),
    ]
    return " · ".join(str(part) for part in parts if part)


@transform(reads="any", writes="html", whole=True)
def invoice_html(invoice: Record, *, zone: str) -> Html:
    """A whole invoice with its lines.

    >>> invoice_html({"number": 7, "total_amount": "90.0", "derived": {"lines_text": "1 × Visit"}}, zone="UTC")
    '<p><b>Invoice: 7</b><br>Total: 90.00</p><p>1 × Visit</p>'
    """
    head = [
        _said("Invoice", invoice.get("number")),
        *(_said(label, read(invoice)) for label, read in _INVOICE[:2]),
        *(_said(label, _amount(read(invoice))) for label, read in _AMOUNTS),
        *(_said(label, read(invoice)) for label, read in _INVOICE[2:]),
        _said("Closed", local_words(_first(invoice, "closed_at"), zone)),
        _said("Made in Cliniko", local_words(_first(invoice, "created_at"), zone)),
        _said("Changed in Cliniko", local_words(_first(invoice, "updated_at"), zone)),
    ]
    rest = [
        _at(invoice, "derived.lines_text"),
        _said("Invoiced to", invoice.get("invoice_to")),
        _said("About the patient", invoice.get("patient_extra_information")),
        _said("Notes", invoice.get("notes")),
    ]
    return _told(head, rest)


@transform(reads="any", writes="text", whole=True)
def message_title(message: Record) -> str:
    """Kind, direction and day of a message.

    >>> message_title({"type": "SMS", "direction_description": "Sent", "created_at": "2025-03-04T01:00:00Z"})
    'SMS · Sent · 2025-03-04'
    """
    parts = [message.get("type") or "Message", message.get("direction_description")]
    return " · ".join(str(part) for part in (*parts, str(message.get("created_at") or "")[:10]) if part)


@transform(reads="any", writes="html", whole=True)
def message_html(message: Record, *, zone: str) -> Html:
    """A whole e-mail, text message or call with what was said.

    >>> message_html({"type": "SMS", "to": "0400 000 001", "content": "See you"}, zone="UTC")
    '<p><b>Kind: SMS</b><br>To: 0400 000 001</p><p>See you</p>'
    """
    head = [
        *(_said(label, read(message)) for label, read in _MESSAGE),
        "Confidential" if message.get("confidential") else "",
        _said("When", local_words(_first(message, "created_at"), zone)),
    ]
    return _told(head, [message.get("content")])


def _head_of(visit: Record, zone: str) -> list[str]:
    there = str(_at(visit, "derived.time_zone") or zone)
    return [
        _said("Status", _at(visit, "derived.state")),
        _said("Start", local_words(_first(visit, "starts_at", "derived.class_starts_at"), there)),
        _said("End", local_words(_first(visit, "ends_at", "derived.class_ends_at"), there)),
        *(_said(label, read(visit)) for label, read in _VISIT),
        "Marked neither way, but invoiced or noted" if _at(visit, "derived.arrived_by_evidence") else "",
        "Marked both as arrived and as did not arrive" if _at(visit, "derived.contradictory") else "",
        _said("Cancelled", local_words(_first(visit, "cancelled_at"), there)),
        _said("Made in Cliniko", local_words(_first(visit, "created_at"), zone)),
        _said("Changed in Cliniko", local_words(_first(visit, "updated_at"), zone)),
    ]


def _words_of(visit: Record) -> list[str | None]:
    """What people wrote."""
    reason = _at(visit, "derived.cancellation") or "\n".join(
        str(said) for path in ("cancellation_reason_description", "cancellation_note") if (said := _at(visit, path))
    )
    return [_first(visit, "derived.notes", "notes"), _said("Cancellation", reason)]


def _told(head: Sequence[str], rest: Sequence[object]) -> Html:
    """Labelled lines, the first in bold, then a paragraph for each text."""
    first, *others = [escaped(line) for line in head if line] or [escaped("Cliniko")]
    paragraphs = (f"<p>{escaped(text)}</p>" for text in _texts(rest))
    return together([f"<p>{'<br>'.join([f'<b>{first}</b>', *others])}</p>", *paragraphs])


def _texts(rest: Sequence[object]) -> list[str]:
    return [text for given in rest if (text := str(given or "").replace("\r\n", "\n").strip())]


def _at(record: Record, path: str) -> Any:
    return reader(path)(record)


def _first(record: Record, *paths: str) -> str | None:
    return next((str(found) for path in paths if (found := _at(record, path))), None)


def _said(label: str, value: object) -> str:
    return f"{label}: {value}" if value not in (None, "") else ""


def _amount(value: object) -> str | None:
    return None if value is None else str(money(value))
