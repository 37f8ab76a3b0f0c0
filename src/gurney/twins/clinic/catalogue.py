"""What a clinic sets up before the first patient comes: people, places, prices, templates.

Small, written out eagerly, and referred to by everything else. Holds on purpose: one practitioner without
a user, one who left, an archived type, price and template, three places in zones with and without daylight
saving and with a half hour.
"""

from __future__ import annotations

from dataclasses import dataclass

from gurney.twins.clinic import contacts, prices
from gurney.twins.clinic.making import MISSING, Maker
from gurney.twins.clinic.notes import FORM, TEMPLATES
from gurney.twins.clinic.wire import DAY_S, Record, link, stamp
from gurney.twins.clinic.words import MAIL_DOMAINS, MOBILES, landline, phone

SUBDOMAIN = "wattlebank"
NAME = "Wattlebank Allied Health"
PLACES = (
    ("Carlton", "VIC", "3053", "Melbourne", "Australia/Melbourne"),
    ("Unley", "SA", "5061", "Adelaide", "Australia/Adelaide"),
    ("Toowong", "QLD", "4066", "Brisbane", "Australia/Brisbane"),
)
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
    doctors: list[str]
    payers: list[str]
    concession: str
    referral_types: dict[str, str]
    unmatched: str

    @property
    def treating(self) -> list[Practitioner]:
        """Those who can be booked today."""
        return [person for person in self.practitioners if person.active]


def found(make: Maker, patients: int) -> Catalogue:
    """Everything of the account, made in the order in which its parts refer to each other."""
    owner = _user(make, "Noor", "Whitfield", "administrator")
    tax = make.one("taxes", amount="10.0", name="GST", rate="10.0")
    items = prices.items(make, tax)
    products = prices.products(make, tax, owner["id"])
    concession = prices.concessions(make, items)
    templates = _templates(make)
    types = prices.types(make, items, products, templates)
    businesses = _businesses(make, types)
    staff = _practitioners(make, patients, types, businesses)
    _other_staff(make)
    _services(make, types, businesses, staff)
    _rosters(make, businesses, staff)
    doctors, payers = contacts.contacts(make)
    return Catalogue(
        make.records,
        owner,
        staff,
        businesses,
        types,
        items,
        products,
        templates,
        doctors,
        payers,
        concession,
        contacts.referral_types(make),
        unmatched=staff[-2].id,
    )


def _templates(make: Maker) -> list[str]:
    printed = {
        "include_patient_address": True,
        "include_patient_dob": True,
        "include_patient_medicare": False,
        "include_patient_occupation": False,
        "include_patient_reference_number": False,
        "title": "",
    }
    notes = [
        make.one(
            "treatment_note_templates",
            archived_at=make.archived(name.startswith("Old")),
            content={"sections": sections},
            deleted_at=None,
            name=name,
            print_settings=printed,
        )
        for name, sections in TEMPLATES.items()
    ]
    make.one(
        "patient_form_templates",
        archived_at=None,
        content={"sections": FORM},
        email_to_patient_on_completion=True,
        name="New patient form",
        restricted_to_practitioner=False,
    )
    return notes


def _businesses(make: Maker, types: list[str]) -> list[str]:
    return [_business(make, place, types) for place in PLACES]


def _business(make: Maker, place: tuple[str, str, str, str, str], types: list[str]) -> str:
    town, state, post_code, zone, identifier = place
    return make.one(
        "businesses",
        additional_information="",
        additional_invoice_information="",
        address_1=make.rng.choice(make.words.streets),
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


def _user(make: Maker, first: str, last: str, role: str, *, active: bool = True) -> Record:
    number = len(make.records.get("users", ()))
    make.one(
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
    return make.records["users"][-1]


def _practitioners(make: Maker, patients: int, types: list[str], businesses: list[str]) -> list[Practitioner]:
    """Some treating with a user, then one without a user, then one who left."""
    count = min(6 + patients // 4_000, 24)
    pool = make.rng.sample(make.words.surnames, min(len(make.words.surnames), 60))
    names = [(make.rng.choice(make.words.women + make.words.men), pool[i]) for i in range(count + 2)]
    staff = []
    for place, (first, last) in enumerate(names):
        left, unmatched = place == count + 1, place == count
        user = None if unmatched else _user(make, first, last, "practitioner", active=not left)["id"]
        staff.append(_practitioner(make, first, last, user, types[1], active=not left))
        _numbered(make, staff[-1].id, businesses)
    return staff


def _practitioner(make: Maker, first: str, last: str, user: str | None, type_id: str, *, active: bool) -> Practitioner:
    designation = make.rng.choice(("Physiotherapist", "Podiatrist", "Exercise physiologist"))
    own_id = make.one(
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


def _numbered(make: Maker, practitioner: str, businesses: list[str]) -> None:
    make.one(
        "practitioner_reference_numbers",
        business=link(f"businesses/{businesses[0]}"),
        name="Medicare provider",
        practitioner=link(f"practitioners/{practitioner}"),
        reference_number=f"{make.rng.randint(1_000_000, 9_999_999)}B",
    )


def _other_staff(make: Maker) -> None:
    for role, last in zip(ROLES, ("Abara", "Lindqvist", "Okafor", "Marchetti"), strict=True):
        _user(make, make.rng.choice(make.words.women), last, role)


def _services(make: Maker, types: list[str], businesses: list[str], staff: list[Practitioner]) -> None:
    """What can be booked online; services have no id (FACTS 6)."""
    active = [{**link(f"practitioners/{person.id}")} for person in staff if person.active]
    make.records["services"] = [
        {
            "appointment_type": link(f"appointment_types/{type_id}"),
            "business": link(f"businesses/{business}"),
            "practitioners": active[place::2],
        }
        for place, business in enumerate(businesses[:2])
        for type_id in types[:5]
    ]


def _rosters(make: Maker, businesses: list[str], staff: list[Practitioner]) -> None:
    lunch = make.one(
        "unavailable_block_types",
        archived_at=None,
        color="#bdbdbd",
        duration_in_minutes=60,
        name="Lunch",
        system_controlled=False,
    )
    for place, person in enumerate(staff[:-1]):
        _rostered(make, person.id, businesses[place % 3], PLACES[place % 3], lunch)


def _rostered(make: Maker, practitioner: str, business: str, place: tuple[str, ...], lunch: str) -> None:
    where = {"business": link(f"businesses/{business}"), "practitioner": link(f"practitioners/{practitioner}")}
    noon = make.as_of - make.as_of % DAY_S + 7 * DAY_S + 2 * 3600
    make.one(
        "daily_availabilities",
        availabilities=[{"starts_at": "09:00", "ends_at": "17:00"}],
        day_of_week=make.rng.randint(1, 5),
        time_zone=place[3],
        time_zone_identifier=place[4],
        **where,
    )
    make.one(
        "availability_blocks",
        ends_at=stamp(noon + 8 * 3600),
        repeat_rule={},
        starts_at=stamp(noon),
        **where,
    )
    make.one(
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
