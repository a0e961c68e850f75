"""Generated passwords obey every rule, each password that obeys it has the same probability, and impossible rules are
refused.
"""

from __future__ import annotations

import itertools
import secrets
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from locum.credentials.complexity import (
    LONGEST,
    LONGEST_ACCOUNT_NAME,
    Complexity,
    check_rule,
    count,
    generate,
    nth,
    obeys,
)
from locum.kit.errors import Invalid

ALL = string.ascii_letters + string.digits + "!*+,-.=^_~ "


def rule(**changes: Any) -> Complexity:
    plain: dict[str, Any] = {
        "type": 0,
        "lower_case": True,
        "upper_case": False,
        "special": False,
        "space": False,
        "numeric": False,
        "must_start_with": 0,
        "must_end_with": 0,
        "length": 12,
        "max_consecutive": 0,
        "excluded": None,
    }
    return Complexity(**{**plain, **changes})


def only(characters: str) -> str:
    """What has to be excluded so that these characters are left."""
    return "".join(c for c in ALL if c not in characters)


FULL = {"lower_case": True, "upper_case": True, "special": True, "numeric": True, "space": True}
SMALL = [
    rule(length=4, excluded=only("ab")),
    rule(length=5, excluded=only("ab"), max_consecutive=2),
    rule(length=6, excluded=only("ab"), max_consecutive=1),
    rule(length=5, excluded=only("abA1"), upper_case=True, numeric=True),
    rule(length=5, excluded=only("abA1"), upper_case=True, numeric=True, max_consecutive=1),
    rule(length=5, excluded=only("aA1"), upper_case=True, numeric=True, must_start_with=2, must_end_with=4),
    rule(length=5, excluded=only("abAB"), upper_case=True, must_start_with=3, must_end_with=1, max_consecutive=2),
    rule(length=5, excluded=only("a- "), special=True, space=True),
    rule(length=5, excluded=only("a- "), special=True, space=True, must_end_with=24, max_consecutive=1),
    rule(length=6, excluded=only("aA1- "), **{**FULL}),
    rule(length=1, excluded=only("abc")),
    rule(length=1, excluded=only("abc"), must_start_with=1, must_end_with=1),
    rule(length=2, excluded=only("aB"), upper_case=True, must_start_with=2),
    rule(type=1, length=5, excluded=only("ab1-"), numeric=True, special=True),
]


@pytest.mark.parametrize("small", SMALL)
def test_every_password_that_obeys_has_exactly_one_number(small: Complexity) -> None:
    """Uniformity, exactly: `generate` draws one number below `count`, and numbers and passwords are one to one."""
    alphabet = [c for c in ALL if c not in (small.excluded or "")]
    expected = {
        t for letters in itertools.product(alphabet, repeat=small.length) if obeys(t := "".join(letters), small)
    }
    passwords = [nth(small, number) for number in range(count(small))]
    assert len(passwords) == len(set(passwords))
    assert set(passwords) == expected
    assert expected
    check_rule(small)


@pytest.mark.parametrize("small", SMALL[:3])
def test_one_draw_decides(small: Complexity) -> None:
    asked: list[int] = []

    def below(bound: int) -> int:
        asked.append(bound)
        return bound - 1

    assert generate(small, below) == nth(small, count(small) - 1)
    assert asked == [count(small)]
    for number in (-1, count(small)):
        with pytest.raises(IndexError):
            nth(small, number)


def test_obeys_is_what_the_rule_says() -> None:
    """`obeys` is what the proof above rests on, so each of its conditions is seen alone."""
    wide = rule(**FULL, length=8, max_consecutive=2, excluded="z")
    assert obeys("aaB4- xx", wide)
    for bad in (
        *("aaB4- x", "aaB4- xxx", "aaab4- B", "aabb4- x", "AABB4- X", "aaBx-- x", "aaB44xxx", "aaB4-xxx"),
        *(
            "aaB4- zx",
            "aaB4-'x ",
            'aaB4- "x',
            "aaB4- \\x",
            "aaB4- \nx",
            "aaB4- \N{LATIN SMALL LETTER E WITH ACUTE}x",
        ),
        *(" aB4-xxa", "aaB4-xx ", "", "  aB4-xx"),
    ):
        assert not obeys(bad, wide), bad
    assert obeys(" aB4-xxa", rule(**FULL, length=8, must_start_with=16))
    assert obeys("aaB4-xx ", rule(**FULL, length=8, must_end_with=24))
    assert not obeys("aaB4- xx", rule(**FULL, length=8, must_start_with=4 | 8))
    assert not obeys("aaB4- xx", rule(**FULL, length=8, must_end_with=2))
    assert not obeys("-a1", rule(type=1, special=True, numeric=True, length=3))
    assert not obeys("1-a", rule(type=1, special=True, numeric=True, length=3, must_start_with=4))
    assert obeys("a-1", rule(type=1, special=True, numeric=True, length=3))
    assert not obeys("a+1", rule(type=1, special=True, numeric=True, length=3))


RULES = st.builds(
    Complexity,
    type=st.sampled_from([0, 0, 0, 1]),
    lower_case=st.booleans(),
    upper_case=st.booleans(),
    special=st.booleans(),
    space=st.booleans(),
    numeric=st.booleans(),
    must_start_with=st.one_of(st.just(0), st.integers(0, 31)),
    must_end_with=st.one_of(st.just(0), st.integers(0, 31)),
    length=st.integers(1, 24),
    max_consecutive=st.integers(0, 4),
    excluded=st.one_of(st.none(), st.text(ALL, max_size=60)),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(RULES)
@example(rule(**FULL, length=LONGEST, max_consecutive=3))
@example(rule(**FULL, length=5, must_start_with=16, must_end_with=8, max_consecutive=1))
@example(rule(length=LONGEST, max_consecutive=1, excluded=only("ab")))
def test_whatever_the_rule_allows_is_obeyed(tried: Complexity) -> None:
    try:
        check_rule(tried)
    except Invalid:
        assume(False)
    assert obeys(generate(tried, secrets.randbelow), tried)
    for number in (0, count(tried) // 2, count(tried) - 1):
        assert obeys(nth(tried, number), tried)


def test_the_count_of_a_plain_rule() -> None:
    assert count(rule(length=10)) == 26**10
    assert count(rule(length=10, max_consecutive=1)) == 26 * 25**9
    assert count(rule(length=3, numeric=True)) == 36**3 - 26**3 - 10**3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": 2}, "type"),
        ({"length": 0}, "length"),
        ({"length": LONGEST + 1}, "length"),
        ({"type": 1, "length": LONGEST_ACCOUNT_NAME + 1}, "length"),
        ({**FULL, "length": 4}, "length"),
        ({"max_consecutive": -1}, "maxConsecutive"),
        ({"excluded": "é" * 257}, "charsToExclude"),
        ({"lower_case": False}, "lowerCase"),
        ({"excluded": string.ascii_lowercase}, "charsToExclude"),
        ({"numeric": True, "excluded": string.digits}, "charsToExclude"),
        ({"must_start_with": 32}, "mustStartWith"),
        ({"must_end_with": -1}, "mustEndWith"),
        ({"must_start_with": 2}, "mustStartWith"),
        ({"must_end_with": 12}, "mustEndWith"),
        ({"type": 1, "space": True}, "space"),
        ({"type": 1, "lower_case": False, "numeric": True}, "mustStartWith"),
        ({"type": 1, "numeric": True, "must_start_with": 4}, "mustStartWith"),
        # "aa" has two equal characters in a row, and there is no other character.
        ({"length": 2, "excluded": only("a"), "max_consecutive": 1}, "length"),
        # One character can't begin as a digit and end as a letter; a space can't stand inside one or two.
        ({"length": 2, "numeric": True, "must_start_with": 4, "must_end_with": 4}, "length"),
        ({"length": 2, "space": True}, "length"),
    ],
)
def test_rules_that_can_not_be_meant_are_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_rule(rule(**changes))
    assert refused.value.field == field


def test_nothing_is_generated_for_an_impossible_rule() -> None:
    with pytest.raises(Invalid):
        generate(rule(length=2, space=True), secrets.randbelow)
