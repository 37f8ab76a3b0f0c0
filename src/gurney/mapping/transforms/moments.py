"""Dates and moments. A date has no zone and never shifts; a moment is kept in UTC, to the second (FACTS 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gurney.mapping.transforms.registry import Unconvertible, transform
from gurney.mapping.transforms.text import shortened


@transform(reads="text", writes="date")
def calendar_date(text: str) -> date:
    """A date as the source writes it; no time zone can move it to another day.

    >>> calendar_date("1985-10-27")
    datetime.date(1985, 10, 27)
    """
    try:
        return date.fromisoformat(text)
    except (ValueError, AttributeError):
        raise Unconvertible("a date, year-month-day") from None


@transform(reads="text", writes="datetime")
def utc_moment(text: str) -> datetime:
    """A moment in UTC, to the whole second.

    >>> utc_moment("2026-02-17T08:00:00Z").isoformat()
    '2026-02-17T08:00:00+00:00'
    """
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise Unconvertible("a date and time, for example 2026-02-17T08:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elif moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) if moment.microsecond else moment


@transform(reads="text", writes="date")
def local_date(text: str, *, zone: str) -> date:
    """The day that the clinic's calendar shows for a moment, in the account's time zone.

    >>> local_date("2026-02-17T22:30:00Z", zone="Australia/Melbourne")
    datetime.date(2026, 2, 18)
    """
    return utc_moment(text).astimezone(ZoneInfo(zone)).date()


@transform(reads="texts", writes="date")
def local_date_there(moment_and_zone: tuple[str | None, str | None], *, zone: str) -> date | None:
    """The day that the calendar of the place itself shows; by the account's time zone where the place names none.

    >>> local_date_there(("2026-02-17T15:30:00Z", "Australia/Perth"), zone="Australia/Melbourne")
    datetime.date(2026, 2, 17)
    """
    text, there = moment_and_zone
    if text is None:
        return None
    try:
        return local_date(text, zone=there or zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Unconvertible("a date and time with a time zone, for example Australia/Perth") from None


@transform(reads="texts", writes="text")
def dated_name(parts: tuple[str | None, str | None, str | None], *, zone: str, most: int = 80) -> str | None:
    """A name, then the day and time by the clock of the place itself: name, moment and the place's time zone.

    >>> dated_name(("Initial consult", "2026-02-17T15:30:00Z", "Australia/Perth"), zone="Australia/Melbourne")
    'Initial consult · 2026-02-17 23:30'
    """
    name, text, there = parts
    try:
        at = f"{utc_moment(text).astimezone(ZoneInfo(there or zone)):%Y-%m-%d %H:%M}" if text else ""
    except (ZoneInfoNotFoundError, ValueError):
        raise Unconvertible("a date and time with a time zone, for example Australia/Perth") from None
    words = shortened(" ".join((name or "").split()), most - len(at) - 3)
    return " · ".join(part for part in (words, at) if part) or None


@transform(reads="text", writes="text")
def local_time(text: str, *, zone: str) -> str:
    """A moment by the clinic's clock, with its distance from UTC: for lists, where it sorts and cannot be mistaken.

    >>> local_time("2026-02-17T22:30:00Z", zone="Australia/Melbourne")
    '2026-02-18 09:30 +11:00'
    """
    moment = f"{utc_moment(text).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %z}"
    return f"{moment[:-2]}:{moment[-2:]}"


@transform(reads="texts", writes="number")
def minutes_between(ends: tuple[str | None, str | None]) -> int | None:
    """Whole minutes from the first moment to the second.

    >>> minutes_between(("2026-02-17T08:00:00Z", "2026-02-17T08:45:00Z"))
    45
    """
    start, end = ends
    if start is None or end is None:
        return None
    return round((utc_moment(end) - utc_moment(start)).total_seconds() / 60)


def local_words(text: str | None, zone: str) -> str:
    """A moment in words for the head of a note: '2023-11-07 11:00 (Australia/Melbourne)'."""
    if not text:
        return ""
    return f"{utc_moment(text).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"
