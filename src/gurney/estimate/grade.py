"""How demanding a migration is, by five factors, each with its reason (contract EST1, EST3, EST6).

A simple, B standard, C demanding, D individual. The whole is as demanding as two factors say: one alone does not make
it, but for the volume above which a migration is scoped by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from gurney.mapping.coverage import Coverage
from gurney.reports.estimate import CoreRow, Factor
from gurney.reports.forecast import SOURCE, Forecast
from gurney.reports.units import duration_words, window_words

INDIVIDUAL_ABOVE = 2_000_000
"""Records above which a migration is scoped individually (EST1)."""
SMALL, LARGE = 20_000, 250_000
DAY_S = 86_400


def overall(factors: Sequence[Factor], records: int) -> str:
    """The grade that at least two factors reach.

    >>> def graded(letters): return [Factor(name="", grade=letter, reason="") for letter in letters]
    >>> overall(graded("ABAAB"), 100), overall(graded("AAAAC"), 100), overall(graded("AAAAD"), 3_000_000)
    ('B', 'A', 'D')
    """
    if is_individual(records):
        return "D"
    return sorted((factor.grade for factor in factors), reverse=True)[1]


def is_individual(records: int) -> bool:
    """Whether so many records are scoped by themselves."""
    return records > INDIVIDUAL_ABOVE


def factors(
    told: Coverage, core: Sequence[CoreRow], forecast: Forecast, records: int, without_room: int
) -> list[Factor]:  # fmt: skip
    """All five."""
    return [
        _objects(told, core),
        _fields(told, without_room),
        _timeline(forecast),
        _constraints(forecast),
        _volume(records),
    ]


def _objects(told: Coverage, core: Sequence[CoreRow]) -> Factor:
    count, missing = sum(row.needs_mapping for row in core), told.rows - told.supported
    grade = "A" if not count and not missing else "B" if count <= 3 else "C"
    words = f"{count} of {len(core)} core objects have no place of their own"
    rest = f"{missing} of {told.rows} rows are not supported" if missing else "every row is supported"
    return Factor(name="Object compatibility", grade=grade, reason=f"{words}; {rest}.")


def _fields(told: Coverage, without_room: int) -> Factor:
    substitutes = told.supported - told.full
    words = f"{substitutes} of {told.rows} rows go by a substitute that the mapping names"
    if without_room:
        return Factor(
            name="Field-mapping clarity",
            grade="C",
            reason=f"{words}; {without_room} fields have no room in the edition.",
        )
    return Factor(
        name="Field-mapping clarity",
        grade="B" if substitutes else "A",
        reason=f"{words}; every field has room, and every mapping is proposed by itself.",
    )


def _timeline(forecast: Forecast) -> Factor:
    days = (forecast.seconds or 0.0) / DAY_S
    grade = "A" if days <= 1 else "B" if days <= 7 else "C" if days <= 21 else "D"
    return Factor(
        name="Timeline complexity", grade=grade, reason=f"{duration_words(forecast.seconds)} of the machine's work."
    )


def _constraints(forecast: Forecast) -> Factor:
    source = f"{SOURCE}: 200 requests a minute for a user, 100 records a page (documented)"
    single = any(row.route == "single" and row.records > 1_000 for row in forecast.rows)
    window = window_words(forecast.window_s)
    if forecast.windows is None:
        allowance = "the destination names no allowance"
    else:
        allowance = f"the work takes the allowance of {forecast.windows:,} {window}{'s' * (forecast.windows != 1)}"
    days = (forecast.windows or 1) * (forecast.window_s or 0) / DAY_S
    grade = "C" if days > 7 else "B" if single or (forecast.windows or 1) > 1 else "A"
    calls = "many records are a call each" if single else "records go many a call"
    return Factor(name="API constraints", grade=grade, reason=f"{source}; {allowance}; {calls}.")


def _volume(records: int) -> Factor:
    grade = "A" if records <= SMALL else "B" if records <= LARGE else "D" if is_individual(records) else "C"
    return Factor(name="Data volume", grade=grade, reason=f"{records:,} records at the source.")
