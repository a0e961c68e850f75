"""Old SSH servers on the wire."""

from __future__ import annotations

from locum.api.wire.base import encoder
from locum.api.wire.legacy_algorithms import LegacyAlgorithms


def test_names_are_the_apis() -> None:
    assert encoder.encode(LegacyAlgorithms(allowed=True)) == b'{"allowed":true}'
