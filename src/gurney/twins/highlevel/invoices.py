"""Native invoices: lines inline, payments by hand, drafts until sent or paid (FACTS 11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.highlevel.contacts import known
from gurney.twins.highlevel.refusals import bad, invalid
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "invoices.readonly", "invoices.write"
LIST_MOST = 100
CENTS = 2
MODES = ("cash", "card", "cheque", "bank_transfer", "other")
_place = Shape(dict.fromkeys(
    ("addressLine1", "addressLine2", "city", "state", "countryCode", "postalCode"), checks.text))  # fmt: skip
_tax = Shape(
    {"_id": checks.filled, "name": checks.filled, "rate": checks.number, "calculation": checks.one_of(["exclusive"]),
     "description": checks.text, "taxId": checks.text},
    ["_id", "name", "rate"],
)  # fmt: skip
_item = Shape(
    {"name": checks.filled, "description": checks.text, "productId": checks.text, "priceId": checks.text,
     "currency": checks.filled, "amount": checks.number, "qty": checks.number, "taxes": checks.listed(_tax),
     "automaticTaxCategoryId": checks.text, "isSetupFeeItem": checks.boolean,
     "type": checks.one_of(["one_time", "recurring"]), "taxInclusive": checks.boolean},
    ["name", "currency", "amount", "qty"],
)  # fmt: skip
_business = Shape(
    {**dict.fromkeys(("logoUrl", "name", "phoneNo", "website"), checks.text), "address": _place,
     "customValues": checks.texts}
)  # fmt: skip
_contact = Shape(
    {**dict.fromkeys(("id", "name"), checks.filled), **dict.fromkeys(("phoneNo", "email", "companyName"), checks.text),
     "additionalEmails": checks.listed(checks.record), "address": _place, "customFields": checks.texts},
    ["id", "name", "phoneNo", "email"],
)  # fmt: skip
_discount = Shape(
    {"value": checks.number, "type": checks.one_of(["percentage", "fixed"]), "validOnProductIds": checks.texts},
    ["type"],
)
_sent_to = Shape(dict.fromkeys(("email", "emailCc", "emailBcc", "phoneNo"), checks.texts), ["email"])
ALT = {"altId": checks.filled, "altType": checks.one_of(["location"])}
_more = dict.fromkeys(
    ("paymentSchedule", "lateFeesConfiguration", "tipsConfiguration", "paymentMethods", "miscellaneousCharges"),
    checks.record,
)
_shared: dict[str, checks.Check] = {
    **ALT, **_more, "name": checks.filled, "businessDetails": _business, "currency": checks.filled,
    "discount": _discount, "termsNotes": checks.text, "title": checks.text, "contactDetails": _contact,
    "invoiceNumber": checks.filled, "issueDate": checks.day, "dueDate": checks.day, "liveMode": checks.boolean,
    "automaticTaxesEnabled": checks.boolean, "invoiceNumberPrefix": checks.text,
    "attachments": checks.listed(checks.record),
}  # fmt: skip
CREATE = Shape(
    {**_shared, "items": checks.listed(_item), "sentTo": _sent_to},
    ["altId", "altType", "name", "businessDetails", "currency", "items", "discount", "contactDetails", "issueDate",
     "sentTo", "liveMode"],
)  # fmt: skip
CHANGE = Shape(
    {**{name: check for name, check in _shared.items() if name != "lateFeesConfiguration"},
     "invoiceItems": checks.listed(_item), "description": checks.text, "contactId": checks.text,
     "xeroDetails": checks.record},
    ["altId", "altType", "name", "currency", "invoiceItems", "issueDate", "dueDate"],
)  # fmt: skip
PAYMENT = Shape(
    {**ALT, "mode": checks.one_of(MODES), "notes": checks.text, "amount": checks.number, "meta": checks.record,
     "card": Shape({"brand": checks.text, "last4": checks.text}, ["brand", "last4"]),
     "cheque": Shape({"number": checks.text}, ["number"]), "paymentScheduleIds": checks.texts,
     "fulfilledAt": checks.moment},
    ["altId", "altType", "mode", "card", "cheque", "notes"],
)  # fmt: skip
PLAIN_PAYMENT = PAYMENT.but(required=["altId", "altType", "mode"])
SEND = Shape(
    {**ALT, "userId": checks.filled, "liveMode": checks.boolean, "sentFrom": checks.record,
     "action": checks.one_of(["sms_and_email", "send_manually", "email", "sms"]), "autoPayment": checks.record},
    ["altId", "altType", "userId", "action", "liveMode"],
)  # fmt: skip
ONLY_ALT = Shape(ALT, ["altId", "altType"])


def shown(row: Row) -> Row:
    """An invoice; its payments are told as a sum only."""
    return {name: value for name, value in row.items() if name not in ("id", "payments", "contactId")}


def _found(call: Call) -> Row:
    row = call.account["invoices"].get(call.param("invoiceId"))
    if row is None:
        raise call.missing("Invoice")
    return row


def _alt_query(call: Call, *more: str) -> None:
    call.only("altId", "altType", *more)
    if call.needed("altType") != "location":
        raise invalid(["altType must be a valid enum value"])
    call.same_location(call.needed("altId"))


def _sums(items: list[Row], discount: Row) -> Row:
    """Totals of the lines: taxes on top unless included, the discount off the whole."""
    net = sum(item["amount"] * item["qty"] for item in items)
    tax = sum(
        item["amount"] * item["qty"] * each["rate"] / 100
        for item in items if not item.get("taxInclusive") for each in item.get("taxes", ())
    )  # fmt: skip
    value = discount.get("value", 0)
    off = net * value / 100 if discount.get("type") == "percentage" else value
    total = round(net - off + tax, CENTS)
    summary = {"subTotal": round(net, CENTS), "discount": round(off, CENTS), "tax": round(tax, CENTS)}
    return {"total": total, "totalSummary": summary}


def _settle(row: Row) -> Row:
    """Amounts and status after a change of lines or payments."""
    row |= _sums(row["invoiceItems"], row["discount"])
    paid = round(sum(payment["amount"] for payment in row["payments"]), CENTS)
    row |= {"amountPaid": paid, "amountDue": round(row["total"] - paid, CENTS)}
    if row["payments"]:
        row["status"] = "paid" if row["amountDue"] <= 0 else "partially_paid"
    return row


def _items(call: Call, given: list[Row]) -> list[Row]:
    return [{"_id": call.world.ids.hex(), "taxes": [], **item} for item in given]


def _check_number(call: Call, number: str, but: str | None = None) -> None:
    if call.switch("same_invoice_number") == "accept":
        return
    if any(row["invoiceNumber"] == number and row["id"] != but for row in call.account["invoices"]):
        raise bad("Invoice number already exists")


@routes.on("POST /invoices", WRITE)
def create(call: Call) -> Answer:
    """A draft; nobody hears of it unless it is sent."""
    values = CREATE.read(call.body())
    call.same_location(values["altId"])
    contact = known(call, values["contactDetails"]["id"])
    account, now, id = call.account, call.account.now(), call.world.ids.hex()
    account.invoice_number += 1
    number = values.pop("invoiceNumber", f"{values.get('invoiceNumberPrefix', '')}{account.invoice_number:06d}")
    _check_number(call, number)
    row: dict[str, Any] = {
        "id": id, "_id": id, "status": "draft", "title": "INVOICE", "contactId": contact["id"], "payments": [],
        "invoiceNumber": number, "createdAt": now, "updatedAt": now, "dueDate": _month_later(values["issueDate"]),
        "automaticTaxesEnabled": False, "automaticTaxesCalculated": False, "paymentSchedule": {},
        **{name: value for name, value in values.items() if name != "items"},
        "invoiceItems": _items(call, values["items"]),
    }  # fmt: skip
    return call.ok(shown(account.add("invoices", _settle(row))))


def _month_later(day: str) -> str:
    try:
        return (datetime.fromisoformat(day) + timedelta(days=30)).date().isoformat()
    except OverflowError:
        return day


@routes.on("GET /invoices/generate-invoice-number", READ)
def next_number(call: Call) -> Answer:
    _alt_query(call)
    return call.ok({"invoiceNumber": call.account.invoice_number + 1})


@routes.on("GET /invoices", READ)
def list_invoices(call: Call) -> Answer:
    """By status, contact and words, so many from an offset."""
    _alt_query(call, "status", "startAt", "endAt", "search", "paymentMode", "contactId", "limit", "offset", "sortField",
               "sortOrder")  # fmt: skip
    for name in ("limit", "offset"):
        call.needed(name)
    limit, offset = call.number("limit", LIST_MOST, LIST_MOST), call.number("offset", 0)
    words, table = (call.query("search") or "").casefold(), call.account["invoices"]
    contact = call.query("contactId")
    rows = [
        row
        for row in (table.where("contactId", contact) if contact else table)
        if call.query("status") in (None, row["status"])
        and (words in row["name"].casefold() or words in row["invoiceNumber"].casefold())
    ]
    if call.query("sortField") == "issueDate":
        rows.sort(key=lambda row: row["issueDate"], reverse=call.query("sortOrder") == "descend")
    return call.ok({"invoices": [shown(row) for row in rows[offset : offset + limit]], "total": len(rows)})


@routes.on("GET /invoices/{invoiceId}", READ)
def get(call: Call) -> Answer:
    _alt_query(call)
    return call.ok(shown(_found(call)))


@routes.on("PUT /invoices/{invoiceId}", WRITE)
def change(call: Call) -> Answer:
    """Not once it is paid or void."""
    row = _found(call)
    values = CHANGE.read(call.body())
    call.same_location(values["altId"])
    if row["status"] in ("paid", "void"):
        raise bad(f"Invoice is {row['status']} and cannot be updated")
    _check_number(call, str(values.get("invoiceNumber", row["invoiceNumber"])), but=row["id"])
    values |= {"invoiceItems": _items(call, values["invoiceItems"]), "updatedAt": call.account.now()}
    return call.ok(shown(_settle(call.account.change("invoices", row["id"], values))))


@routes.on("POST /invoices/{invoiceId}/record-payment", WRITE)
def pay(call: Call) -> Answer:
    """A payment from outside; its day may be long ago. The specification wants card and cheque always."""
    row = _found(call)
    shape = PAYMENT if call.switch("payment_details") == "all" else PLAIN_PAYMENT
    values = shape.read(call.body())
    call.same_location(values["altId"])
    amount: float = values["amount"] if "amount" in values else row["amountDue"]
    if row["status"] == "void" or amount <= 0 or amount > row["amountDue"]:
        raise bad("Amount is not valid for the invoice")
    row["payments"].append({
        "_id": call.world.ids.hex(), "mode": values["mode"], "amount": amount, "notes": values.get("notes", ""),
        "fulfilledAt": values.get("fulfilledAt", call.account.now()),
    })  # fmt: skip
    call.account.change("invoices", row["id"], {"updatedAt": call.account.now()})
    return call.ok({"success": True, "invoice": shown(_settle(row))})


@routes.on("POST /invoices/{invoiceId}/void", WRITE)
def void(call: Call) -> Answer:
    row = _found(call)
    call.same_location(ONLY_ALT.read(call.body())["altId"])
    call.account.change("invoices", row["id"], {"status": "void", "updatedAt": call.account.now()})
    return call.ok(shown(row))


@routes.on("POST /invoices/{invoiceId}/send", WRITE)
def send(call: Call) -> Answer:
    """The patient gets it."""
    row = _found(call)
    values = SEND.read(call.body())
    call.same_location(values["altId"])
    if row["status"] == "draft":
        call.account.change("invoices", row["id"], {"status": "sent"})
    call.account.notify("invoice_sent", row["id"])
    return call.ok({"invoice": shown(row), "smsData": {}, "emailData": {}})


@routes.on("DELETE /invoices/{invoiceId}", WRITE)
def delete(call: Call) -> Answer:
    """Answers what was deleted; whether one with payments goes is a switch."""
    _alt_query(call)
    row = _found(call)
    if row["payments"] and call.switch("delete_paid_invoice") == "refuse":
        raise bad("Invoice with payments cannot be deleted")
    return call.ok(shown(call.account.remove("invoices", row["id"])))
