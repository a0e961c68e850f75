"""What a search of sessions answers, on the wire."""

from __future__ import annotations

import pytest

from contract.comparison import model_differences
from locum.api.wire.session_search import (
    ActivitySessionSearchResults,
    ActivitySessionSummaryCount,
    ManagedAccountSessionCount,
)


@pytest.mark.parametrize(
    "shape", [ActivitySessionSearchResults, ActivitySessionSummaryCount, ManagedAccountSessionCount]
)
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []
