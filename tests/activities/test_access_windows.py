"""When sessions may run, and until when."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.activities.access_windows import DAYS, FURTHEST, AccessWindow, checked_window, latest_end, refusal
from locum.kit.errors import Invalid

WEEK = ",".join(DAYS)
OFFICE = AccessWindow("Monday,Tuesday,Wednesday,Thursday,Friday", "09:00", "17:00", "Europe/Berlin")
NIGHT = AccessWindow("Friday", "22:00", "06:00", "UTC")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-26T07:59:59", None),  # Thursday; Berlin is an hour ahead
        ("2026-11-26T08:00", "2026-11-26T16:00"),
        ("2026-11-26T15:59:59", "2026-11-26T16:00"),
        ("2026-11-26T16:00", None),
        ("2026-11-28T12:00", None),  # Saturday
        ("2026-07-02T07:00", "2026-07-02T15:00"),  # in summer it is two
        ("2026-07-02T06:59", None),
    ],
)
def test_office_hours_are_those_of_their_zone(at: str, until: str | None) -> None:
    assert latest_end([OFFICE], utc(at)) == (until and utc(until))
    assert (refusal([OFFICE], utc(at)) is None) is (until is not None)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-11-27T21:59", None),
        ("2026-11-27T22:00", "2026-11-28T06:00"),
        ("2026-11-28T05:59", "2026-11-28T06:00"),
        ("2026-11-28T06:00", None),
        ("2026-11-28T22:00", None),
        ("2026-11-27T05:00", None),  # it begins on Friday, not before
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins(at: str, until: str | None) -> None:
    assert latest_end([NIGHT], utc(at)) == (until and utc(until))


def test_without_windows_any_time_will_do() -> None:
    assert refusal([], utc("2026-11-26T00:00")) is None
    assert latest_end([], utc("2026-11-26T00:00")) is None


def test_windows_that_follow_each_other_are_one() -> None:
    morning = AccessWindow("Thursday", "08:00", "12:00", "UTC")
    noon = AccessWindow("Thursday", "12:00", "14:00", "UTC")
    late = AccessWindow("Thursday", "14:01", "15:00", "UTC")
    assert latest_end([late, noon, morning], utc("2026-11-26T09:00")) == utc("2026-11-26T14:00")
    always = AccessWindow(WEEK, "00:00", "24:00", "UTC")
    assert latest_end([always], utc("2026-11-26T09:00")) == utc("2026-11-26T09:00") + FURTHEST


def test_an_hour_that_the_clock_leaves_out_counts_from_before() -> None:
    spring = AccessWindow("Sunday", "02:30", "04:00", "Europe/Berlin")  # 29 March 2026: 02:00 becomes 03:00
    assert latest_end([spring], utc("2026-03-29T01:29")) is None
    assert latest_end([spring], utc("2026-03-29T01:30")) == utc("2026-03-29T02:00")
    autumn = AccessWindow(
        "Sunday", "02:30", "04:00", "Europe/Berlin"
    )  # 25 October 2026: 02:00 to 03:00 comes twice
    assert latest_end([autumn], utc("2026-10-25T00:30")) == utc("2026-10-25T03:00")


def test_the_refusal_says_when() -> None:
    said = refusal([NIGHT], utc("2026-11-26T12:00"))
    assert said == "the connection profile gives access only at these times: Friday 22:00–06:00 UTC"
    assert len(refusal([OFFICE] * 50, utc("2026-11-28T12:00")) or "") <= 900


@pytest.mark.parametrize(
    ("window", "field"),
    [
        (AccessWindow("", "09:00", "17:00", "UTC"), "weekdays"),
        (AccessWindow("Monday,Someday", "09:00", "17:00", "UTC"), "weekdays"),
        (AccessWindow("Monday", "9:00", "17:00", "UTC"), "fromTime"),
        (AccessWindow("Monday", "24:00", "17:00", "UTC"), "fromTime"),
        (AccessWindow("Monday", "09:60", "17:00", "UTC"), "fromTime"),
        (AccessWindow("Monday", "09:00", "24:01", "UTC"), "toTime"),
        (AccessWindow("Monday", "09:00", "09:00", "UTC"), "toTime"),
        (AccessWindow("Monday", "09:00", "17:00", "Europe"), "timeZone"),
        (AccessWindow("Monday", "09:00", "17:00", "../etc/passwd"), "timeZone"),
        (AccessWindow("Monday", "09:00", "17:00", "Mars/Base"), "timeZone"),
    ],
    ids=str,
)
def test_what_is_no_window(window: AccessWindow, field: str) -> None:
    with pytest.raises(Invalid) as error:
        checked_window(window)
    assert error.value.field == field


def test_days_come_in_the_weeks_order() -> None:
    assert (
        checked_window(AccessWindow(" friday,MONDAY,monday", "09:00", "24:00", "UTC")).weekdays == "Monday,Friday"
    )


@given(
    st.sets(st.sampled_from(DAYS), min_size=1),
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]),
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)),
)
def test_it_is_open_when_the_clock_on_the_wall_says_so(
    days: set[str], begin: int, end: int, zone: str, naive: dt.datetime
) -> None:
    if begin == end:
        return
    window = AccessWindow(
        ",".join(days), f"{begin // 60:02}:{begin % 60:02}", f"{end // 60:02}:{end % 60:02}", zone
    )
    at = naive.replace(tzinfo=dt.UTC)
    wall = at.astimezone(ZoneInfo(zone))
    if wall.utcoffset() != (at - dt.timedelta(days=2)).astimezone(ZoneInfo(zone)).utcoffset():
        return  # the clock was changed: those have their own test
    if wall.utcoffset() != (at + dt.timedelta(days=2)).astimezone(ZoneInfo(zone)).utcoffset():
        return
    minute, today, yesterday = wall.hour * 60 + wall.minute, DAYS[wall.weekday()], DAYS[wall.weekday() - 1]
    if begin < end:
        is_open = today in days and begin <= minute < end
    else:
        is_open = (today in days and minute >= begin) or (yesterday in days and minute < end)
    assert (refusal([window], at) is None) is is_open
    until = latest_end([window], at)
    assert until is None or at < until <= at + FURTHEST
