"""Who is let in from where."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locum.activities.ip_rules import IpRule, RuleType, check_rules, refusal
from locum.kit.errors import Invalid

NET = IpRule("10.1.0.0/16", True, RuleType.CIDR)
ONE = IpRule("10.1.2.3", False, RuleType.STANDARD)
SPAN = IpRule("10.1.9.0 - 10.1.9.9", False, RuleType.RANGE)


def test_without_rules_everybody_is_let_in() -> None:
    for address in ("10.0.0.1", "::1", "somewhere", None):
        assert refusal([], address) is None


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("10.1.0.0", True),
        ("10.1.255.255", True),
        ("::ffff:10.1.0.1", True),
        ("10.2.0.0", False),
        ("10.1.2.3", False),
        ("::ffff:10.1.2.3", False),
        ("10.1.8.255", True),
        ("10.1.9.0", False),
        ("10.1.9.9", False),
        ("10.1.9.10", True),
        ("::1", False),
        ("10.1", False),
        ("", False),
        (None, False),
    ],
)
def test_what_denies_wins_over_what_allows(address: str | None, may: bool) -> None:
    for rules in ([NET, ONE, SPAN], [SPAN, ONE, NET]):
        assert (refusal(rules, address) is None) is may


def test_rules_that_only_deny_let_the_rest_in() -> None:
    assert refusal([ONE], "10.1.2.4") is None
    assert refusal([ONE], "::1") is None
    assert refusal([ONE], "10.1.2.3") is not None
    assert refusal([ONE], None) is not None  # it might be that one


def test_ipv6_and_a_network_with_its_host_part() -> None:
    rules = [IpRule("2001:db8::1/64", True, RuleType.CIDR), IpRule("fe80::1-fe80::ff", True, RuleType.RANGE)]
    assert refusal(rules, "2001:db8::ffff") is None
    assert refusal(rules, "fe80::10%eth0") is None
    assert refusal(rules, "2001:db8:0:1::1") is not None
    check_rules(rules)


@pytest.mark.parametrize(
    ("address", "type"),
    [
        ("", 0),
        ("10.1.2", 0),
        ("10.0.0.0/8", 0),
        ("10.0.0.1-10.0.0.2", 0),
        ("host.example", 0),
        ("10.0.0.2-10.0.0.1", 1),
        ("10.0.0.1-::1", 1),
        ("10.0.0.1", 1),
        ("10.0.0.1-", 1),
        ("10.0.0.0/33", 2),
        ("10.0.0.0/x", 2),
    ],
)
def test_what_is_none_is_refused(address: str, type: int) -> None:
    with pytest.raises(Invalid) as error:
        check_rules([IpRule(address, True, type)])
    assert error.value.field == "address"


def test_there_may_be_a_hundred() -> None:
    check_rules([ONE] * 100)
    with pytest.raises(Invalid):
        check_rules([ONE] * 101)


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8), st.booleans()), max_size=6), st.integers(0, 40))
def test_it_is_what_sets_say(rules: list[tuple[int, int, bool]], where: int) -> None:
    def at(number: int) -> str:
        return str(ip_address((10 << 24) + number))

    made = [IpRule(f"{at(first)}-{at(first + size)}", allowed, RuleType.RANGE) for first, size, allowed in rules]
    met = {allowed for first, size, allowed in rules if first <= where <= first + size}
    may = False not in met and (True in met or not any(allowed for _, _, allowed in rules))
    assert (refusal(made, at(where)) is None) is may
