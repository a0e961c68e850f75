"""PURE: at which times of the week sessions of a connection profile may run.

A window lies between two times of a day in its time zone; one that ends before it begins ends the day after. A time
that the clock leaves out when it is put forward counts from before the change; one that comes twice counts the first
time.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import msgspec

from locum.kit.errors import Invalid

MOST = 50
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FURTHEST = dt.timedelta(days=31)  # further than a session lasts
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9+_-]*(/[A-Za-z0-9+_-]+)*")
_DAY = dt.timedelta(days=1)


class AccessWindow(msgspec.Struct, frozen=True):
    """`weekdays` like `Monday,Friday`; `from_time` and `to_time` HH:MM, the second up to 24:00; an IANA zone."""

    weekdays: str
    from_time: str
    to_time: str
    time_zone: str


def checked_window(window: AccessWindow) -> AccessWindow:
    """The window with its days in the week's order. Raises Invalid, naming the wire field."""
    named = {one.strip().casefold() for one in window.weekdays.split(",") if one.strip()}
    days = [day for day in DAYS if day.casefold() in named]
    if not days or len(days) < len(named):
        raise Invalid("weekdays must be days of the week with commas between them", field="weekdays")
    for value, field in ((window.from_time, "fromTime"), (window.to_time, "toTime")):
        if not _TIME.fullmatch(value) or (field == "fromTime" and value == "24:00"):
            raise Invalid(f"{field} must be a time of day as HH:MM", field=field)
    if window.from_time == window.to_time:
        raise Invalid("toTime must differ from fromTime", field="toTime")
    _zone(window.time_zone)
    return msgspec.structs.replace(window, weekdays=",".join(days))


def refusal(windows: Sequence[AccessWindow], at: dt.datetime) -> str | None:
    """Why no session may run at that instant, or None. Without windows it may at any time."""
    if not windows or latest_end(windows, at) is not None:
        return None
    listed = "; ".join(f"{w.weekdays.replace(',', ', ')} {w.from_time}–{w.to_time} {w.time_zone}" for w in windows)
    return f"the connection profile gives access only at these times: {listed}"[:900]


def latest_end(windows: Sequence[AccessWindow], at: dt.datetime) -> dt.datetime | None:
    """Until when a session that runs at `at` may last, through windows that follow each other without a gap.

    None outside of every window, and where there are none. At most `FURTHEST` ahead.
    """
    spans = sorted(span for window in windows for span in _spans(window, at))
    end = at
    for begin, until in spans:
        if begin <= end < until:
            end = until
    return min(end, at + FURTHEST) if end > at else None


def _spans(window: AccessWindow, at: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """When the window is open around `at` and from then on, in UTC."""
    zone = _zone(window.time_zone)
    days = {DAYS.index(day) for day in window.weekdays.split(",")}
    begin, end = _minutes(window.from_time), _minutes(window.to_time)
    first = at.astimezone(zone).date() - _DAY
    for offset in range(FURTHEST.days + 3):
        day = first + offset * _DAY
        if day.weekday() in days:
            yield _instant(day, begin, zone), _instant(day, end if end > begin else end + 24 * 60, zone)


def _instant(day: dt.date, minutes: int, zone: dt.tzinfo) -> dt.datetime:
    naive = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minutes)
    return naive.replace(tzinfo=zone).astimezone(dt.UTC)


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _zone(name: str) -> dt.tzinfo:
    """UTC needs none of the system's zone files."""
    try:
        if not _ZONE.fullmatch(name):
            raise ValueError
        return dt.UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Invalid(
            "timeZone must be a name of the IANA database, such as Europe/Berlin", field="timeZone"
        ) from None
