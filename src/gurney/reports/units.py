"""Sizes, durations and moments in the words a reader uses."""

from __future__ import annotations

from datetime import UTC, datetime

_BYTE_UNITS = ("KiB", "MiB", "GiB", "TiB")


def size_words(size_bytes: int) -> str:
    """A file size.

    >>> size_words(27262976)
    '26.0 MiB'
    """
    if size_bytes < 1024:
        return f"{size_bytes} bytes"
    size = float(size_bytes)
    for unit in _BYTE_UNITS:
        size /= 1024
        if size < 1024 or unit == _BYTE_UNITS[-1]:
            break
    return f"{size:,.1f} {unit}"


def duration_words(seconds: float | None) -> str:
    """A duration, in its two largest units.

    >>> duration_words(12100)
    '3 h 21 min'
    """
    if seconds is None:
        return "unknown"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


def late_words(seconds: float) -> str:
    """How far behind a forecast something is.

    >>> late_words(-700), late_words(90), late_words(20)
    ('12 min earlier than forecast', '2 min later than forecast', 'as forecast')
    """
    if abs(seconds) < 30:
        return "as forecast"
    return f"{duration_words(max(60.0, abs(seconds)))} {'later' if seconds > 0 else 'earlier'} than forecast"


def window_words(seconds: int | None) -> str:
    """The time that an allowance is for.

    >>> window_words(86400), window_words(3600), window_words(600)
    ('day', 'hour', '10 min')
    """
    known = {86_400: "day", 3_600: "hour", 60: "minute"}
    return known.get(seconds or 0) or duration_words(seconds)


def moment_words(moment: datetime) -> str:
    """A moment in UTC, to the minute.

    >>> moment_words(datetime(2026, 11, 16, 9, 5, tzinfo=UTC))
    '2026-11-16 09:05 UTC'
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
