"""More time for a session, over every rule: an owner never gets more than the profile gives."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from locum.sessions.extension import LONGEST_MINUTES, Extended, ExtensionRules, NotExtended, extend

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
LONGEST = LONGEST_MINUTES * MINUTE
RULES = st.builds(ExtensionRules, st.booleans(), st.integers(0, 120), st.integers(0, 3))
NUMBERS = st.integers(-5, 150) | st.integers(-(2**31), 2**31 - 1)


def more(rules: ExtensionRules, *, left: int = 3, used: int = 0, minutes: int = 0, admin: bool = False) -> object:
    end = START + 60 * MINUTE
    return extend(
        rules, start=START, end=end, used=used, minutes=minutes, now=end - left * MINUTE, as_administrator=admin
    )


@given(RULES, st.integers(1, 60), st.integers(0, 4), NUMBERS)
def test_an_owner_gets_what_the_profile_gives_and_nothing_else(
    rules: ExtensionRules, left: int, used: int, minutes: int
) -> None:
    wanted = minutes or rules.minutes
    lawful = rules.allowed and used < rules.count and 1 <= wanted <= rules.minutes and left <= 5
    answer = more(rules, left=left, used=used, minutes=minutes)
    if lawful:
        assert answer == Extended(START + (60 + wanted) * MINUTE)
    else:
        assert isinstance(answer, NotExtended)


@given(RULES, st.integers(1, 60), st.integers(0, 4), NUMBERS)
def test_an_administrator_is_bound_by_the_longest_session_alone(
    rules: ExtensionRules, left: int, used: int, minutes: int
) -> None:
    wanted = minutes or rules.minutes
    answer = more(rules, left=left, used=used, minutes=minutes, admin=True)
    if 1 <= wanted <= LONGEST_MINUTES - 60:
        assert answer == Extended(START + (60 + wanted) * MINUTE)
    else:
        assert isinstance(answer, NotExtended)
        assert answer.missing is None


def test_each_rule_is_named() -> None:
    rules = ExtensionRules(True, 10, 1)
    assert more(ExtensionRules(False, 10, 1)) == NotExtended(
        "the connection profile does not let sessions be extended", "allow session extension"
    )
    assert more(rules, used=1) == NotExtended(
        "the session has been extended as often as its connection profile allows", "extension left"
    )
    assert more(rules, left=6) == NotExtended("a session can be extended in its last 5 minutes", "last 5 minutes")
    assert more(rules, minutes=11) == NotExtended("the connection profile gives 10 minutes at once", None)
    assert more(rules, minutes=-1) == NotExtended("the number of minutes must be at least 1", None)


def test_the_last_minutes_begin_with_the_fifth_before_the_end() -> None:
    assert more(ExtensionRules(True, 10, 1), left=5) == Extended(START + 70 * MINUTE)


def test_a_session_may_last_as_long_as_the_longest_and_no_minute_more() -> None:
    rules = ExtensionRules(False, 0, 0)
    too_long = NotExtended("a session may not last longer than 43200 minutes", None)
    assert more(rules, minutes=LONGEST_MINUTES - 60, admin=True) == Extended(START + LONGEST)
    assert more(rules, minutes=LONGEST_MINUTES - 59, admin=True) == too_long
    # Of a session that would be that long already, and of a number for which no date is left.
    assert more(rules, minutes=LONGEST_MINUTES, admin=True) == too_long
    assert more(rules, minutes=2**62, admin=True) == too_long
