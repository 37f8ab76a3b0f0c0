"""Which slots of a calendar are free: open hours, booking window, nobody booked twice (FACTS 6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from gurney.twins.highlevel.account import Account
from gurney.twins.kit.tables import Row

DAYS = {"days": 1, "weeks": 7, "months": 30}
LIVE = ("new", "confirmed", "showed")
DAYS_MOST = 62
SATURDAY_BASED = 7
"""Days of the week are counted from Sunday = 0."""


def minutes(calendar: Row, name: str, default: int) -> int:
    """A duration of the calendar."""
    count = calendar.get(name, default)
    return int(count * 60) if calendar.get(f"{name}Unit") == "hours" else int(count)


def is_open(calendar: Row, start: datetime, end: datetime) -> bool:
    """Within the opening hours; a calendar without any is never open."""
    weekday = start.isoweekday() % SATURDAY_BASED
    for block in calendar.get("openHours", ()):
        if weekday not in block["daysOfTheWeek"]:
            continue
        for hours in block["hours"]:
            opens = start.replace(hour=int(hours["openHour"]), minute=int(hours["openMinute"]), second=0)
            closes = start.replace(hour=0, minute=0, second=0) + timedelta(
                hours=int(hours["closeHour"]), minutes=int(hours["closeMinute"])
            )
            if opens <= start and end <= closes:
                return True
    return False


def is_bookable(calendar: Row, start: datetime, now: datetime) -> bool:
    """Not in the past, and not further ahead than the calendar allows."""
    ahead = calendar.get("allowBookingFor")
    days = float(ahead) * DAYS[calendar.get("allowBookingForUnit", "days")] if ahead else None
    return start >= now and (days is None or start <= now + timedelta(days=days))


def is_taken(account: Account, calendar: Row, user: str | None, start: datetime, end: datetime, but: str) -> bool:
    """Another appointment of the calendar or of the user at that time, or a blocked slot."""
    booked = list(account["appointments"].where("calendarId", calendar["id"]))
    if user is not None:
        booked += [row for row in account["appointments"] if row.get("assignedUserId") == user]
    blocked = [row for row in account["blockedSlots"] if row.get("calendarId") == calendar["id"]]
    return any(
        row["id"] != but
        and row.get("appointmentStatus", "confirmed") in LIVE
        and datetime.fromisoformat(row["startTime"]) < end
        and start < datetime.fromisoformat(row["endTime"])
        for row in booked + blocked
    )


def free(
    account: Account, calendar: Row, user: str | None, first: date, last: date, now: datetime
) -> Iterator[tuple[str, list[str]]]:
    """Days with the beginnings of their free slots."""
    length = timedelta(minutes=minutes(calendar, "slotDuration", 30))
    step = max(1, minutes(calendar, "slotInterval", 30))
    for offset in range(min((last - first).days + 1, DAYS_MOST)):
        midnight = datetime.combine(first + timedelta(days=offset), datetime.min.time(), account.zone)
        slots = []
        for minute in range(0, 24 * 60, step):
            start = midnight.replace(hour=minute // 60, minute=minute % 60)
            if not is_open(calendar, start, start + length) or not is_bookable(calendar, start, now):
                continue
            if not is_taken(account, calendar, user, start, start + length, ""):
                slots.append(start.isoformat())
        if slots:
            yield midnight.date().isoformat(), slots
