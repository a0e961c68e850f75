"""What policies join on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.wire import policy_member

SHAPES = [
    shape
    for shape in vars(policy_member).values()
    if getattr(shape, "__contract__", "") and shape.__module__ == policy_member.__name__
]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert len(SHAPES) >= 9
    assert model_differences(shape) == []
