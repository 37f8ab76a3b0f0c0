"""Pools of made-up names, addresses and clinical phrases.

Faker is too slow to ask per record, so each pool is drawn once and combined at random. Nobody here exists:
e-mail addresses use the domains reserved for examples, and phone numbers the Australian ranges reserved for
fiction (landlines 5550 xxxx and 7010 xxxx in each area; thirty listed mobile numbers).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from faker import Faker

MAIL_DOMAINS = ("example.com", "example.org", "example.net")
MOBILES = tuple(
    f"0491 57{tail}"
    for tail in (
        "0 006", "0 156", "0 157", "0 158", "0 159", "0 110", "0 313", "0 737", "1 266", "1 491", "1 804", "2 549",
        "2 665", "2 983", "3 770", "3 087", "4 118", "4 632", "5 254", "5 789", "6 398", "6 801", "7 426", "7 644",
        "8 957", "8 148", "8 888", "9 212", "9 760", "9 455",
    )
)  # fmt: skip
_LAND_AREAS = ("3", "7", "8", "2")
_LAND_BLOCKS = ("5550", "7010")

COMPLAINTS = (
    "Left shoulder pain for three weeks", "Low back stiffness since gardening", "Right knee pain on stairs",
    "Headache after long days at the desk", "Heel pain with the first steps of the day", "Neck pain on turning",
    "Ankle sprain at netball", "Tightness in the calf after running", "Elbow pain when lifting the kettle",
    "Hip pain lying on the right side", "Wrist ache from typing", "Post-operative knee, week four",
)  # fmt: skip
FINDINGS = (
    "Range of motion reduced by a third", "Full strength, pain at end of range", "Tender over the joint line",
    "Gait even, no limp", "Reflexes equal on both sides", "Balance 22 seconds on one leg", "Mild swelling",
    "Thoracic rotation 40 degrees", "Straight leg raise 70 degrees", "No red flags on questioning",
)  # fmt: skip
OPINIONS = (
    "Improving as expected", "Likely tendon overload", "Mechanical low back pain", "No change since last visit",
    "Plateau, change of loading needed", "Ready for return to sport", "Flare-up after a long drive",
)  # fmt: skip
PLANS = (
    "Calf raises, three sets of twelve", "Heat and gentle mobility at home", "Review in two weeks",
    "Progress to single-leg work", "Letter to the general practitioner", "Tape for the weekend game",
    "Walk twenty minutes daily", "Reduce sitting to blocks of forty minutes",
)  # fmt: skip
ALERTS = (
    "Latex allergy", "Penicillin allergy", "Type 2 diabetes", "Pacemaker", "Epilepsy", "Asthma", "Anticoagulants",
    "Fear of needles", "Osteoporosis", "Pregnant", "Hearing aid: speak to the left side",
)  # fmt: skip
REASONS = (
    (10, "Feeling Better"), (20, "Condition Worse"), (30, "Sick"), (40, "Away"), (50, "Other"), (60, "Work"),
)  # fmt: skip


def phone(kind: str, number: str) -> dict[str, Any]:
    """A phone entry; the normalised number is digits with country code and no plus sign (FACTS 5)."""
    digits = "".join(mark for mark in number if mark.isdigit())
    return {"phone_type": kind, "number": number, "normalized_number": f"61{digits[1:]}"}


def landline(number: int) -> str:
    """The n-th landline number of the ranges reserved for fiction; unique below 80,000."""
    block, tail = divmod(number % 80_000, 10_000)
    return f"0{_LAND_AREAS[block % 4]} {_LAND_BLOCKS[block // 4]} {tail:04d}"


def medicare(rng: Random) -> str:
    """Ten digits shaped like a Medicare number whose check digit is wrong on purpose: nobody can hold it."""
    digits = [rng.randint(2, 6), *(rng.randint(0, 9) for _ in range(7))]
    check = sum(digit * weight for digit, weight in zip(digits, (1, 3, 7, 9, 1, 3, 7, 9), strict=True)) % 10
    return "".join(map(str, digits)) + f"{(check + 1) % 10}1"


@dataclass(frozen=True)
class Words:
    """Everything a made-up clinic is named with."""

    women: list[str]
    men: list[str]
    surnames: list[str]
    streets: list[str]
    towns: list[tuple[str, str, str]]
    companies: list[str]
    jobs: list[str]

    @classmethod
    @lru_cache(maxsize=16)
    def draw(cls, seed: int) -> Words:
        """The pools for this seed; every walk over a clinic's records needs them again."""
        fake = Faker("en_AU")
        fake.seed_instance(seed)
        return cls(
            women=[fake.first_name_female() for _ in range(400)],
            men=[fake.first_name_male() for _ in range(400)],
            surnames=[fake.last_name() for _ in range(900)],
            streets=[fake.street_address().replace("\n", " ") for _ in range(600)],
            towns=[(fake.city(), fake.state_abbr(), fake.postcode()) for _ in range(200)],
            companies=[fake.company() for _ in range(120)],
            jobs=[fake.job()[:255] for _ in range(150)],
        )
