"""Rows of the session lists on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.base import encoder
from locum.api.wire.enums import SessionStatus, SessionSummaryStatus
from locum.api.wire.session_summary import SessionSummary


@pytest.mark.parametrize("shape", [SessionSummary])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_both_statuses_are_numbers_of_their_own() -> None:
    row = SessionSummary(status=SessionSummaryStatus.COMPLETED, session_status=SessionStatus.COMPLETE)
    sent = msgspec.json.decode(encoder.encode(row))
    assert (sent["status"], sent["sessionStatus"]) == (4, 3)
