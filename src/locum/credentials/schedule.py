"""PURE: when something is due again.

Days and times are those of the schedule's time zone. A time that the clock leaves out when it is put forward counts
from before the change (02:30 becomes 03:30); one that comes twice when it is put back counts the first time.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from enum import IntEnum
from zoneinfo import ZoneInfo

import msgspec

from locum.kit.errors import Invalid

_FURTHEST = 34  # days until a monthly schedule has come round, from the day before
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9+_-]*(/[A-Za-z0-9+_-]+)*")
_UTC = "UTC"


class Frequency(IntEnum):
    """Numbers of the contract's FrequencyType."""

    HOURS = 0
    DAYS_AT_TIME = 1
    WEEKLY = 2
    MONTHLY = 3
    MINUTES = 4


_LONGEST_PERIOD = {Frequency.HOURS: 24 * 366, Frequency.MINUTES: 60 * 24 * 366, Frequency.DAYS_AT_TIME: 3660}


class Timing(msgspec.Struct, frozen=True):
    """`period`: every so many hours, minutes or days; a week or month has its days instead.

    `days_of_week` is "Monday,Thursday"; `local_time` is "HH:MM:SS" in the IANA zone `time_zone`.
    """

    frequency: int
    period: int
    days_of_week: str | None
    day_of_month: int | None
    local_time: str | None
    time_zone: str


def next_due(timing: Timing, after: dt.datetime) -> dt.datetime:
    """The first due instant after `after`, in UTC. Every n days: the n-th time of day that comes."""
    start = after.astimezone(dt.UTC)
    if timing.frequency == Frequency.HOURS:
        return start + dt.timedelta(hours=timing.period)
    if timing.frequency == Frequency.MINUTES:
        return start + dt.timedelta(minutes=timing.period)
    zone = _zone_of(timing.time_zone)
    time = dt.time.fromisoformat(timing.local_time or "00:00:00")
    today = start.astimezone(zone).date()
    for days in range(-1, _FURTHEST):
        day = today + dt.timedelta(days=days)
        if _fits(timing, day) and _instant(day, time, zone) > start:
            break
    if timing.frequency == Frequency.DAYS_AT_TIME:
        day += dt.timedelta(days=timing.period - 1)
    return _instant(day, time, zone)


def in_words(timing: Timing) -> str:
    """When it is due, for people: "every 6 hours", "Monday, Thursday at 02:00 Europe/Berlin"."""
    unit = {Frequency.HOURS: "hour", Frequency.MINUTES: "minute", Frequency.DAYS_AT_TIME: "day"}
    match Frequency(timing.frequency):
        case Frequency.WEEKLY:
            days = (timing.days_of_week or "").replace(",", ", ")
        case Frequency.MONTHLY:
            days = f"day {timing.day_of_month} of the month"
        case frequency:
            word = unit[frequency]
            days = f"every {word}" if timing.period == 1 else f"every {timing.period} {word}s"
    if timing.frequency in (Frequency.HOURS, Frequency.MINUTES):
        return days
    time = dt.time.fromisoformat(timing.local_time or "00:00:00")
    return f"{days} at {time.isoformat('seconds' if time.second else 'minutes')} {timing.time_zone}"


def check_timing(timing: Timing) -> Timing:
    """The timing with its days and time in one spelling. Raises Invalid with the field named."""
    try:
        frequency = Frequency(timing.frequency)
    except ValueError:
        raise Invalid("frequency must lie between 0 and 4", field="frequency") from None
    longest = _LONGEST_PERIOD.get(frequency)
    if longest is not None and not 1 <= timing.period <= longest:
        raise Invalid(f"periodValue must lie between 1 and {longest}", field="periodValue")
    days = _days(timing.days_of_week) if frequency is Frequency.WEEKLY else None
    day = timing.day_of_month if frequency is Frequency.MONTHLY else None
    if frequency is Frequency.MONTHLY and (day is None or not 1 <= day <= 31):
        raise Invalid("dayNumber must lie between 1 and 31", field="dayNumber")
    timed = frequency in (Frequency.DAYS_AT_TIME, Frequency.WEEKLY, Frequency.MONTHLY)
    return Timing(
        frequency=frequency,
        period=timing.period if longest is not None else 1,
        days_of_week=days,
        day_of_month=day,
        local_time=_time(timing.local_time) if timed else None,
        time_zone=_zone(timing.time_zone) if timed else _UTC,
    )


def _fits(timing: Timing, day: dt.date) -> bool:
    if timing.frequency == Frequency.WEEKLY:
        return DAYS[day.weekday()] in (timing.days_of_week or "").split(",")
    if timing.frequency == Frequency.MONTHLY:
        return day.day == min(timing.day_of_month or 1, calendar.monthrange(day.year, day.month)[1])
    return True


def _instant(day: dt.date, time: dt.time, zone: dt.tzinfo) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=zone).astimezone(dt.UTC)


def _days(text: str | None) -> str:
    """Names of days, whole or their first three letters, in any case, or .NET's numbers from 0 for Sunday."""
    found = set()
    for word in re.split(r"[,;\s]+", (text or "").strip(" ,;\t[]")):
        name = word.strip("\"'").casefold()
        matching = [
            n for n, full in enumerate(DAYS) if name in (full.casefold(), full[:3].casefold(), str((n + 1) % 7))
        ]
        if not matching:
            raise Invalid("daysOfWeek must list days such as Monday,Thursday", field="daysOfWeek")
        found.add(matching[0])
    return ",".join(DAYS[n] for n in sorted(found))


def _time(text: str | None) -> str:
    """The time of day of "02:00", "02:00:00" or a whole date and time: the clock as it is written counts."""
    match = re.search(r"(?:^|[T ])([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?![\d:])", text or "")
    if match is None:
        raise Invalid("localTime must hold a time such as 02:30:00", field="localTime")
    return f"{match[1]}:{match[2]}:{match[3] or '00'}"


def _zone(name: str) -> str:
    try:
        if _ZONE.fullmatch(name):
            _zone_of(name)
            return name
    except (KeyError, OSError, ValueError):  # OSError: a folder of zones, such as "Europe"
        pass
    raise Invalid("timeZone must be a name that this machine knows, such as Europe/Berlin", field="timeZone")


def _zone_of(name: str) -> dt.tzinfo:
    """UTC needs none of the system's zone files."""
    return dt.UTC if name == _UTC else ZoneInfo(name)
