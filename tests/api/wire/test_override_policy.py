"""OverridePolicy on the wire."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from contract.comparison import model_differences
from locum.api.reading import read, reader_of
from locum.api.wire.override_policy import OverridePolicy, OverridePolicyIn


@pytest.mark.parametrize("shape", [OverridePolicy, OverridePolicyIn])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_a_schedule_that_is_absent_is_told_from_none() -> None:
    given = read(reader_of(OverridePolicyIn), {"ScanScheduleId": None, "name": "x"})
    assert (given.scan_schedule_id, given.rotate_schedule_id) == (None, UNSET)
