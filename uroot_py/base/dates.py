"""Dates as people write them. Ref: ISO 8601; POSIX.1-2017 XCU date, touch."""

from __future__ import annotations

import time

from uroot_py.base.errors import UsageError


def seconds_utc(year: int, month: int, day: int, seconds: float = 0) -> float:
    """Seconds since 1970 of a date in the Gregorian calendar, UTC."""
    # Years that begin in March have their leap day at the end.
    year, month = (year, month - 3) if month > 2 else (year - 1, month + 9)
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month + 2) // 5 + day - 1
    return (days - 719468) * 86400 + seconds


def _fields(text: str, separator: str, least: int, most: int) -> list[int]:
    words = text.split(separator)
    if not least <= len(words) <= most or not all(word.isdecimal() for word in words):
        raise ValueError(text)
    return [int(word) for word in words]


def _zone(text: str) -> tuple[str, int | None]:
    """TEXT without its time zone, and the zone's distance from UTC in seconds."""
    for word in ("UTC", "GMT", "Z"):
        if text.endswith(word) and text != word:
            return text.removesuffix(word).rstrip(), 0
    at = max(text.rfind("+"), text.rfind("-"))
    if ":" in text[: max(at, 0)]:
        digits = text[at + 1 :].replace(":", "")
        if len(digits) in (2, 4) and digits.isdecimal():
            size = int(digits[:2]) * 3600 + int(digits[2:] or 0) * 60
            return text[:at].rstrip(), -size if text[at] == "-" else size
    return text, None


def _clock(text: str) -> float:
    """``HH:MM[:SS[.F]]`` in seconds."""
    whole, _, fraction = text.partition(".")
    parts = [*_fields(whole, ":", 2, 3), 0]
    if parts[0] > 24 or parts[1] > 59 or parts[2] > 60:
        raise ValueError(text)
    return parts[0] * 3600 + parts[1] * 60 + parts[2] + float(f"0.{fraction or 0}")


def parse_date(text: str, *, utc: bool = False) -> float:
    """Seconds since 1970 of ``now``, ``@SECONDS``, ``[YYYY-MM-DD] [HH:MM[:SS]] [zone]``.

    Without a zone it is local time, or UTC. UsageError for anything else.
    """
    try:
        if text.strip() == "now":
            return time.time()
        if text[:1] == "@":
            return float(text[1:])
        body, offset = _zone(text.strip())
        if utc and offset is None:
            offset = 0
        date, _, clock = body.replace("T", " ", 1).partition(" ")
        if ":" in date:
            date, clock = "", date
        now = time.localtime() if offset is None else time.gmtime()
        year, month, day = _fields(date, "-", 3, 3) if date else now[:3]
        return _moment(year, month, day, _clock(clock.strip()) if clock else 0.0, offset)
    except (ValueError, OverflowError):
        raise UsageError(
            f"expected a date such as '2026-01-31 12:30', '12:30' or @0, found {text!r}"
        ) from None


def parse_stamp(text: str, *, century_first: bool, utc: bool = False) -> float:
    """POSIX's ``[[CC]YY]MMDDhhmm[.SS]`` (touch), or ``MMDDhhmm[[CC]YY][.SS]`` (date)."""
    digits, _, tail = text.partition(".")
    year_size = len(digits) - 8
    if (
        not (digits + (tail or "0")).isdecimal()
        or year_size not in (0, 2, 4)
        or len(tail) not in (0, 2)
    ):
        raise UsageError(f"expected a time as digits, such as 202601311230.15, found {text!r}")
    rest = digits[year_size:] if century_first else digits[:8]
    years = digits[:year_size] if century_first else digits[8:]
    year = int(years) if years else time.localtime()[0]
    if year_size == 2:
        year += 1900 if year >= 69 else 2000
    month, day, hour, minute = (int(rest[at : at + 2]) for at in (0, 2, 4, 6))
    try:
        return _moment(
            year, month, day, hour * 3600 + minute * 60 + int(tail or 0), 0 if utc else None
        )
    except ValueError:
        raise UsageError(f"there is no such date: {text}") from None


def _moment(year: int, month: int, day: int, seconds: float, offset: int | None) -> float:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = 31 - (month - 1) % 7 % 2 if month != 2 else 28 + leap
    if not (1 <= month <= 12 and 1 <= day <= days and 1 <= year <= 9999):
        raise ValueError(month, day)
    if offset is not None:
        return seconds_utc(year, month, day, seconds) - offset
    minutes, rest = divmod(seconds, 60)
    return time.mktime((year, month, day, 0, int(minutes), 0, 0, 0, -1)) + rest
