"""When something is due again, over the changes of clocks and the ends of months."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locum.credentials.schedule import DAYS, Timing, check_timing, in_words, next_due
from locum.kit.errors import Invalid

BERLIN = "Europe/Berlin"


def timing(frequency: int, **changes: Any) -> Timing:
    plain: dict[str, Any] = {
        "period": 1,
        "days_of_week": "Monday",
        "day_of_month": 1,
        "local_time": "02:30:00",
        "time_zone": "UTC",
    }
    return Timing(frequency=frequency, **{**plain, **changes})


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def dues(schedule: Timing, start: str, times: int) -> list[str]:
    found, instant = [], utc(start)
    for _ in range(times):
        instant = next_due(schedule, instant)
        found.append(instant.isoformat(" ").removesuffix("+00:00"))
    return found


def test_hours_and_minutes_are_counted_from_the_last_time() -> None:
    assert dues(timing(0, period=36), "2026-01-01 10:00:01", 2) == ["2026-01-02 22:00:01", "2026-01-04 10:00:01"]
    assert dues(timing(4, period=90), "2026-01-01 23:00:00", 1) == ["2026-01-02 00:30:00"]


def test_days_are_counted_by_their_time() -> None:
    assert dues(timing(1), "2026-01-01 02:29:59", 2) == ["2026-01-01 02:30:00", "2026-01-02 02:30:00"]
    assert dues(timing(1), "2026-01-01 02:30:00", 1) == ["2026-01-02 02:30:00"]
    assert dues(timing(1, period=30), "2026-01-01 02:30:07", 2) == ["2026-01-31 02:30:00", "2026-03-02 02:30:00"]


def test_days_of_the_week() -> None:
    # 1 January 2026 is a Thursday.
    schedule = timing(2, days_of_week="Monday,Thursday", period=9)
    assert dues(schedule, "2026-01-01 00:00:00", 3) == [
        "2026-01-01 02:30:00",
        "2026-01-05 02:30:00",
        "2026-01-08 02:30:00",
    ]
    assert dues(timing(2), "2026-01-05 02:30:00", 1) == ["2026-01-12 02:30:00"]


def test_a_short_month_ends_early() -> None:
    last = timing(3, day_of_month=31)
    assert dues(last, "2027-12-31 02:30:00", 5) == [
        "2028-01-31 02:30:00",
        "2028-02-29 02:30:00",
        "2028-03-31 02:30:00",
        "2028-04-30 02:30:00",
        "2028-05-31 02:30:00",
    ]
    assert dues(timing(3, day_of_month=29), "2027-02-01 00:00:00", 2) == [
        "2027-02-28 02:30:00",
        "2027-03-29 02:30:00",
    ]
    assert dues(timing(3), "2026-01-01 02:30:00", 1) == ["2026-02-01 02:30:00"]


def test_the_day_is_that_of_the_zone() -> None:
    # Monday 00:15 in Auckland is still Sunday in UTC.
    schedule = timing(2, local_time="00:15:00", time_zone="Pacific/Auckland")
    assert dues(schedule, "2026-01-04 11:14:59", 1) == ["2026-01-04 11:15:00"]
    monthly = timing(3, local_time="23:45:00", time_zone="America/Los_Angeles", day_of_month=31)
    assert dues(monthly, "2026-01-31 12:00:00", 2) == ["2026-02-01 07:45:00", "2026-03-01 07:45:00"]


def test_a_time_that_is_left_out_counts_from_before_the_change() -> None:
    # On 29 March 2026 Berlin goes from 02:00 to 03:00, so 02:30 is 03:30 there.
    assert dues(timing(1, time_zone=BERLIN), "2026-03-28 01:30:00", 3) == [
        "2026-03-29 01:30:00",
        "2026-03-30 00:30:00",
        "2026-03-31 00:30:00",
    ]
    # Samoa had no 30 December 2011 at all.
    assert dues(timing(1, time_zone="Pacific/Apia"), "2011-12-29 12:30:00", 2) == [
        "2011-12-30 12:30:00",
        "2011-12-31 12:30:00",
    ]


def test_a_time_that_comes_twice_counts_once() -> None:
    # On 25 October 2026 Berlin goes from 03:00 back to 02:00: 02:30 is at 00:30 and 01:30 UTC.
    daily = timing(1, time_zone=BERLIN)
    assert dues(daily, "2026-10-24 00:30:00", 3) == [
        "2026-10-25 00:30:00",
        "2026-10-26 01:30:00",
        "2026-10-27 01:30:00",
    ]
    assert dues(daily, "2026-10-25 01:00:00", 1) == ["2026-10-26 01:30:00"]


ZONES = [
    "UTC",
    BERLIN,
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
]


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 4),
    st.integers(1, 40),
    st.lists(st.sampled_from(DAYS), min_size=1),
    st.integers(1, 31),
    st.times(),
    st.sampled_from(ZONES),
    st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2060, 1, 1)),
)
def test_it_is_always_later_and_on_the_clock(
    frequency: int, period: int, days: list[str], day: int, time: dt.time, zone: str, start: dt.datetime
) -> None:
    schedule = check_timing(
        Timing(frequency, period, ",".join(days), day, time.replace(microsecond=0).isoformat(), zone)
    )
    after = start.replace(tzinfo=dt.UTC)
    due = next_due(schedule, after)
    assert due > after
    assert due.tzinfo is dt.UTC
    if frequency in (0, 4):
        return
    local = due.astimezone(ZoneInfo(zone))
    exists = local.replace(tzinfo=None) == dt.datetime.combine(local.date(), time.replace(microsecond=0))
    shifted = local.replace(fold=0).utcoffset() != (local - dt.timedelta(hours=26)).utcoffset()
    assert exists or shifted
    if exists and frequency == 2:
        assert local.strftime("%A") in days
    if exists and frequency == 3:
        assert local.day == day or (local + dt.timedelta(days=1)).day == 1
    if frequency != 1:
        assert due - after < dt.timedelta(days=33)


@pytest.mark.parametrize(
    ("given_days", "kept"),
    [
        ("Monday", "Monday"),
        ("thursday, MON;tue", "Monday,Tuesday,Thursday"),
        ("0,6", "Saturday,Sunday"),
        ('["Friday","friday"]', "Friday"),
    ],
)
def test_days_have_one_spelling(given_days: str, kept: str) -> None:
    assert check_timing(timing(2, days_of_week=given_days)).days_of_week == kept


@pytest.mark.parametrize(
    ("given_time", "kept"),
    [
        ("02:05", "02:05:00"),
        ("23:59:59", "23:59:59"),
        ("2026-02-03T04:05:06.789Z", "04:05:06"),
        ("0001-01-01T04:05:06+02:00", "04:05:06"),
        ("2026-02-03 04:05", "04:05:00"),
    ],
)
def test_times_have_one_spelling(given_time: str, kept: str) -> None:
    assert check_timing(timing(1, local_time=given_time)).local_time == kept


def test_what_a_frequency_does_not_use_is_dropped() -> None:
    hours = check_timing(timing(0, period=8, time_zone="nowhere", local_time="x", day_of_month=99))
    assert hours == Timing(0, 8, None, None, None, "UTC")
    assert check_timing(timing(3, period=0)) == Timing(3, 1, None, 1, "02:30:00", "UTC")


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        (timing(5), "frequency"),
        (timing(-1), "frequency"),
        (timing(0, period=0), "periodValue"),
        (timing(4, period=10**9), "periodValue"),
        (timing(1, period=-3), "periodValue"),
        (timing(2, days_of_week=None), "daysOfWeek"),
        (timing(2, days_of_week="Monday,Yesterday"), "daysOfWeek"),
        (timing(2, days_of_week="7"), "daysOfWeek"),
        (timing(3, day_of_month=None), "dayNumber"),
        (timing(3, day_of_month=32), "dayNumber"),
        (timing(1, local_time=None), "localTime"),
        (timing(1, local_time="24:00:00"), "localTime"),
        (timing(1, local_time="02:60"), "localTime"),
        (timing(1, local_time="tonight"), "localTime"),
        (timing(1, time_zone="Europe/Nowhere"), "timeZone"),
        (timing(1, time_zone="Europe"), "timeZone"),
        (timing(1, time_zone="../../etc/passwd"), "timeZone"),
        (timing(1, time_zone="/etc/localtime"), "timeZone"),
        (timing(1, time_zone=""), "timeZone"),
        (timing(1, time_zone="a\x00b"), "timeZone"),
    ],
)
def test_timings_that_can_not_be_meant_are_refused(schedule: Timing, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_timing(schedule)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (timing(0), "every hour"),
        (timing(0, period=36), "every 36 hours"),
        (timing(4, period=90), "every 90 minutes"),
        (timing(1, local_time="02:00:30"), "every day at 02:00:30 UTC"),
        (timing(1, period=30), "every 30 days at 02:30 UTC"),
        (timing(2, days_of_week="Monday,Thursday", time_zone=BERLIN), "Monday, Thursday at 02:30 Europe/Berlin"),
        (timing(3, day_of_month=31), "day 31 of the month at 02:30 UTC"),
    ],
)
def test_it_is_said_in_words(schedule: Timing, words: str) -> None:
    assert in_words(schedule) == words
