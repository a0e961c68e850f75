"""Rotations on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.base import encoder
from locum.api.wire.rotation import Dependant, ServiceRotationJob


def test_a_rotation_has_no_place_for_a_secret() -> None:
    for shape in (ServiceRotationJob(), Dependant()):
        assert not [name for name in msgspec.json.decode(encoder.encode(shape)) if "secret" in name.lower()]


@pytest.mark.parametrize("model", [ServiceRotationJob])
def test_it_is_the_contract_s(model: type) -> None:
    assert [one for one in model_differences(model) if "lastError" not in one and "reason" not in one] == []
