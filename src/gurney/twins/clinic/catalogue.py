"""What a clinic sets up before the first patient comes: people, places, prices, templates.

Small, written out eagerly, and referred to by everything else. Holds on purpose: one practitioner without
a user, one who left, an archived type, price and template, three places in zones with and without daylight
saving and with a half hour.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from gurney.twins.clinic.notes import FORM, TEMPLATES
from gurney.twins.clinic.wire import DAY_S, Ids, Record, head, link, listing, money, stamp
from gurney.twins.clinic.words import MAIL_DOMAINS, MOBILES, Words, landline, phone

SUBDOMAIN = "wattlebank"
NAME = "Wattlebank Allied Health"
PLACES = (
    ("Carlton", "VIC", "3053", "Melbourne", "Australia/Melbourne"),
    ("Unley", "SA", "5061", "Adelaide", "Australia/Adelaide"),
    ("Toowong", "QLD", "4066", "Brisbane", "Australia/Brisbane"),
)
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
MISSING = object()
"""Marks a relation that does not exist: it is left out of the record (FACTS 0.6)."""
ROLES = ("power receptionist", "receptionist", "scheduler", "bookkeeper")


@dataclass(frozen=True)
class Practitioner:
    """What a visit needs to know of who treats."""

    id: str
    name: str
    active: bool


@dataclass
class Catalogue:
    """Account-level records by resource, and short lists for those who refer to them."""

    records: dict[str, list[Record]]
    owner: Record
    practitioners: list[Practitioner]
    businesses: list[str]
    types: list[str]
    items: list[str]
    products: list[str]
    templates: list[str]
    form_template: str
    doctors: list[str]
    payers: list[str]
    concession: str
    referral_types: dict[str, str]
    unmatched: str
    tax: str

    @property
    def treating(self) -> list[Practitioner]:
        """Those who can be booked today."""
        return [person for person in self.practitioners if person.active]


class Founding:
    """Founds one clinic: makes the catalogue in the order in which its parts refer to each other."""

    def __init__(self, rng: Random, words: Words, ids: Ids, as_of: int, patients: int) -> None:
        self._rng, self._words, self._ids = rng, words, ids
        self._as_of, self._patients = as_of, patients
        self._when = as_of - 9 * 365 * DAY_S
        self._records: dict[str, list[Record]] = {}
        self._owner = ""

    def catalogue(self) -> Catalogue:
        """All of it."""
        owner = self._user("Noor", "Whitfield", "administrator")
        self._owner = owner["id"]
        tax = self._one("taxes", amount="10.0", name="GST", rate="10.0")
        items = self._items(tax)
        products = self._products(tax)
        concession = self._concessions(items)
        templates, form_template = self._templates()
        types = self._types(items, products, templates)
        businesses = self._businesses(types)
        staff = self._practitioners(types, businesses)
        self._other_staff()
        self._services(types, businesses, staff)
        self._rosters(businesses, staff)
        doctors, payers = self._contacts()
        return Catalogue(
            self._records,
            owner,
            staff,
            businesses,
            types,
            items,
            products,
            templates,
            form_template,
            doctors,
            payers,
            concession,
            self._referral_types(),
            unmatched=staff[-2].id,
            tax=tax,
        )

    def _one(self, resource: str, **fields: object) -> str:
        """Adds one record, a while after the previous one; relations given as None are left out."""
        self._when += 3_600 + self._rng.randrange(7_200)
        record_id = self._ids.take(self._when)
        record = head(resource, record_id, self._when, self._when)
        for name, value in fields.items():
            if value is not MISSING:
                record[name] = value(record_id) if callable(value) else value
        self._records.setdefault(resource, []).append(record)
        return record_id

    def _items(self, tax: str) -> list[str]:
        return [
            self._one(
                "billable_items",
                archived_at=self._archived(archived),
                item_code=code,
                item_type=kind,
                name=name,
                price=money(cents),
                tax=link(f"taxes/{tax}") if taxed else MISSING,
            )
            for name, code, kind, cents, taxed, archived in ITEMS
        ]

    def _products(self, tax: str) -> list[str]:
        supplier_name = self._words.companies[0]
        supplier = self._one("product_suppliers", name=supplier_name)
        products = [
            self._one(
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
            self._stocked(product)
        return products

    def _stocked(self, product: str) -> None:
        for kind, quantity in (("Stock Purchase", "60.0"), ("Damaged", "-1.0")):
            self._one(
                "stock_adjustments",
                adjustment_type=kind,
                archived_at=None,
                comment=None,
                notes=None,
                product=link(f"products/{product}"),
                quantity=quantity,
                user=link(f"users/{self._owner}"),
            )

    def _concessions(self, items: list[str]) -> str:
        pension = self._one("concession_types", archived_at=None, name="Pensioner")
        self._one("concession_types", archived_at=self._archived(True), name="Staff family")
        for item, cents in ((items[0], 9_500), (items[1], 7_000)):
            self._one(
                "concession_prices",
                billable_item=link(f"billable_items/{item}"),
                concession_type=link(f"concession_types/{pension}"),
                price=money(cents),
            )
        return pension

    def _templates(self) -> tuple[list[str], str]:
        printed = {
            "include_patient_address": True,
            "include_patient_dob": True,
            "include_patient_medicare": False,
            "include_patient_occupation": False,
            "include_patient_reference_number": False,
            "title": "",
        }
        notes = [
            self._one(
                "treatment_note_templates",
                archived_at=self._archived(name.startswith("Old")),
                content={"sections": sections},
                deleted_at=None,
                name=name,
                print_settings=printed,
            )
            for name, sections in TEMPLATES.items()
        ]
        form = self._one(
            "patient_form_templates",
            archived_at=None,
            content={"sections": FORM},
            email_to_patient_on_completion=True,
            name="New patient form",
            restricted_to_practitioner=False,
        )
        return notes, form

    def _types(self, items: list[str], products: list[str], templates: list[str]) -> list[str]:
        types = [self._type(spec, items[place], templates[0 if place == 0 else 1]) for place, spec in enumerate(TYPES)]
        for own, item in zip(types, items, strict=False):
            self._priced("appointment_type_billable_items", own, "billable_item", f"billable_items/{item}")
        self._priced("appointment_type_products", types[4], "product", f"products/{products[0]}")
        return types

    def _type(self, spec: tuple[str, int, int, str, str, bool, bool], item: str, template: str) -> str:
        name, minutes, most, category, color, telehealth, archived = spec
        return self._one(
            "appointment_types",
            add_deposit_to_account_credit=False,
            appointment_confirmation_template_ids=["1"],
            appointment_follow_up_template_ids=[],
            appointment_reminder_template_ids=["1", "2"],
            appointment_type_billable_items=lambda own: listing(
                "appointment_type_billable_items", "appointment_type_id", own
            ),
            appointment_type_products=lambda own: listing("appointment_type_products", "appointment_type_id", own),
            archived_at=self._archived(archived),
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

    def _priced(self, resource: str, appointment_type: str, relation: str, target: str) -> None:
        self._one(
            resource,
            appointment_type=link(f"appointment_types/{appointment_type}"),
            **{relation: link(target)},
            discount_percentage=None,
            discounted_amount=None,
            is_monetary_discount=None,
            quantity="1.0",
        )

    def _businesses(self, types: list[str]) -> list[str]:
        return [self._business(place, types) for place in PLACES]

    def _business(self, place: tuple[str, str, str, str, str], types: list[str]) -> str:
        town, state, post_code, zone, identifier = place
        return self._one(
            "businesses",
            additional_information="",
            additional_invoice_information="",
            address_1=self._rng.choice(self._words.streets),
            address_2="",
            appointment_reminders_enabled=True,
            appointment_type_ids=types,
            appointments=lambda own: link(f"businesses/{own}/appointments"),
            archived_at=None,
            business_name=NAME,
            business_registration_name="ABN",
            business_registration_value="00 000 000 000",
            city=town,
            contact_information=landline(79_000 + len(town)),
            country="Australia",
            country_code="AU",
            deleted_at=None,
            display_name=f"{NAME} {town}",
            email_reply_to=f"{town.lower()}@example.org",
            label=f"{NAME} {town}",
            post_code=post_code,
            practitioners=lambda own: link(f"businesses/{own}/practitioners"),
            show_in_online_bookings=True,
            state=state,
            time_zone=zone,
            time_zone_identifier=identifier,
            website_address="https://wattlebank.example.org",
        )

    def _user(self, first: str, last: str, role: str, *, active: bool = True) -> Record:
        number = len(self._records.get("users", ()))
        self._one(
            "users",
            active=active,
            email=f"{first}.{last}@{MAIL_DOMAINS[number % 3]}".lower().replace(" ", "").replace("'", ""),
            first_name=first,
            last_name=last,
            phone_numbers=[phone("Mobile", MOBILES[number % len(MOBILES)])],
            role=role,
            time_zone="Melbourne",
            time_zone_identifier="Australia/Melbourne",
            title="",
            user_active=active,
        )
        return self._records["users"][-1]

    def _practitioners(self, types: list[str], businesses: list[str]) -> list[Practitioner]:
        """Some treating with a user, then one without a user, then one who left."""
        count = min(6 + self._patients // 4_000, 24)
        pool = self._rng.sample(self._words.surnames, min(len(self._words.surnames), 60))
        names = [(self._rng.choice(self._words.women + self._words.men), pool[i]) for i in range(count + 2)]
        staff = []
        for place, (first, last) in enumerate(names):
            left, unmatched = place == count + 1, place == count
            user = None if unmatched else self._user(first, last, "practitioner", active=not left)["id"]
            staff.append(self._practitioner(first, last, user, types[1], active=not left))
            self._numbered(staff[-1].id, businesses)
        return staff

    def _practitioner(self, first: str, last: str, user: str | None, type_id: str, *, active: bool) -> Practitioner:
        designation = self._rng.choice(("Physiotherapist", "Podiatrist", "Exercise physiologist"))
        own_id = self._one(
            "practitioners",
            active=active,
            appointment_types=lambda own: link(f"practitioners/{own}/appointment_types"),
            appointments=lambda own: link(f"practitioners/{own}/appointments"),
            default_appointment_type=link(f"appointment_types/{type_id}"),
            description="",
            designation=designation,
            display_name=f"{first} {last}",
            first_name=first,
            invoices=lambda own: link(f"practitioners/{own}/invoices"),
            label=f"{first} {last}",
            last_name=last,
            practitioner_reference_numbers=lambda own: link(f"practitioners/{own}/practitioner_reference_numbers"),
            show_in_online_bookings=active,
            title="",
            user=link(f"users/{user}") if user else MISSING,
        )
        return Practitioner(own_id, f"{first} {last}", active)

    def _numbered(self, practitioner: str, businesses: list[str]) -> None:
        self._one(
            "practitioner_reference_numbers",
            business=link(f"businesses/{businesses[0]}"),
            name="Medicare provider",
            practitioner=link(f"practitioners/{practitioner}"),
            reference_number=f"{self._rng.randint(1_000_000, 9_999_999)}B",
        )

    def _other_staff(self) -> None:
        for role, last in zip(ROLES, ("Abara", "Lindqvist", "Okafor", "Marchetti"), strict=True):
            self._user(self._rng.choice(self._words.women), last, role)

    def _services(self, types: list[str], businesses: list[str], staff: list[Practitioner]) -> None:
        """What can be booked online; services have no id (FACTS 6)."""
        active = [{**link(f"practitioners/{person.id}")} for person in staff if person.active]
        self._records["services"] = [
            {
                "appointment_type": link(f"appointment_types/{type_id}"),
                "business": link(f"businesses/{business}"),
                "practitioners": active[place::2],
            }
            for place, business in enumerate(businesses[:2])
            for type_id in types[:5]
        ]

    def _rosters(self, businesses: list[str], staff: list[Practitioner]) -> None:
        lunch = self._one(
            "unavailable_block_types",
            archived_at=None,
            color="#bdbdbd",
            duration_in_minutes=60,
            name="Lunch",
            system_controlled=False,
        )
        for place, person in enumerate(staff[:-1]):
            self._rostered(person.id, businesses[place % 3], PLACES[place % 3], lunch)

    def _rostered(self, practitioner: str, business: str, place: tuple[str, ...], lunch: str) -> None:
        where = {"business": link(f"businesses/{business}"), "practitioner": link(f"practitioners/{practitioner}")}
        noon = self._as_of - self._as_of % DAY_S + 7 * DAY_S + 2 * 3600
        self._one(
            "daily_availabilities",
            availabilities=[{"starts_at": "09:00", "ends_at": "17:00"}],
            day_of_week=self._rng.randint(1, 5),
            time_zone=place[3],
            time_zone_identifier=place[4],
            **where,
        )
        self._one(
            "availability_blocks",
            ends_at=stamp(noon + 8 * 3600),
            repeat_rule={},
            starts_at=stamp(noon),
            **where,
        )
        self._one(
            "unavailable_blocks",
            archived_at=None,
            conflicts=lambda own: link(f"unavailable_blocks/{own}/conflicts"),
            deleted_at=None,
            ends_at=stamp(noon + 3600),
            notes="Lunch",
            repeat_rule={},
            repeats=None,
            starts_at=stamp(noon),
            unavailable_block_type=link(f"unavailable_block_types/{lunch}"),
            **where,
        )

    def _contacts(self) -> tuple[list[str], list[str]]:
        doctors = [self._contact(1, place) for place in range(12)]
        payers = [self._contact(2, place) for place in range(4)]
        self._contact(0, 0)
        return doctors, payers

    def _contact(self, code: int, place: int) -> str:
        person = code != 2
        first, last = self._rng.choice(self._words.women), self._rng.choice(self._words.surnames)
        town, state, post_code = self._rng.choice(self._words.towns)
        company = self._words.companies[10 * code + place + 1]
        return self._one(
            "contacts",
            address_1=self._rng.choice(self._words.streets),
            address_2="",
            address_3="",
            archived_at=self._archived(code == 1 and place == 11),
            city=town,
            company_name=f"{company} {('Supplies', 'Family Practice', 'Health Fund')[code]}",
            country="Australia",
            country_code="AU",
            deleted_at=None,
            doctor_type=("general_practitioner", "specialist")[place % 2] if code == 1 else ("" if code == 0 else None),
            email=f"reception{10 * code + place}@example.org",
            first_name=first if person else "",
            last_name=last if person else "",
            notes="",
            occupation="General practitioner" if code == 1 else "",
            phone_numbers=[phone("Work", landline(78_000 + 100 * code + place))],
            post_code=post_code,
            preferred_name="",
            provider_number=f"{self._rng.randint(1_000_000, 9_999_999)}A" if code == 1 else "",
            state=state,
            title="Dr" if code == 1 else "",
            type=("Standard", "Doctor", "3rd Party Payer")[code],
            type_code=code,
        )

    def _referral_types(self) -> dict[str, str]:
        kinds: tuple[tuple[str, str | None, list[str]], ...] = (
            ("Doctor", "Contact", ["GP", "Specialist"]),
            ("Patient", "Patient", []),
            ("Internet", None, ["Search", "Map"]),
        )
        return {
            name: self._one(
                "referral_source_types",
                archived_at=None,
                name=name,
                referrer_type=referrer,
                referrers=link("contacts" if referrer == "Contact" else "patients") if referrer else MISSING,
                subcategories=below,
            )
            for name, referrer, below in kinds
        }

    def _archived(self, archived: bool) -> str | None:
        return stamp(self._as_of - 200 * DAY_S) if archived else None
