"""Products with prices, files with their storage, links."""

from __future__ import annotations

import pytest
from freshsales_client import Account, on

pytestmark = pytest.mark.anyio


@pytest.mark.rule("freshsales.products")
async def test_a_price_takes_a_second_call_and_a_product_comes_back(account: Account) -> None:
    price = {"pricing_type": 1, "product_pricings": [{"currency_code": "AUD", "unit_price": 80}]}
    made = await account.make("cpq/products", "product", name="Tape", product_code="T1", **price)
    path = f"cpq/products/{made['id']}"

    bare = await account.read(f"{path}?include=product_pricings", "product")
    priced = (await account.told(f"PUT {path}?include=product_pricings", {"product": price}))["product"]
    away = {"product_pricings": [{"id": priced["product_pricings"][0]["id"], "_destroy": True}]}
    unpriced = (await account.told(f"PUT {path}?include=product_pricings", {"product": away}))["product"]

    assert (bare["product_pricings"], bare["pricing_type"]) == ([], 0)
    assert priced["product_pricings"][0]["unit_price"] == 80.0 and unpriced["product_pricings"] == []
    assert (await account.ask("GET cpq/products")).status_code == 404
    assert await account.told(f"DELETE {path}") == {"success": "200"}
    assert (await account.ask(f"GET {path}")).status_code == 404
    assert (await account.told(f"PUT {path}/restore"))["product"]["is_deleted"] is False
    wrong = {"product": {"product_pricings": [{"currency_code": "XXX", "unit_price": 1}]}}
    assert await account.refused(f"PUT {path}", wrong) == ["Currency code is invalid"]


@pytest.mark.rule("freshsales.products")
async def test_many_products_are_changed_at_once(account: Account) -> None:
    ids = [(await account.make("cpq/products", "product", name=name))["id"] for name in ("Tape", "Band")]
    admin = account.world.people.admin["id"]

    await account.told("PUT cpq/products/products_bulk_update", {"ids": ids, "product": {"category": "Goods"}})
    await account.told("POST cpq/products/products_bulk_assign", {"selected_ids": ids, "owner_id": admin})
    said = await account.told("POST cpq/products/products_bulk_delete", {"selected_ids": ids})
    gone = len(await account.dump("products"))
    await account.told("POST cpq/products/products_bulk_restore", {"selected_ids": ids})

    assert said == {"message": "2 products updated."} and gone == 0
    assert {(row["category"], row["owner_id"]) for row in await account.dump("products")} == {("Goods", admin)}


@pytest.mark.rule("freshsales.price-key", "freshsales.product-deleted")
async def test_sources_differ_on_prices_and_deletions() -> None:
    account = Account(switches={"price_key": "currency_value", "product_delete": "msg"})
    id = (await account.make("cpq/products", "product", name="Tape"))["id"]
    price = {"product_pricings": [{"currency_code": "AUD", "currency_value": 80}]}

    priced = (await account.told(f"PUT cpq/products/{id}?include=product_pricings", {"product": price}))["product"]

    assert priced["product_pricings"][0]["unit_price"] == 80.0
    assert await account.told(f"DELETE cpq/products/{id}") == {"msg": {"id": id, "code": "success"}}


@pytest.mark.rule("freshsales.files", "freshsales.download")
async def test_a_file_hangs_on_its_record_and_is_read_by_a_signed_address(account: Account) -> None:
    contact = await account.contact()
    made = (await account.upload(contact, b"consent", file_name="Consent – Zoë.pdf")).json()

    told = await account.told(f"GET contacts/{contact}/document_associations?per_page=100")
    sent_on = await account.ask(f"GET {told['documents'][0]['url']}")
    account.headers = {}
    content = (await account.ask(f"GET {sent_on.headers['location']}")).content

    assert told["meta"] == {"total": 1, "total_pages": 1}
    assert (told["documents"][0]["id"], told["documents"][0]["name"]) == (made["id"], "Consent – Zoë.pdf")
    assert (told["documents"][0]["content_file_size"], content) == (7, b"consent")
    assert (await account.ask(f"GET {told['documents'][0]['url']}")).status_code == 401
    (row,) = await account.dump("documents")
    assert (row["targetable_id"], len(row["sha256"])) == (contact, 64)


@pytest.mark.rule("freshsales.files")
async def test_a_file_cannot_be_deleted_and_must_come_as_a_form(account: Account) -> None:
    contact = await account.contact()
    id = (await account.upload(contact)).json()["id"]

    assert (await account.ask(f"DELETE documents/{id}")).status_code == 404
    assert await account.refused("POST documents", {"file": "x", **on(contact)}) == ["file is missing"]
    broken = await account.ask(
        "POST documents", content=b"--x", headers={"content-type": "multipart/form-data; boundary=y"}
    )
    assert broken.status_code == 400
    assert (await account.upload(5)).status_code == 400
    await account.done("POST delete", {"object": "documents", "id": id})
    assert await account.dump("documents") == []


@pytest.mark.rule("freshsales.file-limit", "freshsales.large-file")
async def test_a_file_may_be_too_large() -> None:
    account, other = Account(switches={"file_limit_mb": "1"}), Account(
        switches={"file_limit_mb": "1", "large_file": "413"}
    )  # fmt: skip
    large = bytes(1024 * 1024 + 1)

    assert (await account.upload(await account.contact(), large)).status_code == 400
    assert (await other.upload(await other.contact(), large)).status_code == 413
    assert Account().world.switches["file_limit_mb"] == "150"


@pytest.mark.rule("freshsales.storage", "freshsales.links")
async def test_free_has_no_storage_but_takes_links() -> None:
    account = Account(edition="free")
    contact = await account.contact()
    link = {"url": "https://files.example.org/1", "name": "Scan", "is_shared": True, **on(contact)}

    assert (await account.upload(contact)).status_code == 400
    await account.told("POST document_links", link)

    told = await account.told(f"GET contacts/{contact}/document_associations")
    assert [(one["name"], one["url"]) for one in told["documents"]] == [("Scan", link["url"])]


@pytest.mark.rule("freshsales.upload-answer")
async def test_an_upload_answers_in_one_of_two_shapes() -> None:
    account, other = Account(), Account(switches={"upload_answer": "document"})

    assert set((await account.upload(await account.contact())).json()) == {"id", "msg", "url"}
    assert set((await other.upload(await other.contact())).json()) == {"document"}
