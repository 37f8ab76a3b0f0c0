"""What a clinic charges for: items, goods, concessions, and the types of appointment they belong to."""

from __future__ import annotations

from gurney.twins.clinic.making import MISSING, Maker
from gurney.twins.clinic.wire import link, listing, money

# name, minutes, most attendees, category, colour, telehealth, archived
TYPES = (
    ("Initial Consultation", 45, 1, "Initial", "#2f80ed", False, False),
    ("Standard Consultation", 30, 1, "Follow-up", "#27ae60", False, False),
    ("Extended Consultation", 60, 1, "Follow-up", "#6fcf97", False, False),
    ("Telehealth Review", 20, 1, "Telehealth", "#9b51e0", True, False),
    ("Pilates Class", 60, 8, "Class", "#f2994a", False, False),
    ("Hydrotherapy (old)", 40, 1, "Closed", "#bdbdbd", False, True),
)
# name, code, kind, cents, taxed, archived
ITEMS = (
    ("Initial consultation", "INI", "Service", 12_100, False, False),
    ("Standard consultation", "STD", "Service", 8_900, False, False),
    ("Extended consultation", "EXT", "Service", 14_850, False, False),
    ("Telehealth review", "TEL", "Service", 6_500, False, False),
    ("Pilates class", "PIL", "Service", 3_300, True, False),
    ("Hydrotherapy", "HYD", "Service", 7_000, False, True),
    ("Missed appointment", "DNA", "Other", 4_400, True, False),
)
# name, code, cost cents, cents with tax, stock
GOODS = (
    ("Resistance band (medium)", "BAND-M", 850, 2_200, 14),
    ("Rigid sports tape 38 mm", "TAPE-38", 420, 1_320, 40),
    ("Foam roller", "ROLL-1", 1_500, 4_400, -2),
)


def items(make: Maker, tax: str) -> list[str]:
    """Billable items: treatments, and what a missed appointment costs."""
    return [
        make.one(
            "billable_items",
            archived_at=make.archived(archived),
            item_code=code,
            item_type=kind,
            name=name,
            price=money(cents),
            tax=link(f"taxes/{tax}") if taxed else MISSING,
        )
        for name, code, kind, cents, taxed, archived in ITEMS
    ]


def products(make: Maker, tax: str, owner: str) -> list[str]:
    """Goods for sale, with a supplier and stock movements."""
    supplier_name = make.words.companies[0]
    supplier = make.one("product_suppliers", name=supplier_name)
    products = [
        make.one(
            "products",
            archived_at=None,
            cost_price=money(cost),
            item_code=code,
            name=name,
            notes="",
            price_ex_tax=money(round(price / 1.1)),
            price_including_tax=money(price),
            product_supplier=link(f"product_suppliers/{supplier}"),
            product_supplier_id=supplier,
            product_supplier_name=supplier_name,
            serial_number="",
            stock_adjustments=lambda own: listing("stock_adjustments", "product_id", own),
            stock_level=f"{stock}.0",
            tax=link(f"taxes/{tax}"),
        )
        for name, code, cost, price, stock in GOODS
    ]
    for product in products:
        _stocked(make, product, owner)
    return products


def _stocked(make: Maker, product: str, owner: str) -> None:
    for kind, quantity in (("Stock Purchase", "60.0"), ("Damaged", "-1.0")):
        make.one(
            "stock_adjustments",
            adjustment_type=kind,
            archived_at=None,
            comment=None,
            notes=None,
            product=link(f"products/{product}"),
            quantity=quantity,
            user=link(f"users/{owner}"),
        )


def concessions(make: Maker, items: list[str]) -> str:
    """Concession types and prices; the id of the one in use."""
    pension = make.one("concession_types", archived_at=None, name="Pensioner")
    make.one("concession_types", archived_at=make.archived(True), name="Staff family")
    for item, cents in ((items[0], 9_500), (items[1], 7_000)):
        make.one(
            "concession_prices",
            billable_item=link(f"billable_items/{item}"),
            concession_type=link(f"concession_types/{pension}"),
            price=money(cents),
        )
    return pension


def types(make: Maker, items: list[str], products: list[str], templates: list[str]) -> list[str]:
    """Appointment types, with what each is billed as."""
    types = [_type(make, spec, items[place], templates[0 if place == 0 else 1]) for place, spec in enumerate(TYPES)]
    for own, item in zip(types, items, strict=False):
        _priced(make, "appointment_type_billable_items", own, "billable_item", f"billable_items/{item}")
    _priced(make, "appointment_type_products", types[4], "product", f"products/{products[0]}")
    return types


def _type(make: Maker, spec: tuple[str, int, int, str, str, bool, bool], item: str, template: str) -> str:
    name, minutes, most, category, color, telehealth, archived = spec
    return make.one(
        "appointment_types",
        add_deposit_to_account_credit=False,
        appointment_confirmation_template_ids=["1"],
        appointment_follow_up_template_ids=[],
        appointment_reminder_template_ids=["1", "2"],
        appointment_type_billable_items=lambda own: listing(
            "appointment_type_billable_items", "appointment_type_id", own
        ),
        appointment_type_products=lambda own: listing("appointment_type_products", "appointment_type_id", own),
        archived_at=make.archived(archived),
        billable_item=link(f"billable_items/{item}"),
        category=category,
        color=color,
        deposit_price=None,
        description="",
        duration_in_minutes=minutes,
        max_attendees=most,
        name=name,
        online_bookings_lead_time_hours=2,
        online_payments_enabled=False,
        online_payments_mode=None,
        practitioners=lambda own: link(f"appointment_types/{own}/practitioners"),
        show_in_online_bookings=not archived,
        telehealth_enabled=telehealth,
        treatment_note_template=link(f"treatment_note_templates/{template}"),
    )


def _priced(make: Maker, resource: str, appointment_type: str, relation: str, target: str) -> None:
    make.one(
        resource,
        appointment_type=link(f"appointment_types/{appointment_type}"),
        **{relation: link(target)},
        discount_percentage=None,
        discounted_amount=None,
        is_monetary_discount=None,
        quantity="1.0",
    )
