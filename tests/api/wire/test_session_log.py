"""Lines of a session log on the wire."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.base import encoder
from locum.api.wire.enums import LogLevel
from locum.api.wire.session_log import ActionLogCollection, ActionLogDto


@pytest.mark.parametrize("shape", [ActionLogCollection, ActionLogDto])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_lines_carry_their_level_as_a_number() -> None:
    log = ActionLogCollection(lines=[ActionLogDto(status=LogLevel.WARN, log_message="slow")], total_count=1)
    sent: dict[str, Any] = msgspec.json.decode(encoder.encode(log))
    assert (sent["totalCount"], sent["lines"][0]["status"], sent["lines"][0]["logMessage"]) == (1, 2, "slow")
