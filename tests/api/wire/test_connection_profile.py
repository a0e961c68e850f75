"""Connection profiles on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.base import NEVER, encoder
from locum.api.wire.connection_profile import ActivityConfiguration


@pytest.mark.parametrize("shape", [ActivityConfiguration])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_what_is_not_known_says_nothing() -> None:
    sent = msgspec.json.decode(encoder.encode(ActivityConfiguration(max_session_length=60, record=True)))
    assert (sent["maxSessionLength"], sent["record"], sent["recordAudio"]) == (60, True, False)
    assert sent["createdDateTimeUtc"] == str(NEVER)
