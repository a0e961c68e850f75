"""What people can ask for on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.wire import own_access

BEYOND = ["SbPAM.Models.AccessPolicyObject: field resource is not in the contract"]
SHAPES = [
    shape
    for shape in vars(own_access).values()
    if getattr(shape, "__contract__", "") and shape.__module__ == own_access.__name__
]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert len(SHAPES) >= 6
    assert model_differences(shape) == (BEYOND if shape is own_access.AccessPolicyObject else [])
