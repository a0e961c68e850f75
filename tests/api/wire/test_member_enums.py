"""Enumerations of groups and members on the wire."""

from __future__ import annotations

import inspect
from enum import IntEnum

import pytest

from contract.comparison import load
from locum.api.wire import member_enums

ALL = [
    e for e in vars(member_enums).values() if inspect.isclass(e) and issubclass(e, IntEnum) and e is not IntEnum
]


@pytest.mark.parametrize("enum", ALL)
def test_names_and_numbers_are_the_contracts(enum: type[IntEnum]) -> None:
    fact = load("models")[enum.__contract__]["enum"]
    assert {m.name.replace("_", "").lower(): m.value for m in enum} == {
        name.replace("_", "").lower(): value for name, value in fact.items()
    }
