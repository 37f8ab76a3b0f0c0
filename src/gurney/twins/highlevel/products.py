"""Products and their prices (specification only)."""

from __future__ import annotations

from gurney.twins.highlevel import checks
from gurney.twins.highlevel.call import Call, Routes
from gurney.twins.highlevel.checks import Shape
from gurney.twins.kit.tables import Row
from gurney.twins.kit.wire import Answer

routes = Routes()
READ, WRITE = "products.readonly", "products.write"
PRICE_READ, PRICE_WRITE = "products/prices.readonly", "products/prices.write"
LIST_MOST = 100
_texts = ("description", "image", "statementDescriptor", "automaticTaxCategoryId", "slug")
_flags = ("availableInStore", "isTaxesEnabled", "isLabelEnabled", "taxInclusive")
PRODUCT = Shape(
    {**dict.fromkeys(_texts, checks.text), **dict.fromkeys(_flags, checks.boolean), "name": checks.filled,
     "locationId": checks.filled, "productType": checks.one_of(["DIGITAL", "PHYSICAL", "SERVICE", "PHYSICAL/DIGITAL"]),
     "medias": checks.listed(checks.record), "variants": checks.listed(checks.record), "collectionIds": checks.texts,
     "taxes": checks.texts, "label": checks.record, "seo": checks.record},
    ["name", "locationId", "productType"],
)  # fmt: skip
CHANGE = PRODUCT.but(prices=checks.texts)
_numbers = ("trialPeriod", "totalCycles", "setupFee", "compareAtPrice", "availableQuantity")
PRICE = Shape(
    {**dict.fromkeys(_numbers, checks.number), "name": checks.filled, "locationId": checks.filled,
     "type": checks.one_of(["one_time", "recurring"]), "currency": checks.filled, "amount": checks.number,
     "recurring": checks.record, "description": checks.text, "membershipOffers": checks.listed(checks.record),
     "variantOptionIds": checks.texts, "userId": checks.text, "meta": checks.record, "trackInventory": checks.boolean,
     "allowOutOfStockPurchases": checks.boolean, "sku": checks.text, "shippingOptions": checks.record,
     "isDigitalProduct": checks.boolean, "digitalDelivery": checks.texts},
    ["name", "type", "currency", "amount", "locationId"],
)  # fmt: skip


def shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "id"}


def _product(call: Call) -> Row:
    row = call.account["products"].get(call.param("productId"))
    if row is None:
        raise call.missing("Product")
    return row


def _price(call: Call) -> Row:
    row = call.account["prices"].get(call.param("priceId"))
    if row is None or row["product"] != _product(call)["id"]:
        raise call.missing("Price")
    return row


def _read(call: Call, shape: Shape) -> Row:
    values = shape.read(call.body())
    call.same_location(values["locationId"])
    return {**values, "updatedAt": call.account.now()}


def _new(call: Call, name: str, values: Row) -> Answer:
    id = call.world.ids.hex()
    row = {"id": id, "_id": id, "createdAt": call.account.now(), **values}
    return call.ok(shown(call.account.add(name, row)), 201)


@routes.on("POST /products", WRITE)
def create(call: Call) -> Answer:
    return _new(call, "products", {"availableInStore": False, **_read(call, PRODUCT)})


@routes.on("GET /products", READ)
def list_products(call: Call) -> Answer:
    call.only("limit", "offset", "locationId", "search", "collectionIds", "collectionSlug", "expand", "productIds",
              "storeId", "includedInStore", "availableInStore", "sortOrder")  # fmt: skip
    call.here()
    limit, offset = call.number("limit", 20, LIST_MOST), call.number("offset", 0)
    words = (call.query("search") or "").casefold()
    rows = [row for row in call.account["products"] if words in row["name"].casefold()]
    page = [shown(row) for row in rows[offset : offset + limit]]
    return call.ok({"products": page, "total": [{"total": len(rows)}]})


@routes.on("GET /products/{productId}", READ)
def get(call: Call) -> Answer:
    call.only("locationId", "sendWishlistStatus")
    call.here()
    return call.ok(shown(_product(call)))


@routes.on("PUT /products/{productId}", WRITE)
def change(call: Call) -> Answer:
    row = _product(call)
    return call.ok(shown(call.account.change("products", row["id"], _read(call, CHANGE))))


@routes.on("DELETE /products/{productId}", WRITE)
def delete(call: Call) -> Answer:
    """With its prices."""
    call.only("locationId", "sendWishlistStatus")
    call.here()
    row = _product(call)
    for price in call.account["prices"].where("product", row["id"]):
        call.account.remove("prices", price["id"])
    call.account.remove("products", row["id"])
    return call.ok({"status": True})


@routes.on("POST /products/{productId}/price", PRICE_WRITE)
def create_price(call: Call) -> Answer:
    return _new(call, "prices", {"product": _product(call)["id"], **_read(call, PRICE)})


@routes.on("GET /products/{productId}/price", PRICE_READ)
def list_prices(call: Call) -> Answer:
    call.only("limit", "offset", "locationId", "ids")
    call.here()
    limit, offset = call.number("limit", 20, LIST_MOST), call.number("offset", 0)
    rows = call.account["prices"].where("product", _product(call)["id"])
    return call.ok({"prices": [shown(row) for row in rows[offset : offset + limit]], "total": len(rows)})


@routes.on("GET /products/{productId}/price/{priceId}", PRICE_READ)
def get_price(call: Call) -> Answer:
    call.only("locationId")
    call.here()
    return call.ok(shown(_price(call)))


@routes.on("PUT /products/{productId}/price/{priceId}", PRICE_WRITE)
def change_price(call: Call) -> Answer:
    row = _price(call)
    return call.ok(shown(call.account.change("prices", row["id"], _read(call, PRICE))))


@routes.on("DELETE /products/{productId}/price/{priceId}", PRICE_WRITE)
def delete_price(call: Call) -> Answer:
    call.only("locationId")
    call.here()
    call.account.remove("prices", _price(call)["id"])
    return call.ok({"status": True})
