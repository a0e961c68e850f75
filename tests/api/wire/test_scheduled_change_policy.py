"""ScheduledChangePolicy on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.wire.scheduled_change_policy import ScheduledChangePolicy, ScheduledChangePolicyIn


@pytest.mark.parametrize("shape", [ScheduledChangePolicy, ScheduledChangePolicyIn])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []
