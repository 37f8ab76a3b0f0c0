"""Opportunities, pipelines, invoices, payments, products."""

from __future__ import annotations

from typing import Any

import pytest
from highlevel_client import Clinic

pytestmark = pytest.mark.anyio
V3 = {"Version": "v3"}


async def deal(clinic: Clinic, contact: str, **more: Any) -> dict[str, Any]:
    pipeline = (await clinic.dump("pipelines"))[0]["id"]
    return {
        "pipelineId": pipeline, "locationId": clinic.id, "name": "Plan", "status": "open", "contactId": contact, **more,
    }  # fmt: skip


def alt(clinic: Clinic) -> dict[str, str]:
    return {"altId": clinic.id, "altType": "location"}


def where(clinic: Clinic) -> str:
    return f"altId={clinic.id}&altType=location"


def payment(clinic: Clinic, **more: Any) -> dict[str, Any]:
    return {
        **alt(clinic), "mode": "cash", "card": {"brand": "", "last4": ""}, "cheque": {"number": ""}, "notes": "",
        **more,
    }  # fmt: skip


async def billed(clinic: Clinic, **more: Any) -> str:
    return str((await clinic.told("POST /invoices/", clinic.invoice(await clinic.contact(), **more)))["_id"])


@pytest.mark.rule("highlevel.opportunities")
async def test_an_opportunity_is_in_a_stage_of_a_pipeline(clinic: Clinic) -> None:
    contact = await clinic.contact(firstName="Ana", email="a@example.org")
    field = (await clinic.field("Source", model="opportunity"))["id"]
    body = await deal(clinic, contact, monetaryValue=90, customFields=[{"id": field, "field_value": "x"}])

    answer = await clinic.ask("POST /opportunities/", body)
    made = answer.json()["opportunity"]
    pipelines = (await clinic.told(f"GET /opportunities/pipelines?locationId={clinic.id}"))["pipelines"]
    stages = [stage["id"] for stage in pipelines[0]["stages"]]
    await clinic.told(f"PUT /opportunities/{made['id']}", {"pipelineStageId": stages[2]})
    await clinic.told(f"PUT /opportunities/{made['id']}/status", {"status": "won"})
    read = (await clinic.told(f"GET /opportunities/{made['id']}"))["opportunity"]

    assert (answer.status_code, made["pipelineStageId"]) == (201, stages[0])
    assert made["customFields"] == [{"id": field, "fieldValue": "x"}]
    assert (read["pipelineStageId"], read["status"], read["contact"]["email"]) == (stages[2], "won", "a@example.org")
    await clinic.refused(f"PUT /opportunities/{made['id']}", {"pipelineStageId": "x"})
    await clinic.refused("POST /opportunities/", {**body, "status": "all"}, status=422)
    await clinic.told(f"DELETE /opportunities/{made['id']}")
    await clinic.refused(f"GET /opportunities/{made['id']}", status=404)


@pytest.mark.rule("highlevel.duplicate-opportunity")
@pytest.mark.parametrize(("mode", "status"), [("no", 400), ("yes", 201)])
async def test_one_for_each_contact_and_pipeline(mode: str, status: int) -> None:
    clinic = Clinic(switches={"allow_duplicate_opportunity": mode})
    body = await deal(clinic, await clinic.contact())
    await clinic.told("POST /opportunities/", body)

    assert (await clinic.ask("POST /opportunities/", body)).status_code == status


@pytest.mark.rule("highlevel.opportunity-search")
async def test_the_names_of_parameters_depend_on_the_version(clinic: Clinic) -> None:
    one, two = await clinic.contact(), await clinic.contact()
    for contact in (one, two):
        await clinic.told("POST /opportunities/", await deal(clinic, contact))
    clinic.pass_time()
    snake = f"GET /opportunities/search?location_id={clinic.id}&contact_id={one}"
    camel = f"GET /opportunities/search?locationId={clinic.id}&contactId={one}"

    old, new = await clinic.told(snake), await clinic.told(camel, headers=V3)

    assert [row["contactId"] for row in old["opportunities"] + new["opportunities"]] == [one, one]
    await clinic.refused(camel, status=422)
    await clinic.refused(snake, status=422, headers=V3)
    path = f"GET /opportunities/search?location_id={clinic.id}&limit=1"
    first = await clinic.told(path)
    meta = first["meta"]
    rest = await clinic.told(f"{path}&startAfter={meta['startAfter']}&startAfterId={meta['startAfterId']}")
    assert (meta["total"], rest["opportunities"][0]["id"] != first["opportunities"][0]["id"]) == (2, True)
    await clinic.refused(f"{path}01", status=422)


@pytest.mark.rule("highlevel.pipelines")
async def test_pipelines_are_made_under_v3_and_go_with_their_opportunities(clinic: Clinic) -> None:
    body = {"locationId": clinic.id, "name": "Types", "stages": [{"name": "A"}, {"name": "B"}]}

    await clinic.refused("POST /opportunities/pipelines", body, status=404)
    made = (await clinic.told("POST /opportunities/pipelines", body, headers=V3))["pipeline"]
    stages = [*made["stages"], {"name": "C"}]
    changed = await clinic.told(f"PUT /opportunities/pipelines/{made['id']}", {**body, "stages": stages}, headers=V3)
    await clinic.told("POST /opportunities/", await deal(clinic, await clinic.contact(), pipelineId=made["id"]))
    await clinic.told(f"DELETE /opportunities/pipelines/{made['id']}", headers=V3)

    assert [stage["name"] for stage in changed["pipeline"]["stages"]] == ["A", "B", "C"]
    assert changed["pipeline"]["stages"][0]["id"] == made["stages"][0]["id"]
    assert (await clinic.count("opportunities"), await clinic.count("pipelines")) == (0, 1)


@pytest.mark.rule("highlevel.invoices")
async def test_an_invoice_is_one_call_and_a_draft(clinic: Clinic) -> None:
    contact = await clinic.contact()
    tax = {"_id": "t1", "name": "GST", "rate": 10}
    items = [
        {"name": "Consult", "currency": "AUD", "amount": 100, "qty": 1, "taxes": [tax]},
        {"name": "Tape", "currency": "AUD", "amount": 11, "qty": 2, "taxes": [tax], "taxInclusive": True},
    ]
    off = {"type": "percentage", "value": 50}

    made = await clinic.told(
        "POST /invoices/", clinic.invoice(contact, items=items, discount=off, invoiceNumber="C-17")
    )
    read = await clinic.told(f"GET /invoices/{made['_id']}?{where(clinic)}")
    listed = await clinic.told(f"GET /invoices/?{where(clinic)}&limit=10&offset=0&contactId={contact}&search=c-17")

    assert (made["status"], made["invoiceNumber"], len(made["invoiceItems"])) == ("draft", "C-17", 2)
    assert made["totalSummary"] == {"subTotal": 122, "discount": 61, "tax": 10}
    assert (made["total"], made["amountDue"], made["amountPaid"]) == (71, 71, 0)
    assert [row["_id"] for row in listed["invoices"]] == [read["_id"]] == [made["_id"]]
    assert (await clinic.dump("notifications"), await clinic.count("Automations")) == ([], 1)
    await clinic.refused("POST /invoices/", clinic.invoice("x"))
    words = await clinic.refused("POST /invoices/", {**clinic.invoice(contact), "status": "paid"}, status=422)
    assert words == ["property status should not exist"]


@pytest.mark.rule("highlevel.invoices")
async def test_an_invoice_is_sent_changed_voided_and_deleted(clinic: Clinic) -> None:
    id = await billed(clinic)
    contact = (await clinic.dump("contacts"))[0]["id"]
    send = {**alt(clinic), "userId": clinic.admin_id, "action": "email", "liveMode": True}
    line = {"name": "X", "currency": "AUD", "amount": 5, "qty": 3}
    change = {**alt(clinic), "name": "N", "currency": "AUD", "invoiceItems": [line], "issueDate": "2024-06-03",
              "dueDate": "2024-07-03"}  # fmt: skip

    sent = await clinic.told(f"POST /invoices/{id}/send", send)
    changed = await clinic.told(f"PUT /invoices/{id}", change)
    void = await clinic.told(f"POST /invoices/{id}/void", alt(clinic))
    await clinic.refused(f"PUT /invoices/{id}", change)
    gone = await clinic.told(f"DELETE /invoices/{id}?{where(clinic)}")

    assert (sent["invoice"]["status"], changed["total"], void["status"], gone["_id"]) == ("sent", 15, "void", id)
    assert [one["kind"] for one in await clinic.dump("notifications")] == ["invoice_sent"]
    await clinic.refused(f"GET /invoices/{id}?{where(clinic)}", status=404)
    number = await clinic.told(f"GET /invoices/generate-invoice-number?{where(clinic)}")
    assert number["invoiceNumber"] == 2
    made = await clinic.told("POST /invoices/", clinic.invoice(contact, invoiceNumberPrefix="INV-"))
    assert made["invoiceNumber"] == "INV-000002"


@pytest.mark.rule("highlevel.payments")
async def test_a_payment_of_long_ago_pays_in_part_and_then_whole(clinic: Clinic) -> None:
    id = await billed(clinic)
    path = f"POST /invoices/{id}/record-payment"

    first = await clinic.told(path, payment(clinic, amount=1, fulfilledAt="2021-03-04T09:30:00+11:00"))
    await clinic.refused(path, payment(clinic, amount=101))
    rest = await clinic.told(path, payment(clinic))

    assert (first["invoice"]["status"], first["invoice"]["amountDue"]) == ("partially_paid", 100)
    assert (rest["invoice"]["status"], rest["invoice"]["amountPaid"]) == ("paid", 101)
    (row,) = await clinic.dump("invoices")
    assert row["payments"][0]["fulfilledAt"] == "2021-03-04T09:30:00+11:00"


@pytest.mark.rule("highlevel.payment-details")
@pytest.mark.parametrize(("mode", "status"), [("all", 422), ("mode", 200)])
async def test_a_payment_needs_every_detail(mode: str, status: int) -> None:
    clinic = Clinic(switches={"payment_details": mode})

    answer = await clinic.ask(f"POST /invoices/{await billed(clinic)}/record-payment", {**alt(clinic), "mode": "cash"})

    assert answer.status_code == status


@pytest.mark.rule("highlevel.invoice-number")
@pytest.mark.parametrize(("mode", "status"), [("refuse", 400), ("accept", 200)])
async def test_a_number_twice(mode: str, status: int) -> None:
    clinic = Clinic(switches={"same_invoice_number": mode})
    await billed(clinic, invoiceNumber="17")

    answer = await clinic.ask("POST /invoices/", clinic.invoice(await clinic.contact(), invoiceNumber="17"))

    assert answer.status_code == status


@pytest.mark.rule("highlevel.paid-invoice")
@pytest.mark.parametrize(("mode", "status"), [("accept", 200), ("refuse", 400)])
async def test_deleting_a_paid_invoice(mode: str, status: int) -> None:
    clinic = Clinic(switches={"delete_paid_invoice": mode})
    id = await billed(clinic)
    await clinic.told(f"POST /invoices/{id}/record-payment", payment(clinic))

    assert (await clinic.ask(f"DELETE /invoices/{id}?{where(clinic)}")).status_code == status


@pytest.mark.rule("highlevel.products")
async def test_products_have_prices(clinic: Clinic) -> None:
    body = {"name": "Consult", "locationId": clinic.id, "productType": "SERVICE"}
    price = {"name": "Std", "type": "one_time", "currency": "AUD", "amount": 90, "locationId": clinic.id}
    query = f"?locationId={clinic.id}"

    made = await clinic.ask("POST /products/", body)
    id = made.json()["_id"]
    priced = await clinic.ask(f"POST /products/{id}/price", price)
    await clinic.told(f"PUT /products/{id}", {**body, "name": "Long consult"})
    await clinic.told(f"PUT /products/{id}/price/{priced.json()['_id']}", {**price, "amount": 95})

    assert (made.status_code, priced.status_code) == (201, 201)
    assert (await clinic.told(f"GET /products/{id}{query}"))["name"] == "Long consult"
    assert (await clinic.told(f"GET /products/{query}&search=long"))["total"] == [{"total": 1}]
    assert (await clinic.told(f"GET /products/{id}/price{query}"))["prices"][0]["amount"] == 95
    assert (await clinic.told(f"DELETE /products/{id}{query}"))["status"] is True
    assert await clinic.count("prices") == 0
    await clinic.refused("POST /products/", {**body, "productType": "WISH"}, status=422)
