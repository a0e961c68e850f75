"""Enumerations on the wire."""

from __future__ import annotations

import inspect
from enum import IntEnum

import pytest

from contract.comparison import load
from locum.api.wire import enums
from locum.api.wire.enums import CredentialType, IpAddressRuleType, SecondFactorRequirement, SessionStatus

ENUMS = [e for e in vars(enums).values() if inspect.isclass(e) and issubclass(e, IntEnum) and e is not IntEnum]
ALL = [e for e in ENUMS if hasattr(e, "__contract__")]


@pytest.mark.parametrize("enum", ALL)
def test_names_and_numbers_are_the_contracts(enum: type[IntEnum]) -> None:
    fact = load("models")[enum.__contract__]["enum"]
    assert {m.name.replace("_", "").lower(): m.value for m in enum} == {
        name.replace("_", "").lower(): value for name, value in fact.items()
    }


def test_few_are_our_own() -> None:
    assert set(ENUMS) - set(ALL) == {IpAddressRuleType, SecondFactorRequirement}


def test_what_unsigned_order_puts_last_is_negative() -> None:
    assert (CredentialType.ANY, SessionStatus.APPROVAL_REQUIRED) == (-1, -1)
