"""Platforms on the wire."""

from __future__ import annotations

import msgspec
import pytest

from contract.comparison import model_differences
from locum.api.wire.base import encoder
from locum.api.wire.platform import Platform
from locum.kit.ids import NIL


@pytest.mark.parametrize("shape", [Platform])
def test_it_has_the_fields_of_the_contract(shape: type) -> None:
    assert model_differences(shape) == []


def test_what_is_not_known_says_nothing() -> None:
    sent = msgspec.json.decode(encoder.encode(Platform(name="Linux")))
    assert (sent["name"], sent["type"], sent["id"]) == ("Linux", 0, str(NIL))
    assert sent["passwordComplexityPolicy"] is None
