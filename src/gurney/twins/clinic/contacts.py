"""People outside the clinic: doctors who refer, payers, others; and where patients come from."""

from __future__ import annotations

from gurney.twins.clinic.making import MISSING, Maker
from gurney.twins.clinic.wire import link
from gurney.twins.clinic.words import landline, phone


def contacts(make: Maker) -> tuple[list[str], list[str]]:
    """Doctors and payers by id; a standard contact besides."""
    doctors = [_contact(make, 1, place) for place in range(12)]
    payers = [_contact(make, 2, place) for place in range(4)]
    _contact(make, 0, 0)
    return doctors, payers


def _contact(make: Maker, code: int, place: int) -> str:
    person = code != 2
    first, last = make.rng.choice(make.words.women), make.rng.choice(make.words.surnames)
    town, state, post_code = make.rng.choice(make.words.towns)
    company = make.words.companies[10 * code + place + 1]
    return make.one(
        "contacts",
        address_1=make.rng.choice(make.words.streets),
        address_2="",
        address_3="",
        archived_at=make.archived(code == 1 and place == 11),
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
        provider_number=f"{make.rng.randint(1_000_000, 9_999_999)}A" if code == 1 else "",
        state=state,
        title="Dr" if code == 1 else "",
        type=("Standard", "Doctor", "3rd Party Payer")[code],
        type_code=code,
    )


def referral_types(make: Maker) -> dict[str, str]:
    """Kinds of referral by name: by a contact, by a patient, by nobody."""
    kinds: tuple[tuple[str, str | None, list[str]], ...] = (
        ("Doctor", "Contact", ["GP", "Specialist"]),
        ("Patient", "Patient", []),
        ("Internet", None, ["Search", "Map"]),
    )
    return {
        name: make.one(
            "referral_source_types",
            archived_at=None,
            name=name,
            referrer_type=referrer,
            referrers=link("contacts" if referrer == "Contact" else "patients") if referrer else MISSING,
            subcategories=below,
        )
        for name, referrer, below in kinds
    }
