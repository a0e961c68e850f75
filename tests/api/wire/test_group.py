"""Groups of people and of resources, and collections on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.wire import group

SHAPES = [
    shape
    for shape in vars(group).values()
    if getattr(shape, "__contract__", "") and shape.__module__ == group.__name__
]


@pytest.mark.parametrize("shape", SHAPES)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert len(SHAPES) >= 11
    assert model_differences(shape) == []
