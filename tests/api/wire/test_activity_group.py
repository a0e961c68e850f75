"""Groups of activities on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.wire import activity_group

SHAPES = [
    shape
    for shape in vars(activity_group).values()
    if getattr(shape, "__contract__", "") and shape.__module__ == activity_group.__name__
]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert len(SHAPES) >= 2
    assert model_differences(shape) == []
